"""Lays one value over another, as the schema says: maps by key, lists by their kind, one-ofs by branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Path
from compiler.spec.directives import (
    APPEND,
    DELETE,
    IF_PRESENT,
    REPLACE,
    check_directives,
    directives_of,
    says,
    without,
)
from compiler.spec.layered import Value, as_default
from compiler.spec.schemas import Schema
from compiler.spec.shapes import ANY, Shapes, list_keys
from compiler.spec.words import clip, did_you_mean, listed


class Layer(NamedTuple):
    """What laying one layer over the others needs to know.

    Shape: `layered` is false for the stack's own layer, with nothing below it; `defaults` maps the name of a list to
    the layer under its items; diagnostics are added to `found`.
    """

    shapes: Shapes
    found: list[Diagnostic]
    layered: bool = True
    defaults: Mapping[str, Value] = {}


def lay(above: Value, below: Value | None, schema: Schema, layer: Layer, path: Path) -> Value | None:
    """Return `above` laid over `below`, None when nothing is left."""
    resolved = layer.shapes.of(schema, _chosen(layer.shapes.resolve(schema), above, below))
    if resolved.get("x-opaque"):
        return _replaced(above, below)
    if type(above.data) is dict:
        names = directives_of(above)
        if names:
            return _directed(above, below, resolved, layer, path)
        return _lay_map(above, below, resolved, layer, path)
    if type(above.data) is list:
        return _lay_list(above, below, resolved, layer, path)
    if resolved.get("x-type") == "Param" and below is not None and type(below.data) is dict:
        above = Value({"default": above}, above.trail, above.key)  # keeps what else the declaration says
        return _lay_map(above, below, resolved, layer, path)
    return _replaced(above, below)


def _chosen(resolved: Schema, above: Value, below: Value | None) -> object:
    """Return what the merged value will say for the key of its switch."""
    switch = resolved.get("x-switch")
    if switch is None:
        return None
    for key in (switch["key"], switch.get("or", switch["key"])):
        for value in (above, below):
            if value is not None and type(value.data) is dict and key in value.data:
                return value.data[key].data
    return None


def _replaced(above: Value, below: Value | None) -> Value:
    return above if below is None else above._replace(trail=above.trail + below.trail)


def _directed(above: Value, below: Value | None, schema: Schema, layer: Layer, path: Path) -> Value | None:
    found = check_directives(above, ("name",) if isinstance(path[-1], int) else (), layered=layer.layered)
    if found:
        layer.found.extend(found)
        return below
    if below is None and says(above, IF_PRESENT):
        return None
    if DELETE in above.data:
        return None
    if REPLACE in above.data:
        value = above.data[REPLACE]._replace(key=above.key)
        fresh = lay(value, None, schema, layer._replace(layered=False), path)
        return None if fresh is None else _replaced(fresh, below)
    if APPEND in above.data:
        return _appended(above, below, schema, layer, path)
    return lay(without(above, (IF_PRESENT,)), below, schema, layer, path)


def _appended(above: Value, below: Value | None, schema: Schema, layer: Layer, path: Path) -> Value | None:
    more = above.data[APPEND]
    if type(more.data) is not list or (below is not None and type(below.data) is not list):
        layer.found.append(
            error(
                "SC215",
                "`$append` goes after a list, and takes a list",
                help="write `$append: [ITEM, …]` where the layer below has a list",
                span=above.data[APPEND].key or above.span,
            )
        )
        return below
    fresh = lay(more._replace(key=above.key), None, schema, layer._replace(layered=False), path)
    items = [*(below.data if below else []), *(fresh.data if fresh else [])]
    return Value(items, above.trail + (below.trail if below else ()), above.key)


def _lay_map(above: Value, below: Value | None, schema: Schema, layer: Layer, path: Path) -> Value:
    lower = below if below is not None and type(below.data) is dict else None
    members: dict[str, Value] = dict(lower.data) if lower else {}
    _drop_branches(members, above, schema.get("x-union", ()))
    for key, child in above.data.items():
        member = layer.shapes.member(schema, key)
        old = members.get(key)
        if old is None and DELETE in directives_of(child) and layer.layered:
            _absent(child, key, layer, schema, free=not (member.known and member.fixed))
            continue
        new = lay(child, old, member.schema, layer, (*path, key))
        if new is None:
            members.pop(key, None)
        else:
            members[key] = new
    trail = above.trail + (below.trail if below is not None else ())
    return Value(members, trail, above.key or (below.key if below else None))


def _drop_branches(members: dict[str, Value], above: Value, union: list[str] | tuple[()]) -> None:
    """Take the other branches of a one-of away when the layer above chooses one."""
    chosen = [key for key in union if key in above.data and not says(above.data[key], DELETE)]
    if chosen:
        for key in union:
            if key not in chosen:
                members.pop(key, None)


def _absent(child: Value, key: str, layer: Layer, schema: Schema, *, free: bool) -> None:
    """Judge `$delete` of a key that no layer below has: fine for a field of the schema, else probably a typo."""
    problems = check_directives(child, (), layered=layer.layered)
    if not problems and free and not says(child, IF_PRESENT):
        problems = [
            error(
                "SC216",
                f"nothing to delete: no layer below has `{clip(key)}`",
                help=did_you_mean(key, schema.get("properties", ()), "add `$ifPresent: true` where it may be absent"),
                span=child.key or child.span,
            )
        ]
    layer.found.extend(problems)


def _lay_list(above: Value, below: Value | None, schema: Schema, layer: Layer, path: Path) -> Value:
    keys = list_keys(schema)
    items_schema = schema.get("items", ANY)
    seed = layer.defaults.get(str(path[-1])) if _takes_defaults(path) else None
    if not keys or any(type(item.data) is not dict for item in above.data):
        items = [lay(item, None, items_schema, layer._replace(layered=False), (*path, 0)) for item in above.data]
        return _replaced(above._replace(data=[item for item in items if item is not None]), below)
    merger = _Items(keys, items_schema, seed, layer, path)
    if below is None or type(below.data) is not list or any(type(item.data) is not dict for item in below.data):
        return _replaced(above._replace(data=merger.laid([], above.data)), below)
    return Value(merger.laid(below.data, above.data), above.trail + below.trail, above.key or below.key)


def _takes_defaults(path: Path) -> bool:
    """Tell whether the items of the list at `path` get a layer of `spec.defaults`: at the top, or in a section."""
    if len(path) == 2:
        return True
    return len(path) == 3 and path[1] != "defaults" or (len(path) == 5 and path[1] == "components")


class _Items(NamedTuple):
    """Merges the items of a keyed list."""

    keys: tuple[str, ...]
    schema: Schema
    seed: Value | None
    layer: Layer
    path: Path

    def laid(self, below: list[Value], above: list[Value]) -> list[Value]:
        """Return the items of below in their order, changed by those of above, and the new ones last."""
        items: list[Value | None] = list(below)
        index = {self.identity(item): at for at, item in enumerate(below)}
        seen: set[tuple[object, ...]] = set()
        for item in above:
            identity = self.identity(item)
            if identity is None or not self.is_new(item, identity, seen):
                items.append(self.fresh(item) if identity is None and not self.layer.layered else None)
                continue
            at = index.get(identity)
            if at is not None:
                items[at] = lay(item, items[at], self.schema, self.layer, (*self.path, at))
            elif DELETE in directives_of(item) and self.layer.layered:
                self.absent(item, index)
            else:
                items.append(self.fresh(item))
        return [item for item in items if item is not None]

    def identity(self, item: Value) -> tuple[object, ...] | None:
        """Return what names an item, None (with an error, in a layer over others) where it lacks that."""
        values = tuple(item.data[key].data if key in item.data else None for key in self.keys)
        if all(isinstance(value, str | int) for value in values):
            return values
        if self.layer.layered:
            self.layer.found.append(
                error(
                    "SC217",
                    f"an item of this list needs {listed(self.keys)}: it merges by that",
                    help=f"write `{self.keys[0]}:`, or `$replace` for the whole list",
                    span=item.span,
                )
            )
        return None

    def is_new(self, item: Value, identity: tuple[object, ...], seen: set[tuple[object, ...]]) -> bool:
        """Tell whether this layer says the item for the first time; in a layer over others twice is an error."""
        if identity not in seen or not self.layer.layered:
            seen.add(identity)
            return True
        name = clip(str(identity[0]))
        self.layer.found.append(
            error("SC218", f"`{name}` stands twice in this list", help="make one item of the two", span=item.span)
        )
        return False

    def fresh(self, item: Value) -> Value | None:
        """Return an item that no layer below has, over its defaults."""
        if self.seed is None:
            return lay(item, None, self.schema, self.layer, (*self.path, 0))
        seeded = lay(item, self.seed, self.schema, self.layer._replace(layered=True), (*self.path, 0))
        return None if seeded is None else seeded._replace(trail=item.trail, key=item.key)

    def absent(self, item: Value, index: Mapping[tuple[object, ...] | None, int]) -> None:
        """Judge `$delete` of an item that no layer below has."""
        problems = check_directives(item, self.keys, layered=True)
        if not problems and not says(item, IF_PRESENT):
            name = str(item.data[self.keys[0]].data)
            others = [str(identity[0]) for identity in index if identity]
            problems = [
                error(
                    "SC216",
                    f"nothing to delete: no layer below has an item `{clip(name)}`",
                    help=did_you_mean(name, others, "add `$ifPresent: true` where it may be absent"),
                    span=item.data[self.keys[0]].span or item.span,
                )
            ]
        self.layer.found.extend(problems)


def seeds(defaults: Value | None) -> dict[str, Value]:
    """Return the layer under the items of each list that `spec.defaults` names."""
    if defaults is None or type(defaults.data) is not dict:
        return {}
    return {name: as_default(value) for name, value in defaults.data.items() if type(value.data) is dict}
