"""`stackc values`: the stack after all layers are merged."""

from __future__ import annotations

import click

from compiler.commands.common import (
    EXIT_STACK,
    print_diagnostics,
    report,
    stack_argument,
    stack_options,
    write_product,
)


@click.command()
@stack_argument()
@stack_options
@click.option("--origin", is_flag=True, help="Say behind each value which file and line set it, and which before.")
def values(stack: str, overlays: tuple[str, ...], sets: tuple[str, ...], root: str | None, origin: bool) -> int:
    """Show the merged spec of STACK: layers, --set and expressions filled in; secrets stay hidden."""
    from compiler.build.catalog import Catalog
    from compiler.build.sections import stack_schema
    from compiler.pipeline import load_merged, opened
    from compiler.report.values import render
    from compiler.spec.values import value_rows

    files, paths, found = opened(stack, overlays, root)
    if found:
        print_diagnostics(found, {})
        return EXIT_STACK
    catalog = Catalog(files)
    known = dict(stack_schema(catalog))
    tree = load_merged(files, paths[0], tuple(paths[1:]), sets, known)
    diagnostics = tree.diagnostics if tree.value is not None else (*catalog.found, *tree.diagnostics)
    report(files, diagnostics, sets)
    if tree.value is None:
        return EXIT_STACK
    write_product(render(value_rows(tree.value, known), origin=origin))
    return 0
