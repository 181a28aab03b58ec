"""Turn the published definitions of one minor into the small form of the packs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Schema = dict[str, Any]

_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_OPEN = (
    "io.k8s.apimachinery.pkg.runtime.RawExtension",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
)
"""Objects that hold anything. Source: their Go types keep raw bytes (apimachinery runtime, meta/v1: types.go)."""

_DROPPED = frozenset({"description", "$schema", "enum", "x-kubernetes-unions", "x-kubernetes-group-version-kind"})
"""Published enums are those of apiVersion and kind, which the table of kinds holds, and in 1.23 some that no server
enforces (any `conditionType` may be a readiness gate): enums come from a running server alone (pack_openapi.py)."""

_PROPS_OR = re.compile(r"(.*\.JSONSchemaProps)Or(Bool|Array|StringArray)")


def normalise(definitions: Mapping[str, Any], not_required: Mapping[str, list[str]]) -> dict[str, Schema]:
    """Return the definitions without prose, in one form for all minors; kinds are kept apart (`kinds_of`).

    Shape: `not_required` lists, by definition, required fields that no server demands.
    """
    small = {name: _node(schema) for name, schema in definitions.items()}
    for name, schema in small.items():
        if name == _QUANTITY:
            small[name] = {"format": "quantity", "x-kubernetes-int-or-string": True}
        elif name == _INT_OR_STRING:
            small[name] = {"format": "int-or-string", "x-kubernetes-int-or-string": True}
        elif name in _OPEN:
            small[name] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        elif match := _PROPS_OR.fullmatch(name):
            small[name] = _props_or(match[1], match[2])
        else:
            small[name] = _relaxed(schema, not_required.get(name, ()))
    return small


def _props_or(props: str, other: str) -> Schema:
    """Return the form of the three unions inside a CRD's schema, which are published without any.

    Source: apiextensions v1 marshal.go. Unknown keys below them are dropped silently, as `then` judges it.
    """
    others: dict[str, Schema] = {
        "Bool": {"type": "boolean"},
        "Array": {"type": "array", "items": {"$ref": props}},
        "StringArray": {"type": "array", "items": {"type": "string"}},
    }
    return {"if": {"type": "object"}, "then": {"$ref": props}, "else": others[other]}


def _relaxed(schema: Schema, not_required: Iterable[str]) -> Schema:
    """Return a definition that asks for no more than a server does."""
    properties = schema.get("properties", {})
    kept = [
        name
        for name in schema.get("required", ())
        if name not in not_required and properties.get(name, {}).get("type") != "boolean"
    ]
    rest = {key: value for key, value in schema.items() if key != "required"}
    return {**rest, "required": kept} if kept else rest


def kinds_of(definitions: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return (group, version, kind, definition) of each kind; a type shared by many (DeleteOptions) is none."""
    found = []
    for name, schema in definitions.items():
        named = schema.get("x-kubernetes-group-version-kind", ())
        if len(named) == 1:
            (gvk,) = named
            found.append((gvk["group"], gvk["version"], gvk["kind"], name))
    return sorted(found)


def _node(schema: Mapping[str, Any]) -> Schema:
    out: Schema = {}
    for key, value in schema.items():
        if key in _DROPPED:
            continue
        if key == "properties":
            out[key] = {name: _node(child) for name, child in sorted(value.items())}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            out[key] = _node(value)
        elif key == "$ref":
            out[key] = value.rpartition("/")[2]
        elif key == "type" and isinstance(value, list):
            out[key] = _single(value)
        elif key == "required":
            out[key] = sorted(value)
        elif key in ("oneOf", "anyOf", "allOf"):
            out[key] = [_node(child) for child in value]
        else:
            out[key] = value
    return out


def _single(types: list[str]) -> str:
    """`[x, "null"]` is how the published files say that a field may be left out."""
    (only,) = (name for name in types if name != "null")
    return only
