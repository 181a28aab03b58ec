"""Find and edit places of a body by pattern, sharing everything that stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from compiler.build.rows import Pattern, Row, kind_of, patterns, table
from compiler.model.manifest import Body, Manifest
from compiler.model.source import Path

Edit = Callable[[Any], Any]
"""Gives the new value of a place; the very same object means no change."""

CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")

PodPlaces = Mapping[tuple[str, str], tuple[Pattern, ...]]
"""Where pod specs live: (group, kind) to patterns."""


def pod_places(extra: Sequence[Row] = ()) -> PodPlaces:
    """Return where pod specs live: the rows of the core and those of components."""
    places: dict[tuple[str, str], tuple[Pattern, ...]] = {}
    for row in (*table("pod_specs"), *extra):
        if "podSpec" in row:
            kind = kind_of(row["from"])
            known = places.get(kind, ())
            places[kind] = known + tuple(p for p in patterns(row["podSpec"]) if p not in known)
    return places


class Found(NamedTuple):
    """A value and where it is."""

    path: Path
    value: Any


def find(value: Any, pattern: Pattern, path: Path = ()) -> Iterator[Found]:
    """Yield the values at a pattern, in the order of the body."""
    if not pattern:
        yield Found(path, value)
        return
    key, rest = pattern[0], pattern[1:]
    if type(value) is dict:
        if key == "*":
            for name, item in value.items():
                yield from find(item, rest, (*path, name))
        elif key in value:
            yield from find(value[key], rest, (*path, key))
    elif type(value) is list:
        if key == "*":
            for index, item in enumerate(value):
                yield from find(item, rest, (*path, index))
        elif key.isdecimal() and int(key) < len(value):
            yield from find(value[int(key)], rest, (*path, int(key)))


def edit(value: Any, pattern: Pattern, change: Edit) -> Any:
    """Return `value` with the change at every place of the pattern; what does not change is shared."""
    if not pattern:
        return change(value)
    key, rest = pattern[0], pattern[1:]
    keys: Sequence[Any]
    if type(value) is dict:
        keys = tuple(value) if key == "*" else (key,) if key in value else ()
    elif type(value) is list:
        at = int(key) if key.isdecimal() else len(value)
        keys = range(len(value)) if key == "*" else (at,) if at < len(value) else ()
    else:
        return value
    copy = None
    for name in keys:
        new = edit(value[name], rest, change)
        if new is not value[name]:
            copy = value.copy() if copy is None else copy
            copy[name] = new
    return value if copy is None else copy


def edit_pod_specs(manifest: Manifest, places: PodPlaces, change: Callable[[Body], Body]) -> Manifest:
    """Change every pod spec of a manifest; kinds without one come back as they are."""
    found = places.get(manifest.id[:2])
    if found is None:
        return manifest
    body = manifest.body
    for pattern in found:
        body = edit(body, pattern, lambda spec: change(spec) if type(spec) is dict else spec)
    return manifest if body is manifest.body else manifest._replace(body=body)
