"""The exact half of schema checking: every finding of one value, with its path. Schemas are read as they are.

`schema.py` says what the dialect means; `schema_fast.py` proves most values right without coming here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from compiler.formats.packs import OBJECT_META
from compiler.formats.patterns import own
from compiler.formats.schema_records import (
    BUILT_IN,
    Finding,
    Mode,
    Schema,
    at_least,
    at_most,
    identity,
    is_set,
    is_type,
    key_defaults,
    keys_of,
    merge_case,
    one_of,
    switch_choice,
    wants_key,
)
from compiler.formats.schema_scalars import judge
from compiler.formats.suggest import nearest
from compiler.model.source import Path

_STRUCTURAL = ("apiVersion", "kind", "metadata")


Proof = Callable[[str, object], bool]
"""Tells of a definition's name and a value whether the value is certainly right."""


class Walk:
    """One check of one document: the definitions, the mode and the findings so far."""

    def __init__(self, definitions: Mapping[str, Schema], mode: Mode, proves: Proof | None = None) -> None:
        """Start without findings; `proves` says quickly of some values that they are right."""
        self.definitions = definitions
        self.mode = mode
        self.proves = proves
        self.found: list[Finding] = []

    def add(
        self, path: Path, rule: str, found: object, expected: str, suggestion: str = "", on_key: bool = False
    ) -> None:
        """Note one finding."""
        self.found.append(Finding(path, rule, found, expected, suggestion, on_key))

    def resolve(self, schema: Schema) -> Schema:
        """Follow references to the schema that says something."""
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].removeprefix("#/$defs/").removeprefix("#/definitions/")]
        return schema

    def holds(self, value: object, schema: Schema | bool) -> bool:
        """Tell whether a value meets a schema that only judges: unknown keys are fine there."""
        if isinstance(schema, bool):
            return schema
        inner = Walk(self.definitions, self.mode)
        inner.node(value, schema, (), closed=False)
        return not inner.found

    def node(self, value: object, schema: Schema | bool, path: Path, *, closed: bool = True) -> None:
        """Check one value; `closed` refuses keys that `properties` does not name."""
        if isinstance(schema, bool):
            if not schema:
                self.add(path, "logic", value, "nothing here")
            return
        if self.mode.custom and "$ref" in schema:  # only metadata has a name there
            built_in = Walk(self.definitions, BUILT_IN)
            built_in.found = self.found
            built_in.node(value, schema, path, closed=closed)
            return
        if self.proves is not None and closed and "$ref" in schema and self.proves(schema["$ref"], value):
            return
        schema = self.resolve(schema)
        if value is None and schema.get("nullable"):
            return
        for rule, expected, suggestion in judge(value, schema, self.mode):
            self.add(path, rule, value, expected, suggestion)
            if rule == "type":
                return
        if isinstance(value, dict):
            self._object(value, schema, path, closed)
        elif isinstance(value, list):
            self._list(value, schema, path, closed)
        self._logic(value, schema, path)

    # -- maps ---------------------------------------------------------------------------------------------------

    def _object(self, value: dict[str, Any], schema: Schema, path: Path, closed: bool) -> None:
        schema, known = self._switched(value, schema, path)
        properties: Mapping[str, Any] = schema.get("properties") or {}
        required = schema.get("required", ())
        embedded = schema.get("x-kubernetes-embedded-resource", False)
        refuses = known and self._refuses(schema, closed)
        for key, item in value.items():
            child = properties.get(key)
            if embedded and key in _STRUCTURAL:
                child = self._meta(key)
            if child is None:
                self._extra(key, item, schema, path, closed, refuses)
            elif not self._is_absent(item, child):
                self.node(item, child, (*path, key), closed=closed)
        for key in required:
            if key not in value or (value[key] is None and self._is_absent(None, properties.get(key, {}))):
                self.add((*path, key), "required", None, f"`{key}`")
        self._counts(value, schema, path, "Properties", "properties", "key")
        names = schema.get("propertyNames")
        if names is not None:
            for key in value:
                self._key(key, names, path)
        if "x-union" in schema:
            self._union(value, schema["x-union"], path)

    def _refuses(self, schema: Schema, closed: bool) -> bool:
        """Tell whether keys beyond `properties` are refused."""
        if schema.get("x-kubernetes-preserve-unknown-fields"):
            return False
        extra = schema.get("additionalProperties")
        if extra is None:
            return closed and bool(schema.get("properties"))
        return extra is False

    def _extra(self, key: str, item: object, schema: Schema, path: Path, closed: bool, refuses: bool) -> None:
        for pattern, child in (schema.get("patternProperties") or {}).items():
            if own(pattern)(str(key)):
                self.node(item, child, (*path, key), closed=closed)
                return
        extra = schema.get("additionalProperties")
        if refuses:
            allowed = sorted(schema.get("properties") or ())
            self.add((*path, key), "unknown", key, one_of(allowed), nearest(str(key), allowed), on_key=True)
        elif isinstance(extra, Mapping) and not self._is_absent(item, extra):
            self.node(item, extra, (*path, key), closed=closed)

    def _is_absent(self, item: object, schema: Schema) -> bool:
        """Tell whether a null stands for nothing.

        Source: probed on 1.36. Built-in types take every null for Go's empty value; a custom resource only where its
        schema says nullable or has a default, and where it says nothing.
        """
        if item is not None or not self.mode.kubernetes:
            return False
        return not self.mode.custom or "default" in self.resolve(schema)

    def _meta(self, key: str) -> Schema:
        if key == "metadata" and OBJECT_META in self.definitions:
            return {"$ref": OBJECT_META}
        return {} if key == "metadata" else {"type": "string"}

    def _key(self, key: str, names: Schema, path: Path) -> None:
        inner = Walk(self.definitions, self.mode)
        inner.node(key, names, (*path, key), closed=False)
        self.found.extend(finding._replace(on_key=True) for finding in inner.found)

    def _switched(self, value: dict[str, Any], schema: Schema, path: Path) -> tuple[Schema, bool]:
        """Merge the case that `x-switch` picks into the node's schema; False says that no case was found."""
        switch = schema.get("x-switch")
        if switch is None:
            return schema, True
        key = switch["key"]
        picked = switch_choice(switch, value)
        case = switch["cases"].get(picked) if isinstance(picked, str) else None
        if case is None and switch.get("open"):
            return schema, True
        if case is None:
            own_choice = (schema.get("properties") or {}).get(key, {})
            if key in value and "enum" not in self.resolve(own_choice):
                allowed = sorted(switch["cases"])
                self.add((*path, key), "enum", picked, one_of(allowed), nearest(str(picked), allowed))
            elif key not in value and key not in schema.get("required", ()):
                self.add((*path, key), "required", None, f"`{key}`")
            return schema, False
        return merge_case(schema, self.resolve(case)), True

    def _union(self, value: dict[str, Any], keys: list[str], path: Path) -> None:
        given = [key for key in value if key in keys]
        if not given:
            self.add(path, "union", tuple(given), f"exactly {one_of(keys)}")
        for key in given[1:]:
            self.add((*path, key), "union", tuple(given), f"exactly {one_of(keys)}", on_key=True)

    # -- lists --------------------------------------------------------------------------------------------------

    def _list(self, value: list[Any], schema: Schema, path: Path, closed: bool) -> None:
        items = schema.get("items")
        if items is not None:
            keyed = bool(keys_of(schema))
            for index, item in enumerate(value):
                if item is None and self.mode == BUILT_IN and not keyed:
                    continue  # Go's empty value
                self.node(item, items, (*path, index), closed=closed)
        self._counts(value, schema, path, "Items", "items", "item")
        if schema.get("uniqueItems") or (closed and is_set(schema)):
            self._distinct(value, path)
        keys = keys_of(schema)
        if keys and closed:
            self._keyed(value, self.resolve(items or {}), keys, path)

    def _distinct(self, value: list[Any], path: Path) -> None:
        seen: set[Hashable] = set()
        for index, item in enumerate(value):
            known = identity(item)
            if known in seen:
                self.add((*path, index), "duplicate", item, "a value that the list does not have yet")
            seen.add(known)

    def _keyed(self, value: list[Any], item_schema: Schema, keys: tuple[str, ...], path: Path) -> None:
        defaults = key_defaults(self.resolve, item_schema, keys)
        seen: set[tuple[Hashable, ...]] = set()
        is_wanted = self.mode == BUILT_IN and wants_key(item_schema, keys, defaults)
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                continue
            if is_wanted and not any(key in item for key in keys):
                self.add((*path, index), "keyless", item, one_of(keys))
                continue
            said = {key: item.get(key, default) for key, default in zip(keys, defaults, strict=True)}
            if self.mode.custom and all(part is None for part in said.values()):
                if keys[0] not in item_schema.get("required", ()):
                    self.add((*path, index, keys[0]), "required", None, f"`{keys[0]}`")
                continue
            if not self.mode.kubernetes and None in said.values():
                continue  # `required` speaks
            known = tuple(map(identity, said.values()))
            if known in seen:
                what = " and ".join(f"`{key}`" for key in keys)
                self.add((*path, index), "duplicate", said, f"{what} that no other item has")
            seen.add(known)

    # -- both ---------------------------------------------------------------------------------------------------

    def _counts(self, value: Any, schema: Schema, path: Path, suffix: str, rule: str, noun: str) -> None:
        low, high = schema.get(f"min{suffix}"), schema.get(f"max{suffix}")
        if low is not None and len(value) < low:
            self.add(path, rule, len(value), at_least(low, noun))
        if high is not None and len(value) > high:
            self.add(path, rule, len(value), at_most(high, noun))

    def _logic(self, value: object, schema: Schema, path: Path) -> None:
        for part in schema.get("allOf", ()):
            self.node(value, part, path, closed=False)
        if "anyOf" in schema and not any(self.holds(value, part) for part in schema["anyOf"]):
            self._no_branch(value, schema["anyOf"], path)
        if "oneOf" in schema:
            right = sum(self.holds(value, part) for part in schema["oneOf"])
            if right == 0:
                self._no_branch(value, schema["oneOf"], path)
            elif right > 1:
                self.add(path, "logic", value, "only one of the forms that are allowed here")
        if "not" in schema and self.holds(value, schema["not"]):
            self.add(path, "logic", value, "something else: this form is excluded here")
        if "if" in schema:
            branch = schema.get("then" if self.holds(value, schema["if"]) else "else")
            if branch is not None:
                self.node(value, branch, path, closed=False)

    def _no_branch(self, value: object, parts: Sequence[Schema | bool], path: Path) -> None:
        """Say what the branches want: the one for this type of value, or the keys that all of them only ask for."""
        typed = [part for part in parts if isinstance(part, Mapping) and "type" in part]
        fitting = [part for part in typed if is_type(value, part["type"])]
        if not self.mode.kubernetes and len(fitting) == 1:
            self.node(value, fitting[0], path, closed=False)
            return
        wanted = sorted(
            {
                key
                for part in parts
                if isinstance(part, Mapping) and set(part) == {"required"}
                for key in part["required"]
            }
        )
        self.add(path, "logic", value, one_of(wanted) if wanted else "one of the forms that are allowed here")


def walk(
    value: object, schema: Schema, definitions: Mapping[str, Schema], mode: Mode, proves: Proof | None = None
) -> list[Finding]:
    """Return every finding of a value, each once, in order of the value; parts that are proven are passed by."""
    if mode.custom:
        schema = {**schema, "x-kubernetes-embedded-resource": True}
    state = Walk(definitions, mode, None if mode.custom else proves)
    state.node(value, schema, ())
    unique: dict[tuple[Path, str, str], Finding] = {}
    for finding in state.found:
        unique.setdefault((finding.path, finding.rule, finding.expected), finding)
    return list(unique.values())
