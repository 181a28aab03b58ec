"""rules.yaml of a component to Python: each row a few lines that append what is broken."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from compiler.build.component_head import Entries
from compiler.formats import shorthand
from compiler.formats.expr.codegen import OPEN, Scope, item_shape
from compiler.formats.expr.runtime import suggestion
from compiler.formats.template_code import Writer, python, refuse_hiding, write_value
from compiler.formats.template_ir import (
    Expression,
    Text,
    bare,
    each,
    inside,
    read_clause,
    read_item,
    refuse,
    refuse_all,
)
from compiler.formats.yaml_read import Node
from compiler.model.component import DEFAULTS

NEEDED = ("code", "assert", "message", "help")
ROW_KEYS = (*NEEDED, "severity", "each", "when", "at", "source", "bad", "good")
LEVELS = ("error", "warning")
PRESETS = ("dev", "standard", "production")
_PATH = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*\Z")
_AT = re.compile(r"(?:[A-Za-z]\w*|\[[^][]+\])(?:\.[A-Za-z]\w*|\[[^][]+\])*\Z")
_STEP = re.compile(r"\[([^][]+)\]|\w+")


def rule_rows(nodes: Sequence[Node]) -> Sequence[Node]:
    """Return the rows of a rules.yaml. Errors: Refused SC431 for anything but one list."""
    if not nodes:
        return ()
    if len(nodes) > 1 or nodes[0].kind != "list":
        raise refuse("SC431", nodes[-1].span, "rules.yaml is not one list", "write `- code: …` for every rule")
    rows: Sequence[Node] = nodes[0].value
    return rows


def write_rules(out: Writer, row: Node, number: int, scope: Scope, prefix: str) -> tuple[Any, ...]:
    """Write the check of one row; return (code, severity, message, help, source, bad, good).

    Shape: `prefix` is what its code begins with.
    Errors: Refused SC431 for a row that lacks a key, has an unknown one or a value that it cannot have.
    """
    entries: Entries = {str(k.value): (k, v) for k, v in row.value} if row.kind == "map" else {}
    _check_keys(row, entries)
    facts = {
        k: shorthand.plain(entries[k][1]) if k in entries else None
        for k in ("code", "severity", "message", "help", "source", "bad", "good")
    }
    checks = (_check_code, _check_severity, _check_texts, _check_examples)
    each(lambda check: check(entries, facts, prefix), checks)
    indent = 1
    loops: dict[str, str] = {}
    if "each" in entries:
        for node in entries["each"][1].value if entries["each"][1].kind == "list" else (entries["each"][1],):
            scope = _loop(out, node, indent, scope, loops)
            indent += 1
    each(lambda step: step(), _steps(out, entries, indent, scope, (number, loops)))
    levels = _levels(facts["severity"])
    return (
        facts["code"],
        levels,
        facts["message"],
        facts["help"],
        facts["source"],
        facts["bad"],
        facts["good"],
    )


def _steps(
    out: Writer, entries: Entries, indent: int, scope: Scope, place: tuple[int, dict[str, str]]
) -> list[Callable[[], None]]:
    """Return what writes a row below its loops: condition, assertion, and what is said when that does not hold."""
    number, loops = place
    below = indent + ("when" in entries)

    def when() -> None:
        condition = bare(entries["when"][1], "when")
        out.line(indent, f"if truth({python(condition, scope).python}):", condition)

    def check() -> None:
        condition = bare(entries["assert"][1], "assert")
        out.line(below, f"if not truth({python(condition, scope).python}):", condition)

    def said() -> None:
        texts = each(lambda key: _write_words(out, entries[key][1], below + 1, scope), ("message", "help"))
        path = _path(entries["at"][1], loops, scope) if "at" in entries else "()"
        out.line(below + 1, f"found.append(({number}, {path}, {', '.join(texts)}))")

    return [*([when] if "when" in entries else []), check, said]


def _write_words(out: Writer, node: Node, indent: int, scope: Scope) -> str:
    """Write a message or a help, which is text even where it is one expression."""
    item = read_item(node)
    return write_value(out, Text((item,), item.span) if isinstance(item, Expression) else item, indent, scope)


def _check_keys(row: Node, entries: Entries) -> None:
    missing = [key for key in NEEDED if key not in entries]
    found = []
    for key in entries:
        if key not in ROW_KEYS:
            help = "write one of: " + ", ".join(ROW_KEYS)
            message = f"unknown key `{key}` in a rule{suggestion(key, ROW_KEYS)}"
            found.append(refuse("SC431", entries[key][0].span, message, help))
    if missing:
        wanted = ", ".join(f"`{key}`" for key in missing)
        help = f"write {wanted}; `stackc explain` shows `source`, `bad` and `good`"
        found.append(refuse("SC431", row.span, f"a rule without {wanted}", help))
    refuse_all(found)


def _check_code(entries: Entries, facts: Mapping[str, Any], prefix: str) -> None:
    code = facts["code"]
    if not isinstance(code, str) or not re.fullmatch(re.escape(prefix) + r"[0-9]{3}", code):
        message = f"the code `{code}` is not the component's name in capitals and three digits"
        raise refuse("SC431", entries["code"][1].span, message, f"write `{prefix}001`, or the next number")


def _levels(severity: Any) -> dict[str, Any]:
    """Return how bad a broken rule is by preset, `""` for every other; YAML reads a bare `off` as false."""
    if not isinstance(severity, dict):
        return {"": severity or "error"}
    usual = "error" if DEFAULTS in severity else "warning"  # a preset makes it stricter, `defaults` makes it milder
    return {"": usual, **{preset: "off" if level is False else level for preset, level in severity.items()}}


def _check_severity(entries: Entries, facts: Mapping[str, Any], _prefix: str) -> None:
    for preset, level in _levels(facts["severity"]).items():
        if level not in LEVELS and not (preset and level == "off") or preset and preset not in (*PRESETS, DEFAULTS):
            said = f"`{preset}: {level}`" if preset else f"`{level}`"
            help = "write `error`, `warning`, or a map such as `{production: error, dev: off}`"
            raise refuse("SC431", entries["severity"][1].span, f"{said} is not a severity", help)


def _check_texts(entries: Entries, facts: Mapping[str, Any], _prefix: str) -> None:
    for key in ("message", "help", "source"):
        if facts[key] is not None and not isinstance(facts[key], str):
            raise refuse("SC431", entries[key][1].span, f"`{key}` is not text", "write one sentence")


def _check_examples(entries: Entries, facts: Mapping[str, Any], _prefix: str) -> None:
    for key in ("bad", "good"):
        if facts[key] is not None and not isinstance(facts[key], dict):
            raise refuse("SC431", entries[key][1].span, f"`{key}` is not a map", "write parameters of the component")


def _loop(out: Writer, node: Node, indent: int, scope: Scope, loops: dict[str, str]) -> Scope:
    """Write one `for` that also counts, so that a finding knows which item it means."""
    clause = read_clause(node)
    refuse_hiding(clause, scope)
    over = python(clause.over, scope)
    root = _path_of(clause.over, loops)
    targets = ", ".join(f"v_{n}" for n in clause.names)
    targets = f"({targets})" if len(clause.names) == 2 else targets
    index, turns = f"i_{clause.names[-1]}", f"pairs({over.python}, {len(clause.names)}, ctx)"
    out.line(indent, f"for {index}, {targets} in enumerate({turns}):", clause.over)
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
    source = node.value
    if not isinstance(source, str) or not _AT.match(source):
        shown = source if isinstance(source, str) else "this"
        raise refuse("SC432", node.span, f"`at` can't read `{shown}`", "write a path such as `f.autoscaling`")
    steps = list(_STEP.finditer(source))
    if not steps[0][1]:  # what follows is the user's form, which a shared type in Kubernetes form no longer has
        python(Expression(steps[0][0], inside(node, 0)), scope)
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
