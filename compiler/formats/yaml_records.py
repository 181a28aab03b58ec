"""What reading YAML gives: nodes with their places, and the plain documents of a stream."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from compiler.model.source import Span


class Node(NamedTuple):
    """One value of a YAML document, with its place.

    Shape: `value` of a map is a tuple of (key node, value node), of a list a tuple of nodes, of a scalar the value that
    kubectl reads; keys are scalars with a string value. `text` is the scalar as parsed, before it gets a type; `style`
    is `''` for plain, else the quote or the block's indicator; `tag` is the explicit tag, or empty.
    """

    kind: Literal["map", "list", "scalar"]
    value: Any
    text: str
    style: str
    span: Span
    tag: str


class StreamDocument(NamedTuple):
    """One document of a stream that is not empty.

    Shape: `index` counts such documents from 0, `line` is where its content begins, counted from 1.
    """

    index: int  # type: ignore[assignment]  # shadows tuple.index, which nobody calls here
    line: int
    data: Any
