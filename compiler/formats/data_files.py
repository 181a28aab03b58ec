"""Where the data that ships with stackc lies: `schemas/` of a checkout, `_schemas` inside an installed package."""

# ruff: noqa: PTH  (pathlib costs 3 ms of every start, and two joins are all that is needed)

from __future__ import annotations

import os.path
from functools import cache

from compiler.model.diagnostic import Bug

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_FOLDERS = (os.path.join(_PACKAGE, "_schemas"), os.path.join(os.path.dirname(_PACKAGE), "schemas"))


@cache
def schemas_folder() -> str:
    """Return the folder of the shipped schemas.

    Errors: Bug when stackc was installed without its data.
    """
    for folder in _FOLDERS:
        if os.path.isdir(os.path.join(folder, "kubernetes")):
            return folder
    raise Bug("stackc was installed without its schemas")


def read_schema_file(name: str) -> bytes:
    """Return a file below the schemas' folder; `name` is '/'-separated, as `kubernetes/kinds.tsv`."""
    with open(os.path.join(schemas_folder(), *name.split("/")), "rb") as file:
        return file.read()
