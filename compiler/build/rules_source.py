"""rules.yaml of a component to Python: each row a few lines that append what is broken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from compiler.formats import shorthand
from compiler.formats.expr.codegen import OPEN, Scope, item_shape
from compiler.formats.template_code import Writer, python, refuse_hiding, write_value
from compiler.formats.template_ir import Expression, bare, inside, read_clause, read_item, refuse
from compiler.formats.yaml_read import Node

ROW_KEYS = frozenset(
    ["code", "severity", "each", "when", "assert", "at", "message", "help", "source", "bad", "good", "let"]
)
DEFAULTS = "defaults"
"""The key of `severity` for what comes from `spec.defaults`, which are for items of all kinds."""
_PATH = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*\Z")
_AT = re.compile(r"(?:[A-Za-z]\w*|\[[^][]+\])(?:\.[A-Za-z]\w*|\[[^][]+\])*\Z")
_STEP = re.compile(r"\[([^][]+)\]|\w+")


def write_rules(out: Writer, row: Node, number: int, scope: Scope) -> tuple[Any, ...]:
    """Write the check of one row; return (code, severity, message, help, source, bad, good).

    Errors: Refused SC431 for a row that lacks a key or has an unknown one.
    """
    entries = {str(k.value): (k, v) for k, v in row.value} if row.kind == "map" else {}
    missing = sorted({"code", "assert", "message", "help"} - set(entries))
    if missing:
        wanted = ", ".join(f"`{key}`" for key in missing)
        raise refuse(
            "SC431",
            row.span,
            f"a rule without {wanted}",
            f"write {wanted}; `stackc explain` shows `source`, `bad` and `good`",
        )
    for key in entries:
        if key not in ROW_KEYS:
            raise refuse(
                "SC431",
                entries[key][0].span,
                f"unknown key `{key}` in a rule",
                "write one of: " + ", ".join(sorted(ROW_KEYS)),
            )
    facts = {
        k: shorthand.plain(entries[k][1]) if k in entries else None
        for k in ("severity", "help", "source", "bad", "good")
    }
    indent = 1
    loops: dict[str, str] = {}
    if "each" in entries:
        for node in entries["each"][1].value if entries["each"][1].kind == "list" else (entries["each"][1],):
            scope = _loop(out, node, indent, scope, loops)
            indent += 1
    if "when" in entries:
        when = bare(entries["when"][1], "when")
        out.line(indent, f"if truth({python(when, scope).python}):", when)
        indent += 1
    check = bare(entries["assert"][1], "assert")
    out.line(indent, f"if not truth({python(check, scope).python}):", check)
    message = write_value(out, read_item(entries["message"][1]), indent + 1, scope)
    advice = write_value(out, read_item(entries["help"][1]), indent + 1, scope)
    path = _path(entries["at"][1], loops, scope) if "at" in entries else "()"
    out.line(indent + 1, f"found.append(({number}, {path}, {message}, {advice}))")
    severity = facts["severity"] or "error"
    levels = {"": severity} if isinstance(severity, str) else {"": _usual(severity), **severity}
    title = shorthand.plain(entries["message"][1])
    return (
        shorthand.plain(entries["code"][1]),
        levels,
        title,
        facts["help"],
        facts["source"],
        facts["bad"],
        facts["good"],
    )


def _usual(severity: Mapping[str, str]) -> str:
    """Return the severity where no word of a row holds: a preset makes it stricter, `defaults` makes it milder."""
    return "error" if DEFAULTS in severity else "warning"


def _loop(out: Writer, node: Node, indent: int, scope: Scope, loops: dict[str, str]) -> Scope:
    """Write one `for` that also counts, so that a finding knows which item it means."""
    clause = read_clause(node)
    refuse_hiding(clause, scope)
    over = python(clause.over, scope)
    root = _path_of(clause.over, loops)
    targets = ", ".join(f"v_{n}" for n in clause.names)
    targets = f"({targets})" if len(clause.names) == 2 else targets
    index = f"i_{clause.names[-1]}"
    out.line(indent, f"for {index}, {targets} in enumerate(pairs({over.python}, {len(clause.names)})):", clause.over)
    step = f"v_{clause.names[0]}" if len(clause.names) == 2 else index
    for position, name in enumerate(clause.names):
        keyed = len(clause.names) == 2
        values = over.shape.get("additionalProperties")
        shape = item_shape(over.shape) if not keyed else values if position and isinstance(values, dict) else OPEN
        scope = scope.bind(name, f"v_{name}", shape)
    loops[clause.names[-1]] = f"{root} + ({step},)" if root else "()"
    return scope


def _path_of(over: Expression, loops: dict[str, str]) -> str:
    """Return the Python of the path that a plain chain like `f.volumes` names, or nothing for another expression."""
    return _chain(over.source, loops) if _PATH.match(over.source) else ""


def _path(node: Node, loops: dict[str, str], scope: Scope) -> str:
    """Return the Python of the path of `at`: names, and in brackets expressions for keys, as in `f.env[e.name]`."""
    source = str(node.value)
    if not _AT.match(source):
        raise refuse("SC432", node.span, f"`at` can't read `{source}`", "write a path such as `f.autoscaling`")
    steps = list(_STEP.finditer(source))
    root = loops.get(steps[0][0])
    keys = [
        python(Expression(step[1], inside(node, step.start(1), len(step[1]))), scope).python
        if step[1]
        else repr(step[0])
        for step in (steps[1:] if root else steps)
    ]
    tail = f"({', '.join(keys)},)"
    return (f"{root} + {tail}" if keys else root) if root else tail


def _chain(source: str, loops: dict[str, str]) -> str:
    head, *rest = source.split(".")
    if head in loops:
        return f"{loops[head]} + {tuple(rest)!r}" if rest else loops[head]
    return repr((head, *rest))
