"""The language's own part of the stack schema: shared types and shared sections, from schemas/."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from compiler.formats.data_files import read_schema_file


class Core(NamedTuple):
    """Shared types by name, and the schema of a whole stack without components."""

    types: Mapping[str, Mapping[str, Any]]
    stack: Mapping[str, Any]

    @property
    def sections(self) -> Mapping[str, Mapping[str, Any]]:
        """The schemas of the shared sections, by their key in `spec`."""
        sections: Mapping[str, Mapping[str, Any]] = self.stack["properties"]["spec"]["properties"]
        return sections


@cache
def load_core() -> Core:
    """Read the shared types and the core's stack schema."""
    return Core(json.loads(read_schema_file("types.json")), json.loads(read_schema_file("stack.json")))
