"""`stackc sandbox`, as far as it needs no control plane."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.commands.sandbox import sandbox


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def run(*args: str) -> Result:
    return CliRunner().invoke(sandbox, args)


def test_status_without_a_sandbox_exits_1() -> None:
    """The answer is no, on stdout."""
    result = run("status")
    assert (result.exit_code, result.stdout) == (1, "sandbox `default`: there is no sandbox of this name\n")


def test_down_without_a_sandbox_says_so_and_succeeds() -> None:
    """What is asked for is the case already; stdout stays empty."""
    result = run("down", "--name", "other")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "there was no sandbox `other`\n"


def test_kubeconfig_without_a_sandbox_exits_1_and_prints_no_path() -> None:
    """A script that takes stdout for a path must not get anything else."""
    result = run("kubeconfig")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "SC855" in result.stderr and "stackc sandbox up" in result.stderr


def test_bad_name_exits_4() -> None:
    """A name that could leave the state folder is refused."""
    result = run("down", "--name", "../x")
    assert result.exit_code == 4
    assert "SC861" in result.stderr


def test_bad_nodes_file_exits_3_and_starts_nothing(home: Path) -> None:
    """A nodes file is judged before anything starts, with the place of the fault."""
    file = home / "nodes.yaml"
    file.write_text("- {name: a, lables: {}}\n")
    result = run("up", "--nodes", str(file))
    assert result.exit_code == 3
    assert "SC857" in result.stderr and f"{file}:1:13" in result.stderr
    assert not (home / "state" / "stackc" / "sandbox" / "default").exists()


def test_missing_nodes_file_is_wrong_usage() -> None:
    """A file that is not there is the caller's mistake."""
    assert run("up", "--nodes", "absent.yaml").exit_code == 2
