"""What is wrong, where, and what to write instead: errors and results as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from compiler.model.ids import ObjectId
from compiler.model.source import Span

T = TypeVar("T")
U = TypeVar("U")


_UNKNOWN_FIELD = "SC601"


class Severity(Enum):
    """How bad it is: an error refuses the input, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Note(NamedTuple):
    """Another place that matters for a diagnostic, and why.

    Shape: the text at an empty `span` is not shown: only the line is known, or it may be secret.
    """

    message: str
    span: Span | None = None


class Diagnostic(NamedTuple):
    """One finding.

    Shape: `message` is lower case and says what is wrong at this place; `help` is an order that says what to write;
    `path` is an RFC 6901 pointer into the object (or the document), `""` for all of it; `document` counts the
    documents of a stream from 0; `is_secret` says that the text at `span` must never be shown, nor its line
    where the span is empty.
    """

    code: str
    severity: Severity
    message: str
    help: str = ""
    span: Span | None = None
    notes: tuple[Note, ...] = ()
    object: ObjectId | None = None
    api_version: str = ""
    path: str = ""
    document: int | None = None
    is_secret: bool = False

    @property
    def is_on_key(self) -> bool:
        """Tell whether this is about a key rather than its value."""
        return self.code == _UNKNOWN_FIELD

    @property
    def is_error(self) -> bool:
        """Tell whether this refuses the input."""
        return self.severity is Severity.ERROR


def error(
    code: str, message: str, *, help: str = "", span: Span | None = None, notes: tuple[Note, ...] = ()
) -> Diagnostic:
    """Make an error about a place in the user's file."""
    return Diagnostic(code, Severity.ERROR, message, help, span, notes)


def warning(
    code: str, message: str, *, help: str = "", span: Span | None = None, notes: tuple[Note, ...] = ()
) -> Diagnostic:
    """Make a warning about a place in the user's file."""
    return Diagnostic(code, Severity.WARNING, message, help, span, notes)


def sort_key(d: Diagnostic) -> tuple[object, ...]:
    """Order diagnostics by file, place, object, path and code."""
    span = d.span or Span("", 0, 0, 0, 0)
    return (span.file, span.line, span.column, d.document or 0, d.object or ("", "", "", ""), d.path, d.code, d.message)


class Outcome(NamedTuple, Generic[T]):
    """The product of a stage, and everything that was found while making it.

    Shape: `value` is None when there is an error that stops the run; warnings leave it in place.
    """

    value: T | None
    diagnostics: tuple[Diagnostic, ...] = ()

    def then(self, stage: Callable[[T], Outcome[U]]) -> Outcome[U]:
        """Run the next stage on the value, and keep the diagnostics of both."""
        if self.value is None:
            return Outcome(None, self.diagnostics)
        following = stage(self.value)
        return Outcome(following.value, self.diagnostics + following.diagnostics)


def outcome(value: T, diagnostics: Iterable[Diagnostic] = ()) -> Outcome[T]:
    """Return a value with its diagnostics, or no value when one of them is an error."""
    found = tuple(diagnostics)
    return Outcome(None if any(d.is_error for d in found) else value, found)


class Bug(Exception):
    """A broken invariant of stackc itself: never the user's fault, exit code 70."""
