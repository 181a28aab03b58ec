"""`stackc images`: every image that will run, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from compiler.commands.common import (
    EXIT_NO,
    filename_option,
    print_diagnostics,
    stack_argument,
    stack_options,
    write_product,
)
from compiler.commands.stack import UNFILLED, built

if TYPE_CHECKING:
    from compiler.check.stream import Source


@click.command()
@stack_argument(required=False)
@filename_option
@stack_options
@click.pass_context
def images(  # noqa: PLR0913  one argument for every option of the command line
    ctx: click.Context,
    stack: str | None,
    filenames: tuple[str, ...],
    overlays: tuple[str, ...],
    sets: tuple[str, ...],
    root: str | None,
) -> int:
    """List every image that STACK, or the manifests given with -f, will run: sorted, hidden ones included.

    Exit codes: 0 done, 1 a text given with -f cannot be read as YAML, 3 the stack has errors.
    """
    if bool(stack) == bool(filenames):
        raise click.UsageError("give either STACK or -f FILE, and not both", ctx)
    if stack is not None:
        result = built(stack, overlays, sets, root, silent=UNFILLED)
        if isinstance(result, int):
            return result
        return _print(result.images)
    if overlays or sets:
        raise click.UsageError("-O and --set go with a stack", ctx)
    from compiler.commands.validate import stream_sources

    return _of_streams(list(stream_sources(filenames)))


def _print(names: tuple[str, ...]) -> int:
    write_product("".join(f"{name}\n" for name in names))
    return 0


def _of_streams(sources: list[Source]) -> int:
    """Print the images of plain manifests; half a list would be taken for a whole one, so an error prints none."""
    from compiler.build.images import images_of
    from compiler.build.places import pod_places
    from compiler.check.stream import manifests_of, read_items

    _, _, found = read_items(sources)
    print_diagnostics(found, {source.file: source.raw for source in sources})
    if any(d.is_error for d in found):
        return EXIT_NO
    return _print(images_of(manifests_of(sources), pod_places()))
