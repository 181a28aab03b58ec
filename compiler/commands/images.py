"""`stackc images`: every image that will run, one a line."""

from __future__ import annotations

import click

from compiler.commands.common import filename_option, stack_argument, stack_options, write_product
from compiler.commands.stack import built


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
    """List every image that STACK, or the manifests given with -f, will run: sorted, hidden ones included."""
    if bool(stack) == bool(filenames):
        raise click.UsageError("give either STACK or -f FILE, and not both", ctx)
    if stack is not None:
        result = built(stack, overlays, sets, root)
        if isinstance(result, int):
            return result
        names = result.images
    else:
        names = _of_streams(filenames)
    write_product("".join(f"{name}\n" for name in names))
    return 0


def _of_streams(filenames: tuple[str, ...]) -> tuple[str, ...]:
    from compiler.build.images import images_of
    from compiler.build.places import pod_places
    from compiler.check.stream import manifests_of
    from compiler.commands.validate import stream_sources

    return images_of(manifests_of(stream_sources(filenames)), pod_places())
