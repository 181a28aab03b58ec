"""The merged spec as YAML, each value with a comment that says who set it."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.model.values import ValueRow
from compiler.report.escape import escape

_WIDEST = 60
"""Comments stand in one column, unless a line is longer than this."""


def render(rows: Iterable[ValueRow], *, origin: bool) -> str:
    """Return the text: YAML, with comments when `origin` asks for them."""
    lines = list(rows)
    if not origin:
        return "".join(f"{row.text}\n" for row in lines)
    width = max((len(row.text) for row in lines if row.origin and len(row.text) <= _WIDEST), default=0)
    return "".join(f"{_line(row, width)}\n" for row in lines)


def _line(row: ValueRow, width: int) -> str:
    return f"{row.text:<{width}}  # {escape(row.origin)}" if row.origin else row.text
