"""`stackc sandbox`: a real API server on this machine, to try a stack on."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn, TypeVar

import click

from compiler.model.diagnostic import Diagnostic, Outcome

T = TypeVar("T")

_USER_FILE, _CLUSTER = 3, 4
_name = click.option("--name", default="default", show_default=True, metavar="NAME", help="Which sandbox.")


@click.group()
def sandbox() -> None:
    """Run a real Kubernetes API server on this machine, with fake nodes."""


@sandbox.command()
@_name
@click.option(
    "--nodes",
    "nodes_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="YAML list of nodes: {name, labels, taints, capacity}.",
)
def up(name: str, nodes_file: Path | None) -> None:
    """Start a sandbox, or what is not running of it, and wait until it can be used."""
    from compiler.sandbox import lifecycle
    from compiler.sandbox.nodes_file import read_nodes

    nodes = None
    if nodes_file is not None:
        raw = nodes_file.read_bytes()
        nodes = _value(read_nodes(str(nodes_file), raw), _USER_FILE, {str(nodes_file): raw})
    running = _value(lifecycle.up(name, nodes, say=_say), _CLUSTER)
    if len(running.started) == len(lifecycle.COMPONENTS):
        done = "is up"
    else:
        done = f"is up again, started {', '.join(running.started)}" if running.started else "was up already"
    _say(f"sandbox `{name}` {done} at {running.server}")
    _say(f"export KUBECONFIG={running.kubeconfig}")


@sandbox.command()
@_name
def down(name: str) -> None:
    """End a sandbox and remove everything in it."""
    from compiler.sandbox import lifecycle

    existed = _value(lifecycle.down(name), _CLUSTER)
    _say(f"sandbox `{name}` is down" if existed else f"there was no sandbox `{name}`")


@sandbox.command()
@_name
def status(name: str) -> None:
    """Say what runs; the exit code is 1 when the sandbox can't be used."""
    from compiler.sandbox import lifecycle

    found = _value(lifecycle.status(name), _CLUSTER)
    for part in found.parts:
        click.echo(f"{part.name:<24} {f'running, pid {part.pid}' if part.pid else 'not running'}")
    click.echo(f"sandbox `{name}`: {f'ready at {found.server}' if found.is_up else found.problem}")
    sys.exit(0 if found.is_up else 1)


@sandbox.command()
@_name
def kubeconfig(name: str) -> None:
    """Print the path of the sandbox's own kubeconfig."""
    from compiler.sandbox import lifecycle

    click.echo(_value(lifecycle.kubeconfig(name), 1))


def _value(outcome: Outcome[T], exit_code: int, sources: Mapping[str, bytes] | None = None) -> T:
    if outcome.value is None:
        _refuse(outcome.diagnostics, exit_code, sources or {})
    return outcome.value


def _refuse(diagnostics: Iterable[Diagnostic], exit_code: int, sources: Mapping[str, bytes]) -> NoReturn:
    from compiler.report.text import render

    color = sys.stderr.isatty()
    click.echo(render(tuple(diagnostics), sources, color=color), err=True, nl=False)
    sys.exit(exit_code)


def _say(line: str) -> None:
    click.echo(line, err=True)
