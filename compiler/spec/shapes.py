"""How merging and walking read the stack schema: references, switches, members, kinds of lists."""

from __future__ import annotations

from typing import Any, NamedTuple

from compiler.spec.schemas import Schema

ANY: Schema = {}
"""The schema of a place that nobody describes."""

_DOCUMENTATION = {"$ref", "description", "examples"}


class Member(NamedTuple):
    """What the schema says about one key of a map.

    Shape: `known` is false for a key that the schema does not allow; `fixed` is true for a key that the schema names.
    """

    schema: Schema
    known: bool
    fixed: bool


class Shapes:
    """One stack schema, with what was looked up in it.

    Shape: made once for a schema and kept; a lookup never changes the schema.
    """

    __slots__ = ("_resolved", "_switched", "definitions", "root")

    def __init__(self, schema: Schema) -> None:
        self.root = schema
        self.definitions: dict[str, Schema] = schema.get("definitions", {})
        self._resolved: dict[int, Schema] = {}
        self._switched: dict[tuple[int, str], Schema] = {}

    def resolve(self, schema: Schema) -> Schema:
        """Follow `$ref`; the words beside it win over those of the definition."""
        if "$ref" not in schema:
            return schema
        found = self._resolved.get(id(schema))
        if found is None:
            found = self.resolve(self.definitions.get(schema["$ref"], ANY))
            beside = {key: value for key, value in schema.items() if key not in _DOCUMENTATION}
            if beside:
                found = {**found, **beside}
            self._resolved[id(schema)] = found
        return found

    def of(self, schema: Schema, chosen: object = None) -> Schema:
        """Return the schema for a value: references followed, and the case of `x-switch` merged in.

        Shape: `chosen` is the value of the switch's key, None where it is not given.
        """
        resolved = self.resolve(schema)
        if "x-layer-of" in resolved:
            resolved = self.resolve(self.items_of(resolved["x-layer-of"]))
        switch = resolved.get("x-switch")
        if switch is None:
            return resolved
        case = switch["cases"].get(chosen if isinstance(chosen, str) else switch.get("default"))
        if case is None:
            return resolved
        key = (id(resolved), str(chosen))
        found = self._switched.get(key)
        if found is None:
            found = self._switched[key] = _with_case(resolved, self.resolve(case))
        return found

    def member(self, schema: Schema, key: str) -> Member:
        """Return what a resolved map schema says about `key`."""
        properties = schema.get("properties")
        if properties is not None and key in properties:
            return Member(properties[key], known=True, fixed=True)
        more = schema.get("additionalProperties", properties is None)
        if more is False:
            return Member(ANY, known=False, fixed=False)
        return Member(more if isinstance(more, dict) else ANY, known=True, fixed=False)

    def items_of(self, name: str) -> Schema:
        """Return the schema of the items of the list `name`: of `spec`, else of the first section that has it."""
        sections = self.root["properties"]["spec"]["properties"]
        for owner in ({"properties": sections}, *sections.values()):
            found = self.resolve(owner).get("properties", {}).get(name)
            if found is not None and "items" in self.resolve(found):
                items: Schema = self.resolve(found)["items"]
                return items
        return ANY

    def along(self, path: tuple[str | int, ...], data: Any) -> Schema:
        """Return the schema of the place at `path` of a document; `data` is the document, for the switches."""
        schema = self.of(self.root, switch_value(self.resolve(self.root), data))
        for part in path:
            schema = schema.get("items", ANY) if isinstance(part, int) else self.member(schema, part).schema
            data = inside(data, part)
            schema = self.of(schema, switch_value(self.resolve(schema), data))
        return schema


def switch_value(resolved: Schema, data: object) -> object:
    """Return what a value says for the key of its schema's `x-switch`, None where there is none."""
    switch = resolved.get("x-switch")
    if switch is None or not isinstance(data, dict):
        return None
    return data.get(switch["key"], data.get(switch.get("or", switch["key"])))


def inside(data: Any, part: str | int) -> Any:
    """Return the value one step down, None where there is none."""
    if isinstance(part, str):
        return data.get(part) if isinstance(data, dict) else None
    return data[part] if isinstance(data, list) and -len(data) <= part < len(data) else None


def list_keys(schema: Schema) -> tuple[str, ...]:
    """Return the keys by which the items of a list merge; empty for a list that is replaced as a whole."""
    if schema.get("x-list") != "map":
        return ()
    return tuple(schema.get("x-keys", ("name",)))


def _with_case(schema: Schema, case: Schema) -> Schema:
    merged = {**schema, **{key: value for key, value in case.items() if key not in ("properties", "required")}}
    del merged["x-switch"]
    if "x-switch" in case:
        merged["x-switch"] = case["x-switch"]
    merged["properties"] = {**schema.get("properties", {}), **case.get("properties", {})}
    merged["required"] = [*schema.get("required", ()), *case.get("required", ())]
    return merged
