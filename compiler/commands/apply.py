"""`stackc apply`: a stack into the cluster, in the order of its graph, until everything is ready."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from compiler.commands.common import (
    EXIT_CLUSTER,
    EXIT_DECIDE,
    EXIT_DONE,
    EXIT_NO,
    Asked,
    cluster_options,
    manifest_options,
    name_option,
    use_color,
    write_product,
)
from compiler.commands.target import Refused, Target, reach, seconds
from compiler.live.apply import apply_bundle
from compiler.live.diff import diff_bundle
from compiler.live.refusals import decisions
from compiler.live.settings import Settings
from compiler.model.event import EventKind
from compiler.report import progress
from compiler.report.diff import render, summary

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from compiler.commands.target import Loaded
    from compiler.model.change import ChangeSet
    from compiler.model.diagnostic import Diagnostic
    from compiler.model.event import Event


@click.command()
@manifest_options
@name_option
@click.option("--yes", is_flag=True, help="Do not ask before changes that put stored data at risk.")
@click.option(
    "--timeout",
    default="10m",
    show_default=True,
    metavar="TIME",
    callback=seconds,
    help="How long the whole run may take.",
)
@click.option("--force-conflicts", is_flag=True, help="Take over fields that other managers own.")
@click.option("--dry-run", type=click.Choice(["server"]), help="Show what would change, and write nothing.")
@cluster_options
def apply(  # noqa: PLR0913  click passes an argument for every option
    asked: Asked,
    name: str | None,
    yes: bool,
    timeout: float,
    force_conflicts: bool,
    dry_run: str | None,
    context: str | None,
    kubeconfig: str | None,
) -> int:
    """Apply STACK to the cluster, every object as soon as what it needs is there, and wait until all is ready.

    A Job is ready when it is complete; one of `jobs:` that nothing else waits for only has to start.

    Exit codes: 0 applied and ready, 1 not ready in time or failed, 4 the cluster can't be reached or refuses an object,
    5 a person has to decide: a field conflict, an object that must be made again, data at risk.
    """
    from compiler.commands.load import load

    settings = Settings(timeout_s=timeout, force=force_conflicts)
    return run_apply(load(asked, name), kubeconfig, context, settings, yes=yes, dry_run=dry_run is not None)


def run_apply(
    loaded: Loaded, kubeconfig: str | None, context: str | None, settings: Settings, *, yes: bool, dry_run: bool
) -> int:
    """Apply a compiled bundle, print what happens, return the exit code."""
    try:
        target = reach(loaded, kubeconfig, context, settings)
    except Refused as refused:
        return refused.code
    found = diff_bundle(target.bundle, target.cluster, target.settings)
    changes = found.value
    if changes is None:
        target.complain(found.diagnostics)
        return EXIT_CLUSTER
    sys.stderr.write(f"{summary(changes, refused=target.total - len(changes.changes))}\n")
    undecided = decisions(target.bundle, changes, force=settings.force, yes=yes or dry_run)
    if undecided and not _agreed(undecided):
        target.complain(undecided)
        return EXIT_DECIDE
    if dry_run:
        target.complain(found.diagnostics)
        write_product(render(changes, color=use_color() and sys.stdout.isatty()))
        return EXIT_CLUSTER if any(d.is_error for d in found.diagnostics) else EXIT_DONE
    return _go(target, changes)


def _go(target: Target, changes: ChangeSet) -> int:
    unchanged = frozenset(change.id for change in changes.changes if not change.differs and not change.claims)
    problems: list[Diagnostic] = []
    events = apply_bundle(target.bundle, target.cluster, target.settings, unchanged=unchanged)
    color = use_color() and sys.stdout.isatty()
    try:
        with closing(_watched(events, problems, target.total)) as watched:
            for line in progress.lines(watched, color=color):
                write_product(f"{line}\n")
                sys.stdout.flush()
    finally:  # a run that is stopped from outside tells what failed before, too
        target.complain(problems)
    return exit_of(problems)


def _watched(events: Iterable[Event], problems: list[Diagnostic], total: int) -> Generator[Event]:
    """Pass events on, keep what went wrong, and say how far a run came that is stopped from outside."""
    last: Event | None = None
    try:
        for event in events:
            last = event
            if event.kind is EventKind.FAILED and event.diagnostic is not None:
                problems.append(event.diagnostic)
            yield event
    finally:
        if last is None or last.kind is not EventKind.DONE:
            done = last.done if last else 0
            sys.stderr.write(f"stopped: {done} of {total} objects are settled; apply again to go on\n")


def exit_of(problems: Iterable[Diagnostic]) -> int:
    """Return the exit code that failures mean: refused before undecided before not ready."""
    codes = {problem.code for problem in problems}
    if not codes:
        return EXIT_DONE
    if codes - {"SC701", "SC820", "SC821"}:
        return EXIT_CLUSTER
    return EXIT_DECIDE if "SC701" in codes else EXIT_NO


def _agreed(undecided: Iterable[Diagnostic]) -> bool:
    """Ask on a terminal, where a yes is all that is missing."""
    found = tuple(undecided)
    if any(problem.code != "SC703" for problem in found) or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    for problem in found:
        click.echo(problem.message, err=True)
    return click.confirm("Apply these changes?", default=False, err=True)
