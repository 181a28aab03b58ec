"""Build hook: a wheel, editable or not, holds the generated modules of the built-in catalog.

Without them every start would compile the catalog again, which costs more than a whole stack does.
"""

from __future__ import annotations

import compileall
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CatalogHook(BuildHookInterface):  # type: ignore[type-arg]
    """Write compiler/_compiled/*.py before the files of the wheel are collected."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate the modules; a catalog with errors makes no wheel."""
        sys.path.insert(0, self.root)
        try:
            from compiler.build.precompile import main
        finally:
            sys.path.remove(self.root)
        if main():
            raise SystemExit("the built-in catalog has errors; nothing was built")
        if version == "editable":  # installers write byte code for what they copy, and here they copy nothing
            compileall.compile_dir(Path(self.root) / "compiler", quiet=1)
