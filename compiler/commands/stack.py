"""What commands that compile a stack share: the run, its diagnostics on standard error, its exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.commands.common import EXIT_STACK, print_diagnostics, sources_of

if TYPE_CHECKING:
    from compiler.build.bundle import Built


def built(stack: str, overlays: tuple[str, ...], sets: tuple[str, ...], root: str | None) -> Built | int:
    """Compile a stack and print what was found; give the exit code where there is no bundle."""
    from compiler.pipeline import build_stack

    result, files = build_stack(stack, overlays, sets, root)
    if result.diagnostics:
        print_diagnostics(
            result.diagnostics, {**sources_of(files, result.diagnostics), "--set": "\n".join(sets).encode()}
        )
    return EXIT_STACK if result.value is None else result.value
