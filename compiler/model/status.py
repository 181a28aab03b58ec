"""How an object in a cluster is doing."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Health(Enum):
    """The answers of kstatus, and `unknown` where nothing says anything: unknown is never taken for fine."""

    CURRENT = "current"
    IN_PROGRESS = "in progress"
    FAILED = "failed"
    TERMINATING = "terminating"
    NOT_FOUND = "not found"
    UNKNOWN = "unknown"


STARTED, SUSPENDED = "Started", "Suspended"
"""Reasons of what is settled though it has not come to its end: nobody waits for the end of it."""


class Status(NamedTuple):
    """The health of one object.

    Shape: `reason` is one word as conditions have it (`MinimumReplicasUnavailable`), `message` a sentence.
    """

    health: Health
    reason: str = ""
    message: str = ""
