"""Words and small pure helpers of schema checking, shared by the exact walk and the compiled checks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, NamedTuple

from compiler.formats.packs import list_keys
from compiler.model.source import Path

Schema = Mapping[str, Any]


class Finding(NamedTuple):
    """One thing that a schema says against a value.

    Shape: `path` leads to the value; with `on_key` it is the key at its end that is wrong; for `required` it ends in
    the key that is missing. `rule` is one of RULES. `expected` goes after "expected" in a message; `suggestion` is a
    word that would be right, `""` when none is near.
    """

    path: Path
    rule: str
    found: object
    expected: str
    suggestion: str = ""
    on_key: bool = False


RULES = (
    "unknown",
    "type",
    "required",
    "enum",
    "pattern",
    "format",
    "overflow",
    "minimum",
    "maximum",
    "multiple",
    "length",
    "items",
    "properties",
    "duplicate",
    "keyless",
    "union",
    "logic",
)
"""All values of `Finding.rule`. `overflow` is an integer that a built-in type would silently wrap, `keyless` an item of
a built-in list without any of the keys that tell items apart."""


class Mode(NamedTuple):
    """Whose rules hold: an API server's (`kubernetes`), its rules for custom resources (`custom`), else the stack's."""

    kubernetes: bool
    custom: bool = False


BUILT_IN = Mode(kubernetes=True)
"""The mode of kinds that come with the server, and of metadata everywhere."""


def is_type(value: object, name: str) -> bool:
    """Tell whether a value has a JSON type; a float without fraction is an integer, as in JSON."""
    if name == "string":
        return isinstance(value, str)
    if name == "object":
        return isinstance(value, dict)
    if name == "array":
        return isinstance(value, list)
    if name == "boolean":
        return isinstance(value, bool)
    if name == "null":
        return value is None
    if isinstance(value, bool):
        return False
    if name == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return name == "number" and isinstance(value, (int, float))


def switch_choice(switch: Mapping[str, Any], value: Mapping[str, Any]) -> Any:
    """Return what picks the case of an `x-switch`: its key, else the key named by `or`, else its default."""
    picked = value.get(switch["key"])
    if picked is None and "or" in switch:
        picked = value.get(switch["or"])
    return switch.get("default") if picked is None else picked


def merge_case(schema: Schema, case: Schema) -> dict[str, Any]:
    """Return a node with the properties, the required keys and the other words of one `x-switch` case added."""
    merged = {**schema, **case}
    merged["properties"] = {**(schema.get("properties") or {}), **(case.get("properties") or {})}
    merged["required"] = list(dict.fromkeys((*schema.get("required", ()), *case.get("required", ()))))
    merged.pop("x-switch")
    if "x-switch" in case:
        merged["x-switch"] = case["x-switch"]
    return merged


def keys_of(schema: Schema) -> tuple[str, ...]:
    """Return the keys that tell a list's items apart, ours or Kubernetes'."""
    if schema.get("x-list") == "map":
        return tuple(schema["x-keys"])
    return list_keys(schema)


def is_set(schema: Schema) -> bool:
    """Tell whether a list may hold no value twice."""
    return "set" in (schema.get("x-list"), schema.get("x-kubernetes-list-type"))


def key_defaults(resolve: Callable[[Schema], Schema], item_schema: Schema, keys: tuple[str, ...]) -> tuple[object, ...]:
    """Return what a missing key counts as: its default, else nothing."""
    properties = item_schema.get("properties") or {}
    return tuple(
        properties.get(key, {}).get("default", resolve(properties.get(key, {})).get("default")) for key in keys
    )


def wants_key(item_schema: Schema, keys: tuple[str, ...], defaults: tuple[object, ...]) -> bool:
    """Tell whether a server refuses items of a built-in list that have none of the keys.

    Source: probed on 1.36: a required key counts as given, as the empty text; so does a null.
    """
    return all(part is None for part in defaults) and not set(keys) & set(item_schema.get("required", ()))


def one_of(choices: Iterable[object]) -> str:
    """Return choices as a phrase: `one of `a`, `b``; twelve at most."""
    words = [f"`{choice}`" for choice in choices]
    if not words:
        return "nothing"
    if len(words) == 1:
        return words[0]
    shown = ", ".join(words[:12])
    return f"one of {shown}" if len(words) <= 12 else f"one of {shown} and {len(words) - 12} more"


def identity(value: object) -> Hashable:
    """Return something that is equal for equal JSON values: `true` is not 1, 1.0 is 1, the order of keys is nothing."""
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, dict):
        return frozenset((key, identity(item)) for key, item in value.items())
    if isinstance(value, list):
        return tuple(map(identity, value))
    return value if isinstance(value, (str, int, float)) else None


def at_least(count: int, noun: str) -> str:
    """Return a lower bound as a phrase."""
    return f"at least {count} {noun}{'' if count == 1 else 's'}"


def at_most(count: int, noun: str) -> str:
    """Return an upper bound as a phrase."""
    return f"at most {count} {noun}{'' if count == 1 else 's'}"
