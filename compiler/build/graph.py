"""The reference graph of a bundle: its edges, the order of apply, and the waves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler.build.cycles import acyclic
from compiler.build.derived import derived_edges
from compiler.build.places import PodPlaces
from compiler.build.references import References
from compiler.build.webhooks import interception_edges
from compiler.model.diagnostic import Diagnostic, Outcome, outcome
from compiler.model.graph import Edge, EdgeKind, Graph
from compiler.model.ids import ObjectId
from compiler.model.manifest import Manifest

_STRENGTH = {EdgeKind.NEEDS: 0, EdgeKind.READY: 1, EdgeKind.AFTER: 2}


class _Ordered(NamedTuple):
    waves: dict[ObjectId, int]
    rest: frozenset[ObjectId]


def build_graph(
    manifests: tuple[Manifest, ...], references: References, places: PodPlaces, extra: Iterable[Edge] = ()
) -> Outcome[Graph]:
    """Return the graph of all manifests; ids must be unique.

    Shape: `extra` are edges that components say (`requires`); those to objects that are not in the bundle are left
    out, as is every reference to them. Errors: SC501 for a cycle of needs, as a path.
    """
    ids = {manifest.id for manifest in manifests}
    edges = _edges(manifests, references, places, extra, ids)
    ordered = _waves(ids, edges)
    found: list[Diagnostic] = []
    if ordered.rest:
        edges, found = acyclic(edges, ordered.rest, {m.id: m for m in manifests})
        ordered = _waves(ids, edges)
    order = tuple(sorted(ordered.waves, key=lambda id: (ordered.waves[id], id)))
    waves = {id: ordered.waves[id] for id in order}
    return outcome(Graph(tuple(edges), order, waves), found)


def _edges(
    manifests: tuple[Manifest, ...],
    references: References,
    places: PodPlaces,
    extra: Iterable[Edge],
    ids: set[ObjectId],
) -> list[Edge]:
    made = references.made
    edges: dict[tuple[ObjectId, ObjectId, EdgeKind], Edge] = {}
    for reference in references.found:
        source, target, kind = reference.source, reference.target, reference.kind
        if target not in ids:
            maker = made.get(target)
            if maker is None or maker.maker not in ids:
                continue
            target = maker.maker
        key = (source, target, kind)
        if key not in edges and source != target:
            edges[key] = Edge(source, target, kind, _pointer(reference.path))
    for edge in (*derived_edges(manifests, references, places), *extra):
        if edge.source != edge.target and edge.target in ids and edge.source in ids:
            edges.setdefault(edge[:3], edge)
    for edge in interception_edges(manifests, edges.values()):
        edges.setdefault(edge[:3], edge)
    return sorted(edges.values(), key=lambda e: (e.source, e.target, _STRENGTH[e.kind]))


def _pointer(path: tuple[str | int, ...]) -> str:
    text = "/" + "/".join(map(str, path))
    if text.count("/") == len(path) and "~" not in text:
        return text
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _waves(ids: set[ObjectId], edges: list[Edge]) -> _Ordered:
    """Return the longest path from a root for every object; `rest` are those in or behind a cycle."""
    waiting: dict[ObjectId, int] = dict.fromkeys(ids, 0)
    followers: dict[ObjectId, list[ObjectId]] = {}
    for edge in edges:
        waiting[edge.source] += 1
        followers.setdefault(edge.target, []).append(edge.source)
    waves: dict[ObjectId, int] = {}
    layer = [id for id, count in waiting.items() if count == 0]
    wave = 0
    while layer:
        following = []
        for id in layer:
            waves[id] = wave
            for source in followers.get(id, ()):
                waiting[source] -= 1
                if waiting[source] == 0:
                    following.append(source)
        layer = following
        wave += 1
    return _Ordered(waves, frozenset(ids - waves.keys()) if len(waves) < len(ids) else frozenset())
