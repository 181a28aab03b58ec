"""Where a value came from: positions in the user's files, and paths into a document."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Path = tuple[str | int, ...]
"""A place in a tree of maps and lists: keys and indices from the root."""


class Span(NamedTuple):
    """A stretch of one file; lines and columns count from 1, the end column is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def is_empty(self) -> bool:
        """Tell whether it is a point in a line."""
        return (self.line, self.column) == (self.end_line, self.end_column)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Document(NamedTuple):
    """One parsed YAML document with the place of every value and every key.

    Shape: `spans[path]` is the value at `path`, `keys[path]` the key that leads to it (maps only); `written` maps
    the places of numbers and booleans to their text.
    """

    file: str
    data: object
    spans: dict[Path, Span]
    keys: dict[Path, Span]
    written: Mapping[Span, str] = {}


class Tree(NamedTuple):
    """Several layers merged into one value that still knows where each part was written.

    Shape: `trails[path]` lists the spans that set the value at `path`, newest first; `keys` and `written` as in
    `Document`; `defaulted` holds the paths whose newest layer is a default of the stack (`spec.defaults`) or below.
    """

    data: object
    trails: dict[Path, tuple[Span, ...]]
    keys: dict[Path, Span]
    defaulted: frozenset[Path] = frozenset()
    written: Mapping[Span, str] = {}

    def span(self, path: Path) -> Span | None:
        """Return the place of the value at `path`, or of the nearest value around it."""
        for end in range(len(path), -1, -1):
            trail = self.trails.get(path[:end])
            if trail:
                return trail[0]
        return None

    def key_span(self, path: Path) -> Span | None:
        """Return the place of the key at the end of `path`, else of its value, else of what is around it."""
        return self.keys.get(path) or self.span(path)

    def said(self, value: object, below: Path) -> Span | None:
        """Return the first place below a path that says a value, None if the value came from elsewhere."""
        data: Any = self.data
        for part in below:
            if type(data) is dict and part not in data:
                return None
            data = data[part]
        path = next(sites(data, below, value), None)
        return None if path is None else self.span(path)


def sites(data: Any, path: Path, value: object) -> Iterator[Path]:
    """Yield the places of a value in the data at a path, in order."""
    if type(data) is type(value) and data == value:
        yield path
    elif type(data) is dict:
        for key, child in data.items():
            yield from sites(child, (*path, key), value)
    elif type(data) is list:
        for index, child in enumerate(data):
            yield from sites(child, (*path, index), value)


def pointer(path: Path) -> str:
    """Return `path` as an RFC 6901 JSON pointer; the whole document is the empty string."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def unescape(part: str) -> str:
    """Undo the escapes of one part of a JSON pointer. Source: RFC 6901 §4."""
    return part.replace("~1", "/").replace("~0", "~") if "~" in part else part


def path_of(pointer: str) -> Path:
    """Return the path that a JSON pointer names; a part of digits alone is an index."""
    return tuple(int(part) if part.isdecimal() else unescape(part) for part in pointer.split("/")[1:])
