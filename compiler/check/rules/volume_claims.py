"""The spec of a PersistentVolumeClaim, wherever it stands.

Source: kubernetes pkg/apis/core/validation/validation.go at v1.36 (ValidatePersistentVolumeClaimSpec).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import quantity, syntax
from compiler.check.rule import Problem, invalid, required, unsupported
from compiler.check.rules.labels import check_selector
from compiler.model.source import Path

Map = dict[str, Any]

_SOURCES = (("PersistentVolumeClaim", ""), ("VolumeSnapshot", "snapshot.storage.k8s.io"))
ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")


def check_access_modes(spec: Map, path: Path) -> Iterator[Problem]:
    """Refuse no access mode, an unknown one, or ReadWriteOncePod beside another."""
    modes = spec.get("accessModes") or ()
    if not modes:
        yield required(path, "accessModes", "at least one access mode")
    for i, mode in enumerate(modes):
        if mode not in ACCESS_MODES:
            yield unsupported((*path, "accessModes", i), mode or "", ACCESS_MODES)
    if "ReadWriteOncePod" in modes and any(m != "ReadWriteOncePod" for m in modes):
        yield Problem((*path, "accessModes"), "`ReadWriteOncePod` can't stand beside other access modes")


def check_claim_spec(spec: Map, path: Path) -> Iterator[Problem]:
    """Refuse what a claim can't ask for."""
    yield from check_access_modes(spec, path)
    yield from check_selector(spec.get("selector"), (*path, "selector"))
    requests = (spec.get("resources") or {}).get("requests") or {}
    if "storage" not in requests:
        yield required((*path, "resources", "requests"), "storage")
    elif (quantity.parse(requests["storage"]) or 0) <= 0:
        yield invalid((*path, "resources", "requests", "storage"), requests["storage"], "must be greater than zero")
    for field in ("storageClassName", "volumeAttributesClassName"):
        name = spec.get(field)
        if name and (why := syntax.dns_subdomain(name)):
            yield invalid((*path, field), name, why)
    mode = spec.get("volumeMode")
    if mode is not None and mode not in ("Block", "Filesystem"):
        yield unsupported((*path, "volumeMode"), mode, ("Block", "Filesystem"))
    source = spec.get("dataSource")
    if source and (source.get("kind"), source.get("apiGroup") or "") not in _SOURCES:
        message = "`dataSource` is dropped: it can be a PersistentVolumeClaim or a VolumeSnapshot"
        yield Problem((*path, "dataSource"), message, "use `dataSourceRef`", on_key=True, warning=True)
    elif source:
        yield from _data_source(source, (*path, "dataSource"))
    if spec.get("dataSourceRef") is not None:
        yield from _data_source(spec["dataSourceRef"], (*path, "dataSourceRef"))


def _data_source(source: Map, path: Path) -> Iterator[Problem]:
    for field in ("name", "kind"):
        if not source.get(field):
            yield required(path, field)
    group = source.get("apiGroup")
    if not group and source.get("kind") and source["kind"] != "PersistentVolumeClaim":
        yield unsupported((*path, "kind"), source["kind"], ("PersistentVolumeClaim",))
    elif group and (why := syntax.dns_subdomain(group)):
        yield invalid((*path, "apiGroup"), group, why)
