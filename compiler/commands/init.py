"""`stackc init`: a newcomer's first stack file."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import click

from compiler.commands.common import EXIT_NO

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "presets")  # noqa: PTH118, PTH120, PTH100
_NAME = re.compile(r"[^a-z0-9]+")


def presets() -> tuple[str, ...]:
    """Return the names of the first stacks that ship with stackc, sorted."""
    return tuple(sorted(path.stem for path in Path(_FOLDER).glob("*.yaml")))


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option("--preset", default="job", show_default=True, type=click.Choice(presets()), help="What to start from.")
@click.option("--name", metavar="NAME", help="The stack's name. Default: the folder's.")
def init(folder: str, preset: str, name: str | None) -> int:
    """Write FOLDER/stack.yaml, a first stack to change; an existing file is never touched."""
    target = Path(folder) / "stack.yaml"
    chosen = name or _NAME.sub("-", Path(folder).resolve().name.lower()).strip("-") or "first"
    text = (Path(_FOLDER) / f"{preset}.yaml").read_text(encoding="utf-8").replace("NAME", chosen, 1)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        click.echo(f"{target} is there already, and stays as it is", err=True)
        return EXIT_NO
    sys.stdout.write(f"wrote {target}\n")
    click.echo(f"next: stackc compile {target}", err=True)
    return 0
