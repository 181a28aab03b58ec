"""Write the generated modules of the built-in catalog: run when the package is built, and by `make`."""

from __future__ import annotations

import os
import sys

from compiler.build.catalog import BUILT_IN, Catalog, built_in_names, module_name
from compiler.model.diagnostic import Diagnostic

TARGET = os.path.join(os.path.dirname(BUILT_IN), "_compiled")


def generated_modules() -> tuple[dict[str, str], tuple[Diagnostic, ...]]:
    """Return the source of every built-in component's module by file name, and what is wrong with the catalog."""
    catalog = Catalog()
    made = {"__init__.py": '"""Generated from compiler/catalog; do not edit."""\n'}
    found: list[Diagnostic] = []
    for name in built_in_names():
        content = catalog.content(name)
        result = catalog.source(name, f"catalog/{name}", content, catalog.digest(content))
        found += result.diagnostics
        if result.value is not None:
            made[module_name(name) + ".py"] = result.value
    return made, tuple(found)


def main() -> int:
    """Write the modules; stale ones go. Gives 1 when a component has errors."""
    made, found = generated_modules()
    os.makedirs(TARGET, exist_ok=True)
    for name in sorted(set(os.listdir(TARGET)) - set(made) - {"__pycache__"}):
        os.remove(os.path.join(TARGET, name))
    for name, text in sorted(made.items()):
        path = os.path.join(TARGET, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    for d in found:
        sys.stderr.write(f"{d.span}: {d.code}: {d.message}\n")
    return 1 if any(d.is_error for d in found) else 0


if __name__ == "__main__":
    sys.exit(main())
