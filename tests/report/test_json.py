"""Diagnostics for programs: the documented form, in ASCII."""

from __future__ import annotations

import json

import pytest

from compiler.model.diagnostic import Diagnostic, Note, Severity, error, warning
from compiler.model.ids import ObjectId
from compiler.model.source import Span
from compiler.report.json import render


def test_render_has_every_field_of_the_documented_form() -> None:
    """Names and order as documented."""
    found = Diagnostic(
        "SC601",
        Severity.ERROR,
        "m",
        "h",
        Span("a.yaml", 3, 4, 3, 5),
        (Note("n"),),
        ObjectId("apps", "Deployment", "lab", "web"),
        "apps/v1",
        "/spec/replicas",
        2,
    )
    text = render(7, [found])

    assert json.loads(text) == {
        "documents": 7,
        "diagnostics": [
            {
                "code": "SC601",
                "severity": "error",
                "message": "m",
                "help": "h",
                "document": 2,
                "file": "a.yaml",
                "line": 3,
                "column": 4,
                "object": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "lab", "name": "web"},
                "path": "/spec/replicas",
            }
        ],
    }
    assert list(json.loads(text)["diagnostics"][0]) == (
        "code severity message help document file line column object path".split()  # noqa: SIM905
    )
    assert text.endswith("}\n")


def test_render_without_place_and_object_has_nulls() -> None:
    """`path` is a string all the same."""
    (row,) = json.loads(render(0, [warning("SC601", "m")]))["diagnostics"]

    assert [row[name] for name in ("document", "file", "line", "column", "object")] == [None] * 5
    assert (row["path"], row["severity"]) == ("", "warning")


def test_render_sorts_by_document_and_prints_equal_ones_once() -> None:
    """The order of finding does not matter."""
    later, sooner = error("SC601", "a")._replace(document=10), error("SC602", "b")._replace(document=9)

    assert [row["code"] for row in json.loads(render(11, [later, sooner, later]))["diagnostics"]] == ["SC602", "SC601"]


@pytest.mark.parametrize(
    "text", ["\x1b[31m", "\n::error::x", "##[error]x", "##vso[x]", "\u202e", "\ud800", "한국", "#" * 9]
)
def test_render_hostile_strings_are_ascii_and_come_back(text: str) -> None:
    """Nothing in the bytes does anything, and a reader gets the very string."""
    rendered = render(1, [error("SC601", text, help=text, span=Span(text, 1, 1, 1, 1))])

    assert rendered.isascii()
    assert "\x1b" not in rendered
    assert "##" not in rendered
    assert not any(line.strip().startswith("::") for line in rendered.splitlines())
    assert json.loads(rendered)["diagnostics"][0]["message"] == text
