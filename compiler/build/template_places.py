"""The place in a template that a field of an object comes from: the file is read again, when there is something to say.

Literal keys lead all the way down. Where `$merge`, `$for` or an expression made the rest, it is the place of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from compiler.formats.yaml_read import Node, compose_all
from compiler.model.diagnostic import Diagnostic, Note
from compiler.model.ids import ObjectId
from compiler.model.manifest import Manifest
from compiler.model.source import Path, Span, path_of

_OPEN = frozenset(("$for", "$if"))


def shown_in_templates(
    found: Iterable[Diagnostic], manifests: Iterable[Manifest], template: Callable[[str], bytes]
) -> Iterator[Diagnostic]:
    """Yield diagnostics about objects, with a note on the field of the template that they are about.

    Shape: what the stack itself says wrongly, in a value or a patch, gets no note of its own.
    """
    made: dict[ObjectId, Manifest] = {m.id: m for m in manifests if m.origin.chain}
    document = cache(lambda file, line: document_at(template(file), file, line))
    for d in found:
        manifest = made.get(d.object) if d.object and d.path else None
        node = document(manifest.origin.file, manifest.origin.line) if manifest else None
        if manifest is None or node is None:
            yield d
            continue
        span = place_in_template(node, path_of(d.path), manifest.body, key=d.is_on_key)
        if manifest.id.kind == "Secret":
            span = span._replace(end_column=span.column)  # an empty span: its text is not shown
        document_note, field_note = made_here(manifest), made_here(manifest, span)
        if any(note in document_note for note in d.notes):
            yield d._replace(notes=tuple(field_note[0] if note in document_note else note for note in d.notes))
        else:
            yield d._replace(notes=(*field_note, *d.notes)) if d.span == manifest.origin.span else d


def made_here(manifest: Manifest, span: Span | None = None) -> tuple[Note, ...]:
    """Return the note on the template of a manifest, at a field or its document; built-in ones are no user's files."""
    origin = manifest.origin
    if not origin.file or origin.span is None:
        return ()
    span = span or Span(origin.file, origin.line, 1, origin.line, 1)
    folder = f"catalog/{origin.component}/"
    if origin.component and origin.file.startswith(folder):
        return (Note(f"made by component `{origin.component}`, {origin.file.removeprefix(folder)}:{span.line}"),)
    return (Note("made here", span),)


def document_at(raw: bytes, file: str, line: int) -> Node | None:
    """Return the document of a template that begins at a line."""
    nodes = compose_all(file, raw, aliases=True).value or ()
    return next((node for node in nodes if node.span.line == line), None)


def place_in_template(document: Node, path: Path, body: Any = None, *, key: bool = False) -> Span:
    """Return the place of a field of an object in the document that made it, or of the nearest value around it.

    Shape: with `body`, the object, the items of a list that is made of loops and conditions are told apart.
    """
    node, place, made = document, document.span, body
    for number, part in enumerate(path):
        made = _at(made, part)
        found = _child(_content(node), part, made)
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


def _at(made: Any, part: str | int) -> Any:
    if type(made) is dict:
        return made.get(str(part))
    return made[part] if type(made) is list and type(part) is int and part < len(made) else None


def _child(node: Node, part: str | int, made: Any) -> tuple[Node | None, Node] | None:
    if node.kind == "map":
        return entry(node, str(part)) or entry(node, f"${part}") or entry(node, "$merge")
    if node.kind != "list" or not isinstance(part, int):
        return None
    items: tuple[Node, ...] = node.value
    fixed = next((n for n, item in enumerate(items) if any(entry(item, word) for word in _OPEN)), len(items))
    if part < fixed:
        return None, items[part]
    alike = [_likeness(item, made) for item in items[fixed:]]
    is_clear = len(alike) == 1 or (made is not None and alike.count(max(alike, default=0)) == 1)
    return (None, items[fixed + alike.index(max(alike))]) if is_clear else None


def _likeness(node: Node, made: Any) -> int:
    """Count what an item of a template has as the made value has it, less what only the template has."""
    node = _content(node)
    if node.kind == "map" and type(made) is dict:
        entries = [(str(k.value), v) for k, v in node.value if not str(k.value).startswith("$")]
        return sum(1 + _likeness(value, made[key]) if key in made else -1 for key, value in entries)
    if node.kind != "scalar" or "${{" in node.text:
        return 0
    return 1 if node.value == made else -1
