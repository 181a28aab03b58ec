"""One line of a source file with carets below the part that is meant."""

from __future__ import annotations

from typing import NamedTuple

from compiler.model.source import Span
from compiler.report.escape import escape_character, runner_commands, width

WIDEST = 140
"""Columns of a source line that are shown; of a longer one a window around the place is."""

_LEAD = 40
_TAB_WIDTH = 4


class Snippet(NamedTuple):
    """A source line as it is shown, and the carets for the line below it."""

    line: str
    carets: str


def source_line(source: bytes, number: int) -> str | None:
    """Return one line of a file, without its end; None when there is no such line."""
    start = 0
    for _ in range(number - 1):
        start = source.find(b"\n", start) + 1
        if start == 0:
            return None
    end = source.find(b"\n", start)
    raw = source[start:] if end < 0 else source[start:end]
    return raw.decode("utf-8", "replace").removeprefix("\ufeff").removesuffix("\r")


def snippet(text: str, span: Span) -> Snippet:
    """Show the first line of a span; tabs, wide characters and long lines keep the carets where they belong."""
    begin = max(span.column - 1, 0)
    end = span.end_column - 1 if span.end_line == span.line else len(text)
    end = max(min(end, len(text)), begin + 1)
    first, last = _window(len(text), begin)
    commands = runner_commands(text)
    cells = ["\\#" if at in commands else _cell(text[at]) for at in range(first, last)]
    widths = [width(cell) for cell in cells]
    left = "…" if first else ""
    right = "…" if last < len(text) else ""
    blank = len(left) + sum(widths[: begin - first]) + max(begin - last, 0)
    marked = sum(widths[begin - first : end - first])
    return Snippet((left + "".join(cells) + right).rstrip(), " " * blank + "^" * min(max(marked, 1), 2 * WIDEST))


def _window(length: int, begin: int) -> tuple[int, int]:
    """Return the part of a line to show, so that the place is in it."""
    if length <= WIDEST:
        return 0, length
    first = max(min(begin - _LEAD, length - WIDEST), 0)
    return first, first + WIDEST


def _cell(character: str) -> str:
    return " " * _TAB_WIDTH if character == "\t" else escape_character(character)
