"""Parameters of an instance: defaults filled in, references resolved, shared types in Kubernetes form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from compiler.build.shapes import CONVERSIONS, Maker

Schema = Mapping[str, Any]


class Filling(NamedTuple):
    """What filling needs: named items of the stack's shared lists, and the maker for conversions.

    Shape: `items["data"]["images"]` is the item of `spec.data` called images.
    """

    items: Mapping[str, Mapping[str, Any]]
    maker: Maker


RESOLVED = ("data", "queues")
"""Shared lists whose items templates see in place of the name: other references are names in Kubernetes too."""

Fill = Callable[[Any, str, Filling], Any]
"""Gives the filled value of (value, field name, filling)."""


def filler(schema: Schema, definitions: Mapping[str, Schema]) -> Fill:
    """Return the function that fills values of a schema; made once a component."""
    return _Maker(definitions).make(schema)


class _Maker:
    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self.definitions = definitions
        self.known: dict[str, Fill] = {}
        self.in_shared_type = False

    def make(self, schema: Schema) -> Fill:
        ref = schema.get("$ref")
        if ref is not None:
            return self._referred(str(ref), schema)
        convert = CONVERSIONS.get(schema.get("x-type", ""))
        inner = self._inner(schema)
        if not convert:
            return inner
        return lambda value, field, filling: convert(inner(value, field, filling), field, filling.maker)

    def _referred(self, ref: str, schema: Schema) -> Fill:
        if schema.get("x-ref") in RESOLVED:
            return self._inner(schema)
        if ref not in self.known:
            self.known[ref] = lambda value, field, filling: self.known[ref](value, field, filling)
            before, self.in_shared_type = self.in_shared_type, True
            self.known[ref] = self.make(self.definitions[ref])
            self.in_shared_type = before
        return self.known[ref]

    def _inner(self, schema: Schema) -> Fill:
        if schema.get("x-ref") in RESOLVED:
            return _reference(str(schema["x-ref"]))
        if "properties" in schema:
            return self._object(schema)
        if isinstance(schema.get("items"), Mapping):
            each = self.make(schema["items"])
            return lambda value, field, filling: (
                [each(v, field, _within(filling, v)) for v in value] if value.__class__ is list else value
            )
        if isinstance(schema.get("additionalProperties"), Mapping):
            each = self.make(schema["additionalProperties"])
            return lambda value, field, filling: (
                {k: each(v, k, filling) for k, v in value.items()} if value.__class__ is dict else value
            )
        return _same

    def _object(self, schema: Schema) -> Fill:
        properties = schema["properties"]
        fillers = {key: self.make(child) for key, child in properties.items()}
        branches = schema.get("x-union", ())  # which of them holds is the user's word
        defaults = {
            key: value
            for key, child in properties.items()
            if key not in branches and (value := self._absent(child)) is not None
        }

        def fill(value: Any, field: str, filling: Filling) -> Any:
            if value.__class__ is not dict:
                return value
            made = {}
            for key, given in value.items():
                each = fillers.get(key)
                made[key] = each(given, key, filling) if each else given
            for key, default in defaults.items():
                if key not in made:
                    made[key] = default(key, filling)
            return made

        return fill

    def _absent(self, schema: Schema) -> Callable[[str, Filling], Any] | None:
        """Return what makes the value of a field that is not given, or None when it stays unset."""
        if "default" in schema:
            each = self.make(schema)
            return lambda key, filling: each(schema["default"], key, filling)
        if "$ref" in schema or schema.get("x-optional") or "x-union" in schema or schema.get("x-type") in CONVERSIONS:
            return None
        if "properties" in schema and not schema.get("required") and not self.in_shared_type:
            each = self.make(schema)
            return lambda key, filling: each({}, key, filling)
        return None


def _within(filling: Filling, item: Any) -> Filling:
    """Return the filling for an item of a list: Secrets of what it says carry its name, so that two have their own."""
    name = item.get("name") if item.__class__ is dict else None
    if name.__class__ is not str:
        return filling
    return Filling(filling.items, Maker(f"{filling.maker.instance}-{name}", filling.maker.secrets))


def _same(value: Any, field: str, filling: Filling) -> Any:
    return value


def _reference(section: str) -> Fill:
    """Return the function that gives the named item of a shared list; a name that only `assumes` has is {name}."""

    def resolve(value: Any, field: str, filling: Filling) -> Any:
        if value.__class__ is not str:
            return value
        return filling.items.get(section, {}).get(value, {"name": value})

    return resolve
