"""Custom resources against the CRDs that will be there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from compiler.check.crd_readable import readable
from compiler.check.decode import Decoder, Fault
from compiler.check.rule import Problem
from compiler.formats.packs import Schema
from compiler.formats.schema import validate

Map = dict[str, Any]


class Crd(NamedTuple):
    """One custom kind.

    Shape: `schemas` maps each served version to its openAPIV3Schema, an empty map where it has none; `namespaced` is
    its scope.
    """

    group: str
    kind: str
    schemas: Mapping[str, Schema]
    namespaced: bool


def read_crd(body: Mapping[str, Any]) -> Crd | None:
    """Return the kind that a CustomResourceDefinition defines, None when it is too broken to tell."""
    spec = body.get("spec")
    if body.get("kind") != "CustomResourceDefinition" or not isinstance(spec, dict):
        return None
    names, group = spec.get("names"), spec.get("group")
    kind = names.get("kind") if isinstance(names, dict) else None
    if not isinstance(kind, str) or not isinstance(group, str):
        return None
    top = _schema_of(spec.get("validation")) if isinstance(spec.get("validation"), dict) else None
    schemas: dict[str, Schema] = {}
    versions = spec.get("versions")
    for version in versions if isinstance(versions, list) else ():
        if isinstance(version, dict) and isinstance(version.get("name"), str) and version.get("served", True):
            own = _schema_of(version.get("schema"))
            schemas[version["name"]] = own if own is not None else (top or {})
    if not schemas and isinstance(spec.get("version"), str):
        schemas[spec["version"]] = top or {}
    return Crd(group, kind, schemas, spec.get("scope") != "Cluster")


def _schema_of(holder: Any) -> Schema | None:
    schema = holder.get("openAPIV3Schema") if isinstance(holder, dict) else None
    return schema if isinstance(schema, dict) else None


class CrdIndex:
    """The custom kinds of a bundle, a catalog or a cluster, ready to judge their objects."""

    def __init__(self, crds: Mapping[tuple[str, str], Crd], definitions: Mapping[str, Schema]) -> None:
        """Take custom kinds by (group, kind), and the definitions that hold ObjectMeta."""
        self.crds = crds
        self._definitions = definitions
        self._judging: dict[tuple[str, str, str], Schema] = {}
        self._decoder = Decoder(definitions, custom=True)

    def knows(self, group: str, kind: str) -> bool:
        """Tell whether a kind is defined here, in any version."""
        return (group, kind) in self.crds

    def faults(self, body: Map, group: str, version: str, kind: str) -> list[Fault]:
        """Return what the CRD says against an object of its kind."""
        crd = self.crds[group, kind]
        schema = crd.schemas.get(version)
        if schema is None:
            served = ", ".join(f"{group}/{v}" for v in crd.schemas)
            return [
                (
                    "SC614",
                    Problem(
                        ("apiVersion",),
                        f"the CRD does not serve {group}/{version}",
                        f"write one of {served}" if served else "",
                    ),
                )
            ]
        judging = self._judging.get((group, version, kind))
        if judging is None:  # most CRDs have no object beside them
            judging = self._judging[group, version, kind] = _sound(schema, self._definitions)
        return self._decoder.faults(body, judging)

    def metadata_faults(self, body: Map) -> list[Fault]:
        """Return what is wrong with the metadata of an object whose CRD is not here."""
        return self._decoder.faults(body, _OPEN)


_OPEN: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
"""What is known of a kind without a schema: it has metadata."""

_PROPS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.{}.JSONSchemaProps"


def _sound(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Return what of a schema can judge: nothing of one that no server could decode, which has its own finding."""
    props = next((definitions[n] for n in map(_PROPS.format, ("v1", "v1beta1")) if n in definitions), None)
    if not schema or props is None or validate(schema, props, definitions, kubernetes=True):
        return _OPEN
    return readable(schema)


def index_crds(bodies: Iterable[Mapping[str, Any]], definitions: Mapping[str, Schema]) -> CrdIndex:
    """Return the index of every CustomResourceDefinition among the bodies; the last of two with one name counts."""
    found = (read_crd(body) for body in bodies if isinstance(body, dict))
    return CrdIndex({(crd.group, crd.kind): crd for crd in found if crd is not None}, definitions)
