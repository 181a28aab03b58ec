"""`stackc init`: a newcomer's first stack file."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import click

from compiler.commands.common import EXIT_NO

_FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "presets")  # noqa: PTH118, PTH120, PTH100
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_LONGEST = 63


def presets() -> tuple[str, ...]:
    """Return the names of the first stacks that ship with stackc, sorted."""
    return tuple(sorted(path.stem for path in Path(_FOLDER).glob("*.yaml")))


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option("--preset", default="job", show_default=True, type=click.Choice(presets()), help="What to start from.")
@click.option("--name", metavar="NAME", help="The stack's name. Default: the folder's.")
@click.pass_context
def init(ctx: click.Context, folder: str, preset: str, name: str | None) -> int:
    """Write FOLDER/stack.yaml, a first stack to change; an existing file is never touched."""
    if name is not None and (len(name) > _LONGEST or not _NAME.match(name)):
        raise click.UsageError(f"{name!r} is no name: lower case letters, digits and dashes, at most {_LONGEST}", ctx)
    target = Path(folder) / "stack.yaml"
    template = (Path(_FOLDER) / f"{preset}.yaml").read_text(encoding="utf-8")
    text = template.replace("NAME", _scalar(name or _name_of(folder)), 1)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        sys.stderr.write(f"{target} is there already, and stays as it is\n")
        return EXIT_NO
    except OSError as fault:
        sys.stderr.write(f"{target} cannot be written: {(fault.strerror or '').lower()}\n")
        return EXIT_NO
    sys.stderr.write(f"wrote {target}; next: stackc compile {shlex.quote(str(target))}\n")
    return 0


def _name_of(folder: str) -> str:
    """Return what of a folder's name may be in the name of a stack."""
    plain = _NOT_IN_NAMES.sub("-", Path(folder).resolve().name.lower())
    return plain[:_LONGEST].strip("-") or "first"


def _scalar(name: str) -> str:
    """Return a name as YAML text: `2024` and `on` need quotes."""
    from compiler.formats.yaml_emit import emit

    return emit(name).rstrip("\n")
