"""Write schemas/types.json and schemas/stack.json from the YAML that people edit: same input, same bytes.

Usage: python scripts/bake_schemas.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "schemas"
NAMES = ("types", "stack")


def baked(name: str) -> str:
    """Return the JSON text for one schema file; keys keep the order of the YAML, which documents them."""
    data = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def main(arguments: list[str]) -> int:
    """Write the files, or with --check say which are not up to date."""
    stale = 0
    for name in NAMES:
        target = FOLDER / f"{name}.json"
        text = baked(name)
        if "--check" in arguments:
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                print(f"{target.name} is not what {name}.yaml says; run scripts/bake_schemas.py", file=sys.stderr)
                stale = 1
        else:
            target.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
