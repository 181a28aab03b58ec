"""The built-in kinds and schemas of each Kubernetes minor, from schemas/kubernetes/; parsed when they are asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from compiler.formats.data_files import read_schema_file
from compiler.model.diagnostic import Bug

Schema = Mapping[str, Any]
Gvk = tuple[str, str, str]

OLDEST = 15
NEWEST = 37
tested_minors: tuple[int, ...] = (36,)
"""Minors whose API server our own tests run; for the others a result is "schema-checked only"."""

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


class Definitions(Mapping[str, Schema]):
    """The schemas of one minor by definition name; each is parsed when it is first asked for."""

    def __init__(self, texts: dict[str, bytes]) -> None:
        """Take the JSON text of every definition."""
        self._texts = texts
        self._parsed: dict[str, Schema] = {}

    def __getitem__(self, name: str) -> Schema:
        """Return a definition."""
        schema = self._parsed.get(name)
        if schema is None:
            schema = self._parsed[name] = json.loads(self._texts[name])
        return schema

    def __iter__(self) -> Iterator[str]:
        """Yield the names, sorted."""
        return iter(self._texts)

    def __len__(self) -> int:
        """Count the definitions."""
        return len(self._texts)


class Pack:
    """What one minor serves.

    Shape: `kinds` maps (group, version, kind) to a definition name; `definitions` holds them, `$ref` is such a name.
    """

    def __init__(self, minor: int, kinds: dict[Gvk, str], definitions: Definitions) -> None:
        """Take the tables of one minor; use `load_pack`."""
        self.minor = minor
        self.kinds: Mapping[Gvk, str] = kinds
        self.definitions: Mapping[str, Schema] = definitions
        by_kind: dict[tuple[str, str], list[str]] = {}
        for group, version, kind in kinds:
            by_kind.setdefault((group, kind), []).append(version)
        self._versions = {key: tuple(sorted(found, key=version_order)) for key, found in by_kind.items()}

    def schema(self, group: str, version: str, kind: str) -> Schema | None:
        """Return the schema of a kind, None when this minor does not serve it."""
        name = self.kinds.get((group, version, kind))
        return None if name is None else self.definitions[name]

    def versions(self, group: str, kind: str) -> tuple[str, ...]:
        """Return the versions that serve a kind: stable ones first, then beta, alpha; the newest of each first."""
        return self._versions.get((group, kind), ())

    def knows(self, group: str, kind: str) -> bool:
        """Tell whether a kind is served in any version."""
        return (group, kind) in self._versions


@cache
def load_pack(minor: int) -> Pack:
    """Return the pack of one minor.

    Errors: Bug outside OLDEST … NEWEST; the stack's check refuses such a target before.
    """
    if not OLDEST <= minor <= NEWEST:
        raise Bug(f"no schema pack for 1.{minor}")
    texts = {}
    for line in _rows("definitions.tsv", minor):
        key, _, text = line[6:].partition(b"\t")
        texts[key.decode()] = text
    kinds = {}
    for line in _rows("kinds.tsv", minor):
        group, version, kind, scope, name = line[6:].decode().split("\t")
        if scope in ("Cluster", "Namespaced"):
            kinds[group, version, kind] = name
    return Pack(minor, kinds, Definitions(texts))


@cache
def _lines(name: str) -> tuple[bytes, ...]:
    data = read_schema_file(f"kubernetes/{name}")
    return tuple(line for line in data.split(b"\n") if line and line[:1] != b"#")


def _rows(name: str, minor: int) -> Iterator[bytes]:
    """Yield the rows that hold for a minor; both minors of a row are two digits, so bytes compare like numbers."""
    wanted = b"%d" % minor
    return (line for line in _lines(name) if line[:2] <= wanted <= line[3:5])


@cache
def _scopes() -> dict[tuple[str, str], bool]:
    rows = (line.decode().split("\t") for line in _lines("kinds.tsv"))
    return {(row[2], row[4]): row[5] == "Namespaced" for row in rows if row[5] in ("Cluster", "Namespaced")}


def is_namespaced(group: str, kind: str) -> bool | None:
    """Tell the scope of a built-in kind of any minor, None for a kind that is not built in."""
    return _scopes().get((group, kind))


_VERSION = re.compile(r"v(\d+)(?:(alpha|beta)(\d+))?\Z")
_STAGES = {None: 0, "beta": 1, "alpha": 2}


def version_order(version: str) -> tuple[int, int, int, str]:
    """Return the sort key of an API version, preferred ones first.

    Source: apimachinery pkg/version/helpers.go, CompareKubeAwareVersionStrings.
    """
    match = _VERSION.match(version)
    if match is None:
        return (3, 0, 0, version)
    return (_STAGES[match[2]], -int(match[1]), -int(match[3] or 0), version)


def list_keys(schema: Schema) -> tuple[str, ...]:
    """Return the keys that tell the items of a list apart, `()` for a list that has none.

    Source: x-kubernetes-list-map-keys; before about 1.30 many lists say it by patch merge key alone, which
    kube-openapi's schemaconv reads as the key, too. Ports are also told apart by protocol (kubernetes issue 39188).
    """
    keys = schema.get("x-kubernetes-list-map-keys")
    if keys:
        return tuple(keys)
    merge_key = schema.get("x-kubernetes-patch-merge-key")
    if merge_key is None or "x-kubernetes-list-type" in schema:
        return ()
    if "merge" not in schema.get("x-kubernetes-patch-strategy", ""):
        return ()
    return (merge_key, "protocol") if merge_key in ("port", "containerPort") else (merge_key,)
