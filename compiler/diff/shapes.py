"""What a schema says about comparing: which lists are keyed by what, which strings are quantities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Schema = Mapping[str, Any]
_NO_DEFINITIONS: Mapping[str, Schema] = {}


class Shape(NamedTuple):
    """A schema node seen through its references.

    Shape: `schema` is a node of a schema pack (`x-list`, `x-keys`, `$ref` = name in `definitions`) or of a CRD
    (`x-kubernetes-list-type`, `x-kubernetes-list-map-keys`); `name` is the definition it was reached by.
    """

    schema: Schema
    definitions: Mapping[str, Schema] = _NO_DEFINITIONS
    name: str = ""

    def field(self, key: str) -> Shape | None:
        """Return the shape of a map's field, None where the schema does not know it."""
        properties = self.schema.get("properties")
        child = properties.get(key) if properties else None
        if child is None:
            child = self.schema.get("additionalProperties")
        return self._resolve(child)

    def items(self) -> Shape | None:
        """Return the shape of a list's items."""
        return self._resolve(self.schema.get("items"))

    @property
    def list_type(self) -> str:
        """`map`, `set` or `atomic`; a list that says nothing is atomic, as for the API server."""
        schema = self.schema
        return str(schema.get("x-list") or schema.get("x-kubernetes-list-type") or "atomic")

    @property
    def list_keys(self) -> tuple[str, ...]:
        """The fields that identify an item of a `map` list."""
        schema = self.schema
        return tuple(schema.get("x-keys") or schema.get("x-kubernetes-list-map-keys") or ())

    @property
    def is_quantity(self) -> bool:
        """Tell whether values are resource quantities."""
        return self.schema.get("format") == "quantity" or self.name.endswith(".Quantity")

    def _resolve(self, node: Any) -> Shape | None:
        name = ""
        for _ in range(8):  # a chain of references is one or two long; a loop must end
            if not isinstance(node, Mapping):
                return None
            whole = node.get("allOf")
            target = node.get("$ref") or (whole[0].get("$ref") if whole and len(whole) == 1 else None)
            if target is None:
                return Shape(node, self.definitions, name)
            name = str(target).rpartition("/")[2]
            node = self.definitions.get(name)
        return None
