"""The rows of rules/changes.yaml, read once, when a cluster or a revision is first compared."""

from __future__ import annotations

from functools import cache

import compiler
from compiler.diff.classes import ClassRow, read_rows
from compiler.formats.yaml_read import read_stream
from compiler.model.diagnostic import Bug

_FILE = f"{compiler.__path__[0]}/rules/changes.yaml"


@cache
def class_rows() -> tuple[ClassRow, ...]:
    """Return the built-in change classes."""
    with open(_FILE, "rb") as file:  # noqa: PTH123  pathlib costs more than the reading
        found = read_stream("rules/changes.yaml", file.read())
    if not found.value:
        raise Bug(f"rules/changes.yaml can't be read: {found.diagnostics}")
    return read_rows(found.value[0].data)
