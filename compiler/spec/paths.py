"""Paths of files in a stack: each starts at the file that says it; from here on all start at the stack's folder."""

from __future__ import annotations

import posixpath
from typing import Any

from compiler.formats.files import FileRefused, join
from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Path, Span, Tree
from compiler.spec.language.survey import Survey
from compiler.spec.set import FILE as COMMAND_LINE


def seen_from_stack(tree: Tree, survey: Survey, folder: str) -> tuple[Tree, list[Diagnostic]]:
    """Return the tree with every path relative to the stack's folder, whichever file of the layers says it.

    Errors: SC131, SC132 and SC138 for a path that is none below the root; whether the file is there is asked later.
    """
    found: list[Diagnostic] = []
    moved: dict[Path, str] = {}
    for place in survey.typed.get("FilePath", ()):
        if not isinstance(place.value, str):
            continue
        span = tree.span(place.path)
        said_in = _folder_of(span, folder)
        try:
            target = join(said_in, place.value)
        except FileRefused as refused:
            found.append(error(refused.code, refused.message, help=refused.help, span=span))
            continue
        if said_in != folder:
            moved[place.path] = posixpath.relpath(f"/{target}", f"/{folder}")
    return (tree._replace(data=_replaced(tree.data, (), moved)) if moved else tree), found


def _folder_of(span: Span | None, folder: str) -> str:
    """Return the folder of the file that says a path; what a command line says starts at the stack."""
    return folder if span is None or span.file == COMMAND_LINE else posixpath.dirname(span.file)


def _replaced(data: Any, path: Path, moved: dict[Path, str]) -> Any:
    if type(data) is dict:
        return {key: _replaced(child, (*path, key), moved) for key, child in data.items()}
    if type(data) is list:
        return [_replaced(child, (*path, index), moved) for index, child in enumerate(data)]
    return moved.get(path, data)
