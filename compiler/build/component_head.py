"""component.yaml of a folder, read and checked, and those of the components that it includes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compiler.build.forms import form_faults
from compiler.formats.yaml_read import Node, compose_all
from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Span

Files = Mapping[str, bytes]
"""The files of one folder: path below the folder → content. Below `include/` stand those of included components."""
INCLUDED = "include/"
Entries = Mapping[str, tuple[Node, Node]]
"""The keys of a map in YAML → key and value."""


def read_head(folder: str, files: Files, found: list[Diagnostic]) -> Node | None:
    """Return what stands in component.yaml, or None when it can not be used: `found` says why."""
    before = len(found)
    head = read_documents(f"{folder}/component.yaml", files.get("component.yaml", b""), found)
    if len(found) > before:
        return None
    if len(head) != 1 or head[0].kind != "map":
        place = Span(f"{folder}/component.yaml", 1, 1, 1, 1)
        found.append(error("SC401", "component.yaml is not one map", help="write `summary: …`", span=place))
        return None
    found.extend(form_faults(head[0], "SC402"))
    return head[0] if len(found) == before else None


def read_included(files: Files, entries: Entries, found: list[Diagnostic]) -> Iterator[Entries]:
    """Yield what stands in component.yaml of each component that this one includes."""
    for item in entries["include"][1].value if "include" in entries else ():
        end = f"/{item.value}/component.yaml"
        path = next((p for p in files if p.startswith(INCLUDED) and p.endswith(end)), None)
        if path is None:
            message = f"there is no component `{item.value}` to include"
            help = "write names of components, as `include: [a, b]` in one line"
            found.append(error("SC408", message, help=help, span=item.span))
            continue
        nodes = read_documents(path.removeprefix(INCLUDED), files[path], found)
        if nodes and nodes[0].kind == "map":
            yield {str(k.value): (k, v) for k, v in nodes[0].value}


def read_documents(file: str, raw: bytes, found: list[Diagnostic]) -> tuple[Node, ...]:
    """Return the documents of a file; what is wrong with it is put into `found`."""
    read = compose_all(file, raw, aliases=True)
    found.extend(read.diagnostics)
    return read.value or ()
