"""Edges that no field says: what a Service selects, who lets a workload in, which controller serves a custom kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from compiler.build.places import PodPlaces, find
from compiler.build.references import CRD, References
from compiler.model.graph import Edge, EdgeKind
from compiler.model.ids import ObjectId
from compiler.model.manifest import Manifest

MANY = 50
"""A selector or account that so many share says nothing about order, and its edges would grow quadratically."""

_LONG_RUNNING = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
_WRITES = frozenset({"update", "patch", "*"})

Selected = dict[ObjectId, list[ObjectId]]


def derived_edges(manifests: tuple[Manifest, ...], references: References, places: PodPlaces) -> Iterator[Edge]:
    """Yield the edges that follow from several objects together.

    Shape: workload after the Services that select it and after the bindings of its account; webhooks and API services
    need the workloads behind their Service to be ready; custom objects need their controllers to be ready.
    """
    selected = selected_workloads(manifests, places)
    for service, workloads in selected.items():
        for workload in workloads:
            yield Edge(workload, service, EdgeKind.AFTER)
    for reference in references.found:
        if reference.backends:
            for workload in selected.get(reference.target, ()):
                yield Edge(reference.source, workload, EdgeKind.READY)
    users, bindings = _accounts(references)
    for account, bound in bindings.items():
        if len(bound) <= MANY:
            for workload in users.get(account, ()):
                for binding in bound:
                    yield Edge(workload, binding, EdgeKind.AFTER)
    yield from _controllers(manifests, references, users, bindings)


def selected_workloads(manifests: tuple[Manifest, ...], places: PodPlaces) -> Selected:
    """Return for every Service the workloads whose pod labels its selector matches."""
    services = [m for m in manifests if m.id.kind == "Service" and m.id.group == ""]
    if not services:
        return {}
    by_pair: dict[tuple[str, str, str], list[tuple[ObjectId, dict[str, Any]]]] = {}
    labels_at = {kind: [(*p[:-1], "metadata", "labels") for p in patterns] for kind, patterns in places.items()}
    for manifest in manifests:
        for pattern in labels_at.get(manifest.id[:2], ()):
            for spot in find(manifest.body, pattern):
                for key, value in spot.value.items() if type(spot.value) is dict else ():
                    pair = (manifest.id.namespace, key, str(value))
                    by_pair.setdefault(pair, []).append((manifest.id, spot.value))
    return {service.id: found for service in services if (found := _behind(service, by_pair))}


def _behind(
    service: Manifest, by_pair: dict[tuple[str, str, str], list[tuple[ObjectId, dict[str, Any]]]]
) -> list[ObjectId]:
    spec = service.body.get("spec")
    selector = spec.get("selector") if type(spec) is dict else None
    if type(selector) is not dict or not selector:
        return []
    candidates = min((by_pair.get((service.id.namespace, k, str(v)), []) for k, v in selector.items()), key=len)
    if len(candidates) > MANY:
        return []
    fitting = (id for id, labels in candidates if all(labels.get(k) == v for k, v in selector.items()))
    return list(dict.fromkeys(fitting))


def _accounts(references: References) -> tuple[Selected, Selected]:
    """Return the workloads and the bindings of every ServiceAccount."""
    users: Selected = {}
    bindings: Selected = {}
    for reference in references.found:
        if reference.target.kind == "ServiceAccount" and reference.target.group == "":
            into = bindings if reference.source.kind.endswith("RoleBinding") else users
            into.setdefault(reference.target, []).append(reference.source)
    return users, bindings


def _controllers(
    manifests: tuple[Manifest, ...], references: References, users: Selected, bindings: Selected
) -> Iterator[Edge]:
    """Yield custom object → controller: the workload whose account may write the status of that kind."""
    resources = {(r.source.group, r.source.kind): r.target for r in references.found if r.target[:2] == CRD}
    if not resources:
        return
    rights = _status_writers(manifests, references, bindings)
    for manifest in manifests:
        crd = resources.get(manifest.id[:2])
        if crd is None:
            continue
        plural = crd.name.partition(".")[0]
        served = dict.fromkeys(
            (*rights.get((manifest.id.group, plural), ()), *rights.get((manifest.id.group, "*"), ()))
        )
        for namespace, account in served:
            if namespace in ("", manifest.id.namespace):
                for workload in users.get(account, ()):
                    if workload.kind in _LONG_RUNNING and workload != manifest.id:
                        yield Edge(manifest.id, workload, EdgeKind.READY)


def _status_writers(
    manifests: tuple[Manifest, ...], references: References, bindings: Selected
) -> dict[tuple[str, str], list[tuple[str, ObjectId]]]:
    """Return (group, plural or `*`) → the (namespace or everywhere, account) that may write its status."""
    roles: dict[ObjectId, list[tuple[str, str]]] = {}
    for manifest in manifests:
        if manifest.id.kind in ("Role", "ClusterRole"):
            written = list(dict.fromkeys(_written(manifest.body.get("rules"))))
            if written:
                roles[manifest.id] = written
    accounts: Selected = {}
    for account, bound in bindings.items():
        for binding in bound:
            accounts.setdefault(binding, []).append(account)
    writers: dict[tuple[str, str], list[tuple[str, ObjectId]]] = {}
    for reference in references.found:
        for resource in roles.get(reference.target, ()) if reference.source in accounts else ():
            for account in accounts[reference.source]:
                writers.setdefault(resource, []).append((reference.source.namespace, account))
    return writers


def _written(rules: Any) -> Iterable[tuple[str, str]]:
    for rule in rules if type(rules) is list else ():
        if type(rule) is not dict or not _WRITES.intersection(_words(rule.get("verbs"))):
            continue
        for resource in _words(rule.get("resources")):
            plural, _, part = resource.partition("/")
            if part == "status" or resource == "*":
                # a rule for all groups is an administrator's, not a controller's
                yield from ((group, plural) for group in _words(rule.get("apiGroups")) if group != "*")


def _words(value: Any) -> list[str]:
    return [word for word in value if type(word) is str] if type(value) is list else []
