"""Rows about references, compiled to one tree per kind, so that a body is walked once and only where rows look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from compiler.build.places import PodPlaces, pod_places
from compiler.build.rows import Pattern, Row, kind_of, patterns, table
from compiler.model.graph import EdgeKind
from compiler.model.ids import GroupKind

MAKES = "makes"


class Leaf(NamedTuple):
    """One row, at the place it looks at.

    Shape: `target` is None where the map says the kind itself, in `kind_field` and one of `group_field`,
    `version_field`, `group_name`; `name` is empty when the place is the name; `namespace` is `same`, `none` or a field.
    """

    target: GroupKind | None
    kind: EdgeKind | None
    name: str
    namespace: str
    keys: tuple[Pattern, ...]
    optional: str
    port: str
    when: tuple[tuple[str, Any], ...]
    kind_field: str
    group_field: str
    version_field: str
    group_name: str
    backends: bool
    absent: bool
    makes: bool
    open: bool


class Node(NamedTuple):
    """A level of the tree: rows that look here, keys to follow, and what to follow for every item."""

    leaves: tuple[Leaf, ...]
    children: tuple[tuple[str, Node], ...]
    each: Node | None


Rules = Mapping[tuple[str, str], Node]
"""What to walk for a (group, kind)."""


def compile_rules(extra: Sequence[Row] = ()) -> Rules:
    """Return the trees of the core's rows and of those that components list under `references:`."""
    places: PodPlaces = pod_places(extra)
    placed: dict[tuple[str, str], list[tuple[Pattern, Leaf]]] = {}
    pod_rows: list[tuple[Pattern, Leaf]] = []
    for row in (*table("references"), *extra):
        if "podSpec" in row:
            continue
        leaf = _leaf(row)
        found = [(pattern, leaf) for pattern in patterns(row["path"])]
        if row["from"] == "podSpec":
            pod_rows.extend(found)
        else:
            placed.setdefault(kind_of(row["from"]), []).extend(found)
    pod_tree = _tree(pod_rows)
    kinds = [*places, *(kind for kind in placed if kind not in places)]
    return {kind: _grafted(placed.get(kind, []), places.get(kind, ()), pod_tree) for kind in kinds}


def _grafted(rows: list[tuple[Pattern, Leaf]], places: Iterable[Pattern], pod_tree: Node) -> Node:
    tree = _tree(rows)
    for place in places:
        tree = _graft(tree, place, pod_tree)
    return tree


def _leaf(row: Row) -> Leaf:
    makes = MAKES in row
    to = row[MAKES] if makes else row["to"]
    says = to if isinstance(to, dict) else {}
    return Leaf(
        target=None if says else kind_of(to),
        kind=None if makes else EdgeKind(row["edge"]),
        name=row.get("name", ""),
        namespace=row.get("namespace", "same"),
        keys=tuple(pattern for text in row.get("keys", ()) for pattern in patterns(text)),
        optional=row.get("optional", ""),
        port=row.get("port", ""),
        when=tuple(row.get("when", {}).items()),
        kind_field=says.get("kind", ""),
        group_field=says.get("group", ""),
        version_field=says.get("apiVersion", ""),
        group_name=says.get("groupName", ""),
        backends=row.get("backends", False),
        absent=row.get("absent", "") == "ok",
        makes=makes,
        open=row.get("open", False),
    )


def _tree(rows: Iterable[tuple[Pattern, Leaf]]) -> Node:
    here: list[Leaf] = []
    below: dict[str, list[tuple[Pattern, Leaf]]] = {}
    for pattern, leaf in rows:
        if pattern:
            below.setdefault(pattern[0], []).append((pattern[1:], leaf))
        else:
            here.append(leaf)
    each = _tree(below.pop("*")) if "*" in below else None
    return Node(tuple(here), tuple((key, _tree(found)) for key, found in below.items()), each)


def _graft(tree: Node, place: Pattern, branch: Node) -> Node:
    """Return a tree that also has `branch` at `place`."""
    if not place:
        return Node(
            tree.leaves + branch.leaves, tree.children + branch.children, branch.each if branch.each else tree.each
        )
    key, rest = place[0], place[1:]
    empty = Node((), (), None)
    if key == "*":
        return tree._replace(each=_graft(tree.each or empty, rest, branch))
    children = dict(tree.children)
    children[key] = _graft(children.get(key, empty), rest, branch)
    return tree._replace(children=tuple(children.items()))


def narrowed(rules: Rules, kind: GroupKind) -> Rules:
    """Return the rules without the rows that lead to other kinds; what has none left is not walked."""
    kept = ((source, _narrow(node, kind)) for source, node in rules.items())
    return {source: node for source, node in kept if node is not None}


def _narrow(node: Node, kind: GroupKind) -> Node | None:
    leaves = tuple(leaf for leaf in node.leaves if leaf.target == kind and not leaf.makes)
    below = ((key, _narrow(child, kind)) for key, child in node.children)
    children = tuple((key, child) for key, child in below if child is not None)
    each = _narrow(node.each, kind) if node.each is not None else None
    return Node(leaves, children, each) if leaves or children or each is not None else None
