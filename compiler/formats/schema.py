"""Checking values against schemas: plain dicts in a JSON Schema dialect in, findings with paths out.

Plain JSON Schema words: type, properties, required, additionalProperties, patternProperties, propertyNames, items,
enum, const, pattern, format, minimum, maximum, exclusive…, multipleOf, min/max of Length, Items and Properties,
uniqueItems, allOf, anyOf, oneOf, not, if/then/else, $ref (a definition's name). A map with `properties` and without
`additionalProperties` refuses other keys, except below allOf … else, which only judge.

The stack's own words: `x-list: map | set | atomic` with `x-keys`; `x-union: [k1, k2]`, exactly one of these keys;
`x-switch: {key, default, cases: {value: schema}}`, the value of `key` picks a schema whose properties and required
keys join the node's own; `x-type`, a shared type whose name is a format (scalars.FORMATS); `x-untrusted: true` beside
a `pattern` that did not come with stackc; `x-expected`, what to call a `pattern` in a message. `x-ref` and
`x-optional` say nothing here.

Kubernetes: `x-kubernetes-list-type` and `-list-map-keys` (or patch merge keys), `-int-or-string`,
`-preserve-unknown-fields`, `-embedded-resource`, `nullable`. Built-in types take a null as absent, `""` for an enum as
absent, a whole float as an integer; a custom resource (`custom=True`, root is a whole object) follows its CRD.
"""

from __future__ import annotations

from collections.abc import Mapping

from compiler.formats.packs import OBJECT_META
from compiler.formats.schema_closures import Check
from compiler.formats.schema_fast import Compiler
from compiler.formats.schema_records import RULES, Finding, Mode, Schema
from compiler.formats.schema_walk import walk

__all__ = ["RULES", "Finding", "Schema", "Validator", "validate"]


class Validator:
    """Checks values against the schemas of one set of definitions; keeps what it compiled."""

    def __init__(self, definitions: Mapping[str, Schema], *, kubernetes: bool = False, custom: bool = False) -> None:
        """Take the definitions that `$ref` names."""
        self.definitions = definitions
        self._mode = Mode(kubernetes or custom, custom)
        self._compiler = Compiler(definitions, self._mode)
        self._roots: dict[int, tuple[Schema, Check]] = {}

    def is_proven(self, value: object, schema: Schema) -> bool:
        """Tell quickly that a value is right; False means that `findings` has to look."""
        root = self._roots.get(id(schema))
        if root is None:
            said = _with_metadata(schema, self.definitions) if self._mode.custom else schema
            root = self._roots[id(schema)] = (schema, self._compiler.check(said))
        return root[1](value)

    def findings(self, value: object, schema: Schema) -> list[Finding]:
        """Return everything that is wrong with a value, in the order of the value; empty when it is right."""
        return (
            []
            if self.is_proven(value, schema)
            else walk(value, schema, self.definitions, self._mode, self._compiler.proves)
        )


def _with_metadata(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Return a CRD's schema with what every object has and no CRD has to say."""
    meta: Schema = {"$ref": OBJECT_META} if OBJECT_META in definitions else {}
    text = {"type": "string"}
    properties = {**(schema.get("properties") or {}), "apiVersion": text, "kind": text, "metadata": meta}
    return {key: value for key, value in schema.items() if key != "x-kubernetes-embedded-resource"} | {
        "properties": properties
    }


_VALIDATORS: dict[tuple[int, bool, bool], Validator] = {}
_KEPT = 64


def validate(
    value: object, schema: Schema, definitions: Mapping[str, Schema], *, kubernetes: bool = False, custom: bool = False
) -> list[Finding]:
    """Return everything that is wrong with a value.

    What is compiled is kept with the definitions, found again by their identity: pass the same mapping every time, and
    do not change a schema after its first use.
    """
    key = (id(definitions), kubernetes, custom)
    found = _VALIDATORS.get(key)
    if found is None or found.definitions is not definitions:
        if len(_VALIDATORS) >= _KEPT:
            _VALIDATORS.clear()
        found = _VALIDATORS[key] = Validator(definitions, kubernetes=kubernetes, custom=custom)
    return found.findings(value, schema)
