"""Diagnostics about an object of the bundle, at the place in the user's files that asked for it."""

from __future__ import annotations

from compiler.model.diagnostic import Diagnostic, Note, Severity
from compiler.model.manifest import Manifest
from compiler.model.source import Path, Span, pointer


def place_of(manifest: Manifest) -> Span | None:
    """Return where the user asked for this object: the stack's place, or the line of the user's own manifest."""
    origin = manifest.origin
    if origin.span is not None or not origin.file:
        return origin.span
    return Span(origin.file, origin.line, 1, origin.line, 1)


def finding(
    manifest: Manifest, code: str, message: str, *, help: str = "", path: Path = (), notes: tuple[Note, ...] = ()
) -> Diagnostic:
    """Make an error about an object; `path` leads into its body."""
    return Diagnostic(
        code,
        Severity.ERROR,
        message,
        help,
        place_of(manifest),
        notes,
        manifest.id,
        manifest.api_version,
        pointer(path),
        manifest.origin.document,
    )
