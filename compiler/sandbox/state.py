"""What stackc remembers of a sandbox between two calls: sandbox.json in its folder."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from compiler.sandbox.keys import write_private
from compiler.sandbox.problem import SandboxFault
from compiler.sandbox.processes import Process

_FILE = "sandbox.json"


class State(NamedTuple):
    """One sandbox: the port of its API server and the processes that were started for it, in the order of starting."""

    port: int
    processes: tuple[Process, ...] = ()

    def process(self, name: str) -> Process | None:
        """Return the process of a component."""
        return next((process for process in self.processes if process.name == name), None)

    def with_process(self, new: Process) -> State:
        """Return the state with a component's process added or replaced."""
        others = tuple(process for process in self.processes if process.name != new.name)
        return self._replace(processes=(*others, new))


def read_state(folder: Path) -> State | None:
    """Return the recorded state, None when there is no sandbox in this folder.

    Errors: SandboxFault SC860 when the record can't be read.
    """
    try:
        data = json.loads((folder / _FILE).read_text())
        return State(data["port"], tuple(Process(row["name"], row["pid"], row["started"]) for row in data["processes"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        message = f"the record of the sandbox in `{folder}` can't be read: {problem}"
        raise SandboxFault("SC860", message, "end its processes by hand and remove that folder") from problem


def forget_state(folder: Path) -> None:
    """Remove the record."""
    (folder / _FILE).unlink()


def write_state(folder: Path, state: State) -> None:
    """Record the state, in one step."""
    rows = [process._asdict() for process in state.processes]
    write_private(folder / _FILE, json.dumps({"port": state.port, "processes": rows}))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other runs of stackc away from this sandbox; the lock ends with the process that holds it."""
    lock = _lock_file(folder)
    lock.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    while True:
        with lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not _is_open(lock, handle.fileno()):
                continue  # who held it has removed it
            yield
            return


def forget_lock(folder: Path) -> None:
    """Remove the lock's file; whoever waits for it makes a new one."""
    _lock_file(folder).unlink(missing_ok=True)


def _lock_file(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.lock"


def _is_open(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
