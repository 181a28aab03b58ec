"""The exact half of schema checking: every finding of one value, with its path. Plain schema dicts are read as they are.

`schema.py` says what the dialect means; `schema_fast.py` proves most values right without coming here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from compiler.formats.packs import OBJECT_META, list_keys
from compiler.formats.patterns import PatternRefused, linear, own
from compiler.formats.scalars import FORMATS
from compiler.formats.suggest import nearest
from compiler.model.source import Path

Schema = Mapping[str, Any]


class Finding(NamedTuple):
    """One thing that a schema says against a value.

    Shape: `path` leads to the value; with `on_key` it is the key at its end that is wrong; for `required` it ends in
    the key that is missing. `rule` is one of RULES. `expected` goes after "expected" in a message; `suggestion` is a
    word that would be right, `""` when none is near.
    """

    path: Path
    rule: str
    found: object
    expected: str
    suggestion: str = ""
    on_key: bool = False


RULES = (
    "unknown",
    "type",
    "required",
    "enum",
    "pattern",
    "format",
    "overflow",
    "minimum",
    "maximum",
    "multiple",
    "length",
    "items",
    "properties",
    "duplicate",
    "union",
    "logic",
)
"""All values of `Finding.rule`. `overflow` is an integer that a built-in type would silently wrap."""


class Mode(NamedTuple):
    """Whose rules hold: `kubernetes` an API server's, with `custom` those for custom resources; else the stack's own."""

    kubernetes: bool
    custom: bool = False


_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "`true` or `false`",
    "object": "a map",
    "array": "a list",
    "null": "null",
}
_STRUCTURAL = ("apiVersion", "kind", "metadata")


def is_type(value: object, name: str) -> bool:
    """Tell whether a value has a JSON type; a float without fraction is an integer, as in JSON."""
    if name == "string":
        return isinstance(value, str)
    if name == "object":
        return isinstance(value, dict)
    if name == "array":
        return isinstance(value, list)
    if name == "boolean":
        return isinstance(value, bool)
    if name == "null":
        return value is None
    if isinstance(value, bool):
        return False
    if name == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return name == "number" and isinstance(value, (int, float))


class Walk:
    """One check of one document: the definitions, the mode and the findings so far."""

    def __init__(self, definitions: Mapping[str, Schema], mode: Mode) -> None:
        """Start without findings."""
        self.definitions = definitions
        self.mode = mode
        self.found: list[Finding] = []

    def add(self, path: Path, rule: str, found: object, expected: str, suggestion: str = "", on_key: bool = False) -> None:
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
        schema = self.resolve(schema)
        if value is None and schema.get("nullable"):
            return
        if not self._type(value, schema, path):
            return
        self._choices(value, schema, path)
        if isinstance(value, dict):
            self._object(value, schema, path, closed)
        elif isinstance(value, list):
            self._list(value, schema, path, closed)
        elif isinstance(value, str):
            self._string(value, schema, path)
        elif not isinstance(value, bool) and isinstance(value, (int, float)):
            self._number(value, schema, path)
        self._logic(value, schema, path)

    # -- scalars ------------------------------------------------------------------------------------------------

    def _type(self, value: object, schema: Schema, path: Path) -> bool:
        if schema.get("x-kubernetes-int-or-string"):
            right = isinstance(value, str) or is_type(value, "integer")
            right = right or (schema.get("format") == "quantity" and is_type(value, "number"))
            if not right:
                self.add(path, "type", value, _format_expected(schema, "an integer or a string"))
            return right
        types = schema.get("type")
        if types is None:
            return True
        names = [types] if isinstance(types, str) else types
        if any(is_type(value, name) for name in names):
            return True
        self.add(path, "type", value, " or ".join(_NAMES.get(name, name) for name in names))
        return False

    def _choices(self, value: object, schema: Schema, path: Path) -> None:
        allowed = [schema["const"]] if "const" in schema else schema.get("enum")
        if allowed is None or any(_same(value, choice) for choice in allowed):
            return
        if value == "" and self.mode.kubernetes and not self.mode.custom:
            return  # Go's empty value: the server takes it as not given
        words = [choice for choice in allowed if isinstance(choice, str)]
        self.add(path, "enum", value, one_of(allowed), nearest(value, words) if isinstance(value, str) else "")

    def _string(self, value: str, schema: Schema, path: Path) -> None:
        pattern = schema.get("pattern")
        if pattern is not None:
            foreign = self.mode.kubernetes or schema.get("x-untrusted", False)
            try:
                if not (linear if foreign else own)(pattern)(value):
                    self.add(path, "pattern", value, schema.get("x-expected") or f"a text that matches `{pattern}`")
            except PatternRefused as refused:
                self.add(path, "pattern", value, f"a pattern that can be run in linear time (`{pattern}`: {refused})")
        if len(value) < schema.get("minLength", 0):
            self.add(path, "length", value, _at_least(schema["minLength"], "character"))
        if len(value) > schema.get("maxLength", len(value)):
            self.add(path, "length", value, _at_most(schema["maxLength"], "character"))
        self._format(value, schema, path)

    def _number(self, value: int | float, schema: Schema, path: Path) -> None:
        low, high = schema.get("minimum"), schema.get("maximum")
        above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        if above is True:  # OpenAPI v3 writes it as a flag
            above, low = low, None
        if below is True:
            below, high = high, None
        if low is not None and value < low:
            self.add(path, "minimum", value, f"at least {low}")
        if above is not None and above is not False and value <= above:
            self.add(path, "minimum", value, f"more than {above}")
        if high is not None and value > high:
            self.add(path, "maximum", value, f"at most {high}")
        if below is not None and below is not False and value >= below:
            self.add(path, "maximum", value, f"less than {below}")
        step = schema.get("multipleOf")
        if step is not None and value % step != 0:
            self.add(path, "multiple", value, f"a multiple of {step}")
        if self.mode.custom and "format" not in schema and schema.get("type") == "integer":
            schema = {**schema, "format": "int64"}
        self._format(value, schema, path)

    def _format(self, value: object, schema: Schema, path: Path) -> None:
        for name in (schema.get("format"), schema.get("x-type")):
            form = FORMATS.get(name) if name is not None else None
            if form is not None and not form.accepts(value):
                wraps = name in ("int32", "int64") and self.mode == (True, False)
                self.add(path, "overflow" if wraps else "format", value, form.expected)
                return

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
        """Merge the case that `x-switch` picks into the node's own schema; without a case, unknown keys stay unjudged."""
        switch = schema.get("x-switch")
        if switch is None:
            return schema, True
        key = switch["key"]
        picked = value.get(key, switch.get("default"))
        case = switch["cases"].get(picked) if isinstance(picked, str) else None
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
                if item is None and self.mode == (True, False) and not keyed:
                    continue  # Go's empty value
                self.node(item, items, (*path, index), closed=closed)
        self._counts(value, schema, path, "Items", "items", "item")
        if schema.get("uniqueItems") or is_set(schema):
            for index, item in enumerate(value):
                if any(_same(item, other) for other in value[:index]):
                    self.add((*path, index), "duplicate", item, "a value that the list does not have yet")
        keys = keys_of(schema)
        if keys:
            self._keyed(value, self.resolve(items or {}), keys, path)

    def _keyed(self, value: list[Any], item_schema: Schema, keys: tuple[str, ...], path: Path) -> None:
        defaults = key_defaults(self.resolve, item_schema, keys)
        seen: set[tuple[str, ...]] = set()
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                continue
            if self.mode.custom and all(item.get(key, default) is None for key, default in zip(keys, defaults, strict=True)):
                if keys[0] not in item_schema.get("required", ()):
                    self.add((*path, index, keys[0]), "required", None, f"`{keys[0]}`")
                continue
            if not self.mode.kubernetes and any(item.get(key) is None for key in keys):
                continue  # `required` speaks
            identity = tuple(repr(item.get(key, default)) for key, default in zip(keys, defaults, strict=True))
            if identity in seen:
                shown = {key: item.get(key, default) for key, default in zip(keys, defaults, strict=True)}
                what = " and ".join(f"`{key}`" for key in keys)
                self.add((*path, index), "duplicate", shown, f"{what} that no other item has")
            seen.add(identity)

    # -- both ---------------------------------------------------------------------------------------------------

    def _counts(self, value: Any, schema: Schema, path: Path, suffix: str, rule: str, noun: str) -> None:
        low, high = schema.get(f"min{suffix}"), schema.get(f"max{suffix}")
        if low is not None and len(value) < low:
            self.add(path, rule, len(value), _at_least(low, noun))
        if high is not None and len(value) > high:
            self.add(path, rule, len(value), _at_most(high, noun))

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

    def _no_branch(self, value: object, parts: Iterable[Schema | bool], path: Path) -> None:
        """Say what the branches want when they only ask for keys, which is how "one of these" is usually written."""
        wanted = sorted({key for part in parts if isinstance(part, Mapping) and set(part) == {"required"} for key in part["required"]})
        self.add(path, "logic", value, one_of(wanted) if wanted else "one of the forms that are allowed here")


def merge_case(schema: Schema, case: Schema) -> dict[str, Any]:
    """Return a node with the properties, the required keys and the other words of one `x-switch` case added."""
    merged = {**schema, **case}
    merged["properties"] = {**(schema.get("properties") or {}), **(case.get("properties") or {})}
    merged["required"] = list(dict.fromkeys((*schema.get("required", ()), *case.get("required", ()))))
    merged.pop("x-switch")
    if "x-switch" in case:
        merged["x-switch"] = case["x-switch"]
    return merged


def keys_of(schema: Schema) -> tuple[str, ...]:
    """Return the keys that tell a list's items apart, ours or Kubernetes'."""
    if schema.get("x-list") == "map":
        return tuple(schema["x-keys"])
    return list_keys(schema)


def is_set(schema: Schema) -> bool:
    """Tell whether a list may hold no value twice."""
    return "set" in (schema.get("x-list"), schema.get("x-kubernetes-list-type"))


def key_defaults(resolve: Callable[[Schema], Schema], item_schema: Schema, keys: tuple[str, ...]) -> tuple[object, ...]:
    """Return what a missing key counts as: its default, else nothing."""
    properties = item_schema.get("properties") or {}
    return tuple(properties.get(key, {}).get("default", resolve(properties.get(key, {})).get("default")) for key in keys)


def one_of(choices: Iterable[object]) -> str:
    """Return choices as a phrase: `one of `a`, `b``; twelve at most."""
    words = [f"`{choice}`" for choice in choices]
    if not words:
        return "nothing"
    if len(words) == 1:
        return words[0]
    shown = ", ".join(words[:12])
    return f"one of {shown}" if len(words) <= 12 else f"one of {shown} and {len(words) - 12} more"


def _same(value: object, other: object) -> bool:
    """Compare as JSON does: `true` is not 1, 1.0 is 1."""
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(_same(item, other[key]) for key, item in value.items())
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(_same, value, other))
    return value == other


def _at_least(count: int, noun: str) -> str:
    return f"at least {count} {noun}{'' if count == 1 else 's'}"


def _at_most(count: int, noun: str) -> str:
    return f"at most {count} {noun}{'' if count == 1 else 's'}"


def _format_expected(schema: Schema, otherwise: str) -> str:
    form = FORMATS.get(schema.get("format", ""))
    return form.expected if form else otherwise


def sorted_findings(found: Iterable[Finding]) -> list[Finding]:
    """Return each finding once, in order of the walk."""
    unique: dict[tuple[Path, str, str], Finding] = {}
    for finding in found:
        unique.setdefault((finding.path, finding.rule, finding.expected), finding)
    return list(unique.values())


def walk(value: object, schema: Schema, definitions: Mapping[str, Schema], mode: Mode) -> Iterator[Finding]:
    """Yield every finding of a value."""
    state = Walk(definitions, mode)
    state.node(value, schema, ())
    yield from sorted_findings(state.found)
