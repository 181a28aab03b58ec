"""`stackc schema`: the JSON Schema of stacks, for editors."""

from __future__ import annotations

import json

import click

from compiler.commands.common import root_option, write_product


@click.command()
@click.option("--overlay", "is_overlay", is_flag=True, help="The schema of overlays in place of stacks.")
@root_option
def schema(is_overlay: bool, root: str | None) -> int:
    """Print the JSON Schema (draft 2020-12) of a stack file, with the sections of every component.

    Components under `components/` of --root are part of it.
    """
    write_product(schema_text(root, is_overlay=is_overlay))
    return 0


def schema_text(root: str | None = None, *, is_overlay: bool = False) -> str:
    """Return the JSON Schema of stacks or overlays as text; the same catalog gives the same bytes."""
    from pathlib import Path

    from compiler.build.catalog import Catalog
    from compiler.build.sections import stack_schema
    from compiler.formats.files import DiskFiles
    from compiler.spec.export import json_schema

    catalog = Catalog(DiskFiles(Path(root)) if root else None)
    made = json_schema(dict(stack_schema(catalog)), overlay=is_overlay)
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
