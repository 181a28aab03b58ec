"""Turn the published definitions of one minor into the small form of the packs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_OPEN = (
    "io.k8s.apimachinery.pkg.runtime.RawExtension",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Patch",
)
"""Objects that hold anything. Source: their Go types keep raw bytes (apimachinery runtime/types.go, meta/v1/types.go)."""

_DROPPED = frozenset({"description", "$schema", "x-kubernetes-unions", "x-kubernetes-group-version-kind"})


def normalise(definitions: Mapping[str, Any]) -> dict[str, Schema]:
    """Return the definitions without prose, in one form for all minors; kinds are kept apart (`kinds_of`)."""
    small = {name: _node(schema, is_kind="x-kubernetes-group-version-kind" in schema) for name, schema in definitions.items()}
    for name in small:
        if name == _QUANTITY:
            small[name] = {"format": "quantity", "x-kubernetes-int-or-string": True}
        elif name == _INT_OR_STRING:
            small[name] = {"format": "int-or-string", "x-kubernetes-int-or-string": True}
        elif name in _OPEN:
            small[name] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return small


def kinds_of(definitions: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return (group, version, kind, definition) of each kind; shared types such as DeleteOptions name many and are none."""
    found = []
    for name, schema in definitions.items():
        named = schema.get("x-kubernetes-group-version-kind", ())
        if len(named) == 1:
            (gvk,) = named
            found.append((gvk["group"], gvk["version"], gvk["kind"], name))
    return sorted(found)


def _node(schema: Mapping[str, Any], *, is_kind: bool = False) -> Schema:
    """Return one schema node; `apiVersion` and `kind` of a kind lose their enums, which the table of kinds holds."""
    out: Schema = {}
    for key, value in schema.items():
        if key in _DROPPED:
            continue
        if key == "properties":
            out[key] = {name: _property(name, child, is_kind) for name, child in sorted(value.items())}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            out[key] = _node(value)
        elif key == "$ref":
            out[key] = value.rpartition("/")[2]
        elif key == "type" and isinstance(value, list):
            out[key] = _single(value)
        elif key in ("required", "enum"):
            out[key] = sorted(item for item in value if item is not None)
        elif key in ("oneOf", "anyOf", "allOf"):
            out[key] = [_node(child) for child in value]
        else:
            out[key] = value
    return out


def _property(name: str, schema: Mapping[str, Any], is_kind: bool) -> Schema:
    small = _node(schema)
    if is_kind and name in ("apiVersion", "kind"):
        small.pop("enum", None)
    return small


def _single(types: list[str]) -> str:
    """`[x, "null"]` is how the published files say that a field may be left out."""
    (only,) = (name for name in types if name != "null")
    return only
