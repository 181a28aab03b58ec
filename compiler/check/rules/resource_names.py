"""Names and values of compute resources: what containers, quotas and limit ranges may name.

Source: kubernetes pkg/apis/core/helper/helpers.go and validation.go (validateResourceName …) at v1.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import quantity, syntax
from compiler.check.rule import Problem, invalid
from compiler.formats.suggest import nearest
from compiler.model.source import Path

CONTAINER = frozenset(("cpu", "memory", "ephemeral-storage"))
_COUNTS = frozenset((
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
    "services.nodeports", "services.loadbalancers",
))  # fmt: skip
_STANDARD = CONTAINER | _COUNTS | frozenset(
    ("requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu", "limits.memory",
     "limits.ephemeral-storage", "storage", "requests.storage")
)  # fmt: skip
_DEVICES = {
    "gpu": "nvidia.com/gpu", "gpus": "nvidia.com/gpu", "nvidia-gpu": "nvidia.com/gpu", "amd-gpu": "amd.com/gpu",
    "tpu": "google.com/tpu", "rdma": "rdma/hca", "nvidia": "nvidia.com/gpu",
}  # fmt: skip


def is_native(name: str) -> bool:
    """Tell whether Kubernetes itself knows the resource."""
    return "/" not in name or "kubernetes.io/" in name


def is_hugepages(name: str) -> bool:
    """Tell whether the resource is a size of huge pages."""
    return name.startswith("hugepages-")


def is_extended(name: str) -> bool:
    """Tell whether the resource is a device such as `nvidia.com/gpu`: whole numbers, never overcommitted."""
    return not is_native(name) and not name.startswith("requests.")


def overcommits(name: str) -> bool:
    """Tell whether a request may be smaller than the limit."""
    return is_native(name) and not is_hugepages(name)


def check_container_name(name: str, path: Path) -> Iterator[Problem]:
    """Refuse a resource that no container can ask for; `path` leads to the key."""
    why = syntax.qualified_name(name)
    if not why and "/" not in name and name not in CONTAINER and not is_hugepages(name):
        why = "a container can ask for cpu, memory, ephemeral-storage, hugepages-<size> or a qualified device name"
    elif (
        not why and not is_native(name) and (name.startswith("requests.") or syntax.qualified_name(f"requests.{name}"))
    ):
        why = "a device name is `domain/name`, its domain of at most 244 characters and not starting with `requests.`"
    if why:
        meant = _DEVICES.get(name) or nearest(name, (*sorted(CONTAINER), *_DEVICES.values()))
        yield Problem(
            path, f"resource `{name[:80]}` is not valid: {why}", f"write `{meant}`" if meant else "", on_key=True
        )


def check_standard_name(name: str, path: Path) -> Iterator[Problem]:
    """Refuse a resource that is neither known to Kubernetes nor qualified."""
    why = syntax.qualified_name(name)
    if (
        not why
        and "/" not in name
        and name not in _STANDARD
        and not name.startswith(("hugepages-", "requests.hugepages-"))
    ):
        why = "it is no resource of Kubernetes, and has no domain"
    if why:
        meant = nearest(name, sorted(_STANDARD))
        yield Problem(
            path, f"resource `{name[:80]}` is not valid: {why}", f"write `{meant}`" if meant else "", on_key=True
        )


def check_quota_name(name: str, path: Path) -> Iterator[Problem]:
    """Refuse a resource that no quota can limit."""
    yield from check_standard_name(name, path)
    if name == "storage":
        yield Problem(path, "resource `storage` is not valid in a quota", "write `requests.storage`", on_key=True)


def check_value(name: str, value: Any, path: Path) -> Iterator[Problem]:
    """Refuse an amount below zero, and a part of something that can't be split."""
    amount = quantity.parse(value)
    if amount is None:
        return
    if amount < 0:
        yield invalid(path, value, "must be greater than or equal to 0")
    if (name in _COUNTS or is_extended(name)) and not quantity.is_integer(amount):
        yield invalid(path, value, f"`{name}` must be a whole number")
