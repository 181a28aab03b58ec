"""What would change: fields, objects, and a whole bundle against a cluster or another revision."""

from __future__ import annotations

from enum import Enum
from typing import Literal, NamedTuple

from compiler.model.ids import ObjectId


class Item(NamedTuple):
    """One item of a keyed list in a path.

    Shape: `keys` are the (name, value) pairs that identify the item in a list map; a set's item has one pair with the
    name `""`.
    """

    keys: tuple[tuple[str, object], ...]


FieldPath = tuple[str | int | Item, ...]
"""A place in an object: keys of maps, indices of atomic lists, items of keyed lists."""

FieldKind = Literal["add", "remove", "change", "move"]


class FieldChange(NamedTuple):
    """One difference between two forms of an object.

    Shape: `old` is None for `add`, `new` is None for `remove`; for `move` both are the item's index in its list.
    """

    path: FieldPath
    old: object
    new: object
    kind: FieldKind


class Action(Enum):
    """What applying does to one object; the order is that of rising concern."""

    UNCHANGED = "unchanged"
    KEEP = "keep"
    CREATE = "create"
    IN_PLACE = "in place"
    ROLLOUT = "rollout"
    RECREATE = "recreate"
    DELETE = "delete"
    DATA_RISK = "data risk"


class Conflict(NamedTuple):
    """A field that another manager owns with another value.

    Shape: `field` and `manager` are the server's own words: `.spec.replicas`, `"hpa" using autoscaling/v2`.
    """

    object: ObjectId
    field: str
    manager: str


class Change(NamedTuple):
    """What happens to one object.

    Shape: `fields` is empty for create and delete; `reason` says why this class, or how it was judged;
    `claims` is true where the ownership of fields changes; `blocked` where the server refuses the update, so that the
    object has to be deleted first. Values of Secrets are masked already.
    """

    id: ObjectId
    action: Action
    fields: tuple[FieldChange, ...] = ()
    reason: str = ""
    conflicts: tuple[Conflict, ...] = ()
    api_version: str = ""
    claims: bool = False
    blocked: bool = False

    @property
    def differs(self) -> bool:
        """Tell whether applying changes a value of the object."""
        return self.action not in (Action.UNCHANGED, Action.KEEP)


class ChangeSet(NamedTuple):
    """Every object of a bundle with what happens to it, in apply order."""

    changes: tuple[Change, ...] = ()

    @property
    def differing(self) -> tuple[Change, ...]:
        """The changes that change something."""
        return tuple(change for change in self.changes if change.differs)

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        """Every field conflict, in apply order."""
        return tuple(conflict for change in self.changes for conflict in change.conflicts)


def _step_text(step: str | int | Item) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if isinstance(step, Item):
        return "[" + ",".join(f"{name}={_literal(value)}" for name, value in step.keys) + "]"
    if step and all(c.isalnum() or c in "-_" for c in step):
        return "." + step
    return f"[{_literal(step)}]"


def _literal(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def path_text(path: FieldPath) -> str:
    """Write a path as people read it: `spec.containers[name="web"].image`, `metadata.labels["a.b/c"]`."""
    return "".join(map(_step_text, path)).removeprefix(".")
