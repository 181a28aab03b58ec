"""`stackc images`: every image that will run, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from compiler.commands.common import EXIT_NO, Asked, manifest_options, print_diagnostics, write_product
from compiler.commands.stack import UNFILLED, built

if TYPE_CHECKING:
    from compiler.check.stream import Source


@click.command()
@manifest_options
def images(asked: Asked) -> int:
    """List every image that STACK, or the manifests given with -f, will run: sorted, hidden ones included.

    Exit codes: 0 done, 1 a text given with -f cannot be read as YAML, 3 the stack has errors.
    """
    if asked.stack is not None:
        result = built(asked.stack, asked.overlays, asked.sets, asked.root, silent=UNFILLED)
        return result if isinstance(result, int) else _print(result.images)
    from compiler.commands.validate import stream_sources

    return _of_streams(list(stream_sources(asked.filenames)))


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
