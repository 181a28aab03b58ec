"""Cycles of the reference graph: of needs they are errors, others lose their weakest edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from compiler.build.findings import finding
from compiler.model.diagnostic import Diagnostic
from compiler.model.graph import Edge, EdgeKind
from compiler.model.ids import ObjectId
from compiler.model.manifest import Manifest

_STRENGTH = {EdgeKind.NEEDS: 0, EdgeKind.READY: 1, EdgeKind.AFTER: 2}

_Next = dict[ObjectId, list[ObjectId]]


def acyclic(
    edges: list[Edge], suspects: Iterable[ObjectId], manifests: Mapping[ObjectId, Manifest]
) -> tuple[list[Edge], list[Diagnostic]]:
    """Return the edges without those that close a cycle, and SC501 for every cycle of needs.

    Shape: `suspects` holds every object that is in a cycle. Inside a cycle the strong edges are kept first, each kind
    in the order of its ends, so the same bundle loses the same edges always.
    """
    among = set(suspects)
    home = {id: number for number, group in enumerate(_knots(edges, among)) for id in group}
    kept: list[Edge] = []
    inner: list[Edge] = []
    for edge in edges:
        together = edge.source in home and home.get(edge.target) == home[edge.source]
        (inner if together else kept).append(edge)
    found = []
    following: _Next = {}
    for edge in sorted(inner, key=lambda e: (_STRENGTH[e.kind], e.source, e.target)):
        way = _way(following, edge.target, edge.source)
        if way is None:
            following.setdefault(edge.source, []).append(edge.target)
            kept.append(edge)
        elif edge.kind is EdgeKind.NEEDS:
            found.append(_cycle([edge.source, *way], manifests))
    return sorted(kept, key=lambda e: (e.source, e.target, _STRENGTH[e.kind])), found


def _cycle(way: list[ObjectId], manifests: Mapping[ObjectId, Manifest]) -> Diagnostic:
    start = way.index(min(way[:-1]))
    turned = [*way[start:-1], *way[: start + 1]]
    path = " needs ".join(f"`{id}`" for id in turned)
    help = "take one of these references away, or put one of the objects into another stack"
    return finding(manifests[turned[0]], "SC501", f"objects need each other: {path}", help=help)


def _way(following: _Next, start: ObjectId, goal: ObjectId) -> list[ObjectId] | None:
    """Return the path from start to goal, or None."""
    came: dict[ObjectId, ObjectId | None] = {start: None}
    stack = [start]
    while stack:
        id = stack.pop()
        if id == goal:
            way: list[ObjectId] = []
            at: ObjectId | None = id
            while at is not None:
                way.append(at)
                at = came[at]
            return way[::-1]
        for next_id in following.get(id, ()):
            if next_id not in came:
                came[next_id] = id
                stack.append(next_id)
    return None


def _knots(edges: list[Edge], among: set[ObjectId]) -> list[list[ObjectId]]:
    """Return the strongly connected groups of more than one object.

    Source: Tarjan, "Depth-first search and linear graph algorithms" (1972), without recursion.
    """
    following: _Next = {}
    for edge in edges:
        if edge.source in among and edge.target in among:
            following.setdefault(edge.source, []).append(edge.target)
    index: dict[ObjectId, int] = {}
    low: dict[ObjectId, int] = {}
    open_ids: list[ObjectId] = []
    is_open: set[ObjectId] = set()
    knots: list[list[ObjectId]] = []
    for root in sorted(among):
        if root in index:
            continue
        index[root] = low[root] = len(index)
        open_ids.append(root)
        is_open.add(root)
        work = [(root, iter(following.get(root, ())))]
        while work:
            id, rest = work[-1]
            child = next(rest, None)
            if child is None:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[id])
                if low[id] == index[id]:
                    knot = _close(open_ids, is_open, id)
                    if len(knot) > 1:
                        knots.append(knot)
            elif child not in index:
                index[child] = low[child] = len(index)
                open_ids.append(child)
                is_open.add(child)
                work.append((child, iter(following.get(child, ()))))
            elif child in is_open:
                low[id] = min(low[id], index[child])
    return knots


def _close(open_ids: list[ObjectId], is_open: set[ObjectId], root: ObjectId) -> list[ObjectId]:
    knot = []
    while True:
        id = open_ids.pop()
        is_open.discard(id)
        knot.append(id)
        if id == root:
            return knot
