"""Bake tables of compiler/rules into compiler/rules/_baked.json, which the compiler reads.

The YAML files are for people: they carry comments and a `source:` in every row. Reading them as YAML would cost more
than a whole small compile, so the rows are written once as JSON, without their sources. A test proves both equal.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).resolve().parent.parent / "compiler" / "rules"
TABLES = ("api_versions", "builtin_objects", "namespace_fields", "pod_specs", "references", "released")
BAKED = RULES / "_baked.json"


def read_table(file: Path) -> list[dict[str, Any]]:
    """Return the rows of one file. Raises ValueError for a row without `source`."""
    rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    for number, row in enumerate(rows, start=1):
        if not row.get("source"):
            raise ValueError(f"{file.name}: row {number} has no source")
    return [{key: value for key, value in row.items() if key != "source"} for row in rows]


def baked_text(folder: Path = RULES) -> str:
    """Return the text of the baked file: one row a line, so that a review shows the row that changed."""
    tables = []
    for name in TABLES:
        rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in read_table(folder / f"{name}.yaml"))
        tables.append(f"{json.dumps(name)}: [\n{rows}\n]")
    return "{\n" + ",\n".join(tables) + "\n}\n"


if __name__ == "__main__":
    BAKED.write_text(baked_text(), encoding="utf-8")
    print(f"wrote {BAKED.relative_to(RULES.parent.parent)}", file=sys.stderr)
