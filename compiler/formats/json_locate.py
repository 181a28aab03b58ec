"""The place of a value in a JSON text, found by stepping over what lies before it.

Values beside the path are passed by the decoder of the standard library, which is written in C: a place costs about as
much as reading its document once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from json import JSONDecoder, decoder
from typing import NamedTuple

from compiler.model.source import Path

_BETWEEN = re.compile(r"[ \t\r\n]*[,:]?[ \t\r\n]*")
_DECODER = JSONDecoder()
_text_at: Callable[[str, int, bool], tuple[str, int]] = decoder.scanstring  # type: ignore[attr-defined]  # not in stubs


class Stretch(NamedTuple):
    """Characters of a text from `start`, up to and without `end`."""

    start: int
    end: int


class _Child(NamedTuple):
    """Where a value begins, and its key, which items of a list do not have."""

    start: int
    key: Stretch | None = None


def stretch_of(text: str, start: int, path: Path, *, key: bool = False) -> Stretch:
    """Return where the value at `path` of the document at `start` stands, or its key, or the nearest value around it.

    Errors: raises ValueError for what is not JSON; that has been read before.
    """
    here = _Child(start)
    for part in path:
        child = _children(text, here.start).get(part)
        if child is None:
            key = False
            break
        here = child
    return here.key if key and here.key is not None else Stretch(here.start, _end(text, here.start))


def _end(text: str, start: int) -> int:
    return _DECODER.raw_decode(text, start)[1]


@lru_cache(maxsize=32)
def _children(text: str, start: int) -> Mapping[str | int, _Child]:
    """Return the values in a map or a list; kept, because in a long list one place after the other is asked for."""
    found: dict[str | int, _Child] = {}
    opening, at = text[start], _skip(text, start + 1)
    while opening == "{" and text[at] != "}":
        name, end = _text_at(text, at + 1, True)
        value = _skip(text, end)
        found[name] = _Child(value, Stretch(at, end))
        at = _skip(text, _end(text, value))
    while opening == "[" and text[at] != "]":
        found[len(found)] = _Child(at)
        at = _skip(text, _end(text, at))
    return found


def _skip(text: str, at: int) -> int:
    """Return where the next token begins, past one comma or colon."""
    match = _BETWEEN.match(text, at)
    return match.end() if match else at
