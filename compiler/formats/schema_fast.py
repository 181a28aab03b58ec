"""The fast half of schema checking: each schema node becomes a closure that says "certainly right" or "look closer".

A closure may answer False for a value that is right after all (a null, a subclass of str, a rare keyword); it never
answers True for one that is wrong. tests/formats/test_schema_agreement.py holds both halves together.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from compiler.formats.patterns import PatternRefused, linear, own
from compiler.formats.scalars import FORMATS, INTEGERS
from compiler.formats.schema_closures import (
    Check,
    Fields,
    always,
    between,
    counts,
    distinct_items,
    distinct_texts,
    every,
    every_of_class,
    int_or_text,
    length,
    never,
    record,
    values,
    values_of_class,
)
from compiler.formats.schema_records import (
    BUILT_IN,
    Mode,
    Schema,
    is_set,
    key_defaults,
    keys_of,
    merge_case,
    switch_choice,
    wants_key,
)
from compiler.formats.schema_walk import Walk

_PLAIN: dict[str, type] = {"string": str, "boolean": bool, "integer": int}
_SILENT = frozenset(
    {"type", "description", "title", "default", "examples", "nullable", "deprecated"}
    | {"$schema", "$id", "$defs", "definitions"}
    | {"x-kubernetes-patch-strategy", "x-kubernetes-patch-merge-key", "x-kubernetes-map-type"}
    | {"x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-validations"}
    | {"x-list", "x-keys", "x-ref", "x-optional", "x-untrusted", "x-expected"}
    | {"x-component", "x-core", "x-layer-of", "x-makes", "x-opaque", "x-sections"}
)
"""Keywords that say nothing about the value, or that the code for its type reads."""
_SCALAR_WORDS = frozenset({"enum", "pattern", "format", "x-type", "minimum", "maximum", "minLength", "maxLength"})
_MAP_WORDS = frozenset(
    {"properties", "required", "additionalProperties", "x-union", "x-switch", "x-kubernetes-preserve-unknown-fields"}
    | {"minProperties", "maxProperties"}
)
_LIST_WORDS = frozenset({"items", "minItems", "maxItems"})


class Compiler:
    """Compiles the nodes of one set of definitions for one mode; definitions are compiled when they are first met."""

    def __init__(self, definitions: Mapping[str, Schema], mode: Mode, *, closed: bool = True) -> None:
        """Start with nothing compiled; without `closed` the nodes only judge: unknown and doubled keys are fine."""
        self.definitions = definitions
        self.mode = mode
        self.closed = closed
        self._named: dict[str, Check] = {}
        self._open: Compiler | None = None

    def check(self, schema: Schema | bool) -> Check:
        """Return the closure of a node."""
        if isinstance(schema, bool):
            return always if schema else never
        if "$ref" in schema:
            named = Compiler(self.definitions, BUILT_IN) if self.mode.custom else self  # only metadata has a name there
            return named._reference(_name_of(schema["$ref"]))
        kind = schema["type"] if isinstance(schema.get("type"), str) else None
        words = schema.keys() - _SILENT
        if kind in ("object", "array") and schema.get("x-type") not in FORMATS:
            words -= {"x-type"}
        if words & {"allOf", "anyOf"}:
            return self._parts(schema)
        if kind == "object" and words <= _MAP_WORDS:
            return self._map(schema)
        if kind == "array" and words <= _LIST_WORDS:
            return self._list(schema)
        if words <= _SCALAR_WORDS and kind in _PLAIN:
            return self._scalar(schema, _PLAIN[kind])
        if isinstance(schema.get("type"), list) and "string" in schema["type"] and words <= _SCALAR_WORDS:
            return self._text_or(schema)
        if words <= {"x-kubernetes-int-or-string", "format", "pattern"} and schema.get("x-kubernetes-int-or-string"):
            return self._int_or_text(schema)
        if not words and "type" not in schema:
            return always
        if words == {"if", "then", "else"} and schema["if"] == {"type": "object"}:
            return self._map_or(schema)
        return self._exact(schema)

    def proves(self, reference: str, value: object) -> bool:
        """Tell whether a value is certainly right for the definition that a `$ref` names."""
        return self._reference(_name_of(reference))(value)

    def _text_or(self, schema: Schema) -> Check:
        """Return the closure of a node that takes text and other types: text is the common case."""
        as_text, otherwise = self._scalar({**schema, "type": "string"}, str), self._exact(schema)
        return lambda value: as_text(value) if value.__class__ is str else otherwise(value)

    def _exact(self, schema: Schema) -> Check:
        """Return a closure that asks the exact walk, for the rare forms that only it knows."""

        def check(value: Any) -> bool:
            state = Walk(self.definitions, self.mode)
            state.node(value, schema, (), closed=self.closed)
            return not state.found

        return check

    def _judge(self) -> Compiler:
        """Return the compiler of nodes that only judge."""
        if not self.closed:
            return self
        if self._open is None:
            self._open = Compiler(self.definitions, self.mode, closed=False)
        return self._open

    def _parts(self, schema: Schema) -> Check:
        """Return the closure of a node with allOf and anyOf: a part that cannot tell is no proof, so the rest holds."""
        rest = self.check({word: said for word, said in schema.items() if word not in ("allOf", "anyOf")})
        every_part = [self._judge().check(part) for part in schema.get("allOf", ())]
        any_part = [self._judge().check(part) for part in schema.get("anyOf", ())] or [always]
        return lambda value: (
            rest(value) and all(part(value) for part in every_part) and any(part(value) for part in any_part)
        )

    def _map_or(self, schema: Schema) -> Check:
        """Return the closure of "a map of this form, or something else of that"."""
        for_map, for_rest = self._judge().check(schema["then"]), self._judge().check(schema["else"])
        return lambda value: for_map(value) if value.__class__ is dict else for_rest(value)

    def _reference(self, name: str) -> Check:
        """Return the closure of a definition; one that contains itself finds itself by name."""
        found = self._named.get(name)
        if found is None:
            self._named[name] = lambda value: self._named[name](value)
            found = self._named[name] = self.check(self.definitions[name])
        return found

    # -- scalars ------------------------------------------------------------------------------------------------

    def _scalar(self, schema: Schema, kind: type) -> Check:
        tests = [test for test in self._tests(schema, kind) if test is not None]
        if not tests:
            return lambda value: value.__class__ is kind
        if len(tests) == 1:
            (test,) = tests
            return lambda value: value.__class__ is kind and test(value)
        return lambda value: value.__class__ is kind and all(test(value) for test in tests)

    def _tests(self, schema: Schema, kind: type) -> list[Check | None]:
        found: list[Check | None] = []
        if "enum" in schema:
            found.append(frozenset(choice for choice in schema["enum"] if choice.__class__ is kind).__contains__)
        for word in ("format", "x-type"):
            name = schema.get(word)
            if kind is int and name in INTEGERS:
                found.append(between(*INTEGERS[name]))
            elif name in FORMATS:
                found.append(FORMATS[name].accepts)
        if kind is str:
            found += [self._pattern(schema), length(schema)]
        elif kind is int:
            found.append(between(schema.get("minimum"), schema.get("maximum")))
            if self.mode.custom and "format" not in schema:
                found.append(FORMATS["int64"].accepts)
        return found

    def _int_or_text(self, schema: Schema) -> Check:
        accepts = FORMATS[schema["format"]].accepts if schema.get("format") in FORMATS else always
        pattern = self._pattern(schema)
        if pattern is None:
            return int_or_text(accepts)
        return int_or_text(lambda value: accepts(value) and (value.__class__ is int or pattern(value)))

    def _pattern(self, schema: Schema) -> Check | None:
        pattern = schema.get("pattern")
        if pattern is None:
            return None
        try:
            return (linear if self.mode.kubernetes or schema.get("x-untrusted") else own)(pattern)
        except PatternRefused:
            return never

    # -- maps ---------------------------------------------------------------------------------------------------

    def _map(self, schema: Schema) -> Check:
        counted = counts(schema, "Properties")
        made = self._switch(schema) if "x-switch" in schema else self._fields(schema)
        return made if counted is None else (lambda value: value.__class__ is dict and counted(value) and made(value))

    def _fields(self, schema: Schema) -> Check:
        properties: Mapping[str, Schema] = schema.get("properties") or {}
        required = tuple(schema.get("required", ()))
        union = frozenset(schema.get("x-union", ()))
        if not properties and not union and not required:
            extra = schema.get("additionalProperties")
            if isinstance(extra, Mapping) and _is_plain(extra) and extra["type"] == "string":
                return values_of_class(str)
            return values(self._extra(schema))
        settled = (str, bool) if self.mode.custom else (str, bool, int)
        kinds = {key: _PLAIN[child["type"]] for key, child in properties.items() if _is_plain(child)}
        kinds = {key: kind for key, kind in kinds.items() if kind in settled}
        made: dict[str, Check] = {}

        def make(key: str) -> Check | None:
            if key in properties:
                made[key] = self.check(properties[key])
            return made.get(key)

        nulls = self.mode == BUILT_IN
        return record(Fields(kinds, made, make, required, union, nulls), self._extra(schema))

    def _extra(self, schema: Schema) -> Check:
        """Return the check of keys that `properties` does not name."""
        if schema.get("x-kubernetes-preserve-unknown-fields"):
            return always
        extra = schema.get("additionalProperties")
        if extra is None:
            return never if self.closed and schema.get("properties") else always
        return self.check(extra)

    def _switch(self, schema: Schema) -> Check:
        switch = schema["x-switch"]
        cases = switch["cases"]
        made: dict[str, Check] = {}

        def check(value: Any) -> bool:
            if value.__class__ is not dict:
                return False
            picked = switch_choice(switch, value)
            if picked.__class__ is not str or picked not in cases:
                return False
            case = made.get(picked)
            if case is None:
                part = cases[picked]
                while "$ref" in part:
                    part = self.definitions[part["$ref"]]
                case = made[picked] = self.check(merge_case(schema, part))
            return case(value)

        return check

    # -- lists --------------------------------------------------------------------------------------------------

    def _list(self, schema: Schema) -> Check:
        items = schema.get("items", True)
        plain = _PLAIN[items["type"]] if isinstance(items, Mapping) and _is_plain(items) else None
        each = every_of_class(plain) if plain in (str, bool) else every(self.check(items))
        tests = [each]
        keys = keys_of(schema) if self.closed else ()
        if keys:
            tests.append(self._distinct(items if isinstance(items, Mapping) else {}, keys))
        elif self.closed and is_set(schema):
            tests.append(distinct_texts)
        counted = counts(schema, "Items")
        if counted is not None:
            tests.append(counted)
        if len(tests) == 1:
            return each
        return lambda value: all(test(value) for test in tests)

    def _distinct(self, items: Schema, keys: tuple[str, ...]) -> Check:
        """Return a closure that holds when all items are maps with different keys."""
        return distinct_items(keys, partial(self._key_facts, items, keys), custom=self.mode.custom)

    def _key_facts(self, items: Schema, keys: tuple[str, ...]) -> tuple[tuple[object, ...], bool]:
        """Return what missing keys count as, and whether one must be there."""
        item = self._resolved(items)
        defaults = key_defaults(self._resolved, item, keys)
        return defaults, self.mode == BUILT_IN and wants_key(item, keys, defaults)

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self.definitions[_name_of(schema["$ref"])]
        return schema


def _name_of(reference: str) -> str:
    return reference.removeprefix("#/$defs/").removeprefix("#/definitions/")


def _is_plain(schema: Schema) -> bool:
    """Tell whether nothing but the type is said of a value."""
    return schema.get("type") in ("string", "boolean", "integer") and schema.keys() <= _SILENT
