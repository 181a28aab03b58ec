"""The gates of `make check` as tests, so that plain pytest runs them too."""

from __future__ import annotations

import subprocess
import sys
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
