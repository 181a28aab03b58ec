"""The part of a CRD's schema that can judge objects.

A null is as good as absent for a server, and what has a wrong type it refuses to store. Such parts have their own
finding at the CRD; here they are left out, so that its objects are judged by the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler.formats.packs import Schema


def readable(schema: Schema) -> Schema:
    """Return the parts of a schema that have the type which they need."""
    return {key: value for key, part in schema.items() if (value := _READ.get(key, _as_it_is)(part)) is not None}


def _as_it_is(part: Any) -> Any:
    return part


def _nothing(_: Any) -> None:
    return None


def _one(part: Any) -> Any:
    return readable(part) if isinstance(part, dict) else None


def _one_or_flag(part: Any) -> Any:
    return part if isinstance(part, bool) else _one(part)


def _named(part: Any) -> Any:
    return {name: _one(child) or {} for name, child in part.items()} if isinstance(part, dict) else None


def _several(part: Any) -> Any:
    return [_one(child) or {} for child in part] if isinstance(part, list) else None


def _texts(part: Any) -> Any:
    return [text for text in part if isinstance(text, str)] if isinstance(part, list) else None


def _of(*types: type) -> Callable[[Any], Any]:
    return lambda part: part if isinstance(part, types) and not (isinstance(part, bool) and bool not in types) else None


_number, _whole, _flag = _of(int, float), _of(int), _of(bool)

_READ: dict[str, Callable[[Any], Any]] = {
    "$ref": _nothing,
    "items": _one,
    "not": _one,
    "additionalProperties": _one_or_flag,
    "properties": _named,
    "required": _texts,
    "x-kubernetes-list-map-keys": _texts,
    "enum": _of(list),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), _several),
    **dict.fromkeys(("type", "format", "pattern", "x-kubernetes-list-type", "x-kubernetes-map-type"), _of(str)),
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), _number),
    **dict.fromkeys((f"{end}{what}" for end in ("min", "max") for what in ("Length", "Items", "Properties")), _whole),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum", "uniqueItems", "nullable"), _flag),
    **dict.fromkeys(
        (f"x-kubernetes-{word}" for word in ("int-or-string", "embedded-resource", "preserve-unknown-fields")), _flag
    ),
}
