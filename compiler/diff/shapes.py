"""What a schema says about comparing: which lists are keyed by what, which strings are quantities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from compiler.formats.packs import list_keys

Schema = Mapping[str, Any]
_NO_DEFINITIONS: Mapping[str, Schema] = {}


class Shape(NamedTuple):
    """A schema node seen through its references.

    Shape: `schema` is a node of a schema pack or a CRD (`x-kubernetes-list-type` …), or of a stack schema (`x-list`,
    `x-keys`); `$ref` ends in a name in `definitions`; `name` is the definition it was reached by.
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
        said = schema.get("x-list") or schema.get("x-kubernetes-list-type")
        return str(said) if said else "map" if list_keys(schema) else "atomic"

    @property
    def list_keys(self) -> tuple[str, ...]:
        """The fields that identify an item of a `map` list."""
        return tuple(self.schema.get("x-keys") or ()) or list_keys(self.schema)

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
