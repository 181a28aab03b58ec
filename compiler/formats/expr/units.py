"""Amounts with units as numbers: Kubernetes quantities and Go durations."""

from __future__ import annotations

import re
from typing import Any

from compiler.formats.expr.predicates import QUANTITY, is_duration
from compiler.formats.expr.runtime import ExpressionError

_GO_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|ms|s|m|h)")
_SCALE = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def quantity(value: Any) -> float:
    """Return a Kubernetes quantity as a number: `250m` gives 0.25, `1Gi` 1073741824."""
    match = QUANTITY.match(str(value)) if value.__class__ in (str, int, float) else None
    if not match:
        raise ExpressionError(f"`{value}` is not a quantity")
    number, suffix, exponent = match.groups()
    scale = _BINARY.get(suffix or "") or _SCALE.get(suffix or "", 1.0)
    return float(number) * scale * 10.0 ** int(exponent or 0)


def duration(value: Any) -> float:
    """Return a Go duration in seconds."""
    if not is_duration(value):
        raise ExpressionError(f"`{value}` is not a duration like 30s or 1h30m")
    return float(sum(float(n) * _SECONDS[unit] for n, unit in _GO_PART.findall(value)))
