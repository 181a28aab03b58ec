"""What commands share: their options, how diagnostics are printed, and which exit code follows from them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from compiler.formats.files import Files
    from compiler.model.diagnostic import Diagnostic

F = TypeVar("F", bound=Callable[..., Any])

EXIT_DONE, EXIT_NO, EXIT_STACK, EXIT_CLUSTER, EXIT_DECIDE = 0, 1, 3, 4, 5


def stack_argument(*, required: bool = True) -> Callable[[F], F]:
    """Add the argument STACK, as `stack: str | None`."""
    return click.argument("stack", required=required, metavar="STACK" if required else "[STACK]")


overlay_option = click.option(
    "-O", "--overlay", "overlays", multiple=True, metavar="FILE", help="Lay FILE over the stack; may be repeated."
)
set_option = click.option(
    "--set", "sets", multiple=True, metavar="PATH=VALUE", help="Set one value below spec, last of all; may be repeated."
)
root_option = click.option(
    "--root",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Read nothing outside DIR. Default: the nearest folder above the stack with .git, stackc.lock or components/.",
)
filename_option = click.option(
    "-f",
    "--filename",
    "filenames",
    multiple=True,
    metavar="FILE|DIR|-",
    help="Take plain manifests in place of a stack; may be repeated.",
)
kubernetes_option = click.option(
    "--kubernetes",
    metavar="VERSION",
    help="Judge by this version, such as 1.34. Default: the stack's, or with -f the newest tested one.",
)
name_option = click.option("--name", metavar="SET", help="With -f: the name of the set of manifests.")
context_option = click.option("--context", metavar="NAME", help="Use this context of the kubeconfig.")
kubeconfig_option = click.option("--kubeconfig", metavar="FILE", help="Use this file in place of $KUBECONFIG.")


def format_option(*formats: str) -> Callable[[F], F]:
    """Add `-o/--output` for the output format, as `output: str`; the first format is the default."""
    return click.option(
        "-o", "--output", type=click.Choice(formats), default=formats[0], show_default=True, help="The output format."
    )


def stack_options(command: F) -> F:
    """Add everything that says what to compile beside STACK: `overlays`, `sets`, `root`."""
    return overlay_option(set_option(root_option(command)))


class Asked(NamedTuple):
    """The manifests that a command line means: `stack` with its layers, or else the files of `filenames`."""

    stack: str | None
    filenames: tuple[str, ...]
    overlays: tuple[str, ...]
    sets: tuple[str, ...]
    root: str | None


def manifest_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add everything that says which manifests are meant, as `asked: Asked`; refuse what can mean none or two."""

    @stack_argument(required=False)
    @filename_option
    @stack_options
    @wraps(command)
    def told(
        *,
        stack: str | None,
        filenames: tuple[str, ...],
        overlays: tuple[str, ...],
        sets: tuple[str, ...],
        root: str | None,
        **others: Any,
    ) -> int:
        if bool(stack) == bool(filenames):
            raise click.UsageError("give either STACK or -f FILE, and not both", click.get_current_context())
        if stack is None and (overlays or sets):
            raise click.UsageError("-O and --set go with a stack", click.get_current_context())
        return command(asked=Asked(stack, filenames, overlays, sets, root), **others)

    return told


def cluster_options(command: F) -> F:
    """Add everything that says which cluster is meant: `context`, `kubeconfig`."""
    return context_option(kubeconfig_option(command))


def use_color() -> bool:
    """Tell whether standard error may be coloured: a terminal, and nobody said NO_COLOR."""
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_diagnostics(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, bytes], *, grouped: bool = False
) -> None:
    """Write diagnostics and their count to standard error; nothing if there are none.

    Shape: `grouped` tells what is the same for many objects once; the count is that of all.
    """
    found = tuple(diagnostics)
    if not found:
        return
    from compiler.report.text import render, summary

    shown = found
    if grouped:
        from compiler.report.causes import by_cause

        shown = by_cause(found)
    sys.stderr.write(f"{render(shown, sources, color=use_color())}\n{summary(found)}\n")


def report(
    files: Files, diagnostics: Iterable[Diagnostic], sets: tuple[str, ...] = (), *, grouped: bool = False
) -> None:
    """Write diagnostics with the lines they point at; files are named as seen from the working directory."""
    found = tuple(diagnostics)
    names = sorted(
        {span.file for d in found for span in (d.span, *(note.span for note in d.notes)) if span is not None}
    )
    sources = {SETS: "\n".join(sets).encode()}
    shown: dict[str, str] = {}
    for name in names:
        content = _content(files, name)
        if content is not None:
            shown[name] = _from_here(files, name)
            sources[shown[name]] = content
    print_diagnostics((_renamed(d, shown) for d in found), sources, grouped=grouped)


SETS = "--set"
"""The pseudo file that diagnostics about `--set` point into: one line for each."""


def _content(files: Files, name: str) -> bytes | None:
    from compiler.formats.files import FileRefused

    try:
        return files.read(name)
    except FileRefused:
        return None


def _from_here(files: Files, name: str) -> str:
    """Return the path of a file from the working directory; doors that are no folder keep their names."""
    root = getattr(files, "root", None)
    return os.path.relpath(os.path.join(root, name)) if root else name  # noqa: PTH118


def _renamed(diagnostic: Diagnostic, shown: Mapping[str, str]) -> Diagnostic:
    span = diagnostic.span
    if span is not None and span.file in shown:
        span = span._replace(file=shown[span.file])
    notes = tuple(
        note._replace(span=note.span._replace(file=shown[note.span.file]))
        if note.span is not None and note.span.file in shown
        else note
        for note in diagnostic.notes
    )
    return diagnostic._replace(span=span, notes=notes)


def exit_code(diagnostics: Iterable[Diagnostic], *, failed: int = EXIT_STACK) -> int:
    """Return `failed` if there is an error, else 0: 3 where a stack is in the way, 1 where errors are the answer."""
    return failed if any(d.is_error for d in diagnostics) else EXIT_DONE


def write_product(text: str) -> None:
    """Write what was asked for to standard output, and nothing else."""
    sys.stdout.write(text)
