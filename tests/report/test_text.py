"""Diagnostics for people: the form, and that foreign strings do nothing but print."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.model.diagnostic import Diagnostic, Note, Severity, error, warning
from compiler.model.ids import ObjectId
from compiler.model.source import Span
from compiler.report.text import render, summary

STACK = b'apiVersion: stackc.dev/v1alpha1\nspec:\n  kubernetesVersoin: "1.21"\n'
PLACE = Span("stacks/lab/stack.yaml", 3, 3, 3, 20)


def shown(source: str, span: Span) -> list[str]:
    """Return the source line and the carets, without the gutter."""
    text = render([error("SC301", "x", span=span)], {span.file: source.encode()}, color=False)
    return [line.partition("| ")[2] for line in text.splitlines()[3:5]]


def test_render_shows_message_place_line_carets_notes_and_help() -> None:
    """The form of style and design, character by character."""
    found = error(
        "SC301",
        "unknown key `kubernetesVersoin`",
        help="write `kubernetes`",
        span=PLACE,
        notes=(
            Note("allowed here: `domain`, `kubernetes`"),
            Note("first set here", Span("overlays/a.yaml", 12, 5, 12, 9)),
        ),
    )

    assert render([found], {PLACE.file: STACK}, color=False) == (
        "error[SC301]: unknown key `kubernetesVersoin`\n"
        "  --> stacks/lab/stack.yaml:3:3\n"
        "   |\n"
        ' 3 |   kubernetesVersoin: "1.21"\n'
        "   |   ^^^^^^^^^^^^^^^^^\n"
        "   = note: allowed here: `domain`, `kubernetes`\n"
        "   = note: first set here\n"
        "     --> overlays/a.yaml:12:5\n"
        "   = help: write `kubernetes`\n"
    )


def test_render_shows_the_text_of_a_note_but_not_at_an_empty_span() -> None:
    """Below its message, further in than the line of the diagnostic itself."""
    place = Span("t.yaml", 2, 7, 2, 10)
    found = error("SC601", "x", span=PLACE, notes=(Note("made here", place), Note("b", place._replace(end_column=7))))
    text = render([found], {"t.yaml": b"a: b\n  ab: cde\n"}, color=False)
    assert text.splitlines()[2:] == [
        "   = note: made here",
        "     --> t.yaml:2:7",
        "      |",
        "    2 |   ab: cde",
        "      |       ^^^",
        "   = note: b",
        "     --> t.yaml:2:7",
    ]


def test_render_without_the_file_names_the_place_alone() -> None:
    """So for files that are gone, and places behind their end."""
    expected = "warning[SC301]: x\n  --> stacks/lab/stack.yaml:3:3\n"

    assert render([warning("SC301", "x", span=PLACE)], {}, color=False) == expected
    assert render([warning("SC301", "x", span=PLACE)], {PLACE.file: b"short"}, color=False) == expected


def test_render_object_without_a_place_names_object_and_path() -> None:
    """A manifest of a stream, or one that a template made."""
    found = Diagnostic(
        "SC601", Severity.ERROR, "x", object=ObjectId("apps", "Deployment", "lab", "web"), path="/spec/replicas"
    )

    assert render([found], {}, color=False) == (
        "error[SC601]: x\n   = object: Deployment.apps lab/web, at /spec/replicas\n"
    )
    assert "   = document: 4\n" in render([Diagnostic("SC104", Severity.ERROR, "x", document=4)], {}, color=False)


def test_render_sorts_by_place_and_prints_equal_ones_once() -> None:
    """The order of finding does not matter."""
    first, second = error("SC302", "b", span=PLACE._replace(line=1)), error("SC301", "a", span=PLACE)
    text = render([second, first, second], {}, color=False)

    assert re.findall(r"SC\d+", text) == ["SC302", "SC301"]
    assert "\n\nerror[SC301]" in text
    assert render([], {}, color=False) == ""


def test_render_lines_up_the_gutter_with_long_line_numbers() -> None:
    """The bar stands in one column."""
    source = "\n" * 1233 + "abc: d\n"
    text = render([error("SC301", "x", span=Span("f", 1234, 6, 1234, 7))], {"f": source.encode()}, color=False)

    assert text.splitlines()[1:] == ["     --> f:1234:6", "      |", " 1234 | abc: d", "      |      ^"]


@pytest.mark.parametrize(
    ("source", "columns", "line", "carets"),
    [
        ("a: b", (4, 5), "a: b", "   ^"),
        ("a:\tb", (4, 5), "a:    b", "      ^"),
        ("한국: x", (5, 6), "한국: x", "      ^"),
        ("한국: x", (1, 3), "한국: x", "^^^^"),
        ("e\u0301: x", (5, 6), "e\u0301: x", "   ^"),
        ("a: \x1b[31m", (4, 6), "a: \\e[31m", "   ^^^"),
        ("\ufeffa: b", (1, 2), "a: b", "^"),
        ("a: b\r", (4, 5), "a: b", "   ^"),
        ("a: [", (5, 6), "a: [", "    ^"),
        ("a: b", (4, 4), "a: b", "   ^"),
        ("a: ##[error]x", (13, 14), "a: #\\#[error]x", "             ^"),
    ],
)
def test_render_carets_stand_below_what_is_meant(source: str, columns: tuple[int, int], line: str, carets: str) -> None:
    """Tabs, wide, combining and escaped characters keep their columns apart from the file's."""
    assert shown(source, Span("f", 1, columns[0], 1, columns[1])) == [line, carets]


def test_render_long_line_shows_the_part_around_the_place() -> None:
    """With marks where something is left out, and the carets still right."""
    line, carets = shown("x" * 5000 + "HERE" + "y" * 5000, Span("f", 1, 5001, 1, 5005))

    assert len(line) < 200
    assert (line[0], line[-1]) == ("…", "…")
    assert line[carets.index("^") : carets.index("^") + 4] == "HERE"
    assert carets.strip() == "^^^^"


def test_render_long_mark_and_several_lines_end_with_the_line() -> None:
    """A span over many lines is marked on its first one."""
    assert shown("ab: cd\nef", Span("f", 1, 5, 2, 3)) == ["ab: cd", "    ^^"]
    assert len(shown("x" * 100_000, Span("f", 1, 1, 1, 100_000))[1]) <= 300


def test_render_colours_only_when_asked() -> None:
    """And the text is the same without them."""
    found = [error("SC301", "x", help="y", span=PLACE, notes=(Note("z"),))]
    plain, coloured = (render(found, {PLACE.file: STACK}, color=color) for color in (False, True))

    assert "\x1b" not in plain
    assert coloured.startswith("\x1b[1;31merror[SC301]\x1b[0m")
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain


def test_summary_counts_in_words() -> None:
    """Nothing is said about nothing."""
    one, two = error("SC301", "a"), error("SC301", "b")

    assert summary([]) == ""
    assert summary([one, one]) == "1 error"
    assert summary([one, two, warning("SC302", "c")]) == "2 errors and 1 warning"


HOSTILE = [
    "\x1b[2J\x1b]0;title\x07",
    "a\n::error file=x::pwned",
    "\r::add-mask::x",
    "##[error]x",
    "##vso[task.setvariable variable=x]y",
    "\u202egnp.exe",
    "\u200b\ufeff\u2028::warning::x",
    "\x9b31m",
    "\udcff",
    "\U000e0041",
    "x" * 1_000_000,
]
FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


def assert_harmless(text: str) -> None:
    assert not FORBIDDEN.search(text)
    assert not re.search(r"^\s*::", text, re.MULTILINE)
    assert "##[" not in text
    assert "##vso[" not in text
    text.encode("utf-8")


def everywhere(text: str) -> list[Diagnostic]:
    """Put a foreign string wherever a diagnostic has one."""
    span = Span(text, 1, 1, 1, 3)
    return [
        Diagnostic(
            "SC301",
            Severity.ERROR,
            f"unknown key `{text}`",
            text,
            span,
            (Note(text, span), Note(text)),
            ObjectId(text, text, text, text),
            text,
            text,
            1,
        ),
        error("SC301", text, help=text),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_render_foreign_strings_do_nothing_but_print(text: str) -> None:
    """No cursor, no colour, no direction, no line of their own, no command to a CI runner."""
    source = text.encode("utf-8", "surrogatepass")
    rendered = render(everywhere(text), {text: source}, color=False)

    assert_harmless(rendered)
    assert len(rendered) < 20_000


@given(st.text(max_size=30) | st.text(st.sampled_from(":#[vso]\n\r\t\x1b er"), max_size=30))
@settings(max_examples=300, deadline=None)
def test_render_any_string_is_harmless(text: str) -> None:
    """The same for strings that nobody thought of."""
    assert_harmless(render(everywhere(text), {text: text.encode("utf-8", "surrogatepass")}, color=False))


@given(st.binary(max_size=60), st.integers(1, 5), st.integers(1, 80), st.integers(1, 5), st.integers(1, 80))
@settings(max_examples=300, deadline=None)
def test_render_any_span_in_any_file_is_rendered(
    source: bytes, line: int, column: int, end_line: int, end: int
) -> None:
    """A place that is not in the file is no reason to fail."""
    assert_harmless(
        render([error("SC301", "x", span=Span("f", line, column, end_line, end))], {"f": source}, color=False)
    )
