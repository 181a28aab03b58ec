"""Try again what may go through a moment later, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from compiler.live.port import ClusterError

T = TypeVar("T")
_FIRST_S, _LONGEST_S = 0.2, 5.0


def pause(attempt: int, error: ClusterError | None = None) -> float:
    """Return how long to wait before attempt number `attempt` + 1, in seconds; the server's own wish comes first."""
    if error is not None and error.retry_after_s is not None:
        return min(error.retry_after_s, 30.0)
    return min(_FIRST_S * 2.0**attempt, _LONGEST_S)


def retried(call: Callable[[], T], attempts: int = 4) -> T:
    """Return the result of a read or dry run; it is tried again while the server is busy, not when it can't be reached.

    Errors: raises the last ClusterError.
    """
    for attempt in range(attempts - 1):
        try:
            return call()
        except ClusterError as error:
            if error.unreachable or not error.transient:
                raise
            time.sleep(pause(attempt, error))
    return call()
