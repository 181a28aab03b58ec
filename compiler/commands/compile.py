"""`stackc compile`: a stack to its manifests, as a stream or as a tree of files."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from compiler.commands.common import (
    EXIT_NO,
    EXIT_STACK,
    print_diagnostics,
    stack_argument,
    stack_options,
    write_product,
)
from compiler.commands.stack import built


@click.command("compile")
@stack_argument()
@stack_options
@click.option("--out", metavar="DIR", help="Write a tree of files below DIR in place of a stream.")
@click.option("--check", is_flag=True, help="With --out: write nothing, and exit 1 if the tree differs.")
@click.pass_context
def compile_(  # noqa: PLR0913  one argument for every option of the command line
    ctx: click.Context,
    stack: str,
    overlays: tuple[str, ...],
    sets: tuple[str, ...],
    root: str | None,
    out: str | None,
    check: bool,
) -> int:
    """Compile STACK into Kubernetes manifests: a YAML stream, or with --out DIR one file for each object.

    Only DIR/manifests is for `kubectl apply -R` and Argo CD; DIR/index.json lists objects, order and inputs.

    Exit codes: 0 done, 1 the tree of --check differs or cannot be written, 3 the stack has errors.
    """
    if check and not out:
        raise click.UsageError("--check goes with --out DIR", ctx)
    if out == "":
        raise click.UsageError("--out needs the name of a folder", ctx)
    result = built(stack, overlays, sets, root)
    if isinstance(result, int):
        return result
    if out is None:
        from compiler.build.emit import emit_stream

        write_product(emit_stream(result.bundle))
        return 0
    from compiler.build.emit import emit_tree

    tree = emit_tree(result.bundle)
    print_diagnostics(tree.diagnostics, {})
    if tree.value is None:
        return EXIT_STACK
    try:
        return _write(Path(out), tree.value, check=check)
    except OSError as fault:
        sys.stderr.write(f"{fault.filename or out} cannot be written: {(fault.strerror or '').lower()}\n")
        return EXIT_NO


def _write(folder: Path, tree: dict[str, str], *, check: bool) -> int:
    """Write or check a tree, and say on standard error what differed. Raises OSError."""
    from compiler.build.tree_io import check_tree, write_tree

    changes = check_tree(folder, tree) if check else write_tree(folder, tree)
    rows = [("missing" if check else "added", changes.missing), ("differs" if check else "changed", changes.changed)]
    rows.append(("stale" if check else "removed", changes.stale))
    rows.append(("foreign", changes.foreign))
    for word, paths in rows:
        for path in paths:
            sys.stderr.write(f"{word}: {path}\n")
    if check:
        return EXIT_NO if any(paths for _, paths in rows) else 0
    sys.stderr.write(f"{len(tree)} files in {folder}\n")
    return 0
