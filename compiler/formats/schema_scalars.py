"""What one schema node says of a value itself, apart from its children: type, choices, text, number."""

from __future__ import annotations

import math
from collections.abc import Iterator

from compiler.formats.patterns import PatternRefused, linear, own
from compiler.formats.scalars import FORMATS
from compiler.formats.schema_records import BUILT_IN, Mode, Schema, at_least, at_most, identity, is_type, one_of
from compiler.formats.suggest import nearest

Verdict = tuple[str, str, str]
"""Rule, what was expected, suggestion."""

_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "`true` or `false`",
    "object": "a map",
    "array": "a list",
    "null": "null",
}


_EPSILON = 1e-9


def judge(value: object, schema: Schema, mode: Mode) -> Iterator[Verdict]:
    """Yield what is wrong with a value; after a verdict on its type nothing else is said."""
    wrong = _wrong_type(value, schema)
    if wrong:
        yield "type", wrong, ""
        return
    yield from _choices(value, schema, mode)
    if isinstance(value, str):
        yield from _text(value, schema, mode)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _number(value, schema, mode)


def _wrong_type(value: object, schema: Schema) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        quantity = schema.get("format") == "quantity"
        if isinstance(value, str) or is_type(value, "number" if quantity else "integer"):
            return ""
        return FORMATS["quantity"].expected if quantity else "an integer or a string"
    types = schema.get("type")
    if types is None:
        return ""
    names = [types] if isinstance(types, str) else types
    if any(is_type(value, name) for name in names):
        return ""
    return " or ".join(_NAMES.get(name, name) for name in names)


def _choices(value: object, schema: Schema, mode: Mode) -> Iterator[Verdict]:
    allowed = [schema["const"]] if "const" in schema else schema.get("enum")
    if allowed is None or any(identity(value) == identity(choice) for choice in allowed):
        return
    if value == "" and mode == BUILT_IN:
        return  # Go's empty value: the server takes it as not given
    words = [choice for choice in allowed if isinstance(choice, str)]
    yield "enum", one_of(allowed), nearest(value, words) if isinstance(value, str) else ""


def _text(value: str, schema: Schema, mode: Mode) -> Iterator[Verdict]:
    pattern = schema.get("pattern")
    if pattern is not None:
        foreign = mode.kubernetes or schema.get("x-untrusted", False)
        try:
            if not (linear if foreign else own)(pattern)(value):
                yield "pattern", schema.get("x-expected") or f"a text that matches `{pattern}`", ""
        except PatternRefused as refused:
            yield "pattern", f"a pattern that can be run in linear time (`{pattern}`: {refused})", ""
    if len(value) < schema.get("minLength", 0):
        yield "length", at_least(schema["minLength"], "character"), ""
    if len(value) > schema.get("maxLength", len(value)):
        yield "length", at_most(schema["maxLength"], "character"), ""
    yield from _format(value, schema, mode)


def _number(value: int | float, schema: Schema, mode: Mode) -> Iterator[Verdict]:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum", False), schema.get("exclusiveMaximum", False)
    if above is True:  # OpenAPI v3 writes it as a flag
        above, low = low, None
    if below is True:
        below, high = high, None
    if low is not None and value < low:
        yield "minimum", f"at least {low}", ""
    if above is not None and above is not False and value <= above:
        yield "minimum", f"more than {above}", ""
    if high is not None and value > high:
        yield "maximum", f"at most {high}", ""
    if below is not None and below is not False and value >= below:
        yield "maximum", f"less than {below}", ""
    step = schema.get("multipleOf")
    if step is not None and not _is_multiple(value, step):
        yield "multiple", f"a multiple of {step}", ""
    if mode.custom and "format" not in schema and schema.get("type") == "integer":
        schema = {**schema, "format": "int64"}
    yield from _format(value, schema, mode)


def _is_multiple(value: float, step: float) -> bool:
    """Tell whether a value is a multiple, as near as floats can say it; nothing is one of zero.

    Source: k8s.io/kube-openapi pkg/validation/validate, MultipleOf, and swag.IsFloat64AJSONInteger.
    """
    if step <= 0:
        return False
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    times = value / step
    return math.isfinite(times) and abs(times - round(times)) <= _EPSILON * max(1.0, abs(times))


def _format(value: object, schema: Schema, mode: Mode) -> Iterator[Verdict]:
    for name in (schema.get("format"), schema.get("x-type")):
        form = FORMATS.get(name) if name is not None else None
        if form is not None and not form.accepts(value):
            wraps = name in ("int32", "int64") and mode == BUILT_IN
            yield "overflow" if wraps else "format", form.expected, ""
            return
