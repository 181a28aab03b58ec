"""`stackc catalog`: the components, and the parameters of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from compiler.commands.common import EXIT_NO, print_diagnostics, root_option, write_product

if TYPE_CHECKING:
    from compiler.model.component import Component


@click.command()
@click.argument("component", required=False)
@root_option
def catalog(component: str | None, root: str | None) -> int:
    """List the components of the catalog, or show the parameters of one COMPONENT."""
    from pathlib import Path

    from compiler.build.catalog import Catalog
    from compiler.formats.expr.runtime import suggestion
    from compiler.formats.files import DiskFiles
    from compiler.report.catalog import render_component, render_list

    known = Catalog(DiskFiles(Path(root or ".")))
    if component is None:
        rows = known.all()
        print_diagnostics(known.found, {})
        write_product(render_list(rows))
        return EXIT_NO if known.found else 0
    found: Component | None = known.get(component)
    print_diagnostics(known.found, {})
    if found is None:
        click.echo(f"no component `{component}`{suggestion(component, known.names)}", err=True)
        return EXIT_NO
    write_product(render_component(found))
    return 0
