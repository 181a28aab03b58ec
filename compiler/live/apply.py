"""A bundle into a cluster: every object as soon as its predecessors are done, then until it is ready."""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from enum import Enum
from typing import Any, NamedTuple

from compiler.live.port import ClusterError, ClusterPort
from compiler.live.refusals import conflicting, failed, refused, skipped
from compiler.live.retry import Patience, pause
from compiler.live.schedule import Schedule
from compiler.live.settings import Settings, settings_for
from compiler.live.status import NO_CONDITION
from compiler.live.threads import threads
from compiler.live.wait import check, explain, is_done, is_plain
from compiler.model.diagnostic import Diagnostic
from compiler.model.event import Event, EventKind
from compiler.model.ids import ObjectId
from compiler.model.manifest import Body, Bundle, Manifest
from compiler.model.status import STARTED, SUSPENDED, Health, Status

_FIRST_LOOK_S, _SLOWER, _SLOWEST_LOOK_S = 0.1, 1.5, 2.0
_LONGEST_NAP_S = 5.0
_FIRST_WORD, _WORD_EVERY = 6, 4  # looks: told after two seconds, then at most every eight, when there is news
_WRITTEN = {True: EventKind.CREATED, False: EventKind.CONFIGURED}


class _Step(Enum):
    WRITE = "write"
    LOOK = "look"
    EXPLAIN = "explain"


class _Task(NamedTuple):
    """One thing to do for one object.

    Shape: `attempt` counts the tries, `error` is why the last one failed; `body` is the live object where it is known
    already; `words` is what was last said of its wait.
    """

    step: _Step
    manifest: Manifest
    attempt: int = 0
    status: Status = Status(Health.UNKNOWN)
    late: bool = False
    body: Body | None = None
    words: str = ""
    error: ClusterError | None = None


def apply_bundle(
    bundle: Bundle,
    port: ClusterPort,
    settings: Settings | None = None,
    *,
    unchanged: frozenset[ObjectId] = frozenset(),
) -> Iterator[Event]:
    """Apply a bundle, and yield what happens; the last event is `done`.

    Shape: `unchanged` are objects that a diff found equal and owned: they are not written, only waited for.
    Errors: in the events: SC701 field conflict, SC801 to SC806 refused, SC820 not ready in time, SC821 failed, SC822
    not applied because of another. A failure stops only its descendants. Closing the iterator stops at once.
    """
    settings = settings or settings_for(bundle)
    with threads(settings.threads) as pool:
        yield from _Run(bundle, port, settings, unchanged, pool).events()


class _Run:
    """The moving parts of one apply: what runs, what is due later, what is settled."""

    def __init__(
        self,
        bundle: Bundle,
        port: ClusterPort,
        settings: Settings,
        unchanged: frozenset[ObjectId],
        pool: ThreadPoolExecutor,
    ) -> None:
        self._port, self._settings, self._unchanged, self._pool = port, settings, unchanged, pool
        self._manifests = {manifest.id: manifest for manifest in bundle.manifests}
        self._schedule = Schedule(bundle)
        self._running: dict[Future[Any], _Task] = {}
        self._later: list[tuple[float, int, _Task]] = []
        self._numbers = iter(range(1 << 62))
        self._deadline = time.monotonic() + settings.timeout_s
        self._patience = Patience(bundle)
        self._stored: dict[ObjectId, EventKind] = {}
        self._counts: Counter[str] = Counter()
        self._done = 0

    def events(self) -> Iterator[Event]:
        """Run to the end."""
        self._start()
        while self._running or self._later:
            if time.monotonic() >= self._deadline:
                yield from self._time_out()
            self._wake()
            if self._running:
                finished, _ = wait(self._running, timeout=self._nap(), return_when=FIRST_COMPLETED)
                for future in finished:
                    yield from self._finish(self._running.pop(future), future)
            elif self._later:
                time.sleep(self._nap())
            self._start()
        yield self._event(EventKind.DONE, None, message=self._summary())

    def _start(self) -> None:
        for id in self._schedule.take():
            manifest = self._manifests[id]
            if id not in self._unchanged:
                self._submit(_Task(_Step.WRITE, manifest))
            else:  # what has no state of its own needs no reading either
                self._submit(_Task(_Step.LOOK, manifest, body=manifest.body if is_plain(manifest.body) else None))

    def _submit(self, task: _Task) -> None:
        work = {_Step.WRITE: self._write, _Step.LOOK: self._look, _Step.EXPLAIN: self._explain}[task.step]
        self._running[self._pool.submit(work, task)] = task

    def _delay(self, task: _Task, seconds: float) -> None:
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._numbers), task))

    def _wake(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            self._submit(heapq.heappop(self._later)[2])

    def _nap(self) -> float:
        due = min(self._later[0][0] if self._later else self._deadline, self._deadline)
        return min(max(0.01, due - time.monotonic()), _LONGEST_NAP_S)

    # what the threads do

    def _write(self, task: _Task) -> tuple[Body, bool]:
        body = task.manifest.body
        try:
            return self._port.apply(body, force=self._settings.force)
        except ClusterError as error:
            if error.reason not in ("NoKind", "NoBackend"):
                raise
        self._port.discovery(fresh=True)  # its CRD or API service may be a moment old
        return self._port.apply(body, force=self._settings.force)

    def _look(self, task: _Task) -> Status:
        awaited = self._schedule.holds_back(task.manifest.id)
        status = check(task.manifest, self._port, awaited=awaited, body=task.body)
        if status.health in (Health.IN_PROGRESS, Health.TERMINATING) and _is_long(task):
            return status._replace(message=explain(task.manifest, self._port, status))
        return status

    def _explain(self, task: _Task) -> str:
        return explain(task.manifest, self._port, task.status)

    # what follows from it

    def _finish(self, task: _Task, future: Future[Any]) -> Iterator[Event]:
        error = future.exception()
        if isinstance(error, ClusterError):
            yield from self._after_error(task, error)
        elif task.step is _Step.WRITE:
            yield from self._after_write(task, *future.result())
        elif task.step is _Step.LOOK:
            yield from self._after_look(task, future.result())
        else:
            why = self._settings.redact.text(future.result())
            problem = failed(task.manifest, why, late=task.late)
            yield from self._fail(task.manifest, problem, status=task.status)

    def _after_write(self, task: _Task, body: Body, created: bool) -> Iterator[Event]:
        yield self._store(task.manifest, _WRITTEN[created])
        look = _Task(_Step.LOOK, task.manifest, body=body)
        if is_plain(body):
            yield from self._after_look(look, Status(Health.CURRENT))
        else:
            self._submit(look)

    def _store(self, manifest: Manifest, how: EventKind) -> Event:
        self._patience.stored(manifest.id, how)
        if manifest.id not in self._stored:
            self._schedule.stored(manifest.id)
        self._stored[manifest.id] = how
        return self._event(how, manifest.id)

    def _after_look(self, task: _Task, status: Status) -> Iterator[Event]:
        id = task.manifest.id
        self._patience.heard(id)
        was_leaving = id not in self._stored or task.status.health is Health.TERMINATING
        if status.health is Health.NOT_FOUND and was_leaving:  # deleted since the diff, or since before
            self._unchanged = frozenset()  # and others perhaps with it
            self._submit(_Task(_Step.WRITE, task.manifest))
            return
        if id not in self._stored and status.health is not Health.TERMINATING:
            yield self._store(task.manifest, EventKind.UNCHANGED)
        if is_done(status):
            self._done += 1
            self._counts["state unknown"] += status.health is Health.UNKNOWN and status.reason != NO_CONDITION
            self._counts["still running"] += status.reason == STARTED
            self._counts["suspended"] += status.reason == SUSPENDED
            self._schedule.settled(id)
            yield self._event(EventKind.READY, id, message=status.message, status=status)
        elif status.health is Health.FAILED:
            self._submit(_Task(_Step.EXPLAIN, task.manifest, status=status))
        else:
            words = status.message or status.reason
            if task.attempt in (0, _FIRST_WORD) or (_is_long(task) and words != task.words):
                yield self._event(EventKind.WAITING, id, message=words, status=status)
                task = task._replace(words=words)
            seconds = min(_FIRST_LOOK_S * _SLOWER**task.attempt, _SLOWEST_LOOK_S)
            self._delay(task._replace(attempt=task.attempt + 1, status=status, body=None), seconds)

    def _after_error(self, task: _Task, error: ClusterError) -> Iterator[Event]:
        problem = self._problem(task.manifest, error)
        if not self._patience.allows(task.manifest, error, task.attempt):
            yield from self._fail(task.manifest, problem)
            return
        if task.step is _Step.WRITE and task.attempt == 0:
            yield self._event(EventKind.RETRY, task.manifest.id, message=problem.message)
        self._delay(task._replace(attempt=task.attempt + 1, error=error), pause(task.attempt, error))

    def _problem(self, manifest: Manifest, error: ClusterError) -> Diagnostic:
        if error.conflicts:
            return conflicting(manifest, error)
        return refused(manifest, error, self._settings.redact)

    def _fail(self, manifest: Manifest, problem: Diagnostic, *, status: Status | None = None) -> Iterator[Event]:
        stored = manifest.id in self._stored
        self._counts[_end_of(problem, stored=stored, looked_at=status is not None)] += 1
        self._done += 1
        yield self._event(EventKind.FAILED, manifest.id, message=problem.message, status=status, diagnostic=problem)
        for id in self._schedule.lost(manifest.id, stored=stored):
            yield self._skip(id, f"{manifest.id} failed")

    def _skip(self, id: ObjectId, why: str) -> Event:
        self._counts["skipped"] += 1
        self._done += 1
        problem = skipped(self._manifests[id], why)
        return self._event(EventKind.SKIPPED, id, message=why, diagnostic=problem)

    def _time_out(self) -> Iterator[Event]:
        """End every wait: what is not ready says why, what has not started is left out."""
        self._deadline = float("inf")
        late, self._later = [task for _, _, task in self._later], []
        cut = {future: task for future, task in self._running.items() if task.step is not _Step.EXPLAIN}
        wait([future for future in cut if not future.cancel()], timeout=_FIRST_LOOK_S)
        for future, task in cut.items():
            del self._running[future]
            if future.cancelled() and task.manifest.id not in self._stored:
                yield self._skip(task.manifest.id, "there was no time left")
                continue
            if task.step is _Step.WRITE and future.done() and future.exception() is None:
                yield self._store(task.manifest, _WRITTEN[future.result()[1]])
                task = task._replace(step=_Step.LOOK)
            late.append(task)
        for id in self._schedule.rest():
            yield self._skip(id, "there was no time left")
        for task in late:
            if task.step is _Step.LOOK:
                self._submit(_Task(_Step.EXPLAIN, task.manifest, status=task.status, late=True))
            else:
                error = task.error or ClusterError(0, "Unanswered", "no answer in time")
                yield from self._fail(task.manifest, self._problem(task.manifest, error))

    def _event(
        self,
        kind: EventKind,
        id: ObjectId | None,
        *,
        message: str = "",
        status: Status | None = None,
        diagnostic: Diagnostic | None = None,
    ) -> Event:
        said = self._settings.redact.text(message)
        return Event(kind, id, said, status, diagnostic, self._done, len(self._manifests))

    def _summary(self) -> str:
        counts = self._counts + Counter(how.value for how in self._stored.values())
        words = ("created", "configured", "unchanged", "refused", "unreachable", "skipped")
        said = ", ".join(f"{counts[word]} {word}" for word in words if counts[word]) or "nothing to apply"
        ends = ("not ready", "state unknown", "still running", "suspended")
        states = [f"{word}: {counts[word]}" for word in ends if counts[word]]
        return "; ".join((said, *states))


def _end_of(problem: Diagnostic, *, stored: bool, looked_at: bool) -> str:
    """Name the end of an object that failed, as the summary counts it."""
    if problem.code == "SC801":  # no answer says nothing about the object
        return "state unknown" if stored else "unreachable"
    return "not ready" if stored or looked_at else "refused"


def _is_long(task: _Task) -> bool:
    """Tell whether a wait takes so long that the next look should say why."""
    return task.attempt >= _FIRST_WORD and (task.attempt - _FIRST_WORD) % _WORD_EVERY == 0
