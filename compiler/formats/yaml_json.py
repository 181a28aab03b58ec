"""JSON streams, as kubectl reads them: values in a row or between `---`, numbers as int64 where they fit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from compiler.formats.yaml_events import DEPTH_LIMIT
from compiler.formats.yaml_scalars import INT64_MAX, INT64_MIN, json_number

_INT64_DIGITS = 20
_GAP = re.compile(r"(?:[ \t\r\n]+|(?<![^\n])---(?=[ \t\r\n]|\Z))*")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class NotJson(Exception):
    """The text is not JSON, or needs places for its errors: the YAML loader has the last word."""


def looks_like_json(raw: bytes) -> bool:
    """Tell whether a stream begins with a brace, as kubectl guesses."""
    return raw[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def json_text(raw: bytes) -> str:
    """Return the text of a stream without its byte-order mark. Errors: raises NotJson for what is not UTF-8."""
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise NotJson from None


def json_starts(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each value that is not null begins, in characters and in lines, of a text that has been read."""
    decoder = json.JSONDecoder()
    at, line, counted = _skip(text, 0), 1, 0
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        line, counted = line + text.count("\n", counted, at), at
        if value is not None:
            yield at, line
        at = _skip(text, end)


def json_documents(text: str) -> Iterator[tuple[int, Any]]:
    """Yield (line, value) of each value that is not null.

    Errors: raises NotJson for anything that the YAML loader must judge: syntax, duplicate keys, huge numbers, depth,
    and values in a row after a `---`.
    """
    decoder = json.JSONDecoder(
        object_pairs_hook=_unique, parse_int=_integer, parse_float=_fraction, parse_constant=_refuse, strict=True
    )
    has_escaped_surrogates = "\\ud" in text or "\\uD" in text
    at, line, counted, separated = _skip(text, 0), 1, 0, False
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise NotJson from None
        line, counted = line + text.count("\n", counted, at), at
        if _depth(value) > DEPTH_LIMIT:
            raise NotJson
        if value is not None:
            yield line, _scrubbed(value) if has_escaped_surrogates else value
        at = _skip(text, end)
        is_apart = "---" in text[end:at]
        if separated and not is_apart and at < len(text):
            raise NotJson
        separated = separated or is_apart


def _skip(text: str, at: int) -> int:
    match = _GAP.match(text, at)
    return match.end() if match else at


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise NotJson
    return result


def _scrubbed(value: Any) -> Any:
    """Replace lone surrogates, which no UTF-8 can say, as Go's decoder does."""
    if value.__class__ is dict:
        return {_scrubbed(key): _scrubbed(part) for key, part in value.items()}
    if value.__class__ is list:
        return [_scrubbed(part) for part in value]
    return _LONE_SURROGATE.sub("\ufffd", value) if value.__class__ is str else value


def _integer(text: str) -> int | float:
    if len(text) <= _INT64_DIGITS:
        value = int(text)
        if INT64_MIN <= value <= INT64_MAX:
            return value
    return _fraction(text)


def _fraction(text: str) -> int | float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotJson
    return json_number(value)


def _refuse(_: str) -> Any:
    raise NotJson


def _depth(value: Any) -> int:
    if value.__class__ is dict:
        return 1 + max(map(_depth, value.values()), default=0)
    if value.__class__ is list:
        return 1 + max(map(_depth, value), default=0)
    return 0
