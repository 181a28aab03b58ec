"""Edits of a body by JSON pointer: each gives a new body and shares what stays."""

from __future__ import annotations

from typing import Any

from compiler.model.source import unescape


class NoSuchPlace(Exception):
    """A pointer leads nowhere; the text says how far it leads."""


def parts_of(text: str) -> tuple[str, ...]:
    """Return the parts of an RFC 6901 pointer to something inside the object. Raises NoSuchPlace."""
    if not text.startswith("/"):
        raise NoSuchPlace(f"`{text}` is no JSON pointer into the object: it begins with `/`")
    return tuple(unescape(part) for part in text.split("/")[1:])


def put(value: Any, parts: tuple[str, ...], new: Any) -> Any:
    """Return `value` with `new` at a pointer; `-` goes behind the last item of a list.

    Shape: what is missing on the way is made: a list where `-` comes next, else a map.

    Raises NoSuchPlace.
    """
    if not parts:
        return new
    key, rest = parts[0], parts[1:]
    if type(value) is dict:
        made: Any = None if not rest else [] if rest[0] == "-" else {}
        return {**value, key: put(value.get(key, made), rest, new)}
    if type(value) is list:
        if key == "-":
            return [*value, put([] if rest[:1] == ("-",) else {}, rest, new)]
        at = _index(value, key)
        return [*value[:at], put(value[at], rest, new), *value[at + 1 :]]
    raise NoSuchPlace(f"`{key}` is inside a value that is no map or list")


def resolved(value: Any, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the place that a pointer means before it is put: `-` as the index that the new item gets."""
    place: list[str] = []
    for part in parts:
        at = str(len(value or ())) if part == "-" and type(value) is not dict else part
        place.append(at)
        if type(value) is dict:
            value = value.get(at)
        elif type(value) is list:
            value = value[int(at)] if at.isdecimal() and int(at) < len(value) else None
    return tuple(place)


def take(value: Any, parts: tuple[str, ...]) -> Any:
    """Return `value` without what is at a pointer. Raises NoSuchPlace when nothing is there."""
    key, rest = parts[0], parts[1:]
    if type(value) is dict:
        if key not in value:
            raise NoSuchPlace(f"there is no `{key}`")
        if rest:
            return {**value, key: take(value[key], rest)}
        return {name: item for name, item in value.items() if name != key}
    if type(value) is list:
        at = _index(value, key)
        middle = [take(value[at], rest)] if rest else []
        return [*value[:at], *middle, *value[at + 1 :]]
    raise NoSuchPlace(f"`{key}` is inside a value that is no map or list")


def _index(items: list[Any], key: str) -> int:
    if not key.isdecimal() or int(key) >= len(items):
        raise NoSuchPlace(f"`{key}` is no item of a list of {len(items)}")
    return int(key)


def merge(value: Any, patch: Any) -> Any:
    """Return `value` with a JSON merge patch. Source: RFC 7386 §2."""
    if type(patch) is not dict:
        return patch
    merged = dict(value) if type(value) is dict else {}
    for key, item in patch.items():
        if item is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), item)
    return merged
