"""One stack or overlay: nodes to plain data with the place of every value and key, and no YAML surprises.

A stack must mean the same to every reader of YAML, so that tools beside kubectl (Argo CD's file generators, editors,
bots) see what stackc sees.
"""

from __future__ import annotations

from compiler.formats.yaml_events import DIAGNOSTICS_LIMIT, shown
from compiler.formats.yaml_odd import STRING_TAGS
from compiler.formats.yaml_records import Node
from compiler.formats.yaml_scalars import overflows
from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Document, Path, Span

_BOOLEANS = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))


def document_of(file: str, root: Node) -> tuple[Document, list[Diagnostic]]:
    """Return the data and the places of one composed document, and what a stack may not say.

    Errors: SC107 null, SC108 a boolean of YAML 1.1, SC110 a tag, SC115 a number that does not fit.
    """
    spans: dict[Path, Span] = {}
    keys: dict[Path, Span] = {}
    written: dict[Span, str] = {}
    found: list[Diagnostic] = []

    def data_of(node: Node, path: Path) -> object:
        spans[path] = node.span
        if node.kind == "map":
            result: dict[str, object] = {}
            for key, value in node.value:
                place = (*path, key.value)
                keys[place] = key.span
                result[key.value] = data_of(value, place)
            return result
        if node.kind == "list":
            return [data_of(item, (*path, index)) for index, item in enumerate(node.value)]
        fault = _scalar_fault(node, path, keys) if len(found) < DIAGNOSTICS_LIMIT else None
        if fault is not None:
            found.append(fault)
        if node.value.__class__ is not str:
            written[node.span] = node.text
        return node.value

    data = data_of(root, ())
    return Document(file, data, spans, keys, written), found


def _scalar_fault(node: Node, path: Path, keys: dict[Path, Span]) -> Diagnostic | None:
    if node.tag in STRING_TAGS:
        return error("SC110", "a tag is not allowed here", help="write the text in quotes instead", span=node.span)
    if node.style or node.tag:
        return None
    if node.value is None:
        return _null(node, path, keys)
    if isinstance(node.value, bool) and node.text not in _BOOLEANS:
        word = "true" if node.value else "false"
        return error(
            "SC108",
            f"`{node.text}` is a boolean to some readers of YAML and text to others",
            help=f'write `{word}`, or `"{node.text}"` if text is meant',
            span=node.span,
        )
    if node.text[0] in "0123456789+-." and overflows(node.text):
        return error(
            "SC115",
            f"`{shown(node.text)}` does not fit into a 64-bit number",
            help="write it in quotes if text is meant",
            span=node.span,
        )
    return None


def _null(node: Node, path: Path, keys: dict[Path, Span]) -> Diagnostic:
    if node.text:
        return error(
            "SC107",
            f"`{node.text}` is not a value here",
            help="remove the key; an overlay takes a key away with `{$delete: true}`",
            span=node.span,
        )
    name = f"`{path[-1]}`" if path and path[-1] and isinstance(path[-1], str) else "this item"
    return error(
        "SC107",
        f"{name} has no value",
        help="write a value (`{}` takes all defaults), or remove it",
        span=keys.get(path, node.span),
    )
