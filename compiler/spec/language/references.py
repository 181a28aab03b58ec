"""Checks of references: a bare name must be in the stack, or under `assumes`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from compiler.model.diagnostic import Diagnostic, error, warning
from compiler.model.source import Path
from compiler.spec.language.survey import Context, Place, maps, member
from compiler.spec.words import clip, did_you_mean


class Reference(NamedTuple):
    """One kind of reference.

    Shape: `declared` is where the stack makes such names, `assumed` the key under `assumes`; `built_in` always exist;
    `is_object` is true where a plain manifest of the user may bring it.
    """

    code: str
    noun: str
    declared: tuple[str, ...]
    assumed: str
    built_in: tuple[str, ...] = ()
    is_object: bool = True


REFERENCES: dict[str, Reference] = {
    "secrets": Reference("SC331", "Secret", ("secrets",), "secrets"),
    "data": Reference("SC332", "data place", ("data",), "", is_object=False),
    "queues": Reference("SC333", "queue", ("queues",), "queues"),
    "priorityClasses": Reference(
        "SC334",
        "priority class",
        ("priorityClasses",),
        "priorityClasses",
        ("system-cluster-critical", "system-node-critical"),
    ),
    "storageClasses": Reference("SC335", "storage class", ("storage", "classes"), "storageClasses"),
}


_WITHOUT_COMPONENT = ("storage.classes",)
"""Lists that no component of the catalog serves yet: whoever writes an item there is sent away again."""


def check_references(context: Context) -> Iterator[Diagnostic]:
    """Refuse names that neither the stack nor `assumes` has (SC331 to SC335)."""
    for name, reference in REFERENCES.items():
        known = names_of(context, name)
        if reference.is_object and context.spec.get("manifests"):
            continue  # their objects are only known when the bundle is: its check judges these references
        for place in context.survey.refs.get(name, ()):
            if isinstance(place.value, str) and place.value not in known:
                yield _unknown(context, place, reference, known)


def names_of(context: Context, name: str) -> set[str]:
    """Return all names that a reference of this kind may use."""
    reference = REFERENCES[name]
    known = {*reference.built_in, *context.provided.get(name, ())}
    declared = member(context.spec, *reference.declared)
    known.update(item["name"] for _, item in maps(declared, ()) if isinstance(item.get("name"), str))
    assumed = member(context.spec, "assumes", reference.assumed) if reference.assumed else None
    for text in assumed if isinstance(assumed, list) else ():
        if isinstance(text, str):
            known.add(text.partition("/")[2].partition(":")[0] if "/" in text else text)
    return known


def _unknown(context: Context, place: Place, reference: Reference, known: set[str]) -> Diagnostic:
    sections = [section for section in (".".join(reference.declared),) if section not in _WITHOUT_COMPONENT]
    where = " or ".join(f"`{s}`" for s in (*sections, reference.assumed and f"assumes.{reference.assumed}") if s)
    return error(
        reference.code,
        f"no {reference.noun} `{clip(place.value)}` in this stack",
        help=did_you_mean(place.value, known, f"add it to {where}"),
        span=context.span(place.path),
    )


def check_issuers(context: Context) -> Iterator[Diagnostic]:
    """Refuse an issuer that is not assumed (SC336): a stack makes none."""
    if context.spec.get("manifests"):
        return
    for place in context.typed("IssuerRef"):
        name, kind = member(place.value, "name"), member(place.value, "kind") or "ClusterIssuer"
        key = "clusterIssuers" if kind == "ClusterIssuer" else "issuers"
        assumed = member(context.spec, "assumes", key)
        known = {text.rpartition("/")[2] for text in assumed or () if isinstance(text, str)}
        known |= context.provided.get(key, frozenset())
        if isinstance(name, str) and name not in known:
            yield error(
                "SC336",
                f"no {clip(str(kind))} `{clip(name)}` is known",
                help=did_you_mean(name, known, f"add it to `assumes.{key}`"),
                span=context.span((*place.path, "name")),
            )


def check_namespaces(context: Context) -> Iterator[Diagnostic]:
    """Refuse a namespace that nobody makes (SC337), and a namespace of the system for a section (SC338)."""
    known = known_namespaces(context)
    for place in context.survey.refs.get("namespaces", ()):
        name = place.value
        if not isinstance(name, str) or name in known or is_system(name) or context.spec.get("manifests"):
            continue
        yield error(
            "SC337",
            f"nobody makes namespace `{clip(name)}`",
            help=did_you_mean(name, known, "add it to `namespaces`, or to `assumes.namespaces`"),
            span=context.span(place.path),
        )
    for path, item in context.items("namespaces"):
        if isinstance(item.get("name"), str) and is_system(item["name"]):
            yield error(
                "SC338",
                f"namespace `{item['name']}` belongs to Kubernetes",
                help="choose another name; this one always exists",
                span=context.span((*path, "name")),
            )


def is_system(name: str) -> bool:
    """Tell whether a namespace exists in every cluster."""
    return name == "default" or name.startswith("kube-")


def known_namespaces(context: Context) -> set[str]:
    """Return the namespaces that the stack makes or assumes."""
    known = set(context.provided.get("namespaces", ()))
    known.update(item["name"] for _, item in context.items("namespaces") if isinstance(item.get("name"), str))
    known.update(place.value for place in context.survey.makes.get("namespaces", ()) if isinstance(place.value, str))
    assumed = member(context.spec, "assumes", "namespaces")
    known.update(text for text in assumed or () if isinstance(text, str))
    sections = context.shapes.member(context.shapes.root, "spec").schema.get("properties", {})
    for name, section in context.spec.items():
        if isinstance(section, dict) and name in sections:
            known.update(_made_by(context, name, section))
    return known


def _made_by(context: Context, name: str, section: dict[str, object]) -> Iterator[str]:
    """Yield the namespaces of a section: what it says, else what its schema has as default."""
    schema = context.shapes.along(("spec", name), context.tree.data)
    for key, child in schema.get("properties", {}).items():
        made = context.shapes.resolve(child)
        if key != "namespace" and made.get("x-makes") != "namespaces":
            continue
        value = section.get(key, made.get("default"))
        if isinstance(value, str):
            yield value


def check_claims(context: Context) -> Iterator[Diagnostic]:
    """Refuse a claim of `data` that two namespaces use (SC339): a claim belongs to one."""
    claims = {item["name"] for _, item in context.items("data") if "pvc" in item and isinstance(item.get("name"), str)}
    users: dict[str, dict[str, Path]] = {}
    for place in context.survey.refs.get("data", ()):
        if isinstance(place.value, str) and place.value in claims and place.path[1:2] != ("defaults",):
            namespace = _namespace_of(context, place.path)
            if namespace:
                users.setdefault(place.value, {}).setdefault(namespace, place.path)
    for name, by_namespace in users.items():
        for namespace, path in list(by_namespace.items())[1:]:
            first = next(iter(by_namespace))
            yield error(
                "SC339",
                f"the claim of data place `{clip(name)}` is in namespace `{first}`, not in `{namespace}`",
                help="make a second data place, or run both in one namespace",
                span=context.span(path),
            )


def _namespace_of(context: Context, path: Path) -> str:
    """Return the namespace of the item around a place."""
    value, namespace = context.tree.data, ""
    for part in path:
        value = value[part]  # type: ignore[index]
        own = member(value, "namespace")
        if isinstance(own, str):
            namespace = own
    return namespace


def check_unused(context: Context) -> Iterator[Diagnostic]:
    """Warn of a list item of the stack that nobody uses (SC340): data, queues, priority classes."""
    for name in ("data", "queues", "priorityClasses"):
        used = {place.value for place in context.survey.refs.get(name, ()) if isinstance(place.value, str)}
        if used - names_of(context, name):
            continue  # a name that is written wrong is the one that is missed here
        root = context.tree.span(())
        for path, item in context.items(name):
            trail = context.tree.trails.get(path, ())
            shared = root is not None and bool(trail) and trail[-1].file != root.file
            own = item.get("name")
            if not isinstance(own, str) or own in used or shared or item.get("globalDefault"):
                continue
            if context.spec.get("manifests"):
                continue
            yield warning(
                "SC340",
                f"nobody uses {REFERENCES[name].noun} `{clip(own)}`",
                help="refer to it, or take it out",
                span=context.span((*path, "name")),
            )
