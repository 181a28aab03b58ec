"""Volumes of pods: names and sources.

Source: kubernetes pkg/apis/core/validation/validation.go at v1.36 (ValidateVolumes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from compiler.check import quantity, syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.env import VOLUME_FIELDS, check_field_ref, check_resource_ref
from compiler.check.rules.labels import check_labels
from compiler.check.rules.volume_claims import check_claim_spec
from compiler.check.view import POD_KINDS, View
from compiler.model.source import Path

Map = dict[str, Any]

_ISCSI = re.compile(r"iqn\.\d{4}-\d{2}\.(?:[^:]+)(?::[^,:\s]+)?|eui\.[0-9A-Fa-f]{16}|naa\.[0-9A-Fa-f]{32}")
HOST_PATH_TYPES = ("DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice")
_REQUIRED: dict[str, tuple[str, ...]] = {
    "hostPath": ("path",),
    "secret": ("secretName",),
    "configMap": ("name",),
    "persistentVolumeClaim": ("claimName",),
    "nfs": ("server", "path"),
    "csi": ("driver",),
    "ephemeral": ("volumeClaimTemplate",),
    "iscsi": ("targetPortal", "iqn"),
    "glusterfs": ("endpoints", "path"),
    "gitRepo": ("repository",),
    "rbd": ("monitors", "image"),
    "cephfs": ("monitors",),
    "cinder": ("volumeID",),
    "azureFile": ("secretName", "shareName"),
    "azureDisk": ("diskName", "diskURI"),
    "flexVolume": ("driver",),
    "awsElasticBlockStore": ("volumeID",),
    "gcePersistentDisk": ("pdName",),
    "vsphereVolume": ("volumePath",),
    "portworxVolume": ("volumeID",),
}


def check_volumes(view: View) -> Iterator[Problem]:
    """Refuse volumes without a name, without exactly one source, or whose source lacks what it needs."""
    pod = view.pod
    if pod is None:
        return
    seen: set[str] = set()
    for i, volume in enumerate(pod.spec.get("volumes") or ()):
        path = (*pod.path, "volumes", i)
        name = volume.get("name") or ""
        if not name:
            yield required(path, "name")
        elif why := syntax.dns_label(name):
            yield invalid((*path, "name"), name, why)
        elif name in seen:
            yield Problem((*path, "name"), f"volume `{name}` is there twice", "give every volume its own name")
        seen.add(name)
        yield from _source(volume, path, view)


def _source(volume: Map, path: Path, view: View) -> Iterator[Problem]:
    given = [k for k, v in volume.items() if k != "name" and v is not None]
    if not given:
        yield Problem(
            path,
            f"volume `{volume.get('name') or ''}` has no source: it becomes an empty directory",
            "say `emptyDir: {}`",
            warning=True,
        )
    elif len(given) > 1:
        yield Problem(
            (*path, given[1]),
            f"`{given[0]}` and `{given[1]}` are both set: a volume has one source",
            f"remove `{given[1]}`",
            on_key=True,
        )
    else:
        kind, source = given[0], volume[given[0]]
        yield from check_volume_source(kind, source, (*path, kind))
        if kind == "image" and not source.get("reference") and view.kind == "Pod." and view.minor >= 36:
            yield required((*path, kind), "reference")  # a template may leave it to a controller


def check_volume_source(kind: str, source: Map, path: Path) -> Iterator[Problem]:
    """Refuse what one volume source says wrongly (volumes of pods, PersistentVolumes)."""
    for field in _REQUIRED.get(kind, ()):
        if not source.get(field):
            yield required(path, field)
    mode = source.get("defaultMode")
    if mode is not None and not 0 <= mode <= 0o777:
        yield invalid((*path, "defaultMode"), mode, "must be between 0 and 0777 (octal), which is 511")
    if kind in ("secret", "configMap"):
        yield from _items(source, path)
    check = _SOURCES.get(kind)
    if check:
        yield from check(source, path)


def _items(source: Map, path: Path) -> Iterator[Problem]:
    for i, item in enumerate(source.get("items") or ()):
        at = (*path, "items", i)
        if not item.get("key"):
            yield required(at, "key")
        yield from _file(item, at)


def _file(item: Map, path: Path) -> Iterator[Problem]:
    where, mode = item.get("path") or "", item.get("mode")
    if not where:
        yield required(path, "path")
    elif why := syntax.projected_path(where):
        yield invalid((*path, "path"), where, why)
    if mode is not None and not 0 <= mode <= 0o777:
        yield invalid((*path, "mode"), mode, "must be between 0 and 0777 (octal), which is 511")


def _host_path(source: Map, path: Path) -> Iterator[Problem]:
    if why := syntax.no_backsteps(source.get("path") or ""):
        yield invalid((*path, "path"), source["path"], why)
    kind = source.get("type")
    if kind and kind not in HOST_PATH_TYPES:
        yield unsupported((*path, "type"), kind, HOST_PATH_TYPES)


def _nfs(source: Map, path: Path) -> Iterator[Problem]:
    where = source.get("path")
    if where and not where.startswith("/"):
        yield invalid((*path, "path"), where, "must be an absolute path", f"write `/{where}`")


def _empty_dir(source: Map, path: Path) -> Iterator[Problem]:
    limit = source.get("sizeLimit")
    if limit is not None and (quantity.parse(limit) or 0) < 0:
        yield invalid((*path, "sizeLimit"), limit, "must not be negative")


def _downward(source: Map, path: Path) -> Iterator[Problem]:
    for i, item in enumerate(source.get("items") or ()):
        yield from _downward_file(item, (*path, "items", i))


def _downward_file(item: Map, path: Path) -> Iterator[Problem]:
    yield from _file(item, path)
    field, resource = item.get("fieldRef"), item.get("resourceFieldRef")
    if (field is None) == (resource is None):
        yield Problem(path, "exactly one of `fieldRef` and `resourceFieldRef` is required")
    if field is not None:
        yield from check_field_ref(field, VOLUME_FIELDS, (*path, "fieldRef"))
    elif resource is not None:
        yield from check_resource_ref(resource, (*path, "resourceFieldRef"), in_volume=True)


_PROJECTIONS = ("secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate")


def _projected(source: Map, path: Path) -> Iterator[Problem]:
    paths: set[str] = set()
    for i, item in enumerate(source.get("sources") or ()):
        at = (*path, "sources", i)
        given = [k for k in _PROJECTIONS if item.get(k) is not None]
        if len(given) > 1:
            yield Problem(
                (*at, given[1]), f"`{given[0]}` and `{given[1]}` are both set: use one item for each", on_key=True
            )
        for kind in given:
            yield from _projection(kind, item[kind], (*at, kind))
            for file in (*(item[kind].get("items") or ()), item[kind]):
                where = file.get("path")
                if where and where in paths and kind != "serviceAccountToken":
                    yield Problem((*at, kind), f"path `{where}` is there twice in this volume")
                paths.add(where or "")


def _projection(kind: str, source: Map, path: Path) -> Iterator[Problem]:
    if kind in ("secret", "configMap"):
        if not source.get("name"):
            yield required(path, "name")
        yield from _items(source, path)
    elif kind == "downwardAPI":
        yield from _downward(source, path)
    elif kind == "serviceAccountToken":
        seconds = source.get("expirationSeconds")
        if seconds is not None and not 600 <= seconds <= 1 << 32:
            yield invalid((*path, "expirationSeconds"), seconds, "must be between 600 (10 minutes) and 2^32")
        yield from _file({"path": source.get("path")}, path)
    elif kind == "clusterTrustBundle":
        if (source.get("name") is None) == (source.get("signerName") is None):
            yield Problem(path, "exactly one of `name` and `signerName` is required")
        yield from _file({"path": source.get("path")}, path)


def _ephemeral(source: Map, path: Path) -> Iterator[Problem]:
    template = source.get("volumeClaimTemplate")
    if template:
        at = (*path, "volumeClaimTemplate")
        yield from check_claim_spec(template.get("spec") or {}, (*at, "spec"))
        yield from check_labels((template.get("metadata") or {}).get("labels") or {}, (*at, "metadata", "labels"))


def _csi(source: Map, path: Path) -> Iterator[Problem]:
    driver = source.get("driver")
    if driver and (
        why := "must be no more than 63 characters" if len(driver) > 63 else syntax.dns_subdomain(driver.lower())
    ):
        yield invalid((*path, "driver"), driver, why)
    secret = source.get("nodePublishSecretRef")
    if secret is not None:
        name = secret.get("name") or ""
        if not name:
            yield required((*path, "nodePublishSecretRef"), "name")
        elif why := syntax.dns_subdomain(name):
            yield invalid((*path, "nodePublishSecretRef", "name"), name, why)


def _iscsi(source: Map, path: Path) -> Iterator[Problem]:
    name, lun = source.get("iqn") or "", source.get("lun") or 0
    if name and not _ISCSI.fullmatch(name):
        yield invalid((*path, "iqn"), name, "must have the form of an iqn, eui or naa name")
    if not 0 <= lun <= 255:
        yield invalid((*path, "lun"), lun, "must be between 0 and 255")


_SOURCES = {
    "hostPath": _host_path,
    "nfs": _nfs,
    "emptyDir": _empty_dir,
    "downwardAPI": _downward,
    "projected": _projected,
    "ephemeral": _ephemeral,
    "csi": _csi,
    "iscsi": _iscsi,
}


RULES = (Rule("SC632", POD_KINDS, check_volumes),)
