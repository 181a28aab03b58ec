"""Parameters and CRD fields in shorthand: `replicas: int32 = 1` to JSON Schema.

Shape: the result is the schema dialect of formats/schema.py. Defaults live here alone, so documentation, editors and
`values --origin` all see them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from compiler.formats.expr.runtime import suggestion
from compiler.formats.template_ir import each, refuse
from compiler.formats.yaml_read import Node
from compiler.model.source import Span

Schema = dict[str, Any]
Resolve = Callable[[str], Schema | None]
"""Finds a named type: `Resources`, `core/v1.PodSpec`, `use/openfx-function`; `=Resources` is the type itself, where
`Resources` is a reference to it. Gives None for a name it does not know."""


class TypeFault(Exception):
    """Raised by a `Resolve` for a name that it knows and can't give: code, message and help of a diagnostic."""


SCALARS: Mapping[str, Schema] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "date-time": {"type": "string", "format": "date-time"},
    "object": {"type": "object", "additionalProperties": True},
    "any": {},
    "int-or-string": {"x-kubernetes-int-or-string": True},
    "quantity": {"x-kubernetes-int-or-string": True, "format": "quantity"},
}
_LIST = re.compile(r"\[(.+)\](?:\s+(?:(set|atomic)|by\s+([\w, ]+)))?\Z", re.S)


def read_type(node: Node, resolve: Resolve) -> Schema:
    """Return the schema of one type. Errors: Refused SC421 to SC424 at the place of the type."""
    if node.kind == "list":
        if len(node.value) != 1:
            raise refuse("SC421", node.span, "a list type has exactly one item type", "write `[string]`")
        return list_of(read_type(node.value[0], resolve), "", ())
    if node.kind == "map":
        return _map_type(node, resolve)
    if node.value is None:
        raise refuse("SC422", node.span, "a type is missing", "write one, such as `string` or `{name: string}`")
    return _named(node.value if isinstance(node.value, str) else node.text, node.span, resolve)


def list_of(items: Schema, kind: str, keys: tuple[str, ...]) -> Schema:
    """Return a list type. A list of maps with a required `name` merges by name, others are atomic unless said."""
    schema: Schema = {"type": "array", "items": items}
    if not kind and not keys and "name" in items.get("required", ()):
        keys = ("name",)
    if keys:
        return {**schema, "x-list": "map", "x-keys": list(keys)}
    return {**schema, "x-list": kind or "atomic"}


def _map_type(node: Node, resolve: Resolve) -> Schema:
    entries = [(key.value if isinstance(key.value, str) else key.text, key, value) for key, value in node.value]
    names = [name for name, _, _ in entries]
    if names == ["$schema"]:
        return _written_out(entries[0][2])
    if names == ["*"]:
        return {"type": "object", "additionalProperties": read_type(entries[0][2], resolve)}
    parts = each(lambda index: _part(entries, index, resolve), range(len(entries)))
    bases = [part for part in parts if "x-base" in part]
    properties: dict[str, Schema] = {}
    for part in (*bases, *(part for part in parts if "x-base" not in part)):
        properties.update(part["properties"])
    marks: Schema = {k: base[k] for base in bases for k in ("x-type", "x-union") if k in base}
    made: Schema = {"type": "object", "properties": properties, **marks}
    required = {field for part in parts for field in part.get("required", ())}
    needed_fields = sorted(f for f in required if "default" not in properties[f])
    return {**made, "required": needed_fields} if needed_fields else made


def _part(entries: list[tuple[str, Node, Node]], index: int, resolve: Resolve) -> Schema:
    """Return what one entry of a map adds to it; the fields of `$extends` are marked as `x-base`."""
    name, key, value = entries[index]
    if name == "$extends":
        return {"properties": {}, **_whole(read_type(value, resolve), resolve), "x-base": True}
    schema, must = _field_type(entries, index, value, resolve)
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for word in name.split(","):
        written = word.strip()
        field = written.rstrip("!?")
        if not field:
            raise refuse("SC422", key.span, f"no field name in `{name}`", "write `name: string`")
        properties[field] = {**schema, "x-optional": True} if written.endswith("?") else schema
        if must or written.endswith("!"):
            required.append(field)
    return {"properties": properties, "required": required}


def _whole(schema: Schema, resolve: Resolve) -> Schema:
    """Return what a reference to a shared type refers to, so that its fields can be taken over."""
    found = resolve("=" + str(schema["$ref"])) if "$ref" in schema else None
    return found or schema


def _written_out(node: Node) -> Schema:
    """Return a type that is JSON Schema already. Errors: Refused SC424 when it is none."""
    from compiler.formats.json_schema import check_meta

    schema = plain(node)
    problems = check_meta(schema) if isinstance(schema, dict) else ["it is not a map"]
    if problems:
        raise refuse(
            "SC424", node.span, f"`$schema` is no JSON Schema: {problems[0]}", "write a schema of draft 2020-12"
        )
    return dict(schema)


def _field_type(
    entries: list[tuple[str, Node, Node]], index: int, value: Node, resolve: Resolve
) -> tuple[Schema, bool]:
    """Return a field's schema and whether `!` follows the type; in `{a, b: int32}` the null takes the next type."""
    while value.kind == "scalar" and value.value is None and value.text in ("", "~", "null"):
        index += 1
        if index >= len(entries):
            raise refuse("SC422", value.span, "a field without a type", "write `name: string`")
        value = entries[index][2]
    if value.kind == "scalar":
        source = value.value if isinstance(value.value, str) else value.text
        head = source.split(" = ", 1)[0].strip()
        return _named(source, value.span, resolve), head.endswith("!")
    return read_type(value, resolve), False


def _named(source: str, span: Span, resolve: Resolve) -> Schema:
    head, separator, default = source.strip().partition(" = ")
    name = head.strip().rstrip("!").strip()
    schema = _lookup(name, span, resolve)
    return {**schema, "default": _default(default.strip(), schema, span)} if separator else schema


def _lookup(name: str, span: Span, resolve: Resolve) -> Schema:
    match = _LIST.match(name)
    if match:
        keys = tuple(k.strip() for k in (match[3] or "").split(",") if k.strip())
        items = _lookup(match[1].strip(), span, resolve)
        _check_keys(keys, _whole(items, resolve), span)
        return list_of(items, match[2] or "", keys)
    if "|" in name:
        words = [word.strip() for word in name.split("|")]
        types = [word for word in words if word in SCALARS]
        if types:
            message = f"`{name}` lists the words that a text may be, and `{types[0]}` is a type"
            raise refuse("SC423", span, message, "write `int-or-string`, `any`, or one type")
        return {"type": "string", "enum": words}
    if name in SCALARS:
        return dict(SCALARS[name])
    try:
        found = resolve(name)
    except TypeFault as e:
        code, message, help = e.args
        raise refuse(code, span, message, help) from None
    if found is None:
        raise refuse(
            "SC423", span, f"unknown type `{name}`{suggestion(name, SCALARS)}", "write one of: " + ", ".join(SCALARS)
        )
    return found


def _check_keys(keys: tuple[str, ...], items: Schema, span: Span) -> None:
    """Refuse keys that items may lack: they tell the items apart, for merges and for API servers. Errors: SC424."""
    fields: Schema = items.get("properties") or {}
    for key in keys if fields else ():
        if key not in fields:
            message = f"the items have no field `{key}`{suggestion(key, fields)}"
            raise refuse("SC424", span, message, "write a field of the items after `by`")
        if key not in items.get("required", ()) and "default" not in fields[key]:
            message = f"`{key}` tells the items apart, and an item may lack it"
            raise refuse("SC424", span, message, f"write `{key}!` in the type of the items, or give it a default")


def _default(text: str, schema: Schema, span: Span) -> Any:
    kind = schema.get("type")
    if text in ("{}", "[]"):
        return {} if text == "{}" else []
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind in ("integer", "number"):
        try:
            return int(text) if kind == "integer" else float(text)
        except ValueError:
            raise refuse("SC424", span, f"the default `{text}` is not {kind}", "write a number") from None
    if kind == "string" and "enum" in schema and text not in schema["enum"]:
        raise refuse("SC424", span, f"the default `{text}` is not one of {schema['enum']}", "write one of them")
    if kind in ("object", "array", "boolean"):
        raise refuse("SC424", span, f"the default `{text}` does not fit type {kind}", "give it in `$schema`")
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if quoted else text


def plain(node: Node) -> Any:
    """Return a node as plain data."""
    if node.kind == "map":
        return {k.value if isinstance(k.value, str) else k.text: plain(v) for k, v in node.value}
    if node.kind == "list":
        return [plain(v) for v in node.value]
    return node.value
