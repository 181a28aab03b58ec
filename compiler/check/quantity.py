"""Kubernetes quantities (`500m`, `4Gi`, `1e3`) as exact numbers."""

from __future__ import annotations

import re
from functools import lru_cache

NANO = 10**9
"""Quantities are whole numbers of nano-units: finer digits are rounded away from zero, as the server does."""

_FORM = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?", re.ASCII).fullmatch
_SCALE = {
    None: NANO, "n": 1, "u": 10**3, "m": 10**6, "k": NANO * 10**3, "M": NANO * 10**6, "G": NANO * 10**9,
    "T": NANO * 10**12, "P": NANO * 10**15, "E": NANO * 10**18, "Ki": NANO << 10, "Mi": NANO << 20, "Gi": NANO << 30,
    "Ti": NANO << 40, "Pi": NANO << 50, "Ei": NANO << 60,
}  # fmt: skip
_MAX_EXPONENT = 40


@lru_cache(maxsize=4096)
def _parse(text: str) -> int | None:
    if len(text) > 128:
        return None
    match = _FORM(text)
    if match is None:
        return None
    sign, whole, fraction, suffix = match.groups()
    fraction = fraction or ""
    if not whole and not fraction:
        return None
    digits = int((whole or "0") + fraction)
    if suffix in _SCALE:
        scale, power = _SCALE[suffix], -len(fraction)
    else:
        scale, power = NANO, min(int(suffix[1:]), _MAX_EXPONENT) - len(fraction)
    value: int = digits * scale * int(10**power) if power >= 0 else -(-digits * scale // int(10 ** min(-power, 200)))
    return -value if sign == "-" else value


def parse(value: object) -> int | None:
    """Return a quantity in nano-units, or None where it is none. `value` is a string or a JSON number."""
    if isinstance(value, str):
        return _parse(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value * NANO if isinstance(value, int) else _parse(repr(value))


def is_integer(nano: int) -> bool:
    """Tell whether a quantity is a whole number."""
    return nano % NANO == 0
