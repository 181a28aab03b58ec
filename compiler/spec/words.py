"""Words for messages: paths as `--set` takes them, lists of names, the name that was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from compiler.formats.suggest import nearest
from compiler.model.source import Path, Span
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


def as_written(value: bool | int | float, span: Span | None) -> str:
    """Return a number as the file has it: YAML drops the zeros at its end, and `1.30` is no version `1.3`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    width = span.end_column - span.column if span and span.line == span.end_line else 0
    return text + "0" * (width - len(text)) if "." in text and "e" not in text else text


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
