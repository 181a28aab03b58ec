"""A document as a tree of values that know who set them: what merging works on."""

from __future__ import annotations

from typing import Any, NamedTuple

from compiler.model.source import Document, Path, Span, Tree


class Value(NamedTuple):
    """One value with its history.

    Shape: `data` is a map of Values, a list of Values, or a scalar; `trail` lists the places that set it, newest
    first; `key` is the place of the key that leads to it; `is_default` says that only `spec.defaults` or a preset did.
    """

    data: Any
    trail: tuple[Span, ...] = ()
    key: Span | None = None
    is_default: bool = False

    @property
    def span(self) -> Span | None:
        """The place that set it last."""
        return self.trail[0] if self.trail else None


def from_document(document: Document, path: Path = ()) -> Value:
    """Return the part of a document at `path` as a Value; the path must exist."""
    data: Any = document.data
    for part in path:
        data = data[part]
    return _read(document, data, path)


def _read(document: Document, data: Any, path: Path) -> Value:
    span = document.spans.get(path)
    trail = (span,) if span else ()
    if type(data) is dict:
        data = {key: _read(document, child, (*path, key)) for key, child in data.items()}
    elif type(data) is list:
        data = [_read(document, child, (*path, index)) for index, child in enumerate(data)]
    return Value(data, trail, document.keys.get(path))


def from_plain(data: Any) -> Value:
    """Return data that no file says (a preset) as a Value: no trail, and a default everywhere."""
    if type(data) is dict:
        data = {key: from_plain(child) for key, child in data.items()}
    elif type(data) is list:
        data = [from_plain(child) for child in data]
    return Value(data, (), None, is_default=True)


def plain(value: Value) -> Any:
    """Return the bare data of a Value."""
    data = value.data
    if type(data) is dict:
        return {key: plain(child) for key, child in data.items()}
    if type(data) is list:
        return [plain(child) for child in data]
    return data


def as_default(value: Value) -> Value:
    """Return the same value, marked as a default throughout."""
    data = value.data
    if type(data) is dict:
        data = {key: as_default(child) for key, child in data.items()}
    elif type(data) is list:
        data = [as_default(child) for child in data]
    return Value(data, value.trail, value.key, is_default=True)


def to_tree(value: Value) -> Tree:
    """Return the tree of a whole document."""
    trails: dict[Path, tuple[Span, ...]] = {}
    keys: dict[Path, Span] = {}
    defaulted: list[Path] = []

    def write(node: Value, path: Path) -> Any:
        if node.trail:
            trails[path] = node.trail
        if node.key is not None:
            keys[path] = node.key
        if node.is_default:
            defaulted.append(path)
        data = node.data
        if type(data) is dict:
            return {key: write(child, (*path, key)) for key, child in data.items()}
        if type(data) is list:
            return [write(child, (*path, index)) for index, child in enumerate(data)]
        return data

    data = write(value, ())
    return Tree(data, trails, keys, frozenset(defaulted))


def from_tree(tree: Tree) -> Value:
    """Return a tree as a Value again."""

    def read(data: Any, path: Path) -> Value:
        if type(data) is dict:
            inner: Any = {key: read(child, (*path, key)) for key, child in data.items()}
        elif type(data) is list:
            inner = [read(child, (*path, index)) for index, child in enumerate(data)]
        else:
            inner = data
        return Value(inner, tree.trails.get(path, ()), tree.keys.get(path), path in tree.defaulted)

    return read(tree.data, ())
