"""Where containers mount volumes.

Source: kubernetes pkg/apis/core/validation/validation.go at v1.36 (ValidateVolumeMounts, ValidateVolumeDevices).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.view import POD_KINDS, View
from compiler.formats.suggest import nearest
from compiler.model.source import Path

Map = dict[str, Any]


def _volume_names(view: View) -> dict[str, Map]:
    spec = view.pod.spec if view.pod else {}
    found = {v.get("name") or "": v for v in spec.get("volumes") or ()}
    if view.kind == "StatefulSet.apps":
        for claim in view.spec.get("volumeClaimTemplates") or ():
            found[(claim.get("metadata") or {}).get("name") or ""] = {"persistentVolumeClaim": {}}
    return found


def check_mounts(view: View) -> Iterator[Problem]:
    """Refuse mounts of volumes that the pod does not have, two mounts on one path, and paths that leave the volume."""
    volumes: dict[str, Map] | None = None
    for container in view.containers():
        mounts, devices = container.body.get("volumeMounts"), container.body.get("volumeDevices")
        if not mounts and not devices:
            continue
        if volumes is None:
            volumes = _volume_names(view)
        taken: set[str] = set()
        for i, mount in enumerate(mounts or ()):
            yield from _mount(mount, (*container.path, "volumeMounts", i), volumes, taken)
            if mount.get("mountPropagation") is not None or mount.get("recursiveReadOnly") is not None:
                yield from _propagation(mount, container.body, (*container.path, "volumeMounts", i))
        for i, device in enumerate(devices or ()):
            yield from _device(device, (*container.path, "volumeDevices", i), volumes, taken)


def _mount(mount: Map, path: Path, volumes: dict[str, Map], taken: set[str]) -> Iterator[Problem]:
    name, where = mount.get("name") or "", mount.get("mountPath") or ""
    if not name:
        yield required(path, "name")
    elif name not in volumes:
        meant = nearest(name, volumes)
        yield Problem(
            (*path, "name"),
            f"the pod has no volume `{name}`",
            f"write `{meant}`" if meant else f"add a volume `{name}`",
        )
    if not where:
        yield required(path, "mountPath")
    elif where in taken:
        yield Problem(
            (*path, "mountPath"), f"`{where}` is mounted twice in this container", "give every mount its own path"
        )
    taken.add(where)
    for field in ("subPath", "subPathExpr"):
        if mount.get(field) and (why := syntax.relative_path(mount[field])):
            yield invalid((*path, field), mount[field], why)
    if mount.get("subPath") and mount.get("subPathExpr"):
        yield Problem(
            (*path, "subPathExpr"), "`subPath` and `subPathExpr` are both set", "remove one of them", on_key=True
        )


def _propagation(mount: Map, container: Map, path: Path) -> Iterator[Problem]:
    mode, recursive = mount.get("mountPropagation"), mount.get("recursiveReadOnly")
    if mode is not None and mode not in ("Bidirectional", "HostToContainer", "None"):
        yield unsupported((*path, "mountPropagation"), mode, ("Bidirectional", "HostToContainer", "None"))
    if mode == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
        yield Problem((*path, "mountPropagation"), "`Bidirectional` is for privileged containers only")
    if recursive is not None and recursive not in ("Disabled", "IfPossible", "Enabled"):
        yield unsupported((*path, "recursiveReadOnly"), recursive, ("Disabled", "IfPossible", "Enabled"))
    elif recursive in ("IfPossible", "Enabled") and not mount.get("readOnly"):
        yield Problem((*path, "recursiveReadOnly"), "needs `readOnly: true`", "set `readOnly: true`")


def _device(device: Map, path: Path, volumes: dict[str, Map], taken: set[str]) -> Iterator[Problem]:
    name, where = device.get("name") or "", device.get("devicePath") or ""
    if not name:
        yield required(path, "name")
    elif name not in volumes:
        yield Problem((*path, "name"), f"the pod has no volume `{name}`")
    elif not {"persistentVolumeClaim", "ephemeral"} & volumes[name].keys():
        yield Problem((*path, "name"), f"volume `{name}` is no claim: only claims can be devices")
    if not where:
        yield required(path, "devicePath")
    elif why := syntax.no_backsteps(where):
        yield invalid((*path, "devicePath"), where, why)
    elif where in taken:
        yield Problem((*path, "devicePath"), f"`{where}` is there twice in this container")
    taken.add(where)


RULES = (Rule("SC633", POD_KINDS, check_mounts),)
