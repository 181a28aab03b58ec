"""The place in a template that a field of an object comes from: the file is read again, when there is something to say.

Literal keys lead all the way down. Where `$merge`, `$for` or an expression made the rest, it is the place of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache

from compiler.build.rows import unescape
from compiler.formats.yaml_read import Node, compose_all
from compiler.model.diagnostic import Diagnostic
from compiler.model.ids import ObjectId
from compiler.model.manifest import Manifest
from compiler.model.source import Path, Span

_OPEN = frozenset(("$for", "$if"))
_ON_KEY = frozenset(("SC601",))
"""Codes about a key rather than its value."""


def shown_in_templates(
    found: Iterable[Diagnostic], manifests: Iterable[Manifest], template: Callable[[str], bytes]
) -> Iterator[Diagnostic]:
    """Yield diagnostics about objects; their note on the template leads to the field that they are about."""
    made: dict[ObjectId, Manifest] = {m.id: m for m in manifests if m.origin.component}
    document = cache(lambda file, line: document_at(template(file), file, line))
    for d in found:
        manifest = made.get(d.object) if d.object and d.path and d.notes else None
        node = document(manifest.origin.file, manifest.origin.line) if manifest else None
        if manifest is None or node is None:
            yield d
            continue
        parts = map(unescape, d.path.split("/")[1:])
        path = tuple(int(part) if part.isdecimal() else part for part in parts)
        span = place_in_template(node, path, key=d.code in _ON_KEY)
        start = (manifest.origin.file, manifest.origin.line)
        notes = (n._replace(span=span) if n.span and (n.span.file, n.span.line) == start else n for n in d.notes)
        yield d._replace(notes=tuple(notes))


def document_at(raw: bytes, file: str, line: int) -> Node | None:
    """Return the document of a template that begins at a line."""
    nodes = compose_all(file, raw, aliases=True).value or ()
    return next((node for node in nodes if node.span.line == line), None)


def place_in_template(document: Node, path: Path, *, key: bool = False) -> Span:
    """Return the place of a field of an object in the document that made it, or of the nearest value around it."""
    node, place = document, document.span
    for number, part in enumerate(path):
        found = _child(_content(node), part)
        if found is None:
            break
        key_node, node = found
        is_last = number == len(path) - 1
        place = key_node.span if key and is_last and key_node is not None else node.span
    return Span(place.file, place.line, place.column, place.line, max(place.end_column, place.column + 1))


def entry(node: Node, key: str) -> tuple[Node, Node] | None:
    """Return key and value of a map's entry."""
    pairs: tuple[tuple[Node, Node], ...] = node.value if node.kind == "map" else ()
    return next(((k, v) for k, v in pairs if key in (k.value, k.text)), None)


def _content(node: Node) -> Node:
    """Return what stands under `$value` or `$raw`, else the node itself."""
    found = entry(node, "$value") or entry(node, "$raw")
    return found[1] if found else node


def _child(node: Node, part: str | int) -> tuple[Node | None, Node] | None:
    if node.kind == "map":
        return entry(node, str(part)) or entry(node, f"${part}") or entry(node, "$merge")
    if node.kind != "list" or not isinstance(part, int):
        return None
    items: tuple[Node, ...] = node.value
    fixed = next((n for n, item in enumerate(items) if any(entry(item, word) for word in _OPEN)), len(items))
    if part < fixed:
        return None, items[part]
    return (None, items[fixed]) if fixed == len(items) - 1 else None
