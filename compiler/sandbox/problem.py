"""A sandbox that cannot go on: one diagnostic on its way from a small step to `lifecycle`."""

from __future__ import annotations

from compiler.model.diagnostic import Diagnostic, Note, error


class SandboxFault(Exception):
    """Stops the work on a sandbox; `lifecycle` and `binaries` turn it into their Outcome's diagnostics."""

    def __init__(self, code: str, message: str, help: str, notes: tuple[Note, ...] = ()) -> None:
        super().__init__(message)
        self.diagnostic: Diagnostic = error(code, message, help=help, notes=notes)
