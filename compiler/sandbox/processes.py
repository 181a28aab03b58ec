"""Start, recognise and end the processes of a sandbox.

A process is known by its id **and** the time it started, so that an id which the system has given to somebody else
since is never signalled.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from compiler.sandbox.paths import log_file
from compiler.sandbox.problem import SandboxFault

_TAIL_LINES = 12


class Command(NamedTuple):
    """One component of the control plane, and how it is started.

    Shape: `argv[0]` is an absolute path; relative paths in the rest start at the sandbox's folder.
    """

    name: str
    argv: tuple[str, ...]


class Process(NamedTuple):
    """One started component.

    Shape: `started` is the system's own word for the start time; it is compared, never read.
    """

    name: str
    pid: int
    started: str


def start(command: Command, folder: Path) -> Process:
    """Start a component in the background; its output goes to logs/<name>.log, its working directory is `folder`.

    Short relative socket names then stay below the 108 bytes that a unix socket's path may have.
    Errors: SandboxFault SC852 when the program can't be run.
    """
    import subprocess

    log = log_file(folder, command.name)
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("ab") as output:
            child = subprocess.Popen(
                command.argv,
                cwd=folder,
                env=_environment(folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the user's terminal is not for the sandbox
            )
    except OSError as problem:
        raise SandboxFault("SC852", f"`{command.name}` can't be started: {problem}", "check the program") from problem
    child.returncode = 0  # the component outlives this program: no warning about that when `child` goes
    return Process(command.name, child.pid, _started(child.pid) or "")


def _environment(folder: Path) -> dict[str, str]:
    # No proxies, no KUBECONFIG, no ~/.kwok: what a sandbox does depends on its folder alone.
    package_root = Path(__file__).parents[2]
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "PYTHONPATH": str(package_root)}


def is_alive(process: Process) -> bool:
    """Tell whether exactly this process still runs."""
    alive = bool(process.started) and _started(process.pid) == process.started
    if not alive:
        _reap(process.pid)
    return alive


def kill(processes: Iterable[Process]) -> None:
    """End these processes at once, and return when they are gone.

    SIGKILL, because a graceful stop of the API server takes tens of seconds once etcd is gone, and nothing in a
    sandbox outlives it.
    """
    mine = [process for process in processes if is_alive(process)]
    for process in mine:
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for process in mine:
        while is_alive(process):
            time.sleep(0.01)


def log_tail(folder: Path, component: str) -> str:
    """Return the last lines that a component wrote."""
    try:
        text = log_file(folder, component).read_text(errors="replace")
    except OSError:
        return "(no output)"
    return "\n".join(text.splitlines()[-_TAIL_LINES:]) or "(no output)"


def _started(pid: int) -> str | None:
    """Return when a process started, None when it is gone or only waits to be collected by its parent."""
    try:
        # The command's name stands in parentheses and may hold any byte; field 3 follows the last one.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None if Path("/proc/self").exists() else _started_by_ps(pid)
    # The first thread of a killed program is a zombie while others still let go of its port.
    is_gone = fields[0] in (b"Z", b"X") and int(fields[17]) <= 1
    return None if is_gone else fields[19].decode()


def _started_by_ps(pid: int) -> str | None:
    import subprocess

    command = ["ps", "-o", "lstart=,stat=", "-p", str(pid)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env={"LC_ALL": "C", **os.environ})
    line, _, status = result.stdout.strip().rpartition(" ")
    return None if not line or status.startswith("Z") else line.strip()


def _reap(pid: int) -> None:
    """Collect the exit status of a component that this very program started, so that its id is free again."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # started by another run of stackc
