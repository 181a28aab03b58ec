"""Expressions in the values of a stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HEAD = """\
  kubernetes: "1.34"
  params: {tag: "1.2", num: 3, flag: {default: true}, none: {description: set it}}
  domain: "${{ stack.name }}.example.com"
"""


def _with(value: str) -> str:
    used = "registry: {mirror: '${{ params.tag }}${{ params.num }}${{ params.flag }}'}"
    return f"{HEAD}  {used}\n  jobs:\n    - name: train\n      namespace: default\n      image: {value}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b:${{ params.tag }}", "b:1.2"),
        ("${{ params.tag }}", "1.2"),
        ("${{ params.num }}", 3),
        ("${{ params.num + 1 }}", 4),
        ("${{ params.flag }}", True),
        ("b:${{ params.flag }}", "b:true"),
        ("${{ item.name }}-${{ stack.name }}", "train-a"),
        ("${{ domain }}", "a.example.com"),
        ("'${{ params.tag | upper }}'", "1.2"),
        ("plain", "plain"),
    ],
)
def test_expression_gives_its_value(text: str, expected: Any, run: Callable[..., Any]) -> None:
    """A text that is one expression keeps the type of the value; any mix is text."""
    result = run(_with(text))
    assert result.spec["jobs"][0]["image"] == expected


@pytest.mark.parametrize(
    ("text", "code", "column"),
    [
        ("b:${{ params.tga }}", "SC231", 20),
        ("'b:${{ params.tga }}'", "SC231", 21),
        ("b:${{ params.none }}", "SC232", 20),
        ("b:${{ params.tag", "SC235", 16),
        ("b:${{ parms.tag }}", "SC235", 20),
        ("b:${{ env('HOME') }}", "SC235", 20),
        ("b:${{ '__class__'.__class__ }}", "SC235", None),
        ("${{ params.tag if false }}", "SC236", 14),
    ],
)
def test_expression_is_refused_at_its_column(text: str, code: str, column: int | None, run: Callable[..., Any]) -> None:
    """Errors point at the expression inside the text."""
    found = run(_with(text)).only(code)
    assert found.span.line == 12
    assert column is None or found.span.column == column


def test_all_expressions_are_reported_at_once(run: Callable[..., Any]) -> None:
    """One wrong expression does not hide another."""
    assert run(_with("${{ params.x }}-${{ params.y }}")).codes().count("SC231") == 2


def test_params_used_by_item_access_are_not_called_unused(run: Callable[..., Any]) -> None:
    """`params['tag']` is a use that can't be seen by name, so nothing is said."""
    assert "SC239" not in run(_with("\"${{ params['tag'] }}\"")).codes()
