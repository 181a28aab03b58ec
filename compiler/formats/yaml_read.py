"""The door for YAML: text in; nodes, stacks and manifest streams out, with kubectl's rules for what a scalar means.

The parser is loaded when the first text is read, not when this module is imported.
"""

from __future__ import annotations

from compiler.formats.yaml_events import (
    STACK_LIMIT_BYTES,
    STREAM_LIMIT_BYTES,
    STREAM_LIMIT_VALUES,
    check_bytes,
    syntax_error,
    too_many_values,
)
from compiler.formats.yaml_records import Node, StreamDocument
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome
from compiler.model.source import Document, Path, Span

__all__ = ["Node", "StreamDocument", "compose_all", "locate", "read_documents", "read_stack", "read_stream"]

_SYNTAX_ERRORS_AT_MOST = 20


def compose_all(file: str, raw: bytes, *, aliases: bool) -> Outcome[tuple[Node, ...]]:
    """Return the documents of a text as nodes; null documents are skipped.

    Errors: SC101 to SC106, SC109, SC110, SC113 to SC120; anchors and aliases are refused unless `aliases`.
    """
    fault = check_bytes(file, raw, STREAM_LIMIT_BYTES)
    if fault is not None:
        return Outcome(None, (fault,))
    from compiler.formats.yaml_nodes import Composer

    composer = Composer(file, raw, aliases=aliases)
    found = composer.documents()
    return outcome(tuple(node for node in found if not _is_empty(node)), composer.diagnostics)


def read_stack(file: str, raw: bytes) -> Outcome[Document]:
    """Return the one document of a stack or an overlay, with the place of every value.

    Errors: SC101 to SC116 and SC120, every one that the text has, unless its syntax is broken.
    """
    fault = check_bytes(file, raw, STACK_LIMIT_BYTES)
    if fault is not None:
        return Outcome(None, (fault,))
    from compiler.formats.yaml_nodes import Composer
    from compiler.formats.yaml_strict import document_of

    composer = Composer(file, raw, aliases=False)
    roots = composer.documents()
    found = composer.diagnostics
    if not found and (not roots or (len(roots) == 1 and _is_empty(roots[0]))):
        help_ = "write `apiVersion`, `kind`, `metadata` and `spec`"
        return Outcome(None, (error("SC112", "the file is empty", help=help_, span=Span(file, 1, 1, 1, 1)),))
    found += [
        error("SC111", "a second document begins here", help="keep one document in a file", span=root.span)
        for root in roots[1:]
    ]
    if not roots:
        return Outcome(None, tuple(found))
    document, faults = document_of(file, roots[0])
    return outcome(document, [*found, *faults])


def read_stream(file: str, raw: bytes) -> Outcome[tuple[StreamDocument, ...]]:
    """Return the plain documents of a manifest stream (YAML or JSON) that are not empty.

    Errors: SC101 to SC104, SC109, SC110, SC113, SC114, SC116 to SC121; see `read_documents` for the good ones beside.
    """
    documents, diagnostics = read_documents(file, raw)
    return outcome(documents, diagnostics)


def read_documents(file: str, raw: bytes) -> tuple[tuple[StreamDocument, ...], tuple[Diagnostic, ...]]:
    """Return the documents of a stream that could be read, and what is wrong with the others.

    A document with a syntax error counts in `index`, and reading goes on at the next `---`.
    """
    fault = check_bytes(file, raw, STREAM_LIMIT_BYTES)
    if fault is None and raw.count(b"\n") + raw.count(b",") > STREAM_LIMIT_VALUES:
        fault = too_many_values(file, STREAM_LIMIT_VALUES)  # each value needs a line end or a comma
    if fault is not None:
        return (), (fault._replace(document=0),)
    from compiler.formats.yaml_json import NotJson, json_documents, json_text, looks_like_json

    if looks_like_json(raw):
        try:
            values = list(json_documents(json_text(raw)))
            return tuple(StreamDocument(i, line, value) for i, (line, value) in enumerate(values)), ()
        except NotJson:
            pass  # the YAML loader says what is wrong, or takes it: `{a: b}` begins like JSON
    return _read_yaml(file, raw)


def _read_yaml(file: str, raw: bytes) -> tuple[tuple[StreamDocument, ...], tuple[Diagnostic, ...]]:
    from yaml.error import YAMLError

    from compiler.formats.yaml_odd import Oddities, Unreadable
    from compiler.formats.yaml_stream import Loader

    documents: list[StreamDocument] = []
    diagnostics: list[Diagnostic] = []
    rest, line_offset, index = raw, 0, 0
    for _ in range(_SYNTAX_ERRORS_AT_MOST):
        odd = Oddities(file, line_offset, index)
        broken = None
        try:
            for line, value in Loader(rest, odd).documents():
                documents.append(StreamDocument(odd.document, line + line_offset, value))
                odd.document += 1
        except YAMLError as fault:
            broken = _moved(syntax_error(file, rest, fault), line_offset, odd.document)
            odd.diagnostics.append(broken)
        except Unreadable:
            broken = odd.diagnostics[-1]
        diagnostics += odd.diagnostics
        skipped = _next_document(rest, broken, line_offset)
        if skipped is None:
            break
        line_offset, index, rest = line_offset + rest.count(b"\n", 0, skipped), odd.document + 1, rest[skipped:]
    return tuple(documents), tuple(diagnostics)


def locate(raw: bytes, file: str, index: int, path: Path, *, key: bool = False) -> Span | None:
    """Return the place of a value (or of its key) in the document `index` of a stream, else the nearest around it.

    The document is parsed again, so this is for errors only.
    """
    from compiler.formats.yaml_locate import locate as find

    return find(raw, file, index, path, key=key)


def _is_empty(node: Node) -> bool:
    return node.kind == "scalar" and node.value is None


def _moved(found: Diagnostic, lines: int, document: int) -> Diagnostic:
    span = found.span and found.span._replace(line=found.span.line + lines, end_line=found.span.end_line + lines)
    return found._replace(span=span, document=document)


def _next_document(raw: bytes, broken: Diagnostic | None, line_offset: int) -> int | None:
    """Return the byte at which the first `---` after a syntax error stands."""
    if broken is None or broken.span is None or broken.code in ("SC102", "SC103"):
        return None
    at = 0
    for _ in range(broken.span.line - line_offset - 1):
        at = raw.find(b"\n", at) + 1
        if at == 0:
            return None
    if at and raw.startswith(b"---", at):
        return at
    found = raw.find(b"\n---", at)
    return None if found < 0 else found + 1
