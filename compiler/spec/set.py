"""`--set path=value` → a layer: the path from `spec`, the value read by the type of its place."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from compiler.formats.yaml_read import Node, compose_all
from compiler.model.diagnostic import Diagnostic, Outcome, error
from compiler.model.source import Span
from compiler.spec.layered import Value
from compiler.spec.schemas import Schema
from compiler.spec.shapes import ANY, Shapes, list_keys, switch_value
from compiler.spec.words import clip, did_you_mean

FILE = "--set"

_STEP = re.compile(
    r"""(?P<dot>\.?)(?P<word>[A-Za-z_][A-Za-z0-9_-]*)   # a key
      | \["(?P<free>[^"]*)"\]                           # a free key, in quotes
      | \[(?P<item>[^\]"=]+)\]                          # an item by its name
    """,
    re.VERBOSE,
)


class Step(NamedTuple):
    """One step of a path: a key, or the name of an item in a list."""

    name: str
    is_item: bool
    span: Span


class _Refused(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Place(NamedTuple):
    """Where a path has got to: the resolved schema, and the merged value of the layers below (None: absent)."""

    schema: Schema
    data: Any


def read_sets(sets: tuple[str, ...], spec: dict[str, Any], shapes: Shapes) -> Outcome[tuple[Value, ...]]:
    """Read every `--set`, each as a layer of `spec`.

    Shape: `spec` is the merged spec of the layers below. The value is there even when some of them are wrong, so that
    the rest can be checked.
    Errors: SC221 to SC229.
    """
    layers, found = [], []
    for number, text in enumerate(sets, 1):
        try:
            layers.append(_read_one(text, number, spec, shapes))
        except _Refused as refused:
            found.append(refused.diagnostic)
    return Outcome(tuple(layers), tuple(found))


def _read_one(text: str, number: int, spec: dict[str, Any], shapes: Shapes) -> Value:
    steps, end = parse_path(text, number)
    span = Span(FILE, number, end + 2, number, len(text) + 1)
    place = _Place(shapes.of(shapes.member(shapes.root, "spec").schema), spec)
    _known_param(steps, spec)
    for step in steps:
        place = _step_into(place, step, shapes)
    value = _typed(text[end + 1 :], place, span)
    return _nested(steps, value)


def parse_path(text: str, number: int) -> tuple[tuple[Step, ...], int]:
    """Return the steps of the path in `path=value`, and the offset of the `=`.

    Errors: raises the refusal SC221 for a missing `=`, SC222 for a path that is none.
    """
    at = 0
    steps: list[Step] = []
    while at < len(text) and text[at] != "=":
        match = _STEP.match(text, at)
        if match is None or (match["word"] and bool(match["dot"]) != bool(steps)):
            raise _refused("SC222", "the path of this `--set` can't be read", _GRAMMAR, number, at)
        group = "word" if match["word"] else "item" if match["item"] else "free"
        span = Span(FILE, number, match.start(group) + 1, number, match.end(group) + 1)
        steps.append(Step(match[group], group == "item", span))
        at = match.end()
    if at >= len(text):
        raise _refused("SC221", "`--set` needs a value", "write `--set PATH=VALUE`", number, max(at - 1, 0))
    if not steps or steps[0].is_item:
        raise _refused("SC222", "the path of this `--set` begins with no key", _GRAMMAR, number, 0)
    return tuple(steps), at


_GRAMMAR = 'write the path from `spec`: `jobs[NAME].resources.gpu=2`, or `registry.images["a/b.c"]=…` for a free key'


def _refused(code: str, message: str, help: str, number: int, at: int) -> _Refused:
    return _Refused(error(code, message, help=help, span=Span(FILE, number, at + 1, number, at + 2)))


def _known_param(steps: tuple[Step, ...], spec: dict[str, Any]) -> None:
    declared = spec.get("params")
    known = declared if isinstance(declared, dict) else {}
    if len(steps) > 1 and steps[0].name == "params" and steps[1].name not in known:
        raise _Refused(
            error(
                "SC228",
                f"the stack has no param `{clip(steps[1].name)}`",
                help=did_you_mean(steps[1].name, known, "" if known else "declare it under `spec.params`"),
                span=steps[1].span,
            )
        )


def _step_into(place: _Place, step: Step, shapes: Shapes) -> _Place:
    schema, data = place
    if step.is_item:
        return _item(place, step, shapes)
    if "array" in _types(schema):
        named = bool(list_keys(schema))
        advice = f"write `[{step.name}]` for the item of that name" if named else "set the whole list: `PATH=[a, b]`"
        raise _Refused(error("SC224", "this is a list, not a map", help=advice, span=step.span))
    types = _types(schema)
    if types and "object" not in types:
        raise _Refused(error("SC225", "this place has nothing inside", help="end the path before it", span=step.span))
    member = shapes.member(schema, step.name)
    if not member.known:
        raise _Refused(
            error(
                "SC223",
                f"unknown key `{clip(step.name)}`",
                help="leave `spec.` out"
                if step.name == "spec"
                else did_you_mean(step.name, schema.get("properties", ())),
                span=step.span,
            )
        )
    return _at(member.schema, data.get(step.name) if isinstance(data, dict) else None, shapes)


def _item(place: _Place, step: Step, shapes: Shapes) -> _Place:
    keys = list_keys(place.schema)
    if len(keys) != 1:
        is_map = "object" in _types(place.schema)
        advice = f'write `["{clip(step.name)}"]` for a free key' if is_map else "set the whole list: `PATH=[a, b]`"
        raise _Refused(
            error(
                "SC224",
                "this is no list of named items",
                help=advice,
                span=step.span,
            )
        )
    items = [item for item in place.data or () if isinstance(item, dict)] if isinstance(place.data, list) else []
    for item in items:
        if item.get(keys[0]) == step.name:
            return _at(place.schema.get("items", ANY), item, shapes)
    names = [str(item.get(keys[0])) for item in items]
    raise _Refused(
        error(
            "SC226",
            f"no item `{clip(step.name)}` in this list",
            help=did_you_mean(step.name, names, "" if names else "write the item in the stack or an overlay"),
            span=step.span,
        )
    )


def _at(schema: Schema, data: Any, shapes: Shapes) -> _Place:
    return _Place(shapes.of(schema, switch_value(shapes.resolve(schema), data)), data)


def _types(schema: Schema) -> tuple[str, ...]:
    types = schema.get("type", ())
    return (types,) if isinstance(types, str) else tuple(types)


def _typed(text: str, place: _Place, span: Span) -> Value:
    """Return the value: text where the place takes text, else what YAML reads."""
    types = _types(place.schema)
    if (not types or "string" in types) and not _reads_as_yaml(text, place, types):
        return Value(text, (span,))
    read = compose_all(FILE, text.encode(), aliases=False)
    nodes = read.value
    if read.value is None or nodes is None or len(nodes) > 1:
        raise _Refused(
            error("SC227", f"the value `{clip(text)}` can't be read", help="write it as in YAML's flow form", span=span)
        )
    if nodes and "array" in types and nodes[0].kind == "map":
        raise _Refused(error("SC229", "this place takes a list", help="write it in brackets: `[a, b]`", span=span))
    if not nodes or _has_null(nodes[0]):
        raise _Refused(
            error(
                "SC229",
                "the value is empty",
                help="write a value; to take something away use `$delete` in an overlay",
                span=span,
            )
        )
    if type(nodes[0].value) is float and "string" in types and "number" not in types:
        return Value(text, (span,))  # `0.5` in the place of a quantity
    return _value(nodes[0], span)


def _reads_as_yaml(text: str, place: _Place, types: tuple[str, ...]) -> bool:
    """Tell whether a place that takes text too should read YAML: a map, or the type of the value below."""
    if "object" in types and text.lstrip().startswith("{"):
        return True
    below = place.data
    if isinstance(below, dict) and "object" in types and place.schema.get("x-type") == "Param":
        below = below.get("default")
    return isinstance(below, bool | int | float) and len(types) > 1


def _has_null(node: Node) -> bool:
    if node.kind == "map":
        return any(_has_null(child) for _, child in node.value)
    if node.kind == "list":
        return any(_has_null(child) for child in node.value)
    return node.value is None


def _value(node: Node, span: Span) -> Value:
    if node.kind == "map":
        return Value({key.text: _value(child, span)._replace(key=span) for key, child in node.value}, (span,))
    if node.kind == "list":
        return Value([_value(child, span) for child in node.value], (span,))
    return Value(node.value, (span,))


def _nested(steps: tuple[Step, ...], value: Value) -> Value:
    """Wrap a value in the maps and named items of its path."""
    for step in reversed(steps):
        if step.is_item:
            name = Value(step.name, (step.span,), step.span)
            inner = value.data if type(value.data) is dict else {}
            value = Value([Value({"name": name, **inner}, (step.span,))], (step.span,))
        else:
            value = Value({step.name: value._replace(key=step.span)}, (step.span,))
    return value
