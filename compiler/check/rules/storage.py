"""Claims, volumes, storage classes and CSI drivers.

Source: kubernetes pkg/apis/core/validation/validation.go (ValidatePersistentVolumeSpec), pkg/apis/storage at v1.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import quantity, syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.scheduling import check_node_selector
from compiler.check.rules.volume_claims import check_access_modes, check_claim_spec
from compiler.check.rules.volumes import check_volume_source
from compiler.check.view import View, items
from compiler.model.source import Path

Map = dict[str, Any]

SOURCES = frozenset((
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume", "flocker",
    "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk", "portworxVolume",
    "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
))  # fmt: skip

_CSI_SECRETS = (
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeExpandSecretRef",
)


def check_claim(view: View) -> Iterator[Problem]:
    """Refuse a PersistentVolumeClaim that asks for nothing, or for what can't be."""
    yield from check_claim_spec(view.spec, ("spec",))


def check_volume(view: View) -> Iterator[Problem]:
    """Refuse a PersistentVolume without a size, an access mode or exactly one source."""
    spec, path = view.spec, ("spec",)
    yield from check_access_modes(spec, path)
    yield from _capacity(spec.get("capacity") or {}, ("spec", "capacity"))
    policy, mode, name = spec.get("persistentVolumeReclaimPolicy"), spec.get("volumeMode"), spec.get("storageClassName")
    if policy and policy not in ("Delete", "Recycle", "Retain"):
        yield unsupported(("spec", "persistentVolumeReclaimPolicy"), policy, ("Delete", "Recycle", "Retain"))
    if mode is not None and mode not in ("Block", "Filesystem"):
        yield unsupported(("spec", "volumeMode"), mode, ("Block", "Filesystem"))
    if name and (why := syntax.dns_subdomain(name)):
        yield invalid(("spec", "storageClassName"), name, why)
    affinity = spec.get("nodeAffinity")
    if affinity is not None and affinity.get("required") is None:
        yield required(("spec", "nodeAffinity"), "required")
    elif affinity:
        yield from check_node_selector(affinity["required"], ("spec", "nodeAffinity", "required"))
    yield from _sources(spec, path)


def _capacity(capacity: Map, path: Path) -> Iterator[Problem]:
    if "storage" not in capacity:
        yield required(path, "storage")
    for name, value in capacity.items():
        if name != "storage":
            yield unsupported((*path, name), name, ("storage",))._replace(on_key=True)
        elif (quantity.parse(value) or 0) <= 0:
            yield invalid((*path, name), value, "must be greater than zero")


def _sources(spec: Map, path: Path) -> Iterator[Problem]:
    given = [k for k, v in spec.items() if k in SOURCES and v is not None]
    if not given:
        yield Problem(path, "a volume source is required: `nfs`, `csi`, `hostPath`, `local` …", "set one source")
    elif len(given) > 1:
        yield Problem(
            (*path, given[1]),
            f"`{given[0]}` and `{given[1]}` are both set: a volume has one source",
            f"remove `{given[1]}`",
            on_key=True,
        )
    for kind in given[:1]:
        source = spec[kind]
        yield from check_volume_source(kind, source, (*path, kind))
        if kind == "csi":
            yield from _csi(source, (*path, kind))
        if kind == "local":
            if not source.get("path"):
                yield required((*path, kind), "path")
            elif why := syntax.no_backsteps(source["path"]):
                yield invalid((*path, kind, "path"), source["path"], why)
            if not spec.get("nodeAffinity"):
                yield required(path, "nodeAffinity", "a local volume is on one node")


def _csi(source: Map, path: Path) -> Iterator[Problem]:
    if not source.get("volumeHandle"):
        yield required(path, "volumeHandle")
    for field in _CSI_SECRETS:
        secret = source.get(field)
        if secret is None:
            continue
        namespace, name = secret.get("namespace") or "", secret.get("name") or ""
        if not namespace:
            yield required((*path, field), "namespace")
        elif why := syntax.dns_label(namespace):
            yield invalid((*path, field, "namespace"), namespace, why)
        if field == "nodePublishSecretRef":
            continue  # a volume source of pods, too, where its name is looked at
        if not name:
            yield required((*path, field), "name")
        elif why := syntax.dns_subdomain(name):
            yield invalid((*path, field, "name"), name, why)


def check_storage_class(view: View) -> Iterator[Problem]:
    """Refuse a storage class without a provisioner, or with an unknown policy."""
    body = view.body
    name = body.get("provisioner") or ""
    if not name:
        yield required((), "provisioner")
    elif why := syntax.qualified_name(name.lower()):
        yield invalid(("provisioner",), name, why)
    for field, allowed in (
        ("reclaimPolicy", ("Delete", "Retain")),
        ("volumeBindingMode", ("Immediate", "WaitForFirstConsumer")),
    ):
        value = body.get(field)
        if value is not None and value not in allowed and not (value == "" and field == "reclaimPolicy"):
            yield unsupported((field,), value, allowed)
    parameters = body.get("parameters") or {}
    if "" in parameters:
        yield Problem(("parameters", ""), "a parameter's name must not be empty", on_key=True)
    if len(parameters) > 512:
        yield Problem(("parameters",), "must not have more than 512 parameters")
    for path, term in items(body, "allowedTopologies", ()):
        yield from _topology(term or {}, path)


def _topology(term: Map, path: Path) -> Iterator[Problem]:
    if not term.get("matchLabelExpressions"):
        yield required(path, "matchLabelExpressions")
    seen: set[str] = set()
    for at, item in items(term, "matchLabelExpressions", path):
        key = item.get("key") or ""
        if why := syntax.qualified_name(key):
            yield invalid((*at, "key"), key, why)
        elif key in seen:
            yield Problem((*at, "key"), f"`{key}` is there twice")
        seen.add(key)
        if not item.get("values"):
            yield required(at, "values")


def check_csi_driver(view: View) -> Iterator[Problem]:
    """Refuse a CSI driver with unknown modes or policies."""
    spec = view.spec
    policy = spec.get("fsGroupPolicy")
    if policy is not None and policy not in ("ReadWriteOnceWithFSType", "File", "None"):
        yield unsupported(("spec", "fsGroupPolicy"), policy, ("ReadWriteOnceWithFSType", "File", "None"))
    for path, mode in items(spec, "volumeLifecycleModes", ("spec",)):
        if mode not in ("Persistent", "Ephemeral"):
            yield unsupported(path, mode or "", ("Persistent", "Ephemeral"))
    audiences: set[str] = set()
    for path, token in items(spec, "tokenRequests", ("spec",)):
        audience = token.get("audience") or ""
        if audience in audiences:
            yield Problem((*path, "audience"), f"audience `{audience}` is there twice")
        audiences.add(audience)
        seconds = token.get("expirationSeconds")
        if seconds is not None and not 600 <= seconds <= 1 << 32:
            yield invalid((*path, "expirationSeconds"), seconds, "must be between 600 (10 minutes) and 2^32")


RULES = (
    Rule("SC668", ("PersistentVolumeClaim.",), check_claim),
    Rule("SC669", ("PersistentVolume.",), check_volume),
    Rule("SC670", ("StorageClass.storage.k8s.io",), check_storage_class),
    Rule("SC671", ("CSIDriver.storage.k8s.io",), check_csi_driver),
)
