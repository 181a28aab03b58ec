"""`${{ … }}` in text: where expressions begin and end, and the value of one of them.

Templates of the catalog are compiled to Python once (formats/templates.py); this is the door for single values, such as
those of a stack.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from compiler.formats.expr.library import FILTERS, FUNCTIONS, TESTS
from compiler.formats.expr.runtime import (
    UNSET,
    ExpressionError,
    add,
    arithmetic,
    compare,
    concat,
    field,
    items,
    mapping,
    soft,
    text,
    truth,
    version,
)

__all__ = ["UNSET", "ExpressionError", "Part", "evaluate", "render", "split", "text"]

NAMESPACE: Mapping[str, Any] = {
    "FILTERS": FILTERS,
    "FUNCTIONS": FUNCTIONS,
    "TESTS": TESTS,
    "UNSET": UNSET,
    "__builtins__": {},
    "add": add,
    "arithmetic": arithmetic,
    "compare": compare,
    "concat": concat,
    "field": field,
    "items": items,
    "mapping": mapping,
    "soft": soft,
    "text": text,
    "truth": truth,
    "version": version,
}


class Part(NamedTuple):
    """A piece of text: verbatim, or the source of an expression. `offset` counts characters from the start."""

    source: str
    offset: int
    is_expression: bool


def split(value: str) -> tuple[Part, ...]:
    """Cut text into verbatim pieces and expressions. Errors: ExpressionError for braces that never close."""
    parts: list[Part] = []
    at = 0
    while True:
        start = value.find("${{", at)
        if start < 0:
            if at < len(value):
                parts.append(Part(value[at:], at, False))
            return tuple(parts)
        if start > at:
            parts.append(Part(value[at:start], at, False))
        end = _closing(value, start + 3)
        inner = value[start + 3 : end]
        lead = len(inner) - len(inner.lstrip())
        parts.append(Part(inner.strip(), start + 3 + lead, True))
        at = end + 2


def _closing(value: str, at: int) -> int:
    """Return where the `}}` of an expression begins, past quotes and brackets."""
    start, depth, quote = at, 0, ""
    while at < len(value):
        char = value[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char in "([{":
            depth += 1
        elif char == "}" and depth <= 0 and value.startswith("}}", at):
            return at
        elif char in ")]}":
            depth -= 1
        at += 1
    raise ExpressionError("`${{` is never closed", "write `}}` at its end", start - 3)


@lru_cache(4096)
def _compiled(source: str, names: tuple[str, ...]) -> Any:
    from compiler.formats.expr.codegen import OPEN, Scope, generate

    scope = Scope({name: (f"names[{name!r}]", OPEN) for name in names})
    return compile(generate(source, scope).python, "<expression>", "eval")


def evaluate(source: str, names: Mapping[str, Any]) -> Any:
    """Return the value of one expression; `names` are all it may read. Errors: ExpressionError."""
    code = _compiled(source, tuple(sorted(names)))
    try:
        return eval(code, {**NAMESPACE, "names": names})  # noqa: S307 (generated from a checked syntax tree)
    except (TypeError, ValueError, ArithmeticError, RecursionError, MemoryError) as e:
        raise ExpressionError(f"{e}") from None


def render(value: str, names: Mapping[str, Any]) -> Any:
    """Return text with its expressions filled in; text that is exactly one expression keeps the value's own type."""
    parts = split(value)
    if len(parts) == 1 and parts[0].is_expression:
        return evaluate(parts[0].source, names)
    made = []
    for part in parts:
        try:
            made.append(text(evaluate(part.source, names)) if part.is_expression else part.source)
        except ExpressionError as e:
            raise ExpressionError(e.message, e.help, part.offset + e.offset) from None
    return "".join(made)
