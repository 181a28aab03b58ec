"""`stackc sandbox`: a real API server on this machine, to try a stack on."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from compiler.commands.common import stack_options
from compiler.model.diagnostic import Diagnostic, Outcome
from compiler.report.escape import escape

if TYPE_CHECKING:
    from compiler.sandbox.demand import Made
    from compiler.sandbox.nodes import FakeNode

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
    help="YAML list of nodes: {name, labels, taints, capacity}. Default: two workers and one with 8 GPUs.",
)
@click.option(
    "--stack", metavar="STACK", help="Make the nodes of STACK's `cluster.nodes`, and those that its pods ask for."
)
@stack_options
def up(  # noqa: PLR0913  click passes an argument for every option
    name: str,
    nodes_file: Path | None,
    stack: str | None,
    overlays: tuple[str, ...],
    sets: tuple[str, ...],
    root: str | None,
) -> None:
    """Start a sandbox, or what is not running of it, and wait until it can be used."""
    from compiler.sandbox import lifecycle

    if (overlays or sets or root) and stack is None:
        raise click.UsageError("-O, --set and --root go with --stack")
    nodes = None if nodes_file is None else _nodes_of_file(nodes_file)
    if stack is not None:
        nodes = _nodes_of_stack(stack, overlays, sets, root, nodes)
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


def _nodes_of_file(file: Path) -> tuple[FakeNode, ...]:
    from compiler.sandbox.nodes_file import read_nodes

    raw = file.read_bytes()
    return _value(read_nodes(str(file), raw), _USER_FILE, {str(file): raw})


def _nodes_of_stack(
    stack: str, overlays: tuple[str, ...], sets: tuple[str, ...], root: str | None, given: tuple[FakeNode, ...] | None
) -> tuple[FakeNode, ...]:
    """Return the nodes that a stack declares (or a file, in their place), and those that its pods ask for besides."""
    from compiler.build.catalog import Catalog
    from compiler.commands.common import report
    from compiler.pipeline import build_stack, load_checked, opened
    from compiler.sandbox.demand import nodes_for
    from compiler.sandbox.nodes_file import nodes_of

    built, files = build_stack(stack, overlays, sets, root)
    if built.value is None:
        report(files, built.diagnostics)
        sys.exit(_USER_FILE)
    if given is None:
        _, paths, _ = opened(stack, overlays, root)
        checked = load_checked(files, paths[0], tuple(paths[1:]), sets, Catalog(files)).value
        given = nodes_of((checked.spec.get("cluster") or {}).get("nodes") or ()) if checked else ()
    declared, made = nodes_for(built.value.bundle.manifests, given)
    for row in made:
        if row.reasons:
            _say(_told(row))
    return (*declared, *(row.node for row in made))


def _told(made: Made) -> str:
    """Say why there is a node that nobody declared."""
    node = made.node
    has = [f"{key}={value}" if value else key for key, value in node.labels.items()]
    has += [f"{name}: {amount}" for name, amount in node.capacity.items()]
    has += [f"taint {taint['key']}:{taint['effect']}" for taint in node.taints]
    about = f" ({', '.join(has)})" if has else ""
    return escape(f"node {node.name}{about} for {', '.join(map(str, made.reasons))}")


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
