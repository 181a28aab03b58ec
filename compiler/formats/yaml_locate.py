"""The place of a value in a plain stream: the one document is read again, with places, when there is an error."""

from __future__ import annotations

import re
from functools import lru_cache

from compiler.formats.json_locate import stretch_of
from compiler.formats.yaml_json import NotJson, json_starts, json_text, looks_like_json
from compiler.formats.yaml_nodes import Composer
from compiler.formats.yaml_records import Node
from compiler.formats.yaml_scalars import key_text
from compiler.model.source import Path, Span

_SEPARATOR = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_CONTENT = re.compile(
    rb"^(?!\s*(?:#|$)|%|---\s*(?:#.*)?$|\.\.\.\s*$|\s*(?:null|Null|NULL|~)\s*(?:#.*)?$).", re.MULTILINE
)


def locate(raw: bytes, file: str, index: int, path: Path, *, key: bool = False) -> Span | None:
    """Return the place of a value in the document `index` of a stream, or of its key.

    Where the path leads to nothing (a missing field), it is the place of the nearest value around it; None if the
    document cannot be found.
    """
    text, starts = _json(raw)
    if index < len(starts):
        start, line = starts[index]
        return _span(file, text, start, line, path, key=key)
    root = _root(raw, file, index)
    return None if root is None else place_in(root, path, key=key)


def place_in(root: Node, path: Path, *, key: bool = False) -> Span:
    """Return the place of a value below a node, or of its key; that of the nearest value around it if it is missing."""
    node, place = root, root.span
    for number, part in enumerate(path):
        found = _child(node, part)
        if found is None:
            return place
        key_node, node = found
        place = key_node.span if key and key_node is not None and number == len(path) - 1 else node.span
    return place


@lru_cache(maxsize=2)
def _json(raw: bytes) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the text of a JSON stream, and where its documents begin: in characters and in lines; else nothing."""
    if not looks_like_json(raw):
        return "", ()
    try:
        text = json_text(raw)
        return text, tuple(json_starts(text))
    except (NotJson, ValueError, RecursionError):
        return "", ()


def _span(file: str, text: str, start: int, line: int, path: Path, *, key: bool) -> Span:
    begin, end = stretch_of(text, start, path, key=key)
    line += text.count("\n", start, begin)
    end_line = line + text.count("\n", begin, end)
    column, end_column = (at - text.rfind("\n", 0, at) for at in (begin, end))
    return Span(file, line, column, end_line, end_column)


def _child(node: Node, part: str | int) -> tuple[Node | None, Node] | None:
    if node.kind == "list":
        is_there = isinstance(part, int) and 0 <= part < len(node.value)
        return (None, node.value[part]) if is_there else None
    if node.kind != "map":
        return None
    merged: list[Node] = []
    for key, value in reversed(node.value):
        if part in (key.text, key.value) or (not key.style and key_text(key.text) == part):
            return key, value
        if key.text == "<<" and not key.style:
            merged += value.value if value.kind == "list" else [value]
    return next((found for source in merged if (found := _child(source, part))), None)


@lru_cache(maxsize=16)
def _root(raw: bytes, file: str, index: int) -> Node | None:
    pieces = _pieces(raw)
    if index < len(pieces):
        start, end, lines_before = pieces[index]
        roots = _compose(raw[start:end], file, lines_before)
        if len(roots) == 1:
            return roots[0]
    everything = _compose(raw, file, 0)  # `...`, JSON values in a row, and other rare separators
    return everything[index] if index < len(everything) else None


def _compose(raw: bytes, file: str, line_offset: int) -> list[Node]:
    found = Composer(file, raw, aliases=True, lenient=True, line_offset=line_offset).documents()
    return [node for node in found if node.kind != "scalar" or node.value is not None]


@lru_cache(maxsize=4)
def _pieces(raw: bytes) -> tuple[tuple[int, int, int], ...]:
    """Return where each document that is not empty begins and ends, in bytes, and how many lines go before it."""
    starts = [0, *(match.start() for match in _SEPARATOR.finditer(raw))]
    ends = [*starts[1:], len(raw)]
    pieces: list[tuple[int, int, int]] = []
    counted, lines = 0, 0
    for start, end in zip(starts, ends, strict=True):
        lines += raw.count(b"\n", counted, start)
        counted = start
        if _CONTENT.search(raw, start, end):
            pieces.append((start, end, lines))
    return tuple(pieces)
