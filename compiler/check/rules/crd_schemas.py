"""What makes the schema of a CRD structural, and its lists mergeable.

Source: apiextensions-apiserver pkg/apiserver/schema/validation.go and pkg/apis/apiextensions/validation at v0.36.
CEL rules are checked for presence and form; they are not compiled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from compiler.check.decode import fault
from compiler.check.rule import Problem, invalid, required, unsupported
from compiler.formats.patterns import LIMIT, PatternRefused, linear
from compiler.formats.schema import validate
from compiler.model.source import Path

Map = dict[str, Any]

_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_LEVELS = {"root": "the root", "items": "array items", "field": "object fields"}
_FORBIDDEN = ("$ref", "definitions", "dependencies", "patternProperties", "additionalItems", "id")
_NESTED_FORBIDDEN = ("type", "additionalProperties", "default", "nullable", "title", "description")
_JUNCTORS = ("anyOf", "allOf", "oneOf")
_INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_MAX_DEPTH = 100
_OPEN = ("preserve-unknown-fields", "embedded-resource", "int-or-string")
_NOTHING: dict[str, Any] = {}
_SELF = re.compile(r"(?<![\w.])self\.([A-Za-z_]\w*)(?!\w*\s*\()")
_LITERAL = re.compile(r"""r?"(?:[^"\\]|\\.)*"|r?'(?:[^'\\]|\\.)*'|//[^\n]*""")


def check_schema(schema: Map, path: Path) -> Iterator[Problem]:
    """Refuse a schema from which the server could not prune, default and merge."""
    yield from _structural(schema, path, "root", 0)


def _structural(schema: Any, path: Path, level: str, depth: int) -> Iterator[Problem]:
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return
    yield from _type(schema, path, level)
    for key in _FORBIDDEN:
        if schema.get(key):
            yield Problem((*path, key), f"`{key}` is not supported", f"remove `{key}`", on_key=True)
    if schema.get("uniqueItems"):
        yield Problem(
            (*path, "uniqueItems"),
            "can't be true: use `x-kubernetes-list-type: set`",
            "remove `uniqueItems`",
            on_key=True,
        )
    if schema.get("nullable") and level == "root":
        yield Problem((*path, "nullable"), "can't be true at the root", "remove `nullable`", on_key=True)
    yield from _members(schema, path, level, depth)
    if "x-kubernetes-list-type" in schema or "x-kubernetes-list-map-keys" in schema:
        yield from _list(schema, path)
    if "x-kubernetes-map-type" in schema:
        yield from _map_type(schema, path)
    if schema.get("pattern"):
        yield from _pattern(schema["pattern"], (*path, "pattern"))
    yield from _extensions(schema, path, level)
    yield from _values(schema, path, depth)
    yield from _default(schema, path)


def _pattern(pattern: str, path: Path) -> Iterator[Problem]:
    if len(pattern) > LIMIT:
        return
    try:
        linear(pattern)
    except PatternRefused as refused:
        yield invalid(path, pattern, f"must be a regular expression as Go reads them: {refused}")


def _type(schema: Map, path: Path, level: str) -> Iterator[Problem]:
    kind = schema.get("type") or ""
    if kind and kind not in _TYPES:
        yield unsupported((*path, "type"), kind, _TYPES)
    elif (
        not kind
        and not schema.get("x-kubernetes-int-or-string")
        and not schema.get("x-kubernetes-preserve-unknown-fields")
    ):
        yield required(path, "type", f"it must not be empty for {_LEVELS[level]}")
    elif level == "root" and kind and kind != "object":
        yield invalid((*path, "type"), kind, "must be object at the root", "write `object`")
    if kind == "array" and schema.get("items") is None:
        yield required(path, "items", "the type is array")


def _members(schema: Map, path: Path, level: str, depth: int) -> Iterator[Problem]:
    properties, extra = schema.get("properties") or {}, schema.get("additionalProperties")
    if extra is not None and properties and extra is not True:
        yield Problem(
            (*path, "additionalProperties"),
            "`properties` and `additionalProperties` exclude each other",
            "remove one of them",
            on_key=True,
        )
    if extra is not None and level == "root":
        yield Problem(
            (*path, "additionalProperties"),
            "must not be used at the root",
            "remove `additionalProperties`",
            on_key=True,
        )
    for name, said in properties.items():
        part = {} if said is None else said
        if level == "root" and name == "metadata":
            yield from _metadata(part, (*path, "properties", name))
            continue
        yield from _structural(part, (*path, "properties", name), "field", depth + 1)
    yield from _structural(extra, (*path, "additionalProperties"), "field", depth + 1)
    parts = schema.get("items")
    if isinstance(parts, list):
        yield Problem((*path, "items"), "must be one schema, not a list", "write one schema")
    yield from _structural(parts, (*path, "items"), "items", depth + 1)


def _metadata(schema: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(schema, dict):
        return
    if schema.get("type") != "object":
        yield Problem((*path, "type"), "must be object", "write `type: object`")
    others = [n for n in schema.get("properties") or {} if n not in ("name", "generateName")]
    if others:
        yield Problem(
            (*path, "properties", others[0]),
            "metadata is given: only name and generateName may be restricted",
            on_key=True,
        )


def _list(schema: Map, path: Path) -> Iterator[Problem]:
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys") or ()
    if kind is not None and schema.get("type") != "array":
        yield Problem((*path, "type"), "must be array when `x-kubernetes-list-type` is set", "write `type: array`")
    if kind is not None and kind not in ("atomic", "set", "map"):
        yield unsupported((*path, "x-kubernetes-list-type"), kind, ("atomic", "set", "map"))
    if keys and kind != "map":
        yield Problem(
            (*path, "x-kubernetes-list-type"), "must be map when `x-kubernetes-list-map-keys` is set", "write `map`"
        )
    parts = schema.get("items")
    if not isinstance(parts, dict):
        return
    if kind in ("set", "map") and parts.get("nullable"):
        yield Problem(
            (*path, "items", "nullable"), f"items of a {kind} can't be null", "remove `nullable`", on_key=True
        )
    if kind == "set" and parts.get("type") == "object" and parts.get("x-kubernetes-map-type") != "atomic":
        yield required((*path, "items"), "x-kubernetes-map-type", "atomic, for items of a set")
    if kind == "map":
        yield from _map_keys(keys, parts, path)


def _map_keys(keys: Any, parts: Map, path: Path) -> Iterator[Problem]:
    if not keys:
        yield required(path, "x-kubernetes-list-map-keys", "`x-kubernetes-list-type` is map")
    if parts.get("type") != "object":
        yield Problem((*path, "items", "type"), "must be object in a list of type map", "write `type: object`")
        return
    properties = parts.get("properties") or {}
    for i, key in enumerate(keys):
        at = (*path, "items", "properties", key)
        part = properties.get(key)
        if not isinstance(part, dict):
            yield invalid((*path, "x-kubernetes-list-map-keys", i), key, "is no property of the items")
            continue
        if key in keys[:i]:
            yield Problem((*path, "x-kubernetes-list-map-keys", i), f"`{key}` is there twice")
        if part.get("type") in ("array", "object"):
            yield invalid((*at, "type"), part["type"], "a key must be a scalar")
        if key not in (parts.get("required") or ()) and "default" not in part:
            yield Problem(
                at,
                f"`{key}` is a list map key: it must be required or have a default",
                f"add `{key}` to `required`",
                on_key=True,
            )
        if part.get("nullable"):
            yield Problem((*at, "nullable"), "a list map key can't be null", "remove `nullable`", on_key=True)


def _map_type(schema: Map, path: Path) -> Iterator[Problem]:
    if schema.get("type") != "object":
        yield Problem((*path, "type"), "must be object when `x-kubernetes-map-type` is set", "write `type: object`")
    if schema["x-kubernetes-map-type"] not in ("atomic", "granular"):
        yield unsupported((*path, "x-kubernetes-map-type"), schema["x-kubernetes-map-type"], ("atomic", "granular"))


def _extensions(schema: Map, path: Path, level: str) -> Iterator[Problem]:
    preserve = schema.get("x-kubernetes-preserve-unknown-fields")
    if preserve is False:
        yield Problem(
            (*path, "x-kubernetes-preserve-unknown-fields"), "must be true, or absent", "remove it", on_key=True
        )
    if preserve and schema.get("x-kubernetes-int-or-string"):
        yield Problem(
            (*path, "x-kubernetes-preserve-unknown-fields"),
            "can't stand beside `x-kubernetes-int-or-string`",
            on_key=True,
        )
    if schema.get("x-kubernetes-embedded-resource"):
        if schema.get("type") != "object":
            yield Problem((*path, "type"), "must be object for an embedded resource", "write `type: object`")
        if not preserve and not schema.get("properties"):
            yield required(path, "properties", "an embedded resource has properties or preserves unknown fields")
    yield from _rules(schema, path, level)


def _rules(schema: Map, path: Path, level: str) -> Iterator[Problem]:
    """Check the CEL rules of one level: that they are there, and name properties that are."""
    properties = schema.get("properties") or {}
    known = {*properties, *(("apiVersion", "kind", "metadata") if level == "root" else ())}
    is_object = schema.get("type") == "object" and "additionalProperties" not in schema
    closed = is_object and not any(schema.get(f"x-kubernetes-{word}") for word in _OPEN)
    for i, rule in enumerate(schema.get("x-kubernetes-validations") or ()):
        at, text = (*path, "x-kubernetes-validations", i), rule.get("rule") or ""
        if not text.strip():
            yield required(at, "rule")
            continue
        if "\n" in text.strip() and not (rule.get("message") or "").strip():
            yield required(at, "message", "the rule has line breaks")
        for name in _fields(text) if closed else ():
            if name not in known and "__" not in name:
                yield Problem((*at, "rule"), f"the rule reads `self.{name}`, which the schema does not have")


def _fields(rule: str) -> tuple[str, ...]:
    """Return the fields of `self` that a CEL rule reads, each once, in order."""
    return tuple(dict.fromkeys(_SELF.findall(_LITERAL.sub("''", rule))))


def _default(schema: Map, path: Path) -> Iterator[Problem]:
    """Check a default against its own schema, and that whole numbers have whole bounds."""
    if schema.get("type") == "integer" and "default" in schema:
        for bound in ("minimum", "maximum", "multipleOf"):
            if isinstance(schema.get(bound), float) and not schema[bound].is_integer():
                yield invalid((*path, bound), schema[bound], "must be a whole number, as the type is integer")
                return
    if "default" not in schema or schema["default"] is None:
        return
    judged = schema if schema.get("enum") else {key: value for key, value in schema.items() if key != "enum"}
    for finding in validate(schema["default"], judged, _NOTHING, custom=True):
        _, problem = fault(finding)
        yield problem._replace(path=(*path, "default", *problem.path))


def _values(schema: Map, path: Path, depth: int) -> Iterator[Problem]:
    """Check the parts that only restrict values: they may not say what the structure is."""
    for junctor in _JUNCTORS:
        parts = schema.get(junctor) or ()
        if junctor == "anyOf" and schema.get("x-kubernetes-int-or-string") and parts == _INT_OR_STRING:
            continue
        for i, part in enumerate(parts):
            if junctor == "allOf" and i == 0 and isinstance(part, dict) and part.get("anyOf") == _INT_OR_STRING:
                continue
            yield from _nested(part, (*path, junctor, i), depth + 1)
    yield from _nested(schema.get("not"), (*path, "not"), depth + 1)


def _nested(schema: Any, path: Path, depth: int) -> Iterator[Problem]:
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return
    for key in _NESTED_FORBIDDEN:
        if schema.get(key):
            yield Problem(
                (*path, key),
                f"`{key}` must be said outside of anyOf, allOf, oneOf and not",
                f"remove `{key}` here",
                on_key=True,
            )
    for name, part in (schema.get("properties") or {}).items():
        yield from _nested(part, (*path, "properties", name), depth + 1)
    yield from _nested(schema.get("items"), (*path, "items"), depth + 1)
    yield from _values(schema, path, depth)
