"""Decoding as the server does it: what a schema says against an object, in the words of a manifest."""

from __future__ import annotations

import base64
import binascii
import re
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
    "overflow": "SC608",
}


class Decoder:
    """Checks objects against the schemas of one set of definitions."""

    STOPS = frozenset(("SC601", "SC602", "SC605", "SC606", "SC607"))
    """Codes after which an object can't be judged further: the server stops there, too."""

    def __init__(self, definitions: Mapping[str, Schema], *, custom: bool = False) -> None:
        """Take the definitions that the schemas refer to; `custom` for the schemas of CRDs."""
        self._validator = Validator(definitions, kubernetes=True, custom=custom)

    def faults(self, body: dict[str, Any], schema: Schema) -> list[Fault]:
        """Return what the schema says against an object."""
        if self._validator.is_proven(body, schema):
            return []
        findings = self._validator.findings(body, schema)
        misspelt = {(*f.path[:-1], f.suggestion) for f in findings if f.rule == "unknown" and f.suggestion}
        return [fault(f) for f in findings if f.rule != "required" or f.path not in misspelt]


def fault(finding: Finding) -> Fault:
    """Say a finding in the words of a manifest."""
    code = _CODES.get(finding.rule) or _form_code(finding)
    path, name = finding.path, finding.path[-1] if finding.path else ""
    wrong, wanted = shown(_plain(finding.found)), finding.expected
    help = f"write `{finding.suggestion}`" if finding.suggestion else ""
    if code == "SC601":
        return code, Problem(
            path, f"unknown field `{name}`", help or "remove it, or look at the fields of this API version", on_key=True
        )
    if code == "SC603":
        return code, Problem(path, f"`{name}` is required", f"set `{name}`")
    if code == "SC607":
        return code, Problem(path, f"is there twice: the list needs {wanted}", "remove one of them")
    if code == "SC608":
        return code, Problem(
            path, f"`{wrong}` does not fit: the server would keep another number ({wanted})", warning=True
        )
    return code, Problem(path, f"`{wrong}` is not right here: must be {wanted}", help, on_key=finding.on_key)


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


def normal(body: dict[str, Any]) -> dict[str, Any]:
    """Return an object as the server keeps it: nulls dropped, whole floats and what overflows made integers."""
    return _normal_map(body) if _is_odd(body) else body


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
        if kind is str:
            continue
        if (kind is dict or kind is list) and not _is_odd(item):
            continue
        if kind is not int and kind is not bool:
            return True
    return False


_INT64_FIELDS = frozenset((
    "terminationGracePeriodSeconds", "activeDeadlineSeconds", "startingDeadlineSeconds", "tolerationSeconds",
    "runAsUser", "runAsGroup", "fsGroup", "supplementalGroups", "seconds", "expirationSeconds", "generation",
    "observedGeneration", "maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties",
    "default", "minimum", "maximum", "multipleOf", "enum", "example",
))  # fmt: skip
"""Integers of 64 bits (or plain numbers) in the built-in kinds; all others have 32."""


def _normal_map(value: dict[str, Any]) -> dict[str, Any]:
    return {key: _normal(item, key) for key, item in value.items() if item is not None}


def _normal(item: Any, key: str) -> Any:
    if isinstance(item, dict):
        return _normal_map(item)
    if isinstance(item, list):
        maps = any(isinstance(i, dict) for i in item)
        return [({} if maps else "") if i is None else _normal(i, key) for i in item]
    if isinstance(item, float) and item.is_integer():
        item = int(item)
    if isinstance(item, int) and not isinstance(item, bool) and key not in _INT64_FIELDS:
        return (item + (1 << 31)) % (1 << 32) - (1 << 31)
    return item


_BASE64 = re.compile(r"[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*", re.ASCII).fullmatch


def is_base64(text: str) -> bool:
    """Tell whether Go's decoder takes a text: standard alphabet, padding, line breaks anywhere."""
    if not _BASE64(text):
        return False
    try:
        base64.b64decode(text)
    except (ValueError, binascii.Error):
        return False
    return True
