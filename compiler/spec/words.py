"""Words for messages: paths as `--set` takes them, lists of names, the name that was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from compiler.formats.suggest import nearest
from compiler.model.source import Path, Tree
from compiler.spec.shapes import inside

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def show(path: Path, data: object = None) -> str:
    """Return a path of the document as `--set` takes it: from `spec`, `[name]` for named items.

    Shape: `data` is the document, for the names of items; without it an item is shown by its index.
    """
    parts = path[1:] if path[:1] == ("spec",) else path
    value: Any = inside(data, "spec") if path[:1] == ("spec",) else data
    text = ""
    for part in parts:
        value = inside(value, part)
        if isinstance(part, int):
            name = value.get("name") if isinstance(value, dict) else None
            text += f"[{name if isinstance(name, str) else part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text or "spec"


def as_written(value: bool | int | float, tree: Tree, path: Path) -> str:
    """Return a number or boolean as its file has it: `1.30` is no version `1.3`, and `010` no text `8`."""
    span = tree.span(path)
    plain = str(value).lower() if isinstance(value, bool) else repr(value)
    return clip(tree.written.get(span, plain)) if span else plain


def listed(names: Iterable[str], limit: int = 8) -> str:
    """Return names for a message: in backticks, sorted, cut after `limit`."""
    ordered = sorted(names)
    text = ", ".join(f"`{name}`" for name in ordered[:limit])
    return f"{text}, …" if len(ordered) > limit else text


def did_you_mean(word: str, names: Iterable[str], otherwise: str = "") -> str:
    """Return the help for an unknown name: the nearest one, else all of them, else `otherwise`."""
    known = sorted(set(names))
    near = nearest(word, known)
    if near:
        return f"write `{near}`"
    return f"write one of {listed(known)}" if known and not otherwise else otherwise


def clip(text: str, width: int = 60) -> str:
    """Return a foreign text short enough for a message."""
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"
