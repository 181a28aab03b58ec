"""Decoding as the server does it: what a schema says against an object, in the words of a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.check.rule import Problem, shown
from compiler.formats.schema import Finding, Schema, Validator

Fault = tuple[str, Problem]

_CODES = {
    "unknown": "SC601",
    "type": "SC602",
    "required": "SC603",
    "enum": "SC604",
    "duplicate": "SC607",
    "keyless": "SC688",
    "overflow": "SC608",
}


IN_QUOTES = "write it in quotes"
"""The help for what YAML reads as a number or a boolean: only its text says how it was written."""

_COUNTS = frozenset(("items", "properties"))
_NUMBERS = frozenset(("an integer", "a number"))


class Decoder:
    """Checks objects against the schemas of one set of definitions."""

    STOPS = frozenset(("SC601", "SC602", "SC605", "SC606", "SC607", "SC688"))
    """Codes after which an object can't be judged further: the server stops there, too."""

    def __init__(self, definitions: Mapping[str, Schema], *, custom: bool = False) -> None:
        """Take the definitions that the schemas refer to; `custom` for the schemas of CRDs."""
        self._validator = Validator(definitions, kubernetes=True, custom=custom)

    def faults(self, body: dict[str, Any], schema: Schema) -> list[Fault]:
        """Return what the schema says against an object."""
        findings = self._validator.findings(body, schema)
        misspelt = {(*f.path[:-1], f.suggestion) for f in findings if f.rule == "unknown" and f.suggestion}
        return [fault(f) for f in findings if f.rule != "required" or f.path not in misspelt]


def fault(finding: Finding) -> Fault:
    """Say a finding in the words of a manifest."""
    code = _CODES.get(finding.rule) or _form_code(finding)
    return code, _problem(code, finding)


def _problem(code: str, finding: Finding) -> Problem:
    path, name = finding.path, finding.path[-1] if finding.path else ""
    wrong, wanted = shown(_plain(finding.found)), finding.expected
    help = f"write `{finding.suggestion}`" if finding.suggestion else ""
    if code == "SC601":
        help = help or "remove it, or look at the fields of this API version"
        return Problem(path, f"unknown field `{name}`", help, on_key=True)
    if code == "SC602":
        return _wrong_type(finding)
    if code == "SC603":
        return Problem(path, f"`{name}` is required", f"set `{name}`")
    if code == "SC607":
        return Problem(path, f"is there twice: the list needs {wanted}", "remove one of them")
    if code == "SC608":
        return Problem(path, f"`{wrong}` does not fit: the server would keep another number ({wanted})", warning=True)
    if code == "SC688":
        return Problem(path, f"the item lacks {wanted}, which tells the items of this list apart", f"write {wanted}")
    if finding.rule in _COUNTS:
        return Problem(path, f"{_label(finding)} has {wrong}, expected {wanted}", help)
    said = f"the key {_label(finding)} is not right" if finding.on_key else f"{_label(finding)} can't be `{wrong}`"
    return Problem(path, f"{said}: expected {wanted}", help, on_key=finding.on_key)


def _wrong_type(finding: Finding) -> Problem:
    """Say what a value is and what it should be, and how to write it where that is only a matter of quotes."""
    found, wanted = finding.found, finding.expected
    written = shown(_plain(found))
    help = f"write {wanted}"
    if isinstance(found, str) and found.isdigit() and wanted in _NUMBERS:
        help = f"write `{written}` without quotes"
    elif isinstance(found, bool | int | float) and "a string" in wanted:
        help = IN_QUOTES
    elif wanted == "a list" and isinstance(found, bool | int | float | str):
        help = f"write a list: `[{written}]`"
    return Problem(finding.path, f"{_label(finding)} is {_kind(found)}, expected {wanted}", help)


def _label(finding: Finding) -> str:
    last = finding.path[-1] if finding.path else ""
    return "the item" if isinstance(last, int) else f"`{last}`" if last else "the object"


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "a map"


def _form_code(finding: Finding) -> str:
    if finding.rule == "format":
        return "SC605" if "quantity" in finding.expected else "SC606"
    return "SC609" if finding.rule != "pattern" else "SC610"


def _plain(value: object) -> object:
    """Return a value as it would be written, maps and lists by their kind alone."""
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    return {True: "true", False: "false", None: "null"}.get(value, value) if isinstance(value, bool | None) else value


def normal(body: dict[str, Any], schema: Schema, definitions: Mapping[str, Schema]) -> dict[str, Any]:
    """Return an object as the server keeps it: nulls dropped or empty, whole floats and what overflows made integers.

    An object that has none of these, which is nearly every one, is returned as it is.
    """
    if not _is_odd(body):
        return body
    kept: dict[str, Any] = _normal(body, schema, definitions)
    return kept


def _is_odd(value: Any) -> bool:
    if value.__class__ is dict:
        for item in value.values():
            kind = item.__class__
            if kind is str or kind is bool:
                continue
            if kind is dict or kind is list:
                if _is_odd(item):
                    return True
            elif kind is not int or not -2147483649 < item < 2147483648:
                return True
        return False
    for item in value:
        kind = item.__class__
        if kind is str or kind is bool or (kind is int and -2147483649 < item < 2147483648):
            continue
        if (kind is not dict and kind is not list) or _is_odd(item):
            return True
    return False


def _normal(value: Any, schema: Schema, definitions: Mapping[str, Schema]) -> Any:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/definitions/")]
    if isinstance(value, dict):
        properties, extra = schema.get("properties") or {}, schema.get("additionalProperties")
        extra = extra if isinstance(extra, Mapping) else {}
        return {
            k: _normal(v, properties.get(k, extra), definitions) if v is not None else _empty(extra, definitions)
            for k, v in value.items()
            if v is not None or (k not in properties and extra)
        }
    if isinstance(value, list):
        items = schema.get("items") or {}
        return [_empty(items, definitions) if v is None else _normal(v, items, definitions) for v in value]
    if isinstance(value, float) and value.is_integer() and schema.get("type") != "number":
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and _is_int32(schema):
        return (value + (1 << 31)) % (1 << 32) - (1 << 31)
    return value


def _is_int32(schema: Schema) -> bool:
    return schema.get("format") == "int32"


def _empty(schema: Schema, definitions: Mapping[str, Schema]) -> Any:
    """Return Go's empty value of a type, which a null among other values becomes."""
    name = ""
    while "$ref" in schema:
        name = schema["$ref"]
        schema = definitions[schema["$ref"].removeprefix("#/definitions/")]
    if schema.get("format") == "quantity" or "Quantity" in name:
        return "0"
    return {"string": "", "integer": 0, "number": 0, "boolean": False, "array": []}.get(str(schema.get("type")), {})
