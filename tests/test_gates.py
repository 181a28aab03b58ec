"""The gates of `make check` as tests, so that plain pytest runs them too."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LINT_IMPORTS = str(Path(sys.executable).with_name("lint-imports"))
GATES = {
    "format": [sys.executable, "-m", "ruff", "format", "--check", "."],
    "lint": [sys.executable, "-m", "ruff", "check", "."],
    "types": [sys.executable, "-m", "mypy"],
    "imports": [LINT_IMPORTS],
}


@pytest.mark.parametrize("gate", GATES)
def test_gate_is_green(gate: str) -> None:
    """Each of them ends with 0; what it found is in the failure."""
    result = subprocess.run(GATES[gate], cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_makefile_runs_every_gate() -> None:
    """`make check` and this file hold the same gates."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck:")[2].partition("\n\n")[0]

    for words in ("ruff format --check", "ruff check", "mypy", "lint-imports"):
        assert words in recipe


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
@pytest.mark.parametrize(("machine", "extras"), [("with-go", "dev"), ("without-go", "dev,sandbox")])
def test_the_makefile_installs_go_where_there_is_none(tmp_path: Path, machine: str, extras: str) -> None:
    """Every extra that it asks for is one of pyproject.toml: pip takes an unknown one for nothing at all."""
    for tool in ("sh", "make", "cksum", "tr", *(["true"] if machine == "with-go" else [])):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / ("go" if tool == "true" else tool)).symlink_to(found)
    command = ["make", "--print-data-base", "--dry-run", "help", f"PYTHON={sys.executable}"]
    printed = subprocess.run(command, cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True)

    assert f"EXTRAS := {extras}\n" in printed.stdout
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
