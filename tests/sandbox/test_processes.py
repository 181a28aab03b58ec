"""Processes are recognised by id and start time, and only recognised ones are ended."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from compiler.sandbox.problem import SandboxFault
from compiler.sandbox.processes import Command, Process, is_alive, kill, log_tail, start


def test_kill_ends_what_was_started(tmp_path: Path) -> None:
    """A started process is alive until it is killed."""
    process = start(Command("sleeper", (sys.executable, "-c", "import time; time.sleep(60)")), tmp_path)
    assert is_alive(process)
    kill([process])
    assert not is_alive(process)


def test_kill_spares_a_process_that_took_over_the_id(tmp_path: Path) -> None:
    """The same id with another start time is somebody else's."""
    process = start(Command("sleeper", (sys.executable, "-c", "import time; time.sleep(60)")), tmp_path)
    try:
        stranger = process._replace(started="1")
        assert not is_alive(stranger)
        kill([stranger])
        assert is_alive(process)
    finally:
        kill([process])


def test_process_without_a_start_time_is_never_alive() -> None:
    """An empty start time matches nothing, not even a process that is gone."""
    assert not is_alive(Process("gone", 2**22 + 1, ""))


def test_log_tail_shows_what_the_process_wrote_last(tmp_path: Path) -> None:
    """Standard output and standard error go to the log, of which the end is shown."""
    code = "import sys; print(*range(50), sep='\\n', flush=True); sys.exit('no such flag')"
    process = start(Command("failing", (sys.executable, "-c", code)), tmp_path)
    while is_alive(process):
        pass
    tail = log_tail(tmp_path, "failing").splitlines()
    assert tail[-2:] == ["49", "no such flag"] and len(tail) == 12
    assert log_tail(tmp_path, "absent") == "(no output)"


def test_component_sees_nothing_of_the_users_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies and kubeconfigs of the user don't reach a component."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    monkeypatch.setenv("KUBECONFIG", "/home/user/.kube/config")
    process = start(Command("env", (sys.executable, "-c", "import os; print(sorted(os.environ))")), tmp_path)
    while is_alive(process):
        pass
    seen = log_tail(tmp_path, "env")
    assert "PROXY" not in seen and "KUBECONFIG" not in seen and "'HOME'" in seen


def test_start_of_a_missing_program_is_a_diagnostic(tmp_path: Path) -> None:
    """A program that is not there gives SC852."""
    with pytest.raises(SandboxFault) as caught:
        start(Command("etcd", (str(tmp_path / "absent"),)), tmp_path)
    assert caught.value.diagnostic.code == "SC852"
