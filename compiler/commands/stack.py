"""What commands that compile a stack share: the run, its diagnostics on standard error, its exit code."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from compiler.commands.common import EXIT_STACK, report

if TYPE_CHECKING:
    from compiler.build.bundle import Built


UNFILLED = frozenset({"SC521"})
"""What only matters where Secrets are written: that values are missing in them."""


_kept: object = None
"""The last compile with all that it read: the process ends soon, so freeing it piece by piece is time for nothing."""


def built(
    stack: str,
    overlays: tuple[str, ...],
    sets: tuple[str, ...],
    root: str | None,
    *,
    silent: frozenset[str] = frozenset(),
) -> Built | int:
    """Compile a stack and print what was found, but for `silent` codes; give the exit code where there is no bundle."""
    from compiler.pipeline import build_stack

    global _kept
    _kept = result, files = build_stack(stack, overlays, sets, root)
    gc.freeze()  # nor need the collector look through it while it is written
    found = tuple(d for d in result.diagnostics if d.code not in silent)
    report(files, found, sets)
    return EXIT_STACK if result.value is None else result.value
