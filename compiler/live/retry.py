"""Try again what may go through a moment later, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from compiler.live.kinds import kinds_of_crds
from compiler.live.port import ClusterError
from compiler.model.event import EventKind
from compiler.model.ids import ObjectId
from compiler.model.manifest import Bundle, Manifest

T = TypeVar("T")
_FIRST_S, _LONGEST_S = 0.2, 5.0
_UNREACHABLE_S = 30.0
_SCHEMA_TRIES = 6  # six seconds in all


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


class Patience:
    """Which refusals of one run may pass: of busy servers, in short outages, and of what the bundle only just made."""

    def __init__(self, bundle: Bundle) -> None:
        self._crds = kinds_of_crds(bundle)
        self._changed: set[ObjectId] = set()
        self._silent_since: dict[ObjectId, float] = {}

    def stored(self, id: ObjectId, how: EventKind) -> None:
        """Note that an object is stored, and whether it was there in another form."""
        self.heard(id)
        if how is EventKind.CONFIGURED:
            self._changed.add(id)

    def heard(self, id: ObjectId) -> None:
        """Note that the server answered a request about an object."""
        self._silent_since.pop(id, None)

    def allows(self, manifest: Manifest, error: ClusterError, attempt: int) -> bool:
        """Tell whether the same request may go through later; `attempt` counts those that failed before."""
        if error.unreachable:
            now = time.monotonic()
            return now - self._silent_since.setdefault(manifest.id, now) < _UNREACHABLE_S
        crd = self._crds.get((manifest.api_version, manifest.id.kind))
        if error.not_found:
            return crd is not None
        if crd in self._changed and error.code in (400, 422, 500):  # the old schema is served a moment longer
            return attempt < _SCHEMA_TRIES
        missing_account = error.code == 403 and "error looking up service account" in error.message
        return error.transient or missing_account or error.reason == "NoBackend"
