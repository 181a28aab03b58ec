"""What changed fields do to a running object: rows of data in, one class and its reason out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from compiler.diff.quantities import quantity
from compiler.model.change import Action, FieldChange, FieldPath, path_text
from compiler.model.ids import ObjectId

_CLASSES = {"rollout": Action.ROLLOUT, "recreate": Action.RECREATE, "data risk": Action.DATA_RISK}
_RANK = {action: rank for rank, action in enumerate(Action)}
_SAY = {
    Action.ROLLOUT: "`{0}` changes, so its pods are replaced",
    Action.RECREATE: "`{0}` is immutable",
    Action.DATA_RISK: "`{0}` can't change without risk to stored data",
}

Pattern = tuple[str, ...]
"""A path as field names; `*` is any item of a list or any key."""


class ClassRow(NamedTuple):
    """One row of rules/changes.yaml.

    Shape: `kinds` are `Kind.group` (`Kind` in the core group); `event` is `change`, `shrink` or `delete`;
    `condition` is a (path, value) of the old object or None.
    """

    kinds: frozenset[str]
    path: Pattern
    exempt: tuple[Pattern, ...]
    event: str
    new: object
    condition: tuple[Pattern, object] | None
    action: Action


def read_rows(rows: Iterable[Mapping[str, Any]]) -> tuple[ClassRow, ...]:
    """Turn the rows of rules/changes.yaml into records."""
    return tuple(
        ClassRow(
            frozenset(row["kinds"]),
            _pattern(row["path"]),
            tuple(map(_pattern, row.get("except", ()))),
            row.get("when", "change"),
            row.get("new"),
            (_pattern(row["if"]["path"]), row["if"]["is"]) if "if" in row else None,
            _CLASSES[row["class"]],
        )
        for row in rows
    )


def classify(
    id: ObjectId, old: Mapping[str, Any], fields: tuple[FieldChange, ...], rows: Iterable[ClassRow]
) -> tuple[Action, str]:
    """Return what an update of `fields` does to the object, and why; the worst class wins."""
    if not fields:
        return Action.UNCHANGED, ""
    worst, reason = Action.IN_PLACE, ""
    for row in _rows_for(id, rows):
        if _RANK[row.action] <= _RANK[worst] or row.event == "delete" or not _holds(row, old):
            continue
        hit = next((field for field in fields if _matches(row, field)), None)
        if hit is not None:
            worst, reason = row.action, _SAY[row.action].format(path_text(hit.path))
    return worst, reason


def classify_delete(id: ObjectId, rows: Iterable[ClassRow]) -> tuple[Action, str]:
    """Return what deleting an object means."""
    if any(row.event == "delete" for row in _rows_for(id, rows)):
        return Action.DATA_RISK, f"deleting a {id.kind} deletes what it holds"
    return Action.DELETE, ""


def _rows_for(id: ObjectId, rows: Iterable[ClassRow]) -> Iterable[ClassRow]:
    kind = f"{id.kind}.{id.group}" if id.group else id.kind
    return (row for row in rows if kind in row.kinds)


def _pattern(text: str) -> Pattern:
    return tuple(text.split(".")) if text else ()


def _plain(path: FieldPath) -> tuple[str, ...]:
    return tuple(step if isinstance(step, str) else "*" for step in path)


def _within(path: tuple[str, ...], pattern: Pattern) -> bool:
    """Tell whether a path is the pattern's field or below it."""
    return len(path) >= len(pattern) and all(p in ("*", step) for step, p in zip(path, pattern, strict=False))


def _matches(row: ClassRow, field: FieldChange) -> bool:
    path = _plain(field.path)
    if _within(path, row.path):
        if row.event == "shrink" and not _shrinks(field.old, field.new):
            return False
        if row.new is not None and not _sets(field.new, row.new):
            return False
        return not any(_within(path, exempt) for exempt in row.exempt)
    # the change is of a whole map above the row's field: it counts when the field is in either side
    above = path == row.path[: len(path)] and row.event == "change"
    below = row.path[len(path) :]
    if not above or (row.new is not None and not _sets(_at(field.new, below), row.new)):
        return False
    return _at(field.old, below) is not None or _at(field.new, below) is not None


def _sets(value: object, wanted: object) -> bool:
    return value == wanted or (isinstance(value, dict) and wanted in value.values())


def _holds(row: ClassRow, old: Mapping[str, Any]) -> bool:
    return row.condition is None or _at(old, row.condition[0]) == row.condition[1]


def _at(value: object, pattern: Pattern) -> object:
    for key in pattern:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _shrinks(old: object, new: object) -> bool:
    before, after = quantity(old), quantity(new)
    return before is not None and after is not None and after < before
