"""Kubernetes quantities as exact integers, for comparing; `fractions` and `decimal` cost 4 ms to import."""

from __future__ import annotations

import re
from functools import lru_cache

UNIT = 10**30
"""One, in the unit of `quantity`; small enough a fraction that every quantity of 20 decimals is exact."""

_FORM = re.compile(r"([0-9]+)(?:\.([0-9]{1,20}))?(?:([numkMGTPE]|[KMGTPE]i)|e([0-9]{1,3}))?", re.ASCII)
_DIVISOR = {"n": 10**9, "u": 10**6, "m": 1000}
_FACTOR: dict[str, int] = {
    **{letter: 1000**power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", 1)},
}


def quantity(value: object) -> int | None:
    """Return the amount that a quantity says, None when it is none (negative ones are none here).

    Units: 10^-30, see UNIT.
    Source: k8s.io/apimachinery pkg/api/resource/quantity.go.
    """
    if type(value) is int:
        return value * UNIT if value >= 0 else None
    return _amount(value) if type(value) is str and len(value) <= 64 else None


@lru_cache(4096)
def _amount(value: str) -> int | None:
    match = _FORM.fullmatch(value)
    if match is None:
        return None
    whole, decimals, suffix, exponent = match.groups()
    decimals = decimals or ""
    number: int = int(whole + decimals) * (UNIT // 10 ** len(decimals))
    if suffix in _DIVISOR:
        return number // _DIVISOR[suffix]
    power: int = 10 ** int(exponent or 0)
    return number * _FACTOR.get(suffix, 1) * power


_MEANT = re.compile(r"([0-9]+(?:\.[0-9]+)?) *([kmgtpe])i?b?", re.ASCII | re.IGNORECASE)


def amounts_meant(text: str) -> str:
    """Return what an amount in other words was meant to be, for a help; `""` when it says no amount: `2GB`, `2gi`."""
    match = _MEANT.fullmatch(text.strip())
    if match is None:
        return ""
    number, letter = match[1], match[2].upper()
    binary = f"`{number}{letter}i`"
    return (
        binary
        if "i" in text.lower()
        else f"{binary}, or `{number}{'k' if letter == 'K' else letter}` for powers of 1000"
    )
