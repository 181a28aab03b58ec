"""`stackc schema`: the JSON Schema of stacks, for editors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from compiler.commands.common import EXIT_NO, report, root_option, write_product

if TYPE_CHECKING:
    from compiler.build.catalog import Catalog


@click.command()
@click.option("--overlay", "is_overlay", is_flag=True, help="The schema of overlays in place of stacks.")
@root_option
def schema(is_overlay: bool, root: str | None) -> int:
    """Print the JSON Schema (draft 2020-12) of a stack file, with the sections of every component.

    Components under `components/` of the root are part of it. Exit code 1: one of them has errors.
    """
    from pathlib import Path

    from compiler.build.catalog import Catalog
    from compiler.formats.files import DiskFiles, find_root

    files = DiskFiles(Path(root) if root else find_root(Path()))
    known = Catalog(files)
    text = schema_text(known, is_overlay=is_overlay)
    report(files, known.found)
    if known.found:
        return EXIT_NO
    write_product(text)
    return 0


def schema_text(known: Catalog, *, is_overlay: bool = False) -> str:
    """Return the JSON Schema of stacks or overlays as text; the same catalog gives the same bytes."""
    import json

    from compiler.build.sections import stack_schema
    from compiler.spec.export import json_schema

    made = json_schema(dict(stack_schema(known)), overlay=is_overlay)
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
