"""component.yaml of a folder, read and checked, and those of the components that it includes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from compiler.formats import shorthand
from compiler.formats.data_files import read_schema_file
from compiler.formats.schema import validate
from compiler.formats.template_ir import refuse
from compiler.formats.yaml_read import Node, compose_all
from compiler.model.diagnostic import Diagnostic
from compiler.model.source import Span

Files = Mapping[str, bytes]
"""The files of one folder: path below the folder → content. Below `include/` stand those of included components."""
INCLUDED = "include/"
Entries = Mapping[str, tuple[Node, Node]]
"""The keys of component.yaml → key and value."""


def read_head(folder: str, files: Files, found: list[Diagnostic]) -> Entries | None:
    """Return what stands in component.yaml, or None when it can not be used: `found` says why."""
    before = len(found)
    head = read_documents(f"{folder}/component.yaml", files.get("component.yaml", b""), found)
    if len(found) > before:
        return None
    if len(head) != 1 or head[0].kind != "map":
        place = Span(f"{folder}/component.yaml", 1, 1, 1, 1)
        found.append(refuse("SC401", place, "component.yaml is not one map", "write `summary: …`").diagnostic)
        return None
    entries = {str(k.value): (k, v) for k, v in head[0].value}
    found.extend(_meta_faults(head[0], entries))
    return entries if len(found) == before else None


def _meta_faults(head: Node, entries: Mapping[str, tuple[Node, Node]]) -> Iterator[Diagnostic]:
    """Yield what is wrong with component.yaml itself: schemas/component.schema.json says what stands where."""
    schema = json.loads(read_schema_file("component.schema.json"))
    for fault in validate(shorthand.plain(head), schema, {}):
        key = str(fault.path[0]) if fault.path else ""
        span = (entries[key][0] if fault.on_key else entries[key][1]).span if key in entries else head.span
        where = ".".join(map(str, fault.path))
        message = f"unknown key `{where}`" if fault.rule == "unknown" else f"`{where}`: expected {fault.expected}"
        help = f"write `{fault.suggestion}`" if fault.suggestion else f"write {fault.expected}"
        yield refuse("SC402", span, message, help).diagnostic


def read_included(files: Files, entries: Entries, found: list[Diagnostic]) -> Iterator[Entries]:
    """Yield what stands in component.yaml of each component that this one includes."""
    for item in entries["include"][1].value if "include" in entries else ():
        end = f"/{item.value}/component.yaml"
        path = next((p for p in files if p.startswith(INCLUDED) and p.endswith(end)), None)
        if path is None:
            message = f"there is no component `{item.value}` to include"
            found.append(
                refuse(
                    "SC408", item.span, message, "write names of components, as `include: [a, b]` in one line"
                ).diagnostic
            )
            continue
        nodes = read_documents(path.removeprefix(INCLUDED), files[path], found)
        if nodes and nodes[0].kind == "map":
            yield {str(k.value): (k, v) for k, v in nodes[0].value}


def read_documents(file: str, raw: bytes, found: list[Diagnostic]) -> tuple[Node, ...]:
    """Return the documents of a file; what is wrong with it is put into `found`."""
    read = compose_all(file, raw, aliases=True)
    found.extend(read.diagnostics)
    return read.value or ()
