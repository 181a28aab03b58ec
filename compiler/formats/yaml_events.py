"""The door to libyaml: bytes in, parser events or one diagnostic out.

Everything that can be wrong before there is a document is found here: size, encoding, control characters, syntax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Span

if TYPE_CHECKING:
    from yaml.error import YAMLError

STACK_LIMIT_BYTES = 1 << 20
STREAM_LIMIT_BYTES = 64 << 20
DEPTH_LIMIT = 100
ALIAS_LIMIT_NODES = 400_000
"""Nodes that the aliases of one stream may stand for in all, as in go-yaml."""

STREAM_LIMIT_VALUES = 2_000_000
NODES_LIMIT = 200_000
DIAGNOSTICS_LIMIT = 200
"""A text that is wrong in more ways is not read on: nobody corrects it one by one."""

TOO_DEEP = f"nested deeper than {DEPTH_LIMIT} levels", "flatten the document"
"""Message and help of SC114."""

_SHOWN_LENGTH = 80

_ADVICE = {
    "mapping values are not allowed in this context": (
        "a `key: value` cannot stand here",
        "quote the text if it holds `: `, or check the indentation of this line and the one before",
    ),
    "could not find expected ':'": (
        "this line has no `:` after its key",
        "write `key: value`, or indent a longer text",
    ),
    "did not find expected key": (
        "this line does not fit into the map around it",
        "align it with the other keys, or quote the value before",
    ),
    "did not find expected '-' indicator": (
        "this line does not fit into the list around it",
        "begin it with `- ` in the column of the other items",
    ),
    "did not find expected ',' or '}'": (
        "this map in braces is not closed",
        "write `,` between entries and `}` at the end, and quotes around `${{ … }}` in braces",
    ),
    "did not find expected ',' or ']'": (
        "this list in brackets is not closed",
        "write `,` between items and `]` at the end, and quotes around `${{ … }}` in brackets",
    ),
    "found unexpected end of stream": ("this quoted text is not closed", "write the closing quote"),
    "did not find expected <document start>": (
        "the document has ended before this text",
        "indent it like what it belongs to, or begin a new document with `---`",
    ),
    "did not find expected node content": ("a value is missing here", "write a value, or close the bracket before"),
    "found unknown escape character": (
        "this escape is unknown in a text in double quotes",
        "write `\\\\` for a backslash",
    ),
}


def open_parser(raw: bytes) -> Any:
    """Return a parser of YAML events: libyaml's, or PyYAML's own where that was not built."""
    import yaml

    return yaml.CSafeLoader(raw) if yaml.__with_libyaml__ else yaml.SafeLoader(raw)


def check_bytes(file: str, raw: bytes, limit_bytes: int) -> Diagnostic | None:
    """Return what is wrong with a file before it is parsed; the parser itself sees bytes that are not UTF-8.

    Errors: SC113 too large, SC102 UTF-16.
    """
    if len(raw) > limit_bytes:
        message = f"the file has more than {limit_bytes} bytes"
        return error("SC113", message, help="split it into smaller files", span=Span(file, 1, 1, 1, 1))
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return error("SC102", "the file is UTF-16", help="save the file as UTF-8", span=Span(file, 1, 1, 1, 2))
    return None


def too_many_values(file: str, limit: int) -> Diagnostic:
    """Return the diagnostic for a text that is small, but holds more values than can be kept."""
    message = f"the file has more than {limit} values"
    return error("SC113", message, help="split it into smaller files", span=Span(file, 1, 1, 1, 1))


def shown(text: str) -> str:
    """Return a foreign text for a message, cut where it is long."""
    return text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"


def byte_span(file: str, raw: bytes, offset: int) -> Span:
    """Return the place of one byte; columns count characters, a byte-order mark has none."""
    start = raw.rfind(b"\n", 0, offset) + 1
    before = raw[start:offset].decode("utf-8", "replace").removeprefix("\ufeff")
    line, column = raw.count(b"\n", 0, offset) + 1, len(before) + 1
    return Span(file, line, column, line, column + 1)


def span_of(file: str, event: Any) -> Span:
    """Return the stretch of the file that an event covers."""
    start, end = event.start_mark, event.end_mark
    return Span(file, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def syntax_error(file: str, raw: bytes, fault: YAMLError) -> Diagnostic:
    """Turn an exception of the parser into a diagnostic.

    Errors: SC102 not UTF-8, SC103 a control character, SC114 nested too deep, SC120 a tab as indentation, SC101 every
    other syntax error.
    """
    mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
    if mark is None:
        return _unreadable(file, raw, fault)
    problem = str(getattr(fault, "problem", None) or getattr(fault, "context", None) or "not YAML")
    if problem == "exceeded maximum nesting depth":
        return _too_deep(file, raw.decode("utf-8", "replace")[: mark.index])
    begun = getattr(fault, "context_mark", None)
    lines = raw.split(b"\n", mark.line + 1)
    is_at_end = problem == "found unexpected end of stream" or not b"".join(lines[mark.line :]).strip()
    if begun is not None and is_at_end:
        mark = begun  # at the end of the text there is nothing to show: say what is not closed
    line = lines[mark.line].decode("utf-8", "replace") if mark.line < len(lines) else ""
    span = Span(file, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
    if line.removeprefix("\ufeff")[mark.column : mark.column + 1] == "\t":
        return error("SC120", "a tab cannot indent YAML", help="indent with spaces", span=span)
    message, help_ = _ADVICE.get(problem, (problem, "check the quotes and the indentation here"))
    return error("SC101", message, help=help_, span=span)


def _too_deep(file: str, text: str) -> Diagnostic:
    """Find where our own limit is passed: libyaml since 0.2.6 has one too, and reads ahead as far as that."""
    message, help_ = TOO_DEEP
    parser, depth = open_parser(text.encode()), 0
    while depth <= DEPTH_LIMIT:
        event = parser.get_event()
        depth += hasattr(event, "flow_style") - (event.__class__.__name__ in ("MappingEndEvent", "SequenceEndEvent"))
    return error("SC114", message, help=help_, span=span_of(file, event))


def _unreadable(file: str, raw: bytes, fault: YAMLError) -> Diagnostic:
    """Say which character or byte the parser could not take: its own position is that of a buffer."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        message = f"the file is not UTF-8: byte 0x{raw[wrong.start]:02x}"
        return error("SC102", message, help="save the file as UTF-8", span=byte_span(file, raw, wrong.start))
    character = getattr(fault, "character", None)
    offset = raw.find(chr(character).encode("utf-8", "replace")) if isinstance(character, int) else -1
    if offset < 0:
        reason = str(getattr(fault, "reason", None) or "not YAML")
        return error("SC101", reason, help="save the file as UTF-8 text", span=Span(file, 1, 1, 1, 2))
    return error(
        "SC103",
        f"control character U+{character:04X}",
        help="remove it, or write it as an escape in double quotes",
        span=byte_span(file, raw, offset),
    )
