"""`stackc graph`: which object needs which."""

from __future__ import annotations

import click

from compiler.commands.common import format_option, stack_argument, stack_options, write_product
from compiler.commands.stack import UNFILLED, built


@click.command()
@stack_argument()
@stack_options
@format_option("dot", "mermaid", "json")
def graph(stack: str, overlays: tuple[str, ...], sets: tuple[str, ...], root: str | None, output: str) -> int:
    """Print the reference graph of STACK: an edge from each object to what it needs."""
    result = built(stack, overlays, sets, root, silent=UNFILLED)
    if isinstance(result, int):
        return result
    from compiler.report.graph import render

    write_product(render(result.bundle.graph, output))
    return 0
