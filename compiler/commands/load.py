"""The bundle that a command line means: a compiled stack, or plain manifests given with `-f`."""

from __future__ import annotations

from pathlib import Path
from posixpath import dirname

import click

from compiler.commands.common import Asked
from compiler.commands.target import Loaded
from compiler.formats.files import FileRefused, MemoryFiles, find_root, path_in


def load(asked: Asked, name: str | None) -> Loaded:
    """Compile the stack, or read the plain manifests as a set called `name`."""
    if asked.stack is not None:
        if name:
            raise click.UsageError("--name goes with -f; a stack has a name", click.get_current_context())
        from compiler.pipeline import compile_stack

        outcome, files = compile_stack(asked.stack, overlays=asked.overlays, sets=asked.sets, root=asked.root)
        return Loaded(outcome, files, _folder(asked.stack, asked.root))
    from compiler.commands.validate import stream_sources
    from compiler.live.plain import plain_bundle

    sources = list(stream_sources(asked.filenames))
    shown = {source.file: source.raw for source in sources}
    return Loaded(plain_bundle(name or "manifests", sources), MemoryFiles(shown), is_stack=False)


def _folder(stack: str, root: str | None) -> str:
    """Return the stack's folder below the root; both as `compile_stack` sees them."""
    try:
        return dirname(path_in(Path(root) if root else find_root(Path(stack).parent), stack))
    except FileRefused:
        return ""  # the outcome says so
