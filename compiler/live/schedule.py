"""Which object may go when: as soon as its own predecessors are done, and never after one of them failed."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.model.graph import EdgeKind
from compiler.model.ids import ObjectId
from compiler.model.manifest import Bundle


class Schedule:
    """The state of one run over a bundle's graph.

    Edges of kind needs and ready hold an object back until their target is ready, edges of kind after until it is
    stored. Edges against the bundle's order belong to broken cycles and hold nothing back.
    """

    def __init__(self, bundle: Bundle) -> None:
        place = {manifest.id: number for number, manifest in enumerate(bundle.manifests)}
        self._stored: dict[ObjectId, list[ObjectId]] = {id: [] for id in place}
        self._settled: dict[ObjectId, list[ObjectId]] = {id: [] for id in place}
        self._open: dict[ObjectId, int] = dict.fromkeys(place, 0)
        for source, target, kind in {(edge.source, edge.target, edge.kind) for edge in bundle.graph.edges}:
            if source in place and target in place and place[target] < place[source]:
                dependents = self._stored if kind is EdgeKind.AFTER else self._settled
                dependents[target].append(source)
                self._open[source] += 1
        self._place = place
        self._free = [id for id, count in self._open.items() if count == 0]
        self._waiting = {id for id, count in self._open.items() if count}

    def take(self) -> tuple[ObjectId, ...]:
        """Return the objects that may go now, each once, in the bundle's order."""
        taken = tuple(sorted(self._free, key=self._place.__getitem__))
        self._free.clear()
        return taken

    def holds_back(self, id: ObjectId) -> bool:
        """Tell whether anything waits for the object to be ready."""
        return bool(self._settled[id])

    def stored(self, id: ObjectId) -> None:
        """Note that an object is written."""
        self._release(self._stored[id])

    def settled(self, id: ObjectId) -> None:
        """Note that an object is ready."""
        self._release(self._settled[id])

    def lost(self, id: ObjectId, *, stored: bool) -> tuple[ObjectId, ...]:
        """Note that an object failed; return its descendants that will never go, in the bundle's order."""
        stopped: set[ObjectId] = set()
        edge = list(self._settled[id]) + ([] if stored else list(self._stored[id]))
        while edge:
            next_id = edge.pop()
            if next_id in self._waiting:
                self._waiting.discard(next_id)
                stopped.add(next_id)
                edge += self._settled[next_id] + self._stored[next_id]
        return tuple(sorted(stopped, key=self._place.__getitem__))

    def rest(self) -> tuple[ObjectId, ...]:
        """Return the objects that were not taken, in the bundle's order, and forget them."""
        left = tuple(sorted((*self._waiting, *self._free), key=self._place.__getitem__))
        self._waiting.clear()
        self._free.clear()
        return left

    def _release(self, ids: Iterable[ObjectId]) -> None:
        for id in ids:
            self._open[id] -= 1
            if self._open[id] == 0 and id in self._waiting:
                self._waiting.discard(id)
                self._free.append(id)
