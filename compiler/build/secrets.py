"""Secrets of the stack: made in each namespace that refers to them, without any value that must stay secret.

What diff and apply fill in is a Fill entry; what the External Secrets operator brings is an ExternalSecret.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from compiler.build.reference_rules import Rules, narrowed
from compiler.build.references import extract
from compiler.build.secret_recipes import (
    DOCKER_CONFIG_KEY,
    DOCKER_HUB,
    Source,
    docker_config,
    docker_config_template,
    encoded,
    kubernetes_type,
    printed,
)
from compiler.build.transforms.labels import labelled
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome, warning
from compiler.model.ids import GroupKind
from compiler.model.manifest import UNFILLED, Body, Fill, Manifest, Origin, object_id
from compiler.model.source import Span
from compiler.model.stack import Stack

SECRET = GroupKind("", "Secret")

_FILLED_LATER = ("fromEnv", "fromFile", "sops")
_EXTERNAL_API = "external-secrets.io/v1"
_PLACE_KEYS = {"AWS_BUCKET": "bucket", "AWS_DEFAULT_REGION": "region"}
"""Keys that the compiler adds to an s3 Secret → the field of its `data` places that says them."""


class SecretWish(NamedTuple):
    """One Secret to make.

    Shape: `keys` maps the recipe's keys to their sources; `namespaces` are those where it is made besides the ones
    that refer to it, `home` is where it is made when none does; `instance` is `secrets`, or the instance in whose
    parameters the value stands; `spans` are the places of the keys.
    """

    name: str
    keys: Mapping[str, Source]
    type: str = "generic"
    namespaces: tuple[str, ...] = ()
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    instance: str = "secrets"
    span: Span | None = None
    spans: Mapping[str, Span | None] = {}
    home: str = ""


class Secrets(NamedTuple):
    """Manifests, and what diff and apply fill into the Secrets among them."""

    manifests: tuple[Manifest, ...] = ()
    fill: tuple[Fill, ...] = ()


class _Settings(NamedTuple):
    server: str
    places: Mapping[str, Mapping[str, str]]
    lines: frozenset[tuple[str, int]]


def stack_secrets(stack: Stack) -> tuple[SecretWish, ...]:
    """Return the stack's own `secrets:`."""
    wishes = []
    for number, item in enumerate(stack.spec.get("secrets") or ()):
        path = ("spec", "secrets", number)
        spans = {key: stack.tree.span((*path, "keys", key)) for key in item["keys"]}
        wish = SecretWish(
            item["name"],
            item["keys"],
            item.get("type", "generic"),
            tuple(item.get("namespaces", ())),
            item.get("labels", {}),
            item.get("annotations", {}),
            span=stack.tree.span((*path, "name")),
            spans=spans,
        )
        wishes.append(wish)
    return tuple(wishes)


def make_secrets(
    manifests: tuple[Manifest, ...], wishes: Iterable[SecretWish], stack: Stack, rules: Rules
) -> Outcome[Secrets]:
    """Return the Secrets, in each namespace where a manifest refers to them or the wish says so.

    Errors: SC519 a mix of sources that no object can have. Warnings: SC521 a Secret that is written without its values.
    Values in the text and the keys of each type are the stack's checks (SC325 to SC330).
    """
    wanted = tuple(wishes)
    if not wanted:
        return Outcome(Secrets())
    settings = _Settings(_server(stack), _places(stack), _secret_lines(wanted))
    referring = _referring(manifests, rules)
    found: list[Diagnostic] = []
    made: list[Manifest] = []
    fill: list[Fill] = []
    for wish in wanted:
        namespaces = sorted({*wish.namespaces, *referring.get(wish.name, ())}) or list(filter(None, [wish.home]))
        if namespaces:
            found.extend([*_faults(wish), *_unfilled(wish)])
        for namespace in namespaces:
            manifest, entry = _make(wish, namespace, settings)
            made.append(labelled(manifest, stack.name))
            fill.extend([entry] if entry else ())
    return outcome(Secrets(tuple(made), tuple(fill)), found)


def _secret_lines(wishes: Iterable[SecretWish]) -> frozenset[tuple[str, int]]:
    """Return the lines of the stack that hold the text of a secret."""
    spans = (w.spans.get(key, w.span) for w in wishes for key, source in w.keys.items() if "value" in source)
    return frozenset((span.file, line) for span in spans if span for line in range(span.line, span.end_line + 1))


def _unseen(span: Span | None, lines: frozenset[tuple[str, int]]) -> Span | None:
    """Return a place, an empty one where its line is not to be shown."""
    return span._replace(end_line=span.line, end_column=span.column) if span and span[:2] in lines else span


def _referring(manifests: tuple[Manifest, ...], rules: Rules) -> dict[str, set[str]]:
    """Return the namespaces that refer to a Secret, by its name."""
    namespaces: dict[str, set[str]] = {}
    for reference in extract(manifests, narrowed(rules, SECRET)).found:
        if reference.target[:2] == SECRET and reference.target.namespace:
            namespaces.setdefault(reference.target.name, set()).add(reference.target.namespace)
    return namespaces


def _server(stack: Stack) -> str:
    mirror = (stack.spec.get("registry") or {}).get("mirror", "")
    return mirror.partition("/")[0] or DOCKER_HUB


def _places(stack: Stack) -> dict[str, dict[str, str]]:
    """Return what every s3 Secret says beside the keys: bucket and region of the `data` places that name it.

    What they do not agree on is left out.
    """
    said: dict[str, dict[str, set[str]]] = {}
    for item in stack.spec.get("data") or ():
        place = item.get("s3")
        if place:
            words = said.setdefault(place["secretRef"]["name"], {key: set() for key in _PLACE_KEYS})
            for key, field in _PLACE_KEYS.items():
                words[key].add(place.get(field, ""))
    return {
        name: {key: value for key, values in words.items() if len(values) == 1 and (value := min(values))}
        for name, words in said.items()
    }


def _faults(wish: SecretWish) -> Iterable[Diagnostic]:
    external = any("externalSecret" in source for source in wish.keys.values())
    for key, source in wish.keys.items():
        if external and "externalSecret" not in source and not _is_public(wish, key):
            message = f"secret `{wish.name}` mixes `externalSecret` with other sources"
            help = "make two secrets of it: the operator owns all keys of its own"
            yield error("SC519", message, help=help, span=wish.spans.get(key) or wish.span)


def _is_public(wish: SecretWish, key: str) -> bool:
    """Tell whether a key is no secret: the address of a registry."""
    return wish.type == "docker-registry" and key == "server" and "value" in wish.keys[key]


def _unfilled(wish: SecretWish) -> Iterable[Diagnostic]:
    later = sorted(key for key, source in wish.keys.items() if any(word in source for word in _FILLED_LATER))
    if later:
        keys = ", ".join(f"`{key}`" for key in later)
        message = f"secret `{wish.name}` is written without {keys}: diff and apply fill it in"
        help = "apply with stackc, or use `externalSecret` or a sealed Secret"
        yield warning("SC521", message, help=help, span=wish.span)


def _make(wish: SecretWish, namespace: str, settings: _Settings) -> tuple[Manifest, Fill | None]:
    metadata: Body = {"name": wish.name, "namespace": namespace}
    if wish.labels:
        metadata["labels"] = dict(wish.labels)
    if wish.annotations:
        metadata["annotations"] = dict(wish.annotations)
    if any("externalSecret" in source for source in wish.keys.values()):
        return _manifest(wish, _external(wish, metadata, settings)), None
    type = kubernetes_type(wish.type, wish.keys)
    data, sources, unfilled = _contents(wish, settings)
    data.update({key: encoded(value) for key, value in _place(wish, settings).items()})
    if unfilled:
        metadata["annotations"] = {**metadata.get("annotations", {}), UNFILLED: ",".join(sorted(unfilled))}
    body: Body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": type}
    if data:
        body["data"] = data
    manifest = _manifest(wish, body)
    if not sources:
        return manifest, None
    keys = {key: printed(source) for key, source in sources.items()}
    recipe = "docker-registry" if wish.type == "docker-registry" else "keys"
    server = _said_server(wish, settings) if recipe == "docker-registry" else ""
    spans = {key: _unseen(wish.spans.get(key, wish.span), settings.lines) for key in sources}
    return manifest, Fill(manifest.id, type, keys, sources, recipe, server, spans)


def _place(wish: SecretWish, settings: _Settings) -> dict[str, str]:
    """Return the keys of an s3 Secret that its `data` places say, and its declaration does not."""
    said = settings.places.get(wish.name, {}) if wish.type == "s3" else {}
    return {key: value for key, value in said.items() if key not in wish.keys}


def _contents(wish: SecretWish, settings: _Settings) -> tuple[dict[str, str], dict[str, Source], list[str]]:
    """Return the data that is known, the sources that are bound later, and the keys that wait for them."""
    later = {key: source for key, source in wish.keys.items() if any(word in source for word in _FILLED_LATER)}
    known = {key: source["value"] for key, source in wish.keys.items() if "value" in source}
    if wish.type != "docker-registry":
        return {key: encoded(value) for key, value in known.items()}, later, list(later)
    if later:
        # one key holds the whole login, so it waits for all of it
        rest = {key: source for key, source in wish.keys.items() if not _is_public(wish, key)}
        return {}, rest, [DOCKER_CONFIG_KEY]
    text = docker_config(_said_server(wish, settings), known["username"], known["password"])
    return {DOCKER_CONFIG_KEY: encoded(text)}, {}, []


def _said_server(wish: SecretWish, settings: _Settings) -> str:
    said: str = wish.keys.get("server", {}).get("value", "")
    return said or settings.server


def _external(wish: SecretWish, metadata: Body, settings: _Settings) -> Body:
    """Return the ExternalSecret that brings the Secret. Source: external-secrets.io/v1 ExternalSecretSpec."""
    sources = {key: source["externalSecret"] for key, source in wish.keys.items() if "externalSecret" in source}
    template: Body = {"type": kubernetes_type(wish.type, wish.keys)}
    if wish.type == "docker-registry":
        server = "" if "server" in sources else _said_server(wish, settings)
        template["data"] = {DOCKER_CONFIG_KEY: docker_config_template(server)}
    if place := _place(wish, settings):
        template |= {"mergePolicy": "Merge", "data": place}
    stores = sorted({source["store"] for source in sources.values()})
    rows = []
    for key, source in sources.items():
        remote = {name: source[name] for name in ("key", "property") if name in source}
        row: Body = {"secretKey": key, "remoteRef": remote}
        if source["store"] != stores[0]:
            row["sourceRef"] = {"storeRef": _store(source["store"])}
        rows.append(row)
    return {
        "apiVersion": _EXTERNAL_API,
        "kind": "ExternalSecret",
        "metadata": metadata,
        "spec": {
            "secretStoreRef": _store(stores[0]),
            "target": {"name": wish.name, "template": template},
            "data": rows,
        },
    }


def _store(name: str) -> dict[str, Any]:
    return {"kind": "ClusterSecretStore", "name": name}


def _manifest(wish: SecretWish, body: Body) -> Manifest:
    span = wish.span
    origin = Origin(wish.instance, "", span.file if span else "", span.line if span else 1, span)
    return Manifest(object_id(body), body, origin)
