"""A ChangeSet as text or JSON: one line an object, then each field with its old and new value."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from itertools import groupby
from typing import Any

from compiler.model.change import Action, Change, ChangeSet, FieldChange, Item, path_text
from compiler.model.diagnostic import Diagnostic
from compiler.model.ids import ObjectId
from compiler.report.escape import escape
from compiler.report.json import rows, written

_MARKS = {Action.CREATE: ("+", "green"), Action.DELETE: ("-", "red"), Action.RECREATE: ("!", "red"),
    Action.DATA_RISK: ("!", "red")}  # fmt: skip
_SUMMARY = {
    Action.CREATE: "to create",
    Action.IN_PLACE: "to change in place",
    Action.ROLLOUT: "to roll out",
    Action.RECREATE: "to make again",
    Action.DATA_RISK: "with data at risk",
    Action.DELETE: "to delete",
    Action.KEEP: "kept",
    Action.UNCHANGED: "unchanged",
}
_OFFLINE = "judged offline"
_CONTEXT_LINES = 2
_NO_LINE_END = "\\ no end of line"
_CODES = {"red": "\x1b[31m", "green": "\x1b[32m", "yellow": "\x1b[33m", "dim": "\x1b[2m"}
_RESET = "\x1b[0m"
_LONG, _BEFORE = 200, 40


def render(changes: ChangeSet, *, color: bool) -> str:
    """Return the report as text; nothing where nothing differs."""
    shown = [change for change in changes.changes if change.differs or change.conflicts]
    return "".join(f"{line}\n" for change in shown for line in _change_lines(change, color=color))


def summary(changes: ChangeSet, *, refused: int = 0) -> str:
    """Count the changes by class: `2 to create, 1 to roll out, 30 unchanged`; `refused` objects could not be judged."""
    counts = Counter(change.action for change in changes.changes)
    said = [f"{counts[action]} {words}" for action, words in _SUMMARY.items() if counts[action]]
    untried = sum(change.action is Action.CREATE and bool(change.reason) for change in changes.changes)
    if untried:
        said[0] += f" ({untried} of them untried: what they need is new too)"
    conflicts = len(changes.conflicts)
    said += [f"{conflicts} field conflict{'s' if conflicts > 1 else ''}"] if conflicts else []
    said += [f"{refused} refused"] if refused else []
    differs = any(change.differs for change in changes.changes) or conflicts or refused
    return ("" if differs or not said else "no differences: ") + (", ".join(said) or "no objects")


def render_json(
    changes: ChangeSet, *, stack: str, context: str, server: str, diagnostics: Iterable[Diagnostic] = ()
) -> str:
    """Return the report as one JSON document.

    Shape: `{"stack","context","server","summary": {action: count},"changes": [{"object","action","reason","fields":
    [{"path","steps","kind","old","new"}],"conflicts": [{"field","manager"}]}],"diagnostics": […]}`; unchanged objects
    are only counted; diagnostics are as in `validate -o json`, one for each object.
    """
    counts = Counter(change.action.value for change in changes.changes)
    shown = [_change_json(change) for change in changes.changes if change.differs or change.conflicts]
    report = {"stack": stack, "context": context, "server": server, "summary": dict(sorted(counts.items()))}
    return written({**report, "changes": shown, "diagnostics": rows(diagnostics)})


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "object": object_json(change.id, change.api_version),
        "action": change.action.value,
        "reason": change.reason,
        "fields": [
            {"path": path_text(f.path), "steps": _steps(f), "kind": f.kind, "old": f.old, "new": f.new}
            for f in change.fields
        ],
        "conflicts": [{"field": conflict.field, "manager": conflict.manager} for conflict in change.conflicts],
    }


def object_json(id: ObjectId, api_version: str) -> dict[str, str]:
    """Return an object's identity as JSON reports have it."""
    return {"apiVersion": api_version, "kind": id.kind, "namespace": id.namespace, "name": id.name}


def _steps(field: FieldChange) -> list[Any]:
    """Return the path for programs: keys, indices, and `{key: value}` for items of keyed lists."""
    return [dict(step.keys) if isinstance(step, Item) else step for step in field.path]


def _change_lines(change: Change, *, color: bool) -> Iterator[str]:
    mark, style = _MARKS.get(change.action, ("~", "yellow") if change.differs else ("=", "dim"))
    label = "" if change.action is Action.CREATE else f" ({change.action.value})"
    is_plain = change.action is Action.CREATE and not change.reason.startswith(_OFFLINE)
    reason = "" if is_plain or not change.reason else f": {escape(change.reason)}"
    yield paint(f"{mark} {escape(str(change.id))}", style, color=color) + label + reason
    for field in change.fields:
        yield from _field_lines(field, color=color)
    for conflict in change.conflicts:
        said = f"    conflict: {escape(conflict.field)} is owned by {escape(conflict.manager)}"
        yield paint(said, "red", color=color)


def _field_lines(field: FieldChange, *, color: bool) -> Iterator[str]:
    place = f"    {escape(path_text(field.path))}"
    if field.kind == "move":
        yield f"{place}: moves from place {field.old} to {field.new}"
        return
    yield place
    for line in _value_lines(field):
        yield "      " + paint(line, {"-": "red", "+": "green"}.get(line[:1], "dim"), color=color)


def paint(text: str, style: str, *, color: bool) -> str:
    """Colour a text that is escaped already."""
    return f"{_CODES[style]}{text}{_RESET}" if color and style in _CODES else text


def _value_lines(field: FieldChange) -> Iterator[str]:
    values = (field.old, field.new)
    is_text = any(isinstance(value, str) and "\n" in value for value in values)
    old = [] if field.kind == "add" else _written(field.old, is_text=is_text)
    new = [] if field.kind == "remove" else _written(field.new, is_text=is_text)
    if (len(old) > 1 and len(new) > 1) or (is_text and all(isinstance(value, str) for value in values)):
        yield from map(escape, _unified(old, new))
        return
    if len(old) == len(new) == 1:
        old, new = _around_difference(old[0], new[0])
    yield from (f"- {escape(line)}" for line in old)
    yield from (f"+ {escape(line)}" for line in new)


def _written(value: object, *, is_text: bool) -> list[str]:
    """Write a value as lines: text line by line, all else as JSON without the commas that make neighbours differ."""
    if is_text and isinstance(value, str):
        lines = value.split("\n")
        return lines[:-1] if not lines[-1] else [*lines, _NO_LINE_END]
    text = json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict | list) else None)
    return [line.removesuffix(",") for line in text.split("\n")]


def _unified(old: list[str], new: list[str]) -> list[str]:
    """Return the hunks of a line diff; a long line and the one that takes its place are cut around their difference."""
    lines = list(unified_diff(old, new, lineterm="", n=_CONTEXT_LINES))[2:]
    begin = 0
    for mark, run in groupby(list(lines), key=lambda line: line[:1]):
        count = len(list(run))
        before, after = range(begin, begin + count), range(begin + count, begin + 2 * count)
        if mark == "-" and all(n < len(lines) and lines[n][:1] == "+" for n in after):
            for one, other in zip(before, after, strict=True):
                (gone,), (come,) = _around_difference(lines[one][1:], lines[other][1:])
                lines[one], lines[other] = f"-{gone}", f"+{come}"
        begin += count
    return lines


def _around_difference(old: str, new: str) -> tuple[list[str], list[str]]:
    """Cut two long lines so that the place where they differ is seen."""
    if len(old) <= _LONG and len(new) <= _LONG:
        return [old], [new]
    same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    begin = max(0, same - _BEFORE)
    lead = "…" if begin else ""
    return [lead + old[begin:]], [lead + new[begin:]]
