"""Every rule refuses its refusing example, at its place, and takes its passing one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from compiler.check.rules import RULES
from compiler.check.sets import RULES as SET_RULES
from compiler.check.stream import Source, check_stream
from compiler.model.diagnostic import Diagnostic

ROOT = Path(__file__).parents[2]
ROWS = yaml.safe_load((ROOT / "compiler" / "rules" / "codes" / "manifests.yaml").read_text())
SHOWN = sorted(code for code, row in ROWS.items() if "bad" in row)
ELSEWHERE = {"SC689", "SC698", "SC699"}
"""Codes whose cases need another target or declared nodes: test_check_sets has them."""


def judged(text: str) -> tuple[Diagnostic, ...]:
    return check_stream([Source("m.yaml", f"{text}\n".encode())], 36).diagnostics


@pytest.mark.parametrize("code", SHOWN)
def test_the_refusing_example_is_refused_at_its_place(code: str):
    """The diagnostic stands on the path, line and column that the row says, and there is one of it."""
    row = ROWS[code]
    found = [d for d in judged(row["bad"]) if d.code == code]
    assert [f"{d.span.line}:{d.span.column}" for d in found[:1]] == [row["at"]]
    assert found[0].path == row["path"]
    assert {d.path for d in found} == {row["path"]}, "one cause, one diagnostic"
    assert found[0].object is not None or code == "SC600"


@pytest.mark.parametrize("code", SHOWN)
def test_nothing_else_of_the_refusing_example_is_an_error(code: str):
    """One cause is told once: no other error comes with it."""
    assert {d.code for d in judged(ROWS[code]["bad"]) if d.is_error} <= {code}


@pytest.mark.parametrize("code", SHOWN)
def test_the_passing_example_passes(code: str):
    """The passing example has no error at all, and not the code as a warning either."""
    found = judged(ROWS[code]["good"])
    assert [d for d in found if d.is_error or d.code == code] == []


@pytest.mark.parametrize("code", SHOWN)
def test_messages_can_be_read_alone(code: str):
    """A message is lower case, has no full stop, and names its field; help is an order."""
    for diagnostic in judged(ROWS[code]["bad"]):
        assert not diagnostic.message.endswith(".")
        assert not re.match(r"[A-Z][a-z]+ (?!`)", diagnostic.message.split("`")[0] + " x") or "`" in diagnostic.message
        parts = [p for p in diagnostic.path.split("/") if p and not p.isdigit()]
        field = parts[-1].replace("~1", "/").replace("~0", "~") if parts else ""
        assert not field or f"`{field}`" in diagnostic.message


def test_every_rule_has_a_row_and_every_row_a_use():
    """A rule without examples does not get in, and a row without a rule does not stay."""
    used = {rule.code for rule in (*RULES, *SET_RULES)}
    for file in (ROOT / "compiler" / "check").rglob("*.py"):
        used |= set(re.findall(r'"(SC6\d\d)"', file.read_text()))
    assert used == set(ROWS)
    assert set(ROWS) - set(SHOWN) == ELSEWHERE


def test_codes_of_rules_are_unique():
    """No two rules share a code."""
    codes = [rule.code for rule in (*RULES, *SET_RULES)]
    assert len(codes) == len(set(codes))
