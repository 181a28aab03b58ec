"""Rows of compiler/rules: facts about Kubernetes kinds that are data, read from the baked JSON."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import compiler
from compiler.model.ids import GroupKind
from compiler.model.source import unescape

Row = dict[str, Any]
Pattern = tuple[str, ...]
"""A place in a body: keys from the root, where `*` stands for every item of a list or value of a map."""


_BAKED = f"{compiler.__path__[0]}/rules/_baked.json"


@cache
def _tables() -> dict[str, list[Row]]:
    with open(_BAKED, "rb") as file:  # noqa: PTH123  pathlib costs more than the reading
        tables: dict[str, list[Row]] = json.loads(file.read())
    return tables


def table(name: str) -> tuple[Row, ...]:
    """Return the rows of `compiler/rules/<name>.yaml`, without their sources."""
    return tuple(_tables()[name])


def kind_of(text: str) -> GroupKind:
    """Read `Kind` or `Kind.group`: `Deployment.apps`, `Pod`."""
    kind, _, group = text.partition(".")
    return GroupKind(group, kind)


def patterns(pointer: str) -> tuple[Pattern, ...]:
    """Read a pointer of a row; `{a,b}` as one key gives a pattern for each."""
    found: list[Pattern] = [()]
    for part in pointer.split("/")[1:]:
        keys = part[1:-1].split(",") if part.startswith("{") else [part]
        found = [(*start, unescape(key)) for start in found for key in keys]
    return tuple(found)


def matches(name: str, pattern: str) -> bool:
    """Tell whether a name fits a pattern in which `*` stands for any text."""
    if "*" not in pattern:
        return name == pattern
    first, *middle, last = pattern.split("*")
    if len(name) < len(first) + len(last) or not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
