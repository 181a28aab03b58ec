"""What a form of schemas/component.schema.json says against a YAML node, each at its own place."""

from __future__ import annotations

import json
from collections.abc import Iterator

from compiler.formats import shorthand
from compiler.formats.data_files import read_schema_file
from compiler.formats.schema import Finding, validate
from compiler.formats.yaml_locate import place_in
from compiler.formats.yaml_read import Node
from compiler.model.diagnostic import Diagnostic, error


def form_faults(node: Node, code: str, definition: str = "", inside: str = "") -> Iterator[Diagnostic]:
    """Yield what is wrong with the form of a node.

    Shape: `definition` is one of the schema's `$defs`, without it the whole schema is meant; `inside` is said after
    the name of a key.
    """
    schema = json.loads(read_schema_file("component.schema.json"))
    definitions = schema["$defs"]
    for fault in validate(shorthand.plain(node), definitions[definition] if definition else schema, definitions):
        path = fault.path[:-1] if fault.rule == "required" else fault.path
        message, help = _words(fault, inside)
        yield error(code, message, help=help, span=place_in(node, path, key=fault.on_key))


def _words(fault: Finding, inside: str) -> tuple[str, str]:
    where = f"`{'.'.join(map(str, fault.path))}`{inside}"
    if fault.rule == "required":
        return f"{where} is missing", f"write `{fault.path[-1]}:`"
    message = f"unknown key {where}" if fault.rule == "unknown" else f"{where}: expected {fault.expected}"
    return message, f"write `{fault.suggestion}`" if fault.suggestion else f"write {fault.expected}"
