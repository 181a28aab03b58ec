"""Where the data that ships with stackc lies: `schemas/` of a checkout, `_schemas` inside an installed package."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from compiler.model.diagnostic import Bug

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def schemas_folder() -> Path:
    """Return the folder of the shipped schemas.

    Errors: Bug when stackc was installed without its data.
    """
    for folder in (_PACKAGE / "_schemas", _PACKAGE.parent / "schemas"):
        if (folder / "kubernetes").is_dir():
            return folder
    raise Bug("stackc was installed without its schemas")


def read_schema_file(name: str) -> bytes:
    """Return a file below the schemas' folder; `name` is '/'-separated, as `kubernetes/kinds.tsv`."""
    return (schemas_folder() / name).read_bytes()
