"""The reference graph of a bundle: who needs whom, and the order that follows from it."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from compiler.model.ids import ObjectId


class EdgeKind(Enum):
    """How strong an edge is: the server refuses without it, it must be ready first, or it is a nicer order."""

    NEEDS = "needs"
    READY = "ready"
    AFTER = "after"


class Edge(NamedTuple):
    """`source` refers to `target`, so `target` goes first.

    Shape: `path` is the RFC 6901 place in the source's body that says so, `""` where a rule says it.
    """

    source: ObjectId
    target: ObjectId
    kind: EdgeKind
    path: str = ""


class Graph(NamedTuple):
    """All edges between the objects of one bundle.

    Shape: `order` is the apply order; `waves[id]` is the longest path from a root, counted from 0. `edges` is sorted.
    """

    edges: tuple[Edge, ...] = ()
    order: tuple[ObjectId, ...] = ()
    waves: dict[ObjectId, int] = {}
