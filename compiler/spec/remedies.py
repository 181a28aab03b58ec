"""What to write where a value has the wrong type: the value itself in the right form, else what the form is made of."""

from __future__ import annotations

import re
from typing import Any

from compiler.spec.schemas import Schema
from compiler.spec.shapes import list_keys
from compiler.spec.words import clip, listed

_BARE = re.compile(r"[A-Za-z_/.-][A-Za-z0-9_/.:=@-]*")
_TYPED = re.compile(r"(?i:null|true|false|yes|no|on|off|y|n)")


def remedy(found: Any, schema: Schema, expected: str, around: Schema) -> str:
    """Return the help for a value of the wrong type.

    Shape: `around` is the schema of the list or map that holds the value.
    """
    types = schema.get("type", ())
    if types == "array" and found != []:
        return _list(found, schema)
    if types in ("integer", "number") and isinstance(found, str) and found.isdigit():
        return f"write it without quotes: `{clip(found, 20)}`"
    if schema.get("x-type") == "Image":
        return "write one text, as `image: REPOSITORY:TAG`"
    if types == "object":
        return f"write a map{_made_of(found, schema, around)}"
    return f"write {expected}"


def _list(found: Any, schema: Schema) -> str:
    if isinstance(found, dict):
        return "write a list of items with `name`" if schema.get("x-list") == "map" else "write a list"
    key = list_keys(schema)[:1]
    items = [f"{{{key[0]}: {word}}}" for word in _words(found)] if key else _words(found)
    return f"write a list: `[{clip(', '.join(items), 50)}]`"


def _words(found: Any) -> list[str]:
    """Return a text as a shell would split it: a command in one text is one word too few."""
    if not isinstance(found, str):
        return [str(found)]
    import shlex  # only for input that is already wrong

    try:
        words = shlex.split(found)
    except ValueError:  # a quote that is not closed
        words = [found]
    return [_flow(word) for word in words or [found]]


def _made_of(found: Any, schema: Schema, around: Schema) -> str:
    if isinstance(found, str) and found and list_keys(around):
        return f": `{{{list_keys(around)[0]}: {_flow(clip(found, 30))}}}`"
    if "properties" not in schema:
        return f": `{_pairs(found) or '{NAME: VALUE}'}`"
    if schema.get("x-union"):
        return f" with one of {_in_order(schema['x-union'])}"
    return f" with {listed(schema.get('required') or schema['properties'], 4)}"


def _pairs(found: Any) -> str:
    """Return items of `name` and `value`, as Kubernetes has them in `env`, as the map that they mean."""
    items = found if isinstance(found, list) else []
    if not items or any(not isinstance(item, dict) or set(item) != {"name", "value"} for item in items):
        return ""
    if any(not isinstance(text, str) for item in items for text in item.values()):
        return ""
    pairs = ", ".join(f"{item['name']}: {_flow(item['value'])}" for item in items)
    return f"{{{clip(pairs, 50)}}}"


def _in_order(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _flow(text: str) -> str:
    if _BARE.fullmatch(text) and not _TYPED.fullmatch(text) and not text.endswith(":"):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
