"""The events of an apply as plain lines, one a step, for logs and pipes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.model.event import Event, EventKind
from compiler.model.ids import ObjectId
from compiler.model.status import STARTED, SUSPENDED, Health
from compiler.report.diff import paint
from compiler.report.escape import escape

_STYLES = {EventKind.FAILED: "red", EventKind.SKIPPED: "yellow", EventKind.RETRY: "yellow", EventKind.CREATED: "green"}
_WIDTH = max(len(kind.value) for kind in EventKind)


def lines(events: Iterable[Event], *, color: bool) -> Iterator[str]:
    """Yield the lines worth reading: what was written, waited for or went wrong.

    Shape: an object that was ready at once has one line, unchanged ones have none; a wait is told from its second event
    on, when it takes long; the last line is the summary.
    """
    waited: set[ObjectId] = set()
    for event in events:
        if event.kind is EventKind.DONE:
            yield escape(event.message)
        elif event.object is not None and _worth_telling(event, waited):
            word = paint(f"{_word(event):<{_WIDTH}}", _STYLES.get(event.kind, "dim"), color=color)
            said = f": {escape(event.message)}" if event.message and event.kind is not EventKind.FAILED else ""
            yield f"[{event.done}/{event.total}] {word} {escape(str(event.object))}{said}"


def _worth_telling(event: Event, waited: set[ObjectId]) -> bool:
    assert event.object is not None
    if event.kind is EventKind.WAITING:
        is_long = event.object in waited
        waited.add(event.object)
        return is_long
    if event.kind is EventKind.READY:
        silent = event.status is not None and event.status.reason == "NoReadyCondition"
        return event.object in waited or (bool(event.message) and not silent)
    return event.kind is not EventKind.UNCHANGED


def _word(event: Event) -> str:
    """Name the step; what ended with an unknown state, or has not come to its end, is not called ready."""
    status = event.status
    if event.kind is not EventKind.READY or status is None:
        return event.kind.value
    if status.health is Health.UNKNOWN:
        return Health.UNKNOWN.value
    return status.reason.lower() if status.reason in (STARTED, SUSPENDED) else event.kind.value
