"""`stackc validate`: judge a stack or plain manifests as the target's API server would, without a cluster."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from compiler.commands.common import (
    EXIT_NO,
    Asked,
    exit_code,
    format_option,
    kubernetes_option,
    manifest_options,
    print_diagnostics,
    report,
    write_product,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from compiler.check.stream import Judgement, Source
    from compiler.model.diagnostic import Diagnostic

_ENDINGS = (".yaml", ".yml", ".json")


@click.command()
@manifest_options
@click.option("--each", is_flag=True, help="With -f: take every document on its own, without looking at the others.")
@kubernetes_option
@format_option("text", "json")
def validate(asked: Asked, each: bool, kubernetes: str | None, output: str) -> int:
    """Check STACK, or the plain manifests given with -f, as the API server of the target would.

    Exit code 1 says that there are errors.
    """
    if asked.stack is not None:
        if each:
            raise click.UsageError("--each goes with -f", click.get_current_context())
        return _stack(asked.stack, asked.overlays, asked.sets, asked.root, kubernetes, output)
    from compiler.check.stream import check_stream, masked

    sources = list(stream_sources(asked.filenames))
    judgement = check_stream(sources, target_minor(kubernetes), each=each)
    shown = {s.file: masked(s, judgement.hidden) for s in sources} if output == "text" else {}
    return _report(judgement, shown, output, f"1.{target_minor(kubernetes)}")


def _report(judgement: Judgement, sources: dict[str, bytes], output: str, version: str) -> int:
    if output == "json":
        from compiler.report.json import render

        write_product(render(judgement.documents, judgement.diagnostics))
    else:
        print_diagnostics(judgement.diagnostics, sources)
        _say_fine(judgement.diagnostics, judgement.documents, "document", version)
    return exit_code(judgement.diagnostics, failed=EXIT_NO)


def _say_fine(found: Sequence[Diagnostic], count: int, noun: str, version: str) -> None:
    """Tell on standard error that something was judged, where nothing else says so."""
    if not found:
        click.echo(f"no errors in {count} {noun}{'' if count == 1 else 's'} for Kubernetes {version}", err=True)


def target_minor(kubernetes: str | None) -> int:
    """Return the minor of a version such as 1.34, v1.34 or 1.34.2; the newest that we ran without one."""
    from compiler.formats.packs import NEWEST, OLDEST, tested_minors

    if kubernetes is None:
        return max(tested_minors)
    parts = kubernetes.removeprefix("v").split(".")
    if len(parts) not in (2, 3) or parts[0] != "1" or not all(p.isascii() and p.isdigit() for p in parts):
        raise click.BadParameter(f"{kubernetes!r} is no version such as 1.34", param_hint="--kubernetes")
    minor = int(parts[1][:4])
    if not OLDEST <= minor <= NEWEST:
        raise click.BadParameter(f"versions from 1.{OLDEST} to 1.{NEWEST} are known", param_hint="--kubernetes")
    return minor


def stream_sources(names: tuple[str, ...]) -> Iterator[Source]:
    """Yield the texts of files, folders and standard input; those of a folder in byte order of their paths.

    Shape: of a text over the limit only so much is read that its reader sees it: a device has no end.
    """
    from compiler.check.stream import Source
    from compiler.formats.yaml_events import STREAM_LIMIT_BYTES

    for name in names:
        if name == "-":
            yield Source("-", sys.stdin.buffer.read(STREAM_LIMIT_BYTES + 1))
            continue
        paths = sorted(_files(name), key=os.fsencode)
        if not paths:
            raise click.UsageError(f"{name}: no file in it ends in {', '.join(_ENDINGS)}")
        for path in paths:
            try:
                with open(path, "rb") as file:  # noqa: PTH123 - the user names this file, no stack does
                    yield Source(path, file.read(STREAM_LIMIT_BYTES + 1))
            except OSError as fault:
                raise click.UsageError(f"{path}: {fault.strerror}") from None


def _files(name: str) -> Iterator[str]:
    if not os.path.isdir(name):  # noqa: PTH112 - os.walk below speaks in strings
        yield name
        return
    for folder, folders, files in os.walk(name):
        folders.sort()
        for file in files:
            if file.endswith(_ENDINGS):
                path = os.path.join(folder, file)  # noqa: PTH118
                if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
                    raise click.UsageError(f"{path}: not a regular file")  # reading a pipe would wait for its writer
                yield path


def _stack(
    stack: str, overlays: tuple[str, ...], sets: tuple[str, ...], root: str | None, kubernetes: str | None, output: str
) -> int:
    from compiler.pipeline import compile_stack

    if kubernetes is not None:
        sets = (*sets, f"kubernetes=1.{target_minor(kubernetes)}")
    result, files = compile_stack(stack, overlays=overlays, sets=sets, root=root)
    if output == "json":
        from compiler.report.json import render

        write_product(render(len(result.value.manifests) if result.value else 0, result.diagnostics))
    else:
        report(files, result.diagnostics)
        if result.value is not None:
            _say_fine(result.diagnostics, len(result.value.manifests), "object", result.value.kubernetes)
    return exit_code(result.diagnostics, failed=EXIT_NO)
