"""What happens while a bundle is applied, as a stream of records."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from compiler.model.diagnostic import Diagnostic
from compiler.model.ids import ObjectId
from compiler.model.status import Status


class EventKind(Enum):
    """The steps of one object, and the end of the run."""

    CREATED = "created"
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    READY = "ready"
    RETRY = "retry"
    FAILED = "failed"
    SKIPPED = "skipped"
    DONE = "done"


class Event(NamedTuple):
    """One step.

    Shape: `object` is None for the last event alone, which is always `done`; `done` and `total` count the objects
    that are settled; `diagnostic` says what is wrong in `failed` and `skipped`.
    """

    kind: EventKind
    object: ObjectId | None = None
    message: str = ""
    status: Status | None = None
    diagnostic: Diagnostic | None = None
    done: int = 0
    total: int = 0
