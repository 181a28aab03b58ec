"""Shared types in Kubernetes form: what a template sees in place of the user's short words.

Each conversion takes a filled value and gives the form of the Kubernetes API. It accepts that form too, so a value that
one component hands to another through `use` passes unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from compiler.model.manifest import DELETION_POLICY
from compiler.model.source import Span

GPU = "nvidia.com/gpu"
_SHORT_QUOTA = {
    "cpu": "requests.cpu",
    "memory": "requests.memory",
    "storage": "requests.storage",
    "pvcs": "persistentvolumeclaims",
    "pods": "pods",
}
_SOURCES = ("fromEnv", "fromFile", "externalSecret", "sops", "value")


class InlineSecret(NamedTuple):
    """A secret value that stands in a parameter: it becomes a Secret of its own.

    Shape: `source` is the SecretSource as written, `span` its place where the stack says it.
    """

    name: str
    key: str
    source: Mapping[str, Any]
    span: Span | None = None


class Maker(NamedTuple):
    """What conversions need beside the value: the instance's name, and where inline secrets are collected."""

    instance: str
    secrets: list[InlineSecret]


Convert = Callable[[Any, str, Maker], Any]


def resources(value: Any, _field: str, _maker: Maker) -> Any:
    """Resources → {requests, limits}: `cpu` and `memory` set both sides, `requests` and `limits` override one."""
    sides: dict[str, dict[str, Any]] = {"requests": {}, "limits": {}}
    for side, made in sides.items():
        for key in ("cpu", "memory", "ephemeral-storage"):
            if key in value:
                made[key] = value[key]
        made.update(value.get(side, {}))
    count, resource = gpu_of(value.get("gpu", 0))
    if count:
        sides["requests"][resource] = sides["limits"][resource] = count
    return {side: made for side, made in sides.items() if made}


def gpu_of(gpu: Any) -> tuple[Any, str]:
    """Return count and resource name of a `gpu` field: a number, or {count, resource}."""
    if isinstance(gpu, dict):
        return gpu.get("count", 1), gpu.get("resource", GPU)
    return gpu, GPU


def quota(value: Any, _field: str, _maker: Maker) -> Any:
    """Quota → the `hard` map of a ResourceQuota; short words are `requests.*`."""
    return quota_resources(value)


def quota_resources(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the amounts of a Quota by the full names of a ResourceQuota: its short words are requests."""
    made = {}
    for key, amount in value.items():
        if key == "gpu":
            count, resource = gpu_of(amount)
            made[f"requests.{resource}"] = count
        else:
            made[_SHORT_QUOTA.get(key, key)] = amount
    return made


def env(value: Any, field: str, maker: Maker) -> Any:
    """Env → EnvVar list in the order of the file."""
    if isinstance(value, list):
        return value
    return [_env_var(name, v, maker) for name, v in value.items()]


def _env_var(name: str, value: Any, maker: Maker) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {"name": name, "value": value}
    if "configMapRef" in value:
        return {"name": name, "valueFrom": {"configMapKeyRef": dict(value["configMapRef"])}}
    if "fieldRef" in value:
        return {"name": name, "valueFrom": {"fieldRef": dict(value["fieldRef"])}}
    return {"name": name, "valueFrom": {"secretKeyRef": secret_source(value, name.lower().replace("_", "-"), maker)}}


def secret_source(value: Any, field: str, maker: Maker) -> Any:
    """SecretSource → {name, key}; any source but secretRef becomes the Secret `<instance>-<field>`."""
    if not isinstance(value, dict):
        return value
    if "secretRef" in value:
        return dict(value["secretRef"])
    if any(source in value for source in _SOURCES):
        name = f"{maker.instance.replace('.', '-')}-{field}".lower()
        maker.secrets.append(InlineSecret(name, field, value))
        return {"name": name, "key": field}
    return value


def claim(value: Any, _field: str, _maker: Maker) -> Any:
    """Claim → the same fields with `spec` of a PersistentVolumeClaim, and `annotations` for one that may be deleted."""
    if "spec" in value or "size" not in value:
        return value
    spec: dict[str, Any] = {"accessModes": value.get("accessModes", ["ReadWriteOnce"])}
    for key in ("storageClassName", "volumeMode"):
        if key in value:
            spec[key] = value[key]
    spec["resources"] = {"requests": {"storage": value["size"]}}
    made = {**value, "spec": spec}
    if value.get("deletionPolicy") == "Delete":
        made["annotations"] = {DELETION_POLICY: "Delete"}
    return made


def place(value: Any, field: str, maker: Maker) -> Any:
    """Place → the same with its Claim in Kubernetes form, and the fields of the named `data` place beside its own."""
    made = dict(value)
    named = made.pop("data", None)
    if isinstance(named, dict):  # already resolved to the item of spec.data
        made = {**{k: v for k, v in named.items() if k not in ("name", "enabled")}, **made, "data": named["name"]}
        if isinstance(made.get("pvc"), dict):
            made["pvc"] = {"name": named["name"], **made["pvc"]}
    elif named is not None:
        made["data"] = named
    if isinstance(made.get("pvc"), dict):
        made["pvc"] = claim(made["pvc"], field, maker)
    return made


def volume(value: Any, field: str, maker: Maker) -> Any:
    """Volume → {name, mountPath, volume, mount, claim}: a pod volume, its mount, and the claim it makes, if any."""
    if "mount" in value:
        return value
    placed = place(value, field, maker)
    said = {key: value[key] for key in ("subPath", "readOnly") if value.get(key)}
    made = {"name": value["name"], **_mounted(value["name"], placed, said)}
    if "s3" in placed:
        made["s3"] = placed["s3"]
    return made


def transfer(value: Any, field: str, maker: Maker) -> Any:
    """Transfer → its place; unless that is in S3 also volume, mount and claim, as of a Volume called `input-NAME`."""
    if "mount" in value:
        return value
    placed = place(value, field, maker)
    if "s3" in placed:
        return {**placed, "mountPath": _plain(value["mountPath"])}
    said = {"subPath": value["path"]} if value.get("path") else {}
    return {**placed, **_mounted(f"{field.removesuffix('s')}-{value['name']}", placed, said)}


def _mounted(name: str, placed: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    path = _plain(placed["mountPath"])
    made = {
        "mountPath": path,
        "volume": {"name": name, **_volume_source(placed)},
        "mount": {"name": name, "mountPath": path, **said},
    }
    own = placed.get("pvc", {})
    if "spec" in own and "data" not in placed:
        made["claim"] = own
    return made


def _plain(path: str) -> str:
    """Return a mount path as Kubernetes compares them: without the slash at its end."""
    return path.rstrip("/") or "/"


def _volume_source(placed: Mapping[str, Any]) -> dict[str, Any]:
    if "pvc" in placed:
        named = placed["pvc"].get("name")
        return {"persistentVolumeClaim": {"claimName": named}} if named else {}
    if "nfs" in placed:
        return {"nfs": {"server": placed["nfs"]["server"], "path": placed["nfs"]["path"]}}
    if "emptyDir" in placed:
        return {"emptyDir": placed["emptyDir"]}
    if "configMap" in placed:
        return {"configMap": placed["configMap"]}
    if "hostPath" in placed:
        path = placed["hostPath"]
        return {"hostPath": path if isinstance(path, dict) else {"path": path}}
    if "secretRef" in placed:
        ref = placed["secretRef"]
        items = {"items": [{"key": ref["key"], "path": ref["key"]}]} if "key" in ref else {}
        return {"secret": {"secretName": ref["name"], **items}}
    return {"emptyDir": {}}  # S3: copied into scratch space


CONVERSIONS: Mapping[str, Convert] = {
    "Claim": claim,
    "Env": env,
    "Place": place,
    "PvcPlace": claim,
    "Quota": quota,
    "Resources": resources,
    "SecretSource": secret_source,
    "Transfer": transfer,
    "Volume": volume,
}

_OPEN: dict[str, Any] = {}
_STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}
_REF: dict[str, Any] = {"properties": {"name": _OPEN, "key": _OPEN}}
_CLAIM = {
    "properties": dict.fromkeys(
        (
            "name",
            "size",
            "storageClassName",
            "accessModes",
            "volumeMode",
            "deletionPolicy",
            "hostPath",
            "spec",
            "annotations",
        ),
        _OPEN,
    )
}
_S3 = {"properties": {**dict.fromkeys(("bucket", "prefix", "endpoint", "region"), _OPEN), "secretRef": _REF}}
_NFS = {"properties": {"server": _OPEN, "path": _OPEN}}
_PLACE = {"data": _OPEN, "s3": _S3, "pvc": _CLAIM, "nfs": _NFS}
_MOUNT = {"properties": dict.fromkeys(("name", "mountPath", "subPath", "readOnly"), _OPEN)}
_MOUNTED = {"name": _OPEN, "mountPath": _OPEN, "volume": _OPEN, "mount": _MOUNT, "claim": _CLAIM}

SHAPES: Mapping[str, Mapping[str, Any]] = {
    "Claim": _CLAIM,
    "Env": {"items": {"properties": {"name": {}, "value": {}, "valueFrom": {}}}},
    "Place": {"properties": _PLACE},
    "PvcPlace": _CLAIM,
    "Quota": {"type": "object", "additionalProperties": {}},
    "Resources": {"properties": {"requests": {"additionalProperties": {}}, "limits": {"additionalProperties": {}}}},
    "SecretSource": _REF,
    "Transfer": {"properties": {**_PLACE, **_MOUNTED, "path": _OPEN}},
    "Volume": {"properties": {**_MOUNTED, "s3": _S3}},
}
"""The fields of each converted type, as expressions may read them."""
