"""`stackc version`."""

from __future__ import annotations

import click

from compiler import __version__
from compiler.commands.common import write_product


@click.command()
def version() -> None:
    """Print the version."""
    write_product(f"stackc {__version__}\n")
