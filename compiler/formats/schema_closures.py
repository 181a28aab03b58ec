"""Closures that check one kind of value each: the parts that schema_fast.py puts together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from compiler.formats.schema_records import Schema

Check = Callable[[Any], bool]


def never(_: object) -> bool:
    """Hold for nothing."""
    return False


def always(_: object) -> bool:
    """Hold for everything."""
    return True


class Fields(NamedTuple):
    """The named fields of a map.

    Shape: `kinds` are the fields that their class alone settles; `made` holds the closures of the others, `make` makes
    one when it is first met (None for a key without a schema); `nulls`: a null that is not required counts as absent.
    """

    kinds: Mapping[str, type]
    made: dict[str, Check]
    make: Callable[[str], Check | None]
    required: tuple[str, ...]
    union: frozenset[str]
    nulls: bool


def record(fields: Fields, extra: Check) -> Check:
    """Hold for a map with named fields; `extra` judges the others."""
    kind_of, made, (required, union, nulls) = fields.kinds.get, fields.made, fields[3:]
    find = made.get

    def check(value: Any) -> bool:
        if value.__class__ is not dict:
            return False
        for key, item in value.items():
            if kind_of(key) is item.__class__:
                continue
            test = find(key) or fields.make(key)
            if test is None:
                if key.__class__ is not str or not extra(item):
                    return False
            elif not test(item) and not (nulls and item is None and key not in required):
                return False
        for key in required:
            if key not in value:
                return False
        return not union or len(union & value.keys()) == 1

    return check


def values(test: Check) -> Check:
    """Hold for a map of any keys whose values all pass."""
    return lambda value: value.__class__ is dict and all(map(test, value.values()))


def every(test: Check) -> Check:
    """Hold for a list whose items all pass."""
    return lambda value: value.__class__ is list and all(map(test, value))


def values_of_class(kind: type) -> Check:
    """Hold for a map whose values are all of one class."""
    return lambda value: value.__class__ is dict and ({item.__class__ for item in value.values()} <= {kind})


def every_of_class(kind: type) -> Check:
    """Hold for a list whose items are all of one class."""
    return lambda value: value.__class__ is list and ({item.__class__ for item in value} <= {kind})


def distinct_texts(value: Any) -> bool:
    """Hold for a list without equal items; lists with items that cannot be hashed are left to the exact walk."""
    try:
        return len(set(value)) == len(value)
    except TypeError:
        return False


def distinct_items(
    keys: tuple[str, ...], facts: Callable[[], tuple[tuple[object, ...], bool]], *, custom: bool
) -> Check:
    """Hold for a list of maps whose keys differ.

    Shape: `facts` gives what each missing key counts as, and whether an item must have one of the keys; it is asked
    once, when the first list is met, because items may refer to definitions that contain this list.
    """
    defaults: list[tuple[str, object]] = []
    has_to: list[bool] = []

    def check(value: Any) -> bool:
        if not has_to:
            said, wanted = facts()
            defaults.extend(zip(keys, said, strict=True))
            has_to.append(wanted or custom)
        if len(value) < 2 and not has_to[0]:
            return True
        try:
            seen = {tuple([item.get(key, default) for key, default in defaults]) for item in value}
        except (AttributeError, TypeError):
            return False
        return len(seen) == len(value) and not (has_to[0] and any(None in identity for identity in seen))

    return check


def int_or_text(test: Check) -> Check:
    """Hold for integers and strings that pass."""
    return lambda value: (value.__class__ is str or value.__class__ is int) and test(value)


def length(schema: Schema) -> Check | None:
    """Hold for a string of the right length; None when every length is right."""
    return _sized(schema.get("minLength", 0), schema.get("maxLength"))


def counts(schema: Schema, suffix: str) -> Check | None:
    """Hold for a list or map with the right number of `Items` or `Properties`; None when every number is right."""
    return _sized(schema.get(f"min{suffix}", 0), schema.get(f"max{suffix}"))


def _sized(low: int, high: int | None) -> Check | None:
    if not low and high is None:
        return None
    return lambda value: low <= len(value) and (high is None or len(value) <= high)


def between(low: float | None, high: float | None) -> Check | None:
    """Hold for a number within both bounds; None when there is none."""
    if low is None and high is None:
        return None
    if low is None or high is None:
        return lambda value: (low is None or value >= low) and (high is None or value <= high)
    least, most = low, high
    return lambda value: least <= value <= most
