"""The values of plain YAML scalars, as kubectl reads them.

kubectl turns YAML into JSON with sigs.k8s.io/yaml, whose rules are neither YAML 1.1 nor 1.2: `y` is true, `0o10` and
`010` are 8, `08` is 8, `1:30` and dates are strings, integers beyond 64 bits are floats.
Source: sigs.k8s.io/yaml goyaml.v2/resolve.go and yaml.go (convertToJSONableObject); Go's strconv.
"""

from __future__ import annotations

import re
from functools import lru_cache

WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
"""Plain scalars that mean a boolean or null."""

LONGEST_WORD = 5
"""No key of `WORDS` has more characters."""

NUMERIC = frozenset("0123456789+-.")
"""First characters of everything that `number` may change."""

INT64_MIN, INT64_MAX, UINT64_MAX = -(2**63), 2**63 - 1, 2**64 - 1

_SPECIAL = frozenset(sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")) | {
    ".nan",
    ".NaN",
    ".NAN",
}
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]([0-7]+)|0([0-7]*)|([1-9][0-9]*))\Z")
_BASES = (16, 2, 8, 8)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_POINT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?\Z")
_SIGN_INSIDE = re.compile(r"0b[-+][01]+\Z")
_UINT64_DIGITS = 20
_CACHED_LENGTH = 32


class NotFinite:
    """Stands for infinity and not-a-number, which JSON cannot hold."""


NOT_FINITE = NotFinite()

Scalar = str | int | float | bool | None


def plain(text: str) -> Scalar | NotFinite:
    """Return the value of a plain (unquoted, untagged) scalar."""
    if text in WORDS:
        return WORDS[text]
    if text[0] in NUMERIC:
        return number(text)
    return text


def number(text: str) -> int | float | str | NotFinite:
    """Return the number that a plain scalar means, or the text itself when it means none."""
    return _short_number(text) if len(text) <= _CACHED_LENGTH else _number(text)


def overflows(text: str) -> bool:
    """Tell whether a plain scalar looks like a number but keeps neither its digits nor its type when kubectl reads it.

    That is an integer beyond 64 bits (read as a float) and a float beyond double precision (read as a string).
    """
    value = number(text)
    if isinstance(value, str):
        return bool(_FLOAT.match(text.replace("_", "")) or _INTEGER.match(text.replace("_", "")))
    return isinstance(value, float) and bool(_INTEGER.match(text.replace("_", "")))


def json_number(value: float) -> int | float:
    """Return what a JSON reader makes of a Go float: an int when it is integral and fits into 64 bits.

    Source: encoding/json writes the shortest digits, without exponent below 1e21; Kubernetes reads those as int64.
    """
    if not value.is_integer() or not -1e21 < value < 1e21:
        return value
    digits, _, exponent = repr(value).partition("e+")
    if not exponent:
        return int(value)
    whole, _, fraction = digits.partition(".")
    exact = int(whole + fraction.ljust(int(exponent), "0"))
    return exact if INT64_MIN <= exact <= INT64_MAX else value


def key_text(text: str) -> str | None:
    """Return the JSON key that kubectl makes of a plain key, or None where it must be quoted.

    Shape: booleans become `true` and `false`, integers their decimal digits. Null is refused by kubectl, and fractions
    it rounds to single precision (`1.23456789` becomes `1.2345679`): both are None.
    """
    value = plain(text)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    is_whole = isinstance(value, int) and _INTEGER.match(text.replace("_", ""))
    return str(value) if is_whole else None


def _number(text: str) -> int | float | str | NotFinite:
    if text in _SPECIAL:
        return NOT_FINITE
    if text[0] == ".":
        return _float(text, text.replace("_", "")) if _POINT.match(text) else text
    digits = text.replace("_", "")
    match = _INTEGER.match(digits)
    if match:
        integer = _integer(match)
        if integer is not None:
            return integer
    if _FLOAT.match(digits):
        return _float(text, digits)
    if _SIGN_INSIDE.match(digits):
        value = int(digits[2:], 2)
        return value if INT64_MIN <= value <= INT64_MAX else text
    return text


_short_number = lru_cache(8192)(_number)


def _integer(match: re.Match[str]) -> int | float | None:
    """Return the value if it fits into 64 bits, signed or not; Kubernetes then knows signed ones only."""
    sign, *based, decimal = match.groups()
    if decimal is not None:
        value = int(decimal) if len(decimal) <= _UINT64_DIGITS else UINT64_MAX + 1
    else:
        base, text = next((b, t) for b, t in zip(_BASES, based, strict=True) if t is not None)
        value = int(text or "0", base)
    value = -value if sign == "-" else value
    if INT64_MIN <= value <= INT64_MAX:
        return value
    return float(value) if not sign and value <= UINT64_MAX else None


def _float(text: str, digits: str) -> int | float | str:
    value = float(digits)
    return text if value in (float("inf"), float("-inf")) else json_number(value)
