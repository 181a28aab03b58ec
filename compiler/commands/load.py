"""The bundle that a command line means: a compiled stack, or plain manifests given with `-f`."""

from __future__ import annotations

from pathlib import Path
from posixpath import dirname

import click

from compiler.commands.target import Loaded
from compiler.formats.files import FileRefused, MemoryFiles, find_root, path_in


def load(  # noqa: PLR0913  one argument for every option of the command line
    ctx: click.Context,
    stack: str | None,
    filenames: tuple[str, ...],
    name: str | None,
    overlays: tuple[str, ...],
    sets: tuple[str, ...],
    root: str | None,
) -> Loaded:
    """Compile STACK, or read plain manifests; exactly one of both must be given."""
    if bool(stack) == bool(filenames):
        raise click.UsageError("give either STACK or -f FILE, and not both", ctx)
    if stack is not None:
        if name:
            raise click.UsageError("--name goes with -f; a stack has a name", ctx)
        from compiler.pipeline import compile_stack

        outcome, files = compile_stack(stack, overlays=overlays, sets=sets, root=root)
        return Loaded(outcome, files, _folder(stack, root))
    if overlays or sets:
        raise click.UsageError("-O and --set go with a stack", ctx)
    from compiler.commands.validate import stream_sources
    from compiler.live.plain import plain_bundle

    sources = list(stream_sources(filenames))
    shown = {source.file: source.raw for source in sources}
    return Loaded(plain_bundle(name or "manifests", sources), MemoryFiles(shown), is_stack=False)


def _folder(stack: str, root: str | None) -> str:
    """Return the stack's folder below the root; both as `compile_stack` sees them."""
    try:
        return dirname(path_in(Path(root) if root else find_root(Path(stack).parent), stack))
    except FileRefused:
        return ""  # the outcome says so
