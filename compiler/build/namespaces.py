"""One Namespace for each namespace that is used and not there already, with its labels, Pod Security and quota."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from compiler.build.findings import place_of
from compiler.build.shapes import quota_resources
from compiler.build.transforms.labels import labelled
from compiler.model.assumed import Assumed
from compiler.model.diagnostic import Diagnostic, Note, Outcome, error, outcome
from compiler.model.manifest import Body, Manifest, Origin, object_id
from compiler.model.source import Span
from compiler.model.stack import Stack

INSTANCE = "namespaces"
QUOTA_NAME = "quota"
POD_SECURITY = "pod-security.kubernetes.io/enforce"


class NamespaceWish(NamedTuple):
    """What the stack or a component wants of a namespace; `must` makes it even when nothing is in it."""

    name: str
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    pod_security: str = ""
    quota: Mapping[str, Any] = {}
    span: Span | None = None
    must: bool = False


def stack_namespaces(stack: Stack) -> tuple[NamespaceWish, ...]:
    """Return the stack's own `namespaces:`."""
    return tuple(
        NamespaceWish(
            item["name"],
            item.get("labels", {}),
            item.get("annotations", {}),
            item.get("podSecurity", ""),
            item.get("quota", {}),
            stack.tree.span(("spec", "namespaces", number, "name")),
            must=True,
        )
        for number, item in enumerate(stack.spec.get("namespaces") or ())
    )


def make_namespaces(
    manifests: tuple[Manifest, ...], wishes: Iterable[NamespaceWish], stack: Stack, assumed: Assumed
) -> Outcome[tuple[Manifest, ...]]:
    """Return the Namespaces (and their ResourceQuotas) that the bundle has to bring.

    Shape: `default`, `kube-*`, assumed namespaces, those of profiles and those that a manifest makes are left out,
    unless the stack's `namespaces:` says more about them. Errors: SC524 for two wishes that contradict each other.
    """
    by_name: dict[str, list[NamespaceWish]] = {}
    for wish in wishes:
        by_name.setdefault(wish.name, []).append(wish)
    first: dict[str, Manifest] = {}
    for manifest in manifests:
        if manifest.id.namespace:
            first.setdefault(manifest.id.namespace, manifest)
    there = _there(manifests, stack, assumed)
    wanted = {name for name, found in by_name.items() if any(wish.must for wish in found)}
    names = {name for name in first if not (name in there or _is_the_clusters(name))} | (wanted - there)
    found: list[Diagnostic] = []
    made: list[Manifest] = []
    for name in sorted(names):
        own = by_name.get(name, [])
        said = next((wish.span for wish in own if wish.span), None)
        span = said or (place_of(first[name]) if name in first else None)
        made.extend(_objects(name, own, span, found))
    return outcome(tuple(labelled(manifest, stack.name) for manifest in made), found)


def _is_the_clusters(name: str) -> bool:
    return name == "default" or name.startswith("kube-")


def _there(manifests: tuple[Manifest, ...], stack: Stack, assumed: Assumed) -> set[str]:
    made = {m.id.name for m in manifests if m.id[:2] == ("", "Namespace")}
    profiles = {item["name"] for item in stack.spec.get("profiles") or ()}
    return made | profiles | {id.name for id in assumed.objects if id[:2] == ("", "Namespace")}


def _objects(name: str, wishes: list[NamespaceWish], span: Span | None, found: list[Diagnostic]) -> Iterable[Manifest]:
    metadata: Body = {"name": name}
    labels = _agreed(name, "label", [(w, _labels(w)) for w in wishes], found)
    annotations = _agreed(name, "annotation", [(w, w.annotations) for w in wishes], found)
    quota = _agreed(name, "quota", [(w, quota_hard(w.quota)) for w in wishes], found)
    if labels:
        metadata["labels"] = labels
    if annotations:
        metadata["annotations"] = annotations
    yield _manifest({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, span)
    if quota:
        body = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": QUOTA_NAME, "namespace": name},
            "spec": {"hard": quota},
        }
        yield _manifest(body, span)


def _labels(wish: NamespaceWish) -> Mapping[str, str]:
    return {**wish.labels, POD_SECURITY: wish.pod_security} if wish.pod_security else wish.labels


def _agreed(
    name: str, what: str, said: list[tuple[NamespaceWish, Mapping[str, Any]]], found: list[Diagnostic]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    by: dict[str, NamespaceWish] = {}
    for wish, wanted in said:
        for key, value in wanted.items():
            if key in values and values[key] != value:
                message = f"namespace `{name}` would have {what} `{key}` with `{values[key]}` and with `{value}`"
                note = Note("said here, too", by[key].span)
                found.append(error("SC524", message, help="say it once", span=wish.span, notes=(note,)))
            values.setdefault(key, value)
            by.setdefault(key, wish)
    return values


def quota_hard(quota: Mapping[str, Any]) -> dict[str, str]:
    """Return `spec.hard` of a ResourceQuota for the stack's Quota: its short words are requests."""
    return {key: str(amount) for key, amount in quota_resources(quota).items()}


def _manifest(body: Body, span: Span | None) -> Manifest:
    origin = Origin(INSTANCE, "", span.file if span else "", span.line if span else 1, span)
    return Manifest(object_id(body), body, origin)
