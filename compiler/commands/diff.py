"""`stackc diff`: what apply would change on the cluster; it reads and dry-runs, and never writes."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from compiler.commands.common import (
    EXIT_CLUSTER,
    EXIT_DECIDE,
    EXIT_DONE,
    EXIT_NO,
    Asked,
    cluster_options,
    format_option,
    manifest_options,
    name_option,
    write_product,
)

if TYPE_CHECKING:
    from compiler.commands.target import Loaded


@click.command()
@manifest_options
@name_option
@format_option("text", "json")
@cluster_options
def diff(asked: Asked, name: str | None, output: str, context: str | None, kubeconfig: str | None) -> int:
    """Show what applying STACK would change on the cluster, field by field.

    Exit codes: 0 no difference, 1 differences, 4 the cluster can't be reached or refuses an object, 5 another manager
    owns a field that would change.
    """
    from compiler.commands.load import load

    return run_diff(load(asked, name), kubeconfig, context, output)


def run_diff(loaded: Loaded, kubeconfig: str | None, context: str | None, output: str) -> int:
    """Compare a compiled bundle with the cluster, print the report, return the exit code."""
    from compiler.commands.target import Refused, reach
    from compiler.live.diff import diff_bundle
    from compiler.live.settings import Settings
    from compiler.report.diff import render, render_json, summary

    try:
        target = reach(loaded, kubeconfig, context, Settings())
    except Refused as refused:
        return refused.code
    found = diff_bundle(target.bundle, target.cluster, target.settings)
    target.complain(found.diagnostics)
    changes = found.value
    if changes is None:
        return EXIT_CLUSTER
    if output == "json":
        place = {"stack": target.bundle.stack, "context": target.cluster.context, "server": target.cluster.server}
        text = render_json(changes, **place, diagnostics=found.diagnostics)
    else:
        text = render(changes, color=_color())
    write_product(text)
    sys.stdout.flush()
    sys.stderr.write(f"{summary(changes, refused=target.total - len(changes.changes))}\n")
    if any(diagnostic.is_error for diagnostic in found.diagnostics):
        return EXIT_CLUSTER
    if changes.conflicts:
        return EXIT_DECIDE
    return EXIT_NO if changes.differing else EXIT_DONE


def _color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
