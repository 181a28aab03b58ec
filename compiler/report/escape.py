"""Foreign strings made harmless for a terminal and for the log of a CI system.

Names, keys and values come from files that anyone may have written: none of them may move the cursor, colour the text,
change the direction of writing, break a line, or give a command to the runner of a CI job.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 1000
"""Characters of one foreign string that are shown."""

# C0, DEL, C1, line and paragraph separators, zero-width and direction marks, tags, surrogates, non-characters
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e", "\0": "\\0"}
_RUNNER_COMMAND = re.compile(r"(?<=#)#(?=\[|vso\[)")  # anywhere in a line; `::error` only works at its beginning


def escape(text: str) -> str:
    """Return text that prints in one line and does nothing but print."""
    if len(text) > LONGEST:
        text = text[:LONGEST] + "…"
    if text.isascii() and text.isprintable() and "##" not in text:
        return text
    return _RUNNER_COMMAND.sub(r"\\#", _UNSAFE.sub(_escape_character, text))


def runner_commands(text: str) -> frozenset[int]:
    """Return where in a text a `#` must be escaped so that no runner of CI jobs sees a command."""
    return frozenset(match.start() for match in _RUNNER_COMMAND.finditer(text)) if "##" in text else frozenset()


def escape_character(character: str) -> str:
    """Return how one character is shown."""
    return _escape_character(match) if (match := _UNSAFE.match(character)) else character


def width(text: str) -> int:
    """Return how many columns a terminal needs for text that is escaped already."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _escape_character(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
