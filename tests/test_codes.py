"""Every code has a row, every row a use, and the examples of a row hold through the whole compiler."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.build.emit import emit_tree
from compiler.check.stream import Source, check_stream
from compiler.formats.files import MemoryFiles
from compiler.formats.packs import NEWEST
from compiler.model.diagnostic import Diagnostic
from compiler.pipeline import build, refined
from tests.catalog.support import catalog

ROOT = Path(__file__).parents[1]
TABLES = {
    path.stem: yaml.safe_load(path.read_text("utf-8"))
    for path in sorted((ROOT / "compiler/rules/codes").glob("*.yaml"))
}
RANGES = {
    "read": "1",
    "overlay": "2",
    "spec": "3",
    "catalog": "4",
    "bundle": "5",
    "manifests": "6",
    "diff": "7",
    "cluster": "8",
}
ROWS = {code: row for table in TABLES.values() for code, row in table.items()}
AROUND_STREAM = (
    "apiVersion: stackc.dev/v1alpha1\nkind: Stack\nmetadata: {name: a}\n"
    f'spec: {{kubernetes: "1.{NEWEST}", manifests: [m.yaml]}}\n'
)
ROW_KEYS = {"title", "help", "bad", "good", "at", "path", "files", "good_files"} | {
    key for base in ("overlay", "set") for key in (base, f"good_{base}")
}
OFFLINE = ("read", "overlay", "spec", "catalog", "bundle")
SHOWN = [
    pytest.param(_table, code, id=code)
    for _table in OFFLINE
    for code, row in sorted(TABLES[_table].items())
    if "bad" in row
]
READING, DOOR = "tests/formats/test_yaml_read.py", "tests/formats/test_files.py"
ELSEWHERE = {
    **dict.fromkeys(("SC102", "SC113", "SC114", "SC119"), READING),
    **dict.fromkeys(("SC133", "SC134", "SC135", "SC137"), DOOR),
    "SC407": "tests/build/test_catalog.py",
    "SC409": "tests/build/test_component_mistakes.py",
    "SC527": "tests/build/test_emit.py",
}
"""Codes below 6xx that no text in a table can show, and the tests that have them."""


def found_in(table: str, row: dict[str, Any], side: str) -> list[Diagnostic]:
    """Compile one side of a row, as far as the tree of files."""
    lead = "" if side == "bad" else "good_"
    files = {**row.get("files", {}), **(row.get("good_files", {}) if side == "good" else {}), "stack.yaml": row[side]}
    if table == "bundle" and "kind: Stack" not in row[side]:
        files = {"m.yaml": row[side], "stack.yaml": AROUND_STREAM}
    overlay = row.get(f"{lead}overlay")
    if overlay:
        files["overlay.yaml"] = overlay
    door = MemoryFiles({path: text.encode() for path, text in files.items()})
    built = build(door, "stack.yaml", ("overlay.yaml",) if overlay else (), tuple(row.get(f"{lead}set", ())))
    tree = emit_tree(built.value.bundle).diagnostics if built.value else ()
    return [*built.diagnostics, *refined(tree, door)]


def place(table: str, row: dict[str, Any]) -> str:
    """Return `file:line:column` of a row's `at`."""
    at = str(row["at"])
    if at.count(":") > 1:
        return at
    return f"m.yaml:{at}" if table == "bundle" and "kind: Stack" not in row["bad"] else f"stack.yaml:{at}"


@pytest.mark.parametrize(("table", "code"), SHOWN)
def test_bad_example_is_refused_at_its_place(table: str, code: str) -> None:
    """The code stands at `at` and nowhere else, and nothing else is wrong: one cause, one error."""
    row = TABLES[table][code]
    found = found_in(table, row, "bad")
    assert place(table, row) in {str(d.span) for d in found if d.code == code}, found
    assert {d.code for d in found if d.is_error} <= {code}
    assert all(d.message and d.help for d in found)


@pytest.mark.parametrize(("table", "code"), SHOWN)
def test_good_example_is_accepted(table: str, code: str) -> None:
    """The good example compiles, and does not have the code as a warning either."""
    found = found_in(table, TABLES[table][code], "good")
    assert [d for d in found if d.is_error or d.code == code] == []


@pytest.mark.parametrize("code", sorted(code for code, row in TABLES["manifests"].items() if "bad" in row))
def test_manifest_example(code: str) -> None:
    """The row of a manifest code holds for plain manifests: it is refused at its place, and the good one passes."""
    row = TABLES["manifests"][code]
    bad, good = (check_stream([Source("m.yaml", f"{row[k]}\n".encode())], NEWEST).diagnostics for k in ("bad", "good"))
    assert row["at"] in [f"{d.span.line}:{d.span.column}" for d in bad if d.code == code and d.span]
    assert [d for d in good if d.is_error or d.code == code] == []


def test_each_code_that_is_raised_has_a_row_and_each_row_is_raised() -> None:
    """A code without a row cannot be explained; a row without a use is never seen."""
    raised: set[str] = set()
    for path in (ROOT / "compiler").rglob("*.py"):
        if "_compiled" not in path.parts:
            raised |= set(re.findall(r'"(SC[1-8]\d\d)"', path.read_text("utf-8")))
    assert raised == set(ROWS)


def test_each_code_stands_in_the_table_of_its_range() -> None:
    """The first digit of a code says the stage; every table holds one of them, no code stands in two."""
    assert set(TABLES) == set(RANGES)
    for table, rows in TABLES.items():
        assert {code[2] for code in rows} == {RANGES[table]}
    assert sum(map(len, TABLES.values())) == len(ROWS)


def test_rows_have_a_title_and_a_help_and_nothing_unknown() -> None:
    """Titles and helps are short texts without a full stop; an example has a place and a counterpart."""
    for code, row in ROWS.items():
        assert set(row) <= ROW_KEYS, code
        assert row["title"], code
        assert row["help"], code
        assert not row["title"].endswith("."), code
        assert not row["help"].endswith("."), code
        assert len(row["title"]) < 100, code
        assert {"bad", "good", "at"} <= set(row) or not {"bad", "good", "at"} & set(row), code


def test_codes_without_an_example_are_shown_elsewhere() -> None:
    """Only what no text can show has no example: the others have their tests by name."""
    without = {code for table in OFFLINE for code, row in TABLES[table].items() if "bad" not in row}
    assert without == set(ELSEWHERE)
    for code, file in ELSEWHERE.items():
        assert code in (ROOT / file).read_text("utf-8")


def test_two_real_systems_are_refused_for_at_least_forty_reasons() -> None:
    """OpenFx, HyKuFe and their jobs have 40 codes of their own; each has an example of both sides."""
    owners = {"openfx", "openfx-function", "hykufe", "horovod-job", "volcano-job", "volcano-queue", "job"}
    rules = [rule for component in catalog().all() if component.name in owners for rule in component.rules]
    refusing = {rule.code for rule in rules if "error" in rule.severity.values() and rule.bad and rule.good}
    assert len(refusing) >= 40
