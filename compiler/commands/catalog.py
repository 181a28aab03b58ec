"""`stackc catalog`: the components, the parameters of one of them, and the types that parameters share."""

from __future__ import annotations

import click

from compiler.commands.common import EXIT_NO, report, root_option, write_product


@click.command()
@click.argument("name", required=False, metavar="[COMPONENT|TYPE]")
@root_option
@click.pass_context
def catalog(ctx: click.Context, name: str | None, root: str | None) -> int:
    """List the components of the catalog, or show the parameters of a COMPONENT, or the fields of a shared TYPE.

    Components under `components/` of the root are listed with the built-in ones. Exit code 1: a component has errors.
    """
    from pathlib import Path

    from compiler.build.catalog import Catalog
    from compiler.formats.expr.runtime import suggestion
    from compiler.formats.files import DiskFiles, find_root
    from compiler.report.catalog import render_component, render_list, render_type

    files = DiskFiles(Path(root) if root else find_root(Path()))
    known = Catalog(files)
    types = known.definitions()
    if name is not None and name in types:
        write_product(render_type(name, types[name]))
        return 0
    if name is not None and name not in known.names:
        raise click.UsageError(f"no component `{name}`{suggestion(name, (*known.names, *types))}", ctx)
    if name is None:
        text = render_list(known.all())
    else:
        found = known.get(name)
        text = "" if found is None else render_component(found, types)
    report(files, known.found)
    write_product(text)
    return EXIT_NO if known.found else 0
