"""Every row of the code tables refuses its bad example at the exact place, and accepts the good one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

CODES = Path(__file__).parents[2] / "compiler" / "rules" / "codes"


def _rows() -> list[Any]:
    rows = []
    for name in ("overlay", "spec"):
        table = yaml.safe_load((CODES / f"{name}.yaml").read_text(encoding="utf-8"))
        rows += [pytest.param(code, row, id=code) for code, row in table.items()]
    return rows


def _files(row: dict[str, Any], which: str) -> dict[str, str]:
    overlay = row.get("overlay" if which == "bad" else "good_overlay")
    files = {"stack.yaml": row[which]}
    if overlay:
        files["overlay.yaml"] = overlay
    return files


@pytest.mark.parametrize(("code", "row"), _rows())
def test_bad_example_is_refused_at_its_place(code: str, row: dict[str, Any], run_texts: Callable[..., Any]) -> None:
    """The bad example gives this code and no other, at `at`."""
    result = run_texts(_files(row, "bad"), tuple(row.get("set", ())))
    at = row["at"] if row["at"].count(":") > 1 else f"stack.yaml:{row['at']}"
    assert set(result.codes()) == {code}
    assert at in result.at(code)
    assert all(d.message and d.help for d in result.diagnostics)


@pytest.mark.parametrize(("code", "row"), _rows())
def test_good_example_is_accepted(code: str, row: dict[str, Any], run_texts: Callable[..., Any]) -> None:
    """The good example gives no diagnostic at all."""
    assert run_texts(_files(row, "good"), tuple(row.get("good_set", ()))).diagnostics == []


def test_every_code_of_the_package_has_a_row() -> None:
    """No code is raised in compiler/spec that the tables do not explain, and none is explained for nothing."""
    import re

    source = Path(__file__).parents[2] / "compiler" / "spec"
    raised = {code for file in source.rglob("*.py") for code in re.findall(r'"(SC[23]\d\d)"', file.read_text("utf-8"))}
    assert raised == {row.values[0] for row in _rows()}
