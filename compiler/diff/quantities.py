"""Kubernetes quantities compared by value: `1000m` is `1`, `1024Mi` is `1Gi`."""

from __future__ import annotations

import re
from decimal import Decimal

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)|)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_SUFFIX = {
    **{suffix: Decimal(10) ** power for suffix, power in _DECIMAL.items()},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}
_LIMIT = 64  # longer than any quantity a server takes; keeps the arithmetic bounded


def quantity(value: object) -> Decimal | None:
    """Return the number that a quantity stands for, None where it is no quantity.

    Source: k8s.io/apimachinery pkg/api/resource/quantity.go.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Decimal(str(value))
    if not isinstance(value, str) or len(value) > _LIMIT:
        return None
    match = _FORM.fullmatch(value)
    if match is None:
        return None
    number, exponent, suffix = match.groups()
    return Decimal(number + (exponent or "")) * _SUFFIX.get(suffix, 1)


def same_quantity(left: object, right: object) -> bool:
    """Tell whether both are quantities of one value."""
    one, other = quantity(left), quantity(right)
    return one is not None and one == other
