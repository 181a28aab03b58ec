"""Structural templates, first half: YAML nodes to a small tree of literals, expressions, lists and maps.

The file is YAML before it is a template, so indentation can't break and `"1.20"` can't turn into a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar, Union

from compiler.formats.expr.runtime import ExpressionError, suggestion
from compiler.formats.expressions import split
from compiler.formats.yaml_read import Node
from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Span

STRUCTURAL = ("$for", "$if", "$merge", "$value", "$raw")
_FOR = re.compile(r"\s*([A-Za-z]\w*)\s*(?:,\s*([A-Za-z]\w*)\s*)?\sin\s+(.+)\Z", re.S)


class Literal(NamedTuple):
    """A value without expressions."""

    value: Any
    span: Span


class Expression(NamedTuple):
    """A scalar that is exactly one expression: it keeps the value's own type."""

    source: str
    span: Span


class Text(NamedTuple):
    """Text with expressions in it."""

    parts: tuple[str | Expression, ...]
    span: Span


class Sequence(NamedTuple):
    """A list that was written with items."""

    items: tuple[Item, ...]
    span: Span


class Clause(NamedTuple):
    """One `name in expression` or `key, value in expression`; `places` are those of the names."""

    names: tuple[str, ...]
    over: Expression
    places: tuple[Span, ...]


class Mapping(NamedTuple):
    """A map with its structural keys; `value` stands for an item that is not a map."""

    keys: tuple[tuple[str, Item, Span], ...]
    clauses: tuple[Clause, ...]
    condition: Expression | None
    bases: tuple[Expression, ...]
    value: Item | None
    span: Span


Item = Union[Literal, Expression, Text, Sequence, Mapping]  # noqa: UP007 (recursive alias)


class Refused(Exception):
    """A template that can't be read; carries everything that is wrong with it to the door of this module."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


def refuse(code: str, span: Span, message: str, help: str = "") -> Refused:
    """Return the exception that carries one template error."""
    return Refused(error(code, message, help=help, span=span))


T = TypeVar("T")
Made = TypeVar("Made")


def each(step: Callable[[T], Made], things: Iterable[T]) -> list[Made]:
    """Take a step for every thing and return what they make.

    Errors: one Refused with all that is wrong, so that a template's author sees everything at once.
    """
    made: list[Made] = []
    found: list[Refused] = []
    for thing in things:
        try:
            made.append(step(thing))
        except Refused as e:
            found.append(e)
    refuse_all(found)
    return made


def refuse_all(found: Iterable[Refused]) -> None:
    """Raise one Refused with all that was found, if there is any."""
    diagnostics = [d for refused in found for d in refused.diagnostics]
    if diagnostics:
        raise Refused(*diagnostics)


def read_item(node: Node, *, raw: bool = False) -> Item:
    """Return the template of one YAML node. `raw` takes everything verbatim. Errors: Refused with SC41x."""
    if node.kind == "scalar":
        return _scalar(node, raw)
    if node.kind == "list":
        items = tuple(each(lambda child: read_item(child, raw=raw), node.value))
        if all(isinstance(i, Literal) for i in items):
            return Literal([i.value for i in items if isinstance(i, Literal)], node.span)
        return Sequence(items, node.span)
    return _mapping(node, raw)


def inside(node: Node, offset: int, length: int = 1) -> Span:
    """Return the place of a character of a scalar's text: exact on one line; in a block, without its indent."""
    span, text = node.span, str(node.value)
    if node.style in ("|", ">"):
        line = text.count("\n", 0, offset)
        column = offset - (text.rfind("\n", 0, offset) + 1)
        return Span(span.file, span.line + 1 + line, column + 1, span.line + 1 + line, column + 1 + length)
    start = span.column + offset + (1 if node.style in ("'", '"') else 0)
    return Span(span.file, span.line, start, span.line, start + length)


def _scalar(node: Node, raw: bool) -> Item:
    value = node.value
    if raw or not isinstance(value, str) or "${{" not in value:
        return Literal(value, node.span)
    try:
        parts = split(value)
    except ExpressionError as e:
        raise refuse(
            "SC411", inside(node, e.offset), e.message, "verbatim braces: `{$raw: …}`, or a file in files/"
        ) from None
    made = tuple(
        Expression(p.source, inside(node, p.offset, len(p.source))) if p.is_expression else p.source for p in parts
    )
    if len(made) == 1 and isinstance(made[0], Expression):
        return made[0]
    return Text(made, node.span)


def bare(node: Node, key: str) -> Expression:
    """Return the expression under a structural key, which is written without braces."""
    if node.kind != "scalar":
        raise refuse("SC412", node.span, f"`{key}` wants an expression", f"write `{key}: x`")
    source = node.text if not isinstance(node.value, str) else node.value
    if "${{" in source:
        raise refuse("SC412", node.span, f"`{key}` takes a bare expression", "write it without `${{ }}`")
    return Expression(source.strip(), inside(node, len(source) - len(source.lstrip()), len(source.strip())))


def read_clause(node: Node) -> Clause:
    """Return one clause of a `$for`. Errors: Refused SC413."""
    match = _FOR.match(node.value) if node.kind == "scalar" and isinstance(node.value, str) else None
    if not match:
        raise refuse(
            "SC413", node.span, f"`$for` can't read `{node.text}`", "write `name in list`, or `key, value in map`"
        )
    names = tuple(n for n in match.group(1, 2) if n)
    places = tuple(inside(node, match.start(i + 1), len(name)) for i, name in enumerate(names))
    return Clause(names, Expression(match[3].strip(), inside(node, match.start(3), len(match[3].strip()))), places)


def _mapping(node: Node, raw: bool) -> Item:
    keys: list[tuple[str, Item, Span]] = []
    found: dict[str, Any] = {}
    each(lambda entry: _entry(entry, raw, keys, found), node.value)
    stands_alone = found.get("value")
    if stands_alone is not None and (keys or "bases" in found):
        raise refuse("SC415", node.span, "`$value` and `$raw` stand alone", "only `$for` and `$if` go beside them")
    if not found and all(isinstance(v, Literal) for _, v, _ in keys):
        return Literal({k: v.value for k, v, _ in keys if isinstance(v, Literal)}, node.span)
    if stands_alone is not None and set(found) == {"value"}:
        return stands_alone  # type: ignore[no-any-return]
    return Mapping(
        tuple(keys), found.get("clauses", ()), found.get("condition"), found.get("bases", ()), stands_alone, node.span
    )


def _entry(entry: tuple[Node, Node], raw: bool, keys: list[tuple[str, Item, Span]], found: dict[str, Any]) -> None:
    """Read one entry of a map into its keys, or into its structural ones."""
    key_node, value = entry
    key = key_node.value
    if key_node.kind != "scalar" or not isinstance(key, str):
        raise refuse("SC414", key_node.span, "a key that is not text", "write an expression in quotes")
    if raw or not key.startswith("$") or key.startswith("${{"):
        if not raw and "${{" in key:
            raise refuse("SC414", key_node.span, "keys are never templated", "merge a map: `$merge: {name: value}`")
        keys.append((key, read_item(value, raw=raw), key_node.span))
    elif key.startswith("$$"):
        keys.append((key[1:], read_item(value), key_node.span))
    else:
        _structural(key, key_node, value, found)


def _structural(key: str, key_node: Node, value: Node, found: dict[str, Any]) -> None:
    nodes = value.value if value.kind == "list" else (value,)
    if key == "$if":
        found["condition"] = bare(value, key)
    elif key == "$for":
        found["clauses"] = tuple(each(read_clause, nodes))
    elif key == "$merge":
        found["bases"] = tuple(each(lambda n: bare(n, key), nodes))
    elif key in ("$value", "$raw"):
        found["value"] = read_item(value, raw=key == "$raw")
    else:
        raise refuse(
            "SC416",
            key_node.span,
            f"unknown structural key `{key}`{suggestion(key, STRUCTURAL)}",
            f"a data key that begins with `$` is written `${key}`",
        )
