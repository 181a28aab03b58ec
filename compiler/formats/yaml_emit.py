"""The only writer of YAML: the same value gives the same bytes, and every reader gets the same value back.

A string is written plain only if no reader could take it for something else: not YAML 1.1, not 1.2, not go-yaml's own
mixture. All other strings are written as JSON, or as a literal block when they have several lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from compiler.formats.yaml_scalars import json_number
from compiler.model.diagnostic import Bug

_TEXT = r"[A-Za-z0-9_./@%+=~$(),-]"
_PLAIN = re.compile(
    rf"(?:-{{0,2}}[A-Za-z]|[_/]){_TEXT}*(?:[ :]{_TEXT}+)*\Z"  # words, paths, flags
    r"|[0-9]{1,15}(?:\.[0-9]{1,9})?(?:[KMGTPE]i|m)\Z"  # quantities whose unit no number has
)
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"))
_LONGEST_WORD = max(map(len, _WORDS))
_CACHED_LENGTH = 200
_SIMPLE_KEY_LENGTH = 500
"""YAML reads a key on one line only if it has at most 1024 characters; some readers count bytes."""

_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What a block cannot hold, not what it can: the other way round takes milliseconds to compile.
_NOT_LITERAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_json_text = json.JSONEncoder(ensure_ascii=False).encode
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def emit(body: object) -> str:
    """Write one document in block style, keys in the order of the maps.

    Errors: raises Bug for a value that JSON cannot hold.
    """
    out: list[str] = []
    if isinstance(body, dict) and body:
        _map(body, "", "", out)
    elif isinstance(body, list) and body:
        _list(body, "", out)
    else:
        out.append(_leaf(body, "") + "\n")
    return "".join(out)


def emit_stream(bodies: Iterable[object]) -> str:
    """Write several documents with `---` between them."""
    return "---\n".join(map(emit, bodies))


def canonical_json(value: object) -> str:
    """Write a value as JSON in ASCII without blanks, keys sorted: the text that digests are taken of.

    Errors: raises Bug for infinity and not-a-number.
    """
    try:
        return _canonical(value)
    except ValueError:
        raise Bug("a number that JSON cannot hold") from None


def _map(body: dict[str, Any], pad: str, first_pad: str, out: list[str]) -> None:
    """Write the entries of a map that is not empty; the first one may stand behind the `- ` of a list."""
    lead, inner = first_pad, pad + "  "
    for key, value in body.items():
        name = _quoted(key) if len(key) <= _CACHED_LENGTH else _long_key(key, pad)
        kind = value.__class__
        if kind is str:
            is_short = len(value) <= _CACHED_LENGTH and "\n" not in value
            out.append(f"{lead}{name}: {_quoted(value) if is_short else _string(value, inner)}\n")
        elif kind is dict and value:
            out.append(f"{lead}{name}:\n")
            _map(value, inner, inner, out)
        elif kind is list and value:
            out.append(f"{lead}{name}:\n")
            _list(value, pad, out)
        else:
            out.append(f"{lead}{name}: {_leaf(value, pad)}\n")
        lead = pad


def _list(body: list[Any], pad: str, out: list[str]) -> None:
    lead, inner = pad + "- ", pad + "  "
    for value in body:
        kind = value.__class__
        if kind is str:
            is_short = len(value) <= _CACHED_LENGTH and "\n" not in value
            out.append(f"{lead}{_quoted(value) if is_short else _string(value, inner)}\n")
        elif kind is dict and value:
            _map(value, inner, lead, out)
        elif kind is list and value:
            out.append(f"{pad}-\n")
            _list(value, inner, out)
        else:
            out.append(f"{lead}{_leaf(value, inner)}\n")


def _leaf(value: object, pad: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, str):
        return _string(str(value), pad or "  ")
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, dict | list) and not value:
        return "{}" if isinstance(value, dict) else "[]"
    raise Bug(f"a value of type {type(value).__name__} cannot be written as YAML")


def _float(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        raise Bug("a number that JSON cannot hold")
    text = repr(json_number(value))  # `3`, not `3.0`: what kubectl reads from either
    if "e" not in text:
        return text
    # YAML 1.1 wants a point before an exponent, else it reads text
    return text if "." in text else text.replace("e", ".0e")


def _long_key(key: str, pad: str) -> str:
    name = _quote(key)
    return name if len(name) <= _SIMPLE_KEY_LENGTH else f"? {name}\n{pad}"


def _string(text: str, pad: str) -> str:
    if "\n" in text:
        block = _literal(text, pad)
        if block is not None:
            return block
    return _quote(text)


def _quote(text: str) -> str:
    """Return a string in one line: plain where that is safe for every reader, else in double quotes."""
    if _PLAIN.match(text) and not (len(text) <= _LONGEST_WORD and text.lower() in _WORDS):
        return text
    if not text.isascii() or "\x7f" in text:
        text = _SURROGATE.sub("\ufffd", text)  # no UTF-8 can say them; Go replaces them, too
        return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", _json_text(text))
    return _json_text(text)


_quoted = lru_cache(32768)(_quote)


def _literal(text: str, pad: str) -> str | None:
    """Return a literal block that is exactly this text, or None when there is none without tricks."""
    body = text.rstrip("\n")
    if not body or text[0] in " \n\t" or _NOT_LITERAL.search(text):
        return None
    ends = len(text) - len(body)
    lines = "\n".join(pad + line if line else "" for line in body.split("\n"))
    kept = "\n" * (ends - 1)
    return f"{'|+' if ends > 1 else '|' if ends else '|-'}\n{lines}{kept}"
