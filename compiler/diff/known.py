"""The schema of every kind that can be known offline: the pack of a Kubernetes minor, and CRDs at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from compiler.diff.shapes import Shape
from compiler.formats.packs import load_pack
from compiler.model.ids import minor_of, split_api_version


def shape_finder(kubernetes: str, bodies: Iterable[Mapping[str, Any]]) -> Callable[[str, str], Shape | None]:
    """Return the function that finds the shape of (apiVersion, kind).

    Shape: `kubernetes` is a version such as 1.34; CRDs among `bodies` give the shapes of their kinds.
    """
    pack = load_pack(minor_of(kubernetes))
    custom = {
        key: schema for body in bodies if body.get("kind") == "CustomResourceDefinition" for key, schema in _kinds(body)
    }

    def find(api_version: str, kind: str) -> Shape | None:
        group, version = split_api_version(api_version)
        schema = pack.schema(group, version, kind) or custom.get((group, version, kind))
        return None if schema is None else Shape(schema, pack.definitions)

    return find


def _kinds(crd: Mapping[str, Any]) -> Iterable[tuple[tuple[str, str, str], Mapping[str, Any]]]:
    spec = crd.get("spec") or {}
    whole = spec.get("validation") or {}
    for version in spec.get("versions") or ():
        schema = (version.get("schema") or whole).get("openAPIV3Schema")
        if schema:
            yield (spec["group"], version["name"], spec["names"]["kind"]), schema
