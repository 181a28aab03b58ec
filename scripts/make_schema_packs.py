"""Make schemas/kubernetes/: the schemas of every Kubernetes minor, small, equal ones written once.

Run as `python scripts/make_schema_packs.py [--sources DIR] [--server KUBECONFIG | --openapi DIR]`. Network: pip only.
Out: `definitions.tsv` (first minor, last minor, name, schema as JSON) and `kinds.tsv` (first minor, last minor, group,
version, kind, scope, definition), both sorted, so that a review shows what a new minor changed. With a server, its
enums and defaults are first written to scripts/server_fields.json, which every later run folds in again; start it with
`--runtime-config=api/all=true`, or the alpha and beta versions go without.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pack_normalise import Schema, kinds_of, normalise
from pack_openapi import fields_of, fold, read_folder, read_server
from pack_sources import Fetched, fetch

HERE = Path(__file__).parent
TARGET = HERE.parent / "schemas" / "kubernetes"
FIELDS = HERE / "server_fields.json"

SWITCHED_OFF = {("apps", "v1beta1"), ("apps", "v1beta2"), ("extensions", "v1beta1")}
"""Since 1.16 no server has these but for Ingress, unless `--runtime-config` says so; the schemas have them until 1.17.
Source: the deprecation guide of Kubernetes, v1.16."""

Row = tuple[str, ...]


def main() -> None:
    """Fetch, fold, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--server", type=Path, metavar="KUBECONFIG", help="a running server to take enums and defaults from"
    )
    parser.add_argument("--openapi", type=Path, metavar="DIR", help="the same from saved /openapi/v3 documents")
    parser.add_argument("--out", type=Path, default=TARGET)
    arguments = parser.parse_args()
    if arguments.server or arguments.openapi:
        documents = read_server(arguments.server) if arguments.server else read_folder(arguments.openapi)
        FIELDS.write_text(json.dumps(fields_of(documents), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        write_packs(fetch(Path(folder)), json.loads(FIELDS.read_text(encoding="utf-8")), arguments.out)


def write_packs(fetched: Fetched, fields: Mapping[str, Any], target: Path) -> None:
    """Write both tables for all minors."""
    scopes = read_scopes(HERE / "scopes.yaml")
    not_required = read_not_required(HERE / "not_required.yaml")
    definitions: dict[Row, list[int]] = {}
    kinds: dict[Row, list[int]] = {}
    for minor, raw in fetched.minors.items():
        small = fold(normalise(raw, not_required), fields)
        check_refs(minor, small)
        for name, schema in small.items():
            definitions.setdefault((name, _json(schema)), []).append(minor)
        for group, version, kind, name in kinds_of(raw):
            if minor >= 16 and (group, version) in SWITCHED_OFF and not kind.startswith("Ingress"):
                continue
            kinds.setdefault((group, version, kind, scope_of(scopes, group, kind), name), []).append(minor)
    about = "\n".join(
        f"# {line}" for line in ("kubernetes-validate, by scripts/make_schema_packs.py", *fetched.provenance)
    )
    target.mkdir(parents=True, exist_ok=True)
    for name, table in (("definitions.tsv", definitions), ("kinds.tsv", kinds)):
        rows = "\n".join("\t".join(row) for row in sorted(_rows(table), key=lambda row: (row[2:-1], row[:2])))
        (target / name).write_text(f"{about}\n{rows}\n", encoding="utf-8")


def read_scopes(file: Path) -> dict[tuple[str, str], str]:
    """Return the scope by group and kind."""
    rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {(group, kind): str(row["scope"]) for row in rows for group, kinds in row["kinds"].items() for kind in kinds}


def read_not_required(file: Path) -> dict[str, list[str]]:
    """Return, by definition, the required fields that no server demands."""
    rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {definition: fields for row in rows for definition, fields in row["fields"].items()}


def scope_of(scopes: Mapping[tuple[str, str], str], group: str, kind: str) -> str:
    """Return `Cluster`, `Namespaced`, `List` or `None`; a kind that the table lacks stops the script."""
    if scope := scopes.get((group, kind)):
        return scope
    if kind.endswith("List"):
        return "List"
    raise SystemExit(f"{kind}.{group} is not in scopes.yaml: add it with its scope")


def check_refs(minor: int, definitions: Mapping[str, Schema]) -> None:
    """Stop when a reference leads nowhere."""
    missing = sorted({ref for schema in definitions.values() for ref in _refs(schema)} - set(definitions))
    if missing:
        raise SystemExit(f"1.{minor} refers to definitions it does not have: {missing}")


def _refs(node: object) -> Iterable[str]:
    if isinstance(node, dict):
        if isinstance(ref := node.get("$ref"), str):
            yield ref
        for child in node.values():
            yield from _refs(child)
    elif isinstance(node, list):
        for child in node:
            yield from _refs(child)


def _json(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _rows(table: Mapping[Row, list[int]]) -> Iterable[Row]:
    """Yield one row for every unbroken run of minors."""
    for columns, minors in table.items():
        first = last = minors[0]
        for minor in [*minors[1:], 0]:
            if minor != last + 1:
                yield (str(first), str(last), *columns)
                first = minor
            last = minor


if __name__ == "__main__":
    main()
