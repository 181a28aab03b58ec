"""The core's part of the stack schema, read from the JSON that is baked from schemas/*.yaml."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from compiler.formats.data_files import read_schema_file

Schema = dict[str, Any]


@cache
def shared_types() -> Schema:
    """Return the shared types, by name: what `$ref` means everywhere in a stack. Nobody may change the result."""
    types: Schema = json.loads(read_schema_file("types.json"))
    return types


@cache
def core_schema() -> Schema:
    """Return the schema of a stack document without the sections of components. Nobody may change the result.

    Shape: the shared types are under `definitions`; `properties.spec.x-sections` lists the section names that the
    language has and only a component can bring.
    """
    core: Schema = json.loads(read_schema_file("stack.json"))
    return {**core, "definitions": shared_types()}


def shared_sections() -> Schema:
    """Return the schemas of the sections that the core knows, by their key in `spec`. Nobody may change the result."""
    sections: Schema = core_schema()["properties"]["spec"]["properties"]
    return sections
