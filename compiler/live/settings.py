"""What every verb of a cluster is told besides the bundle: knowledge of kinds, secrets to hide, width and time."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from compiler.diff.classes import ClassRow
from compiler.diff.shapes import Shape
from compiler.live.mask import Redactor, secret_values
from compiler.model.manifest import Bundle


def _no_shape(api_version: str, kind: str) -> Shape | None:
    return None


class Settings(NamedTuple):
    """Shape: `shapes(apiVersion, kind)` gives the schema of a kind, None where it has none."""

    shapes: Callable[[str, str], Shape | None] = _no_shape
    rows: tuple[ClassRow, ...] = ()
    redact: Redactor = Redactor()
    threads: int = 8
    timeout_s: float = 600.0
    force: bool = False


def settings_for(bundle: Bundle) -> Settings:
    """Return the settings of a caller that says none: nothing known about kinds, every secret of the bundle hidden."""
    return Settings(redact=Redactor(secret_values(bundle.manifests)))
