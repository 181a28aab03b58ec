"""Where a sandbox lives: its state folder, and the cache of the programs that it runs.

Source: XDG Base Directory Specification, XDG_STATE_HOME and XDG_CACHE_HOME.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from compiler.sandbox.problem import SandboxFault

DEFAULT_NAME = "default"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")


def _home(variable: str, *fallback: str) -> Path:
    # The specification has relative values ignored.
    given = Path(os.environ.get(variable, ""))
    return given if given.is_absolute() else Path.home().joinpath(*fallback)


def state_root() -> Path:
    """Return the folder that holds one folder per sandbox."""
    return _home("XDG_STATE_HOME", ".local", "state") / "stackc" / "sandbox"


def cache_root() -> Path:
    """Return the folder that holds the built programs, one folder per Go module and hash."""
    return _home("XDG_CACHE_HOME", ".cache") / "stackc" / "sandbox"


def sandbox_folder(name: str, root: Path | None = None) -> Path:
    """Return the folder of one sandbox, below `root` or the user's state folder.

    Errors: SandboxFault SC861 for a name that is no DNS label of at most 40 characters.
    """
    if not _NAME.fullmatch(name):
        raise SandboxFault("SC861", f"`{name}` is no sandbox name", "write small letters, digits and `-`, at most 40")
    return (root or state_root()).resolve() / name


def kubeconfig_file(folder: Path) -> Path:
    """Return the place of a sandbox's own kubeconfig."""
    return folder / "kubeconfig"


def log_file(folder: Path, component: str) -> Path:
    """Return the place of a component's output."""
    return folder / "logs" / f"{component}.log"


def ca_file(folder: Path) -> Path:
    """Return the certificate of the API server, which it signs itself; it is also its CA bundle."""
    return folder / "certificates" / "apiserver.crt"
