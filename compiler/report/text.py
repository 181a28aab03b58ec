"""Diagnostics for people: message, place, the source line with carets, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from compiler.model.diagnostic import Diagnostic, Note, Severity, sort_key
from compiler.model.source import Span
from compiler.report.escape import escape
from compiler.report.snippet import snippet, source_line

_RESET, _BOLD, _RED, _YELLOW, _BLUE = "\x1b[0m", "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m"


def render(diagnostics: Iterable[Diagnostic], sources: Mapping[str, bytes], *, color: bool) -> str:
    """Return all diagnostics in order of their places, a blank line between them; `""` when there are none.

    Shape: `sources` maps the files of the spans to their content; a file that is not there is named without its text.
    """
    ordered = sorted(dict.fromkeys(diagnostics), key=sort_key)
    shown = _Sources(sources, tuple(d.span for d in ordered if d.is_secret and d.span))
    return "\n".join(_render_one(diagnostic, shown, _Paint(color)) for diagnostic in ordered)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the count of errors and warnings in words, `""` when there are none."""
    distinct = set(diagnostics)
    errors = sum(diagnostic.is_error for diagnostic in distinct)
    parts = [_counted(errors, "error"), _counted(len(distinct) - errors, "warning")]
    return " and ".join(part for part in parts if part)


class _Sources(NamedTuple):
    """The files that diagnostics show lines of, and the places in them that hold secret text."""

    files: Mapping[str, bytes]
    secret: tuple[Span, ...]

    def line(self, span: Span) -> str | None:
        """Return the first line of a span, secret text masked; None when it is not there."""
        source = self.files.get(span.file)
        text = source_line(source, span.line) if source is not None else None
        if text is None:
            return None
        for place in self.secret:
            if place.file == span.file and place.line <= span.line <= place.end_line:
                begin = place.column - 1 if span.line == place.line else 0
                end = min(place.end_column - 1 if span.line == place.end_line else len(text), len(text))
                text = text[:begin] + "*" * (end - begin) + text[end:]
        return text


_NO_TEXT = _Sources({}, ())


class _Paint:
    """Puts colours around text, or does not."""

    def __init__(self, color: bool) -> None:
        self.color = color

    def __call__(self, code: str, text: str) -> str:
        return f"{code}{text}{_RESET}" if self.color else text


def _render_one(diagnostic: Diagnostic, sources: _Sources, paint: _Paint) -> str:
    tone = _RED if diagnostic.severity is Severity.ERROR else _YELLOW
    title = paint(tone, f"{diagnostic.severity.value}[{escape(diagnostic.code)}]")
    lines = [title + paint(_BOLD, f": {escape(diagnostic.message)}")]
    gutter = " " * len(str(diagnostic.span.line if diagnostic.span else 0))
    if diagnostic.span is not None:
        is_hidden = diagnostic.is_secret and diagnostic.span.is_empty
        lines += _place(diagnostic.span, _NO_TEXT if is_hidden else sources, gutter, tone, paint)
    equals = f" {gutter} {paint(_BLUE, '=')} "
    about = _about(diagnostic)
    if about:
        lines.append(f"{equals}{about}")
    for note in diagnostic.notes:
        lines += _note(note, sources, equals, gutter, paint)
    if diagnostic.help:
        lines.append(f"{equals}{paint(_BOLD, 'help')}: {escape(diagnostic.help)}")
    return "\n".join(lines) + "\n"


def _place(span: Span, sources: _Sources, gutter: str, tone: str, paint: _Paint) -> list[str]:
    """Return the lines from `-->` to the carets."""
    arrow, bar = paint(_BLUE, "-->"), paint(_BLUE, "|")
    lines = [f" {gutter}{arrow} {escape(span.file)}:{span.line}:{span.column}"]
    text = sources.line(span)
    if text is not None and text.strip():
        shown = snippet(text, span)
        number = paint(_BLUE, str(span.line).rjust(len(gutter)))
        lines += [
            f" {gutter} {bar}",
            f" {number} {bar} {shown.line}",
            f" {gutter} {bar} {_painted(shown.carets, tone, paint)}",
        ]
    return lines


def _painted(carets: str, tone: str, paint: _Paint) -> str:
    marks = carets.lstrip(" ")
    return carets[: len(carets) - len(marks)] + paint(tone, marks)


def _about(diagnostic: Diagnostic) -> str:
    """Name the object and the path in it, or the document of a stream that has no name yet."""
    if diagnostic.object is not None:
        return f"object: {escape(str(diagnostic.object))}{_at(diagnostic.path)}"
    if diagnostic.document is not None:
        return f"document: {diagnostic.document}{_at(diagnostic.path)}"
    return ""


def _at(path: str) -> str:
    return f", at {escape(path)}" if path else ""


def _note(note: Note, sources: _Sources, equals: str, gutter: str, paint: _Paint) -> list[str]:
    """Return a note with its place; an empty span is a place whose text is not to be shown."""
    said, span = f"{equals}note: {escape(note.message)}", note.span
    if span is None:
        return [said]
    inner = " " * max(len(gutter) + 3, len(str(span.line)))
    return [said, *_place(span, _NO_TEXT if span.is_empty else sources, inner, _BLUE, paint)]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
