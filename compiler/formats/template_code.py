"""Structural templates, second half: the tree to Python source, one line an expression.

In the good case an error costs nothing: a failing line is looked up in the table of locations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from compiler.formats.expr.codegen import OPEN, Code, Scope, generate, item_shape
from compiler.formats.expr.library import FUNCTIONS
from compiler.formats.expr.runtime import ExpressionError
from compiler.formats.template_ir import Clause, Expression, Item, Literal, Mapping, Sequence, Text, each, refuse
from compiler.model.source import Span

_WORD = re.compile(r"\w+")
NEVER_EMPTIED = frozenset({"from", "to", "namespaceSelector", "objectSelector", "podSelector", "selector"})
"""Fields where absent is not empty: without it, everything matches.

Source: the API types of NetworkPolicy and of admission webhooks.
"""


class Writer:
    """Lines of one generated module, with the place in a template of every line that can fail."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.locations: dict[int, tuple[str, int, int, str]] = {}
        self.constants: list[str] = []
        self._count = 0

    def line(self, indent: int, code: str, at: Expression | None = None) -> None:
        """Add one line; `at` is the expression that runs in it."""
        self.lines.append("    " * indent + code)
        if at:
            self.locations[len(self.lines)] = (at.span.file, at.span.line, at.span.column, at.source)

    def fresh(self) -> str:
        """Return a new local name."""
        self._count += 1
        return f"x{self._count}"

    def constant(self, value: Any) -> str:
        """Return a module-level name for a value that is shared and never changed."""
        text = repr(value)
        if value.__class__ in (str, int, bool, float) and len(text) < 60:
            return text
        if text not in self.constants:
            self.constants.append(text)
        return f"C{self.constants.index(text)}"


def python(expression: Expression, scope: Scope) -> Code:
    """Return the Python of an expression. Errors: Refused SC417 at the name's own column."""
    try:
        return generate(expression.source, scope)
    except ExpressionError as e:
        span = expression.span
        start, word = span.column + e.offset, _WORD.match(expression.source, e.offset)
        at = Span(span.file, span.line, start, span.line, start + (len(word[0]) if word else 1))
        raise refuse(
            "SC417", at, f"expression `{expression.source}`: {e.message}", e.help or "mend the expression"
        ) from None


def write_value(out: Writer, item: Item, indent: int, scope: Scope, key: str = "") -> str:
    """Write the statements that make a value; return the Python name of it. The value may be unset."""
    if isinstance(item, Literal):
        return out.constant(item.value)
    if isinstance(item, Expression):
        name = out.fresh()
        out.line(indent, f"{name} = {python(item, scope).python}", item)
        return name
    if isinstance(item, Text):
        return _write_text(out, item, indent, scope)
    if isinstance(item, Sequence):
        return _write_sequence(out, item, indent, scope, key)
    return _write_mapping(out, item, indent, scope, key)


def write_item(out: Writer, item: Item, indent: int, scope: Scope, append: str) -> None:
    """Write the statements that append an item, or one for each turn of its `$for`, to a list."""
    repeated = None
    if isinstance(item, Mapping) and item.clauses:
        for clause in item.clauses:
            scope = write_loop(out, clause, indent, scope)
            indent, repeated = indent + 1, clause.over
        item = item._replace(clauses=())
    name = write_value(out, item, indent, scope)
    if isinstance(item, Literal):
        out.line(indent, append.format(name), repeated)
    else:
        out.line(indent, f"if {name} is not UNSET: " + append.format(name), repeated)


def write_loop(out: Writer, clause: Clause, indent: int, scope: Scope) -> Scope:
    """Write one `for`; return the scope of its body."""
    over = python(clause.over, scope)
    refuse_hiding(clause, scope)
    targets = ", ".join(f"v_{n}" for n in clause.names)
    out.line(indent, f"for {targets} in pairs({over.python}, {len(clause.names)}, ctx):", clause.over)
    shapes: Iterable[Any] = (item_shape(over.shape),)
    if len(clause.names) == 2:
        values = over.shape.get("additionalProperties")
        shapes = (OPEN, values if isinstance(values, dict) else OPEN)
    for name, shape in zip(clause.names, shapes, strict=True):
        scope = scope.bind(name, f"v_{name}", shape)
    return scope


def refuse_hiding(clause: Clause, scope: Scope) -> None:
    """Refuse a loop name that is a parameter, a function or an outer loop's name. Errors: Refused SC418."""
    for name, place in zip(clause.names, clause.places, strict=True):
        if name in scope.names or name in FUNCTIONS or name in scope.functions or name == "unset":
            raise refuse("SC418", place, f"the loop name `{name}` hides another name", "choose another name")


def _write_text(out: Writer, item: Text, indent: int, scope: Scope) -> str:
    names = each(lambda part: _write_part(out, part, indent, scope), item.parts)
    name = out.fresh()
    out.line(
        indent,
        f"{name} = concat([{', '.join(names)}])",
        item.parts[0] if isinstance(item.parts[0], Expression) else None,
    )
    return name


def _write_part(out: Writer, part: str | Expression, indent: int, scope: Scope) -> str:
    if isinstance(part, str):
        return repr(part)
    name = out.fresh()
    out.line(indent, f"{name} = text({python(part, scope).python})", part)
    return name


def _drop_when_empty(out: Writer, name: str, indent: int, key: str, span: Span) -> None:
    if key in NEVER_EMPTIED:
        out.line(indent, f"if not {name}: emptied({key!r})", Expression(key, span))
    else:
        out.line(indent, f"if not {name}: {name} = UNSET")


def _write_sequence(out: Writer, item: Sequence, indent: int, scope: Scope, key: str) -> str:
    name = out.fresh()
    out.line(indent, f"{name} = []")
    each(lambda child: write_item(out, child, indent, scope, name + ".append({})"), item.items)
    if not any(isinstance(child, Literal) for child in item.items):
        _drop_when_empty(out, name, indent, key, item.span)
    return name


def _write_mapping(out: Writer, item: Mapping, indent: int, scope: Scope, key: str) -> str:
    if item.clauses:
        raise refuse("SC419", item.span, "`$for` under a key", "it stands in a list item or a document")
    name = out.fresh()
    steps = [lambda: _write_content(out, name, item, indent + bool(item.condition), scope, key)]
    if item.condition:
        steps.insert(0, lambda: _write_condition(out, name, item.condition, indent, scope))
    each(lambda step: step(), steps)
    return name


def _write_condition(out: Writer, name: str, condition: Expression | None, indent: int, scope: Scope) -> None:
    assert condition is not None
    out.line(indent, f"{name} = UNSET")
    out.line(indent, f"if truth({python(condition, scope).python}):", condition)


def _write_content(out: Writer, name: str, item: Mapping, indent: int, scope: Scope, key: str) -> None:
    if item.value is not None:
        made = write_value(out, item.value, indent, scope, key)
        out.line(indent, f"{name} = {made}")
        return
    out.line(indent, f"{name} = {{}}")
    steps: list[Callable[[], None]] = [
        lambda field=field, value=value: _write_field(out, name, field, value, indent, scope)  # type: ignore[misc]
        for field, value, _ in item.keys
    ]
    if item.bases:
        steps.append(lambda: _write_merge(out, name, item.bases, indent, scope))
    each(lambda step: step(), steps)
    if not any(isinstance(v, Literal) for _, v, _ in item.keys):
        _drop_when_empty(out, name, indent, key, item.span)


def _write_field(out: Writer, name: str, field: str, value: Item, indent: int, scope: Scope) -> None:
    made = write_value(out, value, indent, scope, field)
    guard = "" if isinstance(value, Literal) else f"if {made} is not UNSET: "
    out.line(indent, f"{guard}{name}[{field!r}] = {made}")


def _write_merge(out: Writer, name: str, bases: Iterable[Expression], indent: int, scope: Scope) -> None:
    made = each(lambda base: (base, python(base, scope).python), bases)
    out.line(indent, f"{name} = merge([{', '.join(code for _, code in made)}], {name})", made[0][0])
