"""What `diff` and `apply` share: a bundle with its secrets bound, the cluster, and how both are announced."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from compiler.commands.common import (
    EXIT_CLUSTER,
    EXIT_STACK,
    print_diagnostics,
    report,
)
from compiler.diff.known import shape_finder
from compiler.diff.rows import class_rows
from compiler.formats.files import DiskFiles, join
from compiler.live.api import connect
from compiler.live.bind import Sources, bind_secrets, missing_fill, run_sops
from compiler.live.port import ClusterError
from compiler.live.refusals import unreachable
from compiler.live.settings import Settings
from compiler.model.diagnostic import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from compiler.formats.files import Files
    from compiler.live.cluster import Cluster
    from compiler.model.diagnostic import Diagnostic
    from compiler.model.manifest import Bundle


_UNFILLED = "SC521"  # a Secret is written without its values: here they are filled in


class Loaded(NamedTuple):
    """A compiled bundle, and the door its files came through.

    Shape: `folder` is the stack's folder below the door's root: files and sops sources of secrets are seen from there.
    """

    outcome: Outcome[Bundle]
    files: Files
    folder: str = ""
    is_stack: bool = True


class Target(NamedTuple):
    """Everything a verb needs: the bundle as it will be sent, the cluster, what is known about kinds and secrets."""

    bundle: Bundle
    cluster: Cluster
    settings: Settings
    files: Files

    @property
    def total(self) -> int:
        """How many objects there are."""
        return len(self.bundle.manifests)

    def complain(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Print what the cluster gave rise to, once per cause, with the lines it points at."""
        report(self.files, diagnostics, grouped=True)


class Refused(Exception):
    """There is nothing to do a verb with; the reason is printed already."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


def reach(loaded: Loaded, kubeconfig: str | None, context: str | None, settings: Settings) -> Target:
    """Bind the bundle's secrets, find the cluster, and say on standard error what will meet what.

    Errors: raises Refused with exit code 3 (the stack, or a value of it, is missing or wrong) or 4 (no cluster).
    """
    files, found = loaded.files, loaded.outcome.diagnostics
    bundle = loaded.outcome.value
    if bundle is None:
        report(files, found)
        raise Refused(EXIT_STACK)
    bound = bind_secrets(bundle, _sources(files, loaded.folder))
    problems = bound.diagnostics + missing_fill(bundle.manifests, bundle.fill)
    if bound.value is None or problems:
        report(files, problems)
        raise Refused(EXIT_STACK)
    try:
        cluster = connect(kubeconfig, context)
    except ClusterError as error:
        print_diagnostics((unreachable(error),), {})
        raise Refused(EXIT_CLUSTER) from None
    _announce(bundle, cluster, "stack" if loaded.is_stack else "set")
    told = [diagnostic for diagnostic in found if diagnostic.code != _UNFILLED]
    report(files, told)
    shapes = shape_finder(bundle.kubernetes, (manifest.body for manifest in bundle.manifests))
    known = settings._replace(shapes=shapes, rows=class_rows(), redact=bound.value.redact)
    return Target(bound.value.bundle, cluster, known, files)


def _sources(files: Files, folder: str) -> Sources:
    import os

    # a door of its own: values of secrets are no inputs of the bundle
    door = DiskFiles(files.root if isinstance(files, DiskFiles) else ".")
    return Sources(os.environ, lambda path: door.read(join(folder, path)), run_sops(f"{door.root}/{folder}"))


def _announce(bundle: Bundle, cluster: Cluster, word: str) -> None:
    from compiler.report.escape import escape

    sys.stderr.write(
        f"context {escape(cluster.context)}, server {escape(cluster.server)}, {word} {escape(bundle.stack)}\n"
    )
    sys.stderr.flush()


def seconds(_: click.Context, parameter: click.Parameter, text: str) -> float:
    """Read a duration as kubectl writes it: `90`, `90s`, `10m`, `1h30m`."""
    import re

    match = re.fullmatch(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s?)?", text)
    if not text or match is None:
        raise click.BadParameter(f"{text!r} is no duration such as 90s or 10m", param=parameter)
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + rest)
