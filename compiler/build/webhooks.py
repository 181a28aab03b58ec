"""Which objects of a bundle its own admission webhooks will see: those need the webhook first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from compiler.build.references import CRD
from compiler.model.graph import Edge, EdgeKind
from compiler.model.ids import ObjectId
from compiler.model.manifest import Body, Manifest

WEBHOOK_KINDS = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"})
_CREATING = frozenset({"CREATE", "UPDATE", "*"})
_VOWELS = frozenset("aeiou")
_NAME_LABEL = "kubernetes.io/metadata.name"


def interception_edges(manifests: tuple[Manifest, ...], edges: Iterable[Edge]) -> Iterator[Edge]:
    """Yield object → webhook configuration for every object that one of its webhooks intercepts.

    Shape: `needs` when the webhook fails closed, else `after`. What the webhook itself stands on (its Service, the
    workload behind it, their namespace …) goes before it, and is left out.
    """
    configurations = [m for m in manifests if m.id.kind in WEBHOOK_KINDS]
    if not configurations:
        return
    by_resource = _by_resource(manifests)
    namespaces = {m.id.name: _labels(m.body) for m in manifests if m.id[:2] == ("", "Namespace")}
    following: dict[ObjectId, list[ObjectId]] = {}
    for edge in edges:
        following.setdefault(edge.source, []).append(edge.target)
    for configuration in configurations:
        seen = _intercepted(configuration.body, by_resource, namespaces)
        if not seen:
            continue
        below = _reachable(configuration.id, following)
        for id, kind in sorted(seen.items()):
            if id not in below:
                yield Edge(id, configuration.id, kind)


def _intercepted(
    body: Body, by_resource: dict[tuple[str, str], list[Manifest]], namespaces: dict[str, dict[str, Any]]
) -> dict[ObjectId, EdgeKind]:
    seen: dict[ObjectId, EdgeKind] = {}
    webhooks = body.get("webhooks")
    default = "Ignore" if body["apiVersion"].endswith("/v1beta1") else "Fail"
    for webhook in webhooks if type(webhooks) is list else ():
        if type(webhook) is not dict:
            continue
        kind = EdgeKind.AFTER if webhook.get("failurePolicy", default) == "Ignore" else EdgeKind.NEEDS
        for manifest in _matched(webhook, by_resource):
            if _selects(webhook, manifest, namespaces) and seen.get(manifest.id) is not EdgeKind.NEEDS:
                seen[manifest.id] = kind
    return seen


def _matched(webhook: Body, by_resource: dict[tuple[str, str], list[Manifest]]) -> Iterator[Manifest]:
    rules = webhook.get("rules")
    for rule in rules if type(rules) is list else ():
        if type(rule) is not dict or not _CREATING.intersection(_words(rule.get("operations"))):
            continue
        groups, resources = _words(rule.get("apiGroups")), _words(rule.get("resources"))
        for (group, plural), found in by_resource.items():
            if (group in groups or "*" in groups) and (plural in resources or "*" in resources or "*/*" in resources):
                yield from (m for m in found if _in_scope(rule.get("scope"), m))


def _in_scope(scope: Any, manifest: Manifest) -> bool:
    return scope not in ("Cluster", "Namespaced") or (scope == "Namespaced") == bool(manifest.id.namespace)


def _selects(webhook: Body, manifest: Manifest, namespaces: dict[str, dict[str, Any]]) -> bool:
    where = manifest.id.name if manifest.id[:2] == ("", "Namespace") else manifest.id.namespace
    if where and not matches_selector(
        webhook.get("namespaceSelector"), {**namespaces.get(where, {}), _NAME_LABEL: where}
    ):
        return False
    return matches_selector(webhook.get("objectSelector"), _labels(manifest.body))


def matches_selector(selector: Any, labels: dict[str, Any]) -> bool:
    """Tell whether a LabelSelector selects these labels; an empty one selects all. Source: meta/v1 LabelSelector."""
    if type(selector) is not dict:
        return True
    wanted = selector.get("matchLabels")
    if type(wanted) is dict and any(labels.get(key) != value for key, value in wanted.items()):
        return False
    terms = selector.get("matchExpressions")
    return all(_holds(term, labels) for term in (terms if type(terms) is list else ()) if type(term) is dict)


def _holds(term: Body, labels: dict[str, Any]) -> bool:
    key, values = term.get("key"), _words(term.get("values"))
    match term.get("operator"):
        case "In":
            return labels.get(str(key)) in values
        case "NotIn":
            return labels.get(str(key)) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return True


def _by_resource(manifests: tuple[Manifest, ...]) -> dict[tuple[str, str], list[Manifest]]:
    plurals = {}
    for manifest in manifests:
        spec = manifest.body.get("spec")
        names = spec.get("names") if manifest.id[:2] == CRD and type(spec) is dict else None
        if type(spec) is dict and type(names) is dict:
            plurals[spec.get("group"), names.get("kind")] = str(names.get("plural"))
    found: dict[tuple[str, str], list[Manifest]] = {}
    for manifest in manifests:
        if manifest.id.kind in WEBHOOK_KINDS and manifest.id.group == "admissionregistration.k8s.io":
            continue  # the server never asks a webhook about webhooks
        plural = plurals.get(manifest.id[:2]) or plural_of(manifest.id.kind)
        found.setdefault((manifest.id.group, plural), []).append(manifest)
    return found


def plural_of(kind: str) -> str:
    """Return the resource name of a built-in kind, and the likely one of a custom kind.

    Source: apimachinery meta.UnsafeGuessKindToResource, which makes `gatewaies`; CRDs are named in English.
    """
    word = kind.lower()
    if word == "endpoints":
        return word
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in _VOWELS else f"{word}s"


def _reachable(start: ObjectId, following: dict[ObjectId, list[ObjectId]]) -> set[ObjectId]:
    seen = {start}
    stack = [start]
    while stack:
        for target in following.get(stack.pop(), ()):
            if target not in seen:
                seen.add(target)
                stack.append(target)
    return seen


def _labels(body: Body) -> dict[str, Any]:
    labels = body["metadata"].get("labels")
    return labels if type(labels) is dict else {}


def _words(value: Any) -> list[str]:
    return [word for word in value if type(word) is str] if type(value) is list else []
