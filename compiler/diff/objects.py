"""Two forms of one object in, every field that differs out: keyed, exact, offline.

Maps are compared key by key (null is absent, as for apply), list maps item by item by their keys, sets by value,
every other list as one value, or in the one item of it that differs where that has parts of its own. Numbers and
booleans are never equal; quantities are compared by value.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

from compiler.diff.quantities import same_quantity
from compiler.diff.shapes import Shape
from compiler.model.change import FieldChange, FieldPath, Item

_Keyed = dict[Item, tuple[int, Any]]


def diff_objects(old: object, new: object, shape: Shape | None = None) -> tuple[FieldChange, ...]:
    """Return the fields in which two objects differ, in the order of `old`, then of what `new` adds.

    Shape: without `shape` every list is atomic and no string is a quantity. Moves name the fewest items that explain
    the new order of a keyed list.
    """
    return tuple(_values(old, new, shape, ()))


def same(old: object, new: object, shape: Shape | None = None) -> bool:
    """Tell whether two values mean the same."""
    return next(_values(old, new, shape, ()), None) is None


def _values(old: Any, new: Any, shape: Shape | None, path: FieldPath) -> Iterator[FieldChange]:
    if old is new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _maps(old, new, shape, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, shape, path)
    elif not _same_scalar(old, new) and not (shape is not None and shape.is_quantity and same_quantity(old, new)):
        yield FieldChange(path, old, new, "change")


def _same_scalar(old: Any, new: Any) -> bool:
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)


def _maps(old: dict[str, Any], new: dict[str, Any], shape: Shape | None, path: FieldPath) -> Iterator[FieldChange]:
    for key, before in old.items():
        after = new.get(key)
        if before is after:
            continue
        here = (*path, key)
        if before is None:
            yield FieldChange(here, None, after, "add")
        elif after is None:
            yield FieldChange(here, before, None, "remove")
        else:
            yield from _values(before, after, shape.field(key) if shape else None, here)
    for key, after in new.items():
        if key not in old and after is not None:
            yield FieldChange((*path, key), None, after, "add")


def _lists(old: list[Any], new: list[Any], shape: Shape | None, path: FieldPath) -> Iterator[FieldChange]:
    inner = shape.items() if shape else None
    before, after = (index_items(old, shape), index_items(new, shape)) if shape else (None, None)
    if before is None or after is None:
        yield from _atomic(old, new, shape, path)
        return
    for item, (_, body) in before.items():
        if item not in after:
            yield FieldChange((*path, item), body, None, "remove")
        elif item.keys[0][0]:
            yield from _values(body, after[item][1], inner, (*path, item))
    for item, (_, body) in after.items():
        if item not in before:
            yield FieldChange((*path, item), None, body, "add")
    if shape is not None and shape.list_type == "map":
        yield from _moves(before, after, path)


def _atomic(old: list[Any], new: list[Any], shape: Shape | None, path: FieldPath) -> Iterator[FieldChange]:
    inner = shape.items() if shape else None
    if len(old) == len(new):
        differing = [n for n, (one, other) in enumerate(zip(old, new, strict=True)) if not same(one, other, inner)]
        if not differing:
            return
        place = differing[0]
        is_keyed = shape is not None and shape.list_type != "atomic"  # its keys are broken: all of it is shown
        if len(differing) == 1 and not is_keyed and _has_parts(old[place]) and _has_parts(new[place]):
            yield from _values(old[place], new[place], inner, (*path, place))
            return
    yield FieldChange(path, old, new, "change")


def _has_parts(value: Any) -> bool:
    """Tell whether a difference inside the value can be named or shown; a text of many lines has lines."""
    return isinstance(value, dict | list) or (isinstance(value, str) and "\n" in value)


def _identity(shape: Shape, inner: Shape | None) -> Callable[[Any], Item | None] | None:
    """Return how to find an item's keys; a key that is left out counts with its default (`protocol: TCP`)."""
    if shape.list_type == "set":
        return lambda value: None if isinstance(value, dict | list) else Item((("", _hashable(value)),))
    keys = shape.list_keys
    if shape.list_type != "map" or not keys:
        return None
    fields = ((key, inner.field(key) if inner else None) for key in keys)
    defaults = tuple((key, field.schema.get("default") if field else None) for key, field in fields)

    def identify(value: Any) -> Item | None:
        if not isinstance(value, dict):
            return None
        return Item(tuple((key, _hashable(value.get(key, default))) for key, default in defaults))

    return identify


def _hashable(value: Any) -> object:
    """Keep scalars, with booleans apart from numbers; other keys are refused by every server."""
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else f"<{value!r}>"


def index_items(items: list[Any], shape: Shape) -> _Keyed | None:
    """Return the items of a keyed list or set by their keys, each with its place.

    Shape: None for atomic lists, and where a key is doubled or missing, so that nothing is hidden.
    """
    identify = _identity(shape, shape.items())
    if identify is None:
        return None
    found: _Keyed = {}
    for position, value in enumerate(items):
        item = identify(value)
        if item is None or item in found:
            return None
        found[item] = (position, value)
    return found


def _moves(before: _Keyed, after: _Keyed, path: FieldPath) -> Iterator[FieldChange]:
    common = [item for item in before if item in after]
    stays = _longest_rising([after[item][0] for item in common])
    for place, item in enumerate(common):
        if place not in stays:
            yield FieldChange((*path, item), before[item][0], after[item][0], "move")


def _longest_rising(numbers: list[int]) -> frozenset[int]:
    """Return the places of a longest rising subsequence (patience sorting)."""
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for place, number in enumerate(numbers):
        spot = bisect_left(tails, number)
        previous.append(ends[spot - 1] if spot else -1)
        if spot == len(tails):
            tails.append(number)
            ends.append(place)
        else:
            tails[spot] = number
            ends[spot] = place
    chosen: list[int] = []
    place = ends[-1] if ends else -1
    while place >= 0:
        chosen.append(place)
        place = previous[place]
    return frozenset(chosen)
