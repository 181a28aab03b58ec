"""Checks of resources: GPUs, units, requests and limits, replicas, autoscaling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Path
from compiler.spec.language.survey import Context, member
from compiler.spec.quantities import UNIT, quantity
from compiler.spec.words import clip, did_you_mean, listed

_SHORT = ("cpu", "memory", "gpu", "storage", "pvcs", "pods")
_CORE_QUOTA = (
    "configmaps",
    "count",
    "ephemeral-storage",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
)
_BYTES_TOO_FEW = 1024 * 1024 * UNIT
"""Below this many bytes a plain number was meant as Mi or Gi: no container runs in less."""


def check_gpus(context: Context) -> Iterator[Diagnostic]:
    """Refuse GPUs inside requests and limits (SC317): they are said once, by `gpu`."""
    for place in context.typed("ResourceList"):
        if not isinstance(place.value, dict):
            continue
        for key in place.value:
            if key == "gpu" or key.endswith(("/gpu", "-gpu")):
                yield error(
                    "SC317",
                    f"`{clip(key)}` stands inside `{place.path[-1]}`",
                    help="write `gpu:` beside `requests` and `limits`: it is both",
                    span=context.key((*place.path, key)),
                )
            elif key not in ("cpu", "memory", "ephemeral-storage") and "/" not in key and "hugepages-" not in key:
                yield error(
                    "SC318",
                    f"unknown resource `{clip(key)}`",
                    help="write `cpu`, `memory`, `ephemeral-storage`, or the full name of an extended resource",
                    span=context.key((*place.path, key)),
                )


def check_quotas(context: Context) -> Iterator[Diagnostic]:
    """Refuse a quota key that is no resource (SC318)."""
    for place in context.typed("Quota"):
        if not isinstance(place.value, dict):
            continue
        for key in place.value:
            if key in _SHORT or key in _CORE_QUOTA or "." in key or "/" in key:
                continue
            yield error(
                "SC318",
                f"unknown resource `{clip(key)}`",
                help=did_you_mean(key, _SHORT, f"write one of {listed(_SHORT)}, or a full name as `limits.memory`"),
                span=context.key((*place.path, key)),
            )


def check_units(context: Context) -> Iterator[Diagnostic]:
    """Refuse an amount of memory or storage without unit (SC319): `512` would be half a kilobyte."""
    for place in context.typed("Bytes"):
        value = place.value
        amount = quantity(value)
        if amount is None or amount >= _BYTES_TOO_FEW or amount == 0:
            continue
        if type(value) is int or (type(value) is str and value[-1:].isdigit()):
            yield error(
                "SC319",
                f"`{place.path[-1]}: {value}` has no unit",
                help=f"write `{value}Mi` or `{value}Gi`",
                span=context.span(place.path),
            )
        elif isinstance(value, str) and value.endswith("m"):
            yield error(
                "SC319",
                f"`{place.path[-1]}: {value}` counts thousandths of a byte",
                help=f"write `{value[:-1]}Mi`",
                span=context.span(place.path),
            )


def check_limits(context: Context) -> Iterator[Diagnostic]:
    """Refuse a request above its limit (SC320)."""
    for place in context.typed("Resources"):
        if not isinstance(place.value, dict):
            continue
        for key in ("cpu", "memory", "ephemeral-storage"):
            request, path = _side(place.value, "requests", key, place.path)
            limit, _ = _side(place.value, "limits", key, place.path)
            low, high = quantity(request), quantity(limit)
            if low is not None and high is not None and low > high:
                yield error(
                    "SC320",
                    f"the request of {key} `{request}` is more than its limit `{limit}`",
                    help="raise the limit, or lower the request",
                    span=context.span(path),
                )


def _side(resources: dict[str, Any], side: str, key: str, path: Path) -> tuple[Any, Path]:
    """Return what holds for one side: its own word, else the short one that means both."""
    own = member(resources, side, key)
    return (own, (*path, side, key)) if own is not None else (resources.get(key), (*path, key))


def check_replicas(context: Context) -> Iterator[Diagnostic]:
    """Refuse `replicas` beside `autoscaling` (SC322), and fewer at most than at least (SC323)."""
    for place in [*context.typed("Autoscaling"), *context.typed("Job")]:
        bounds = place.value if place.path[-1] == "autoscaling" else member(place.value, "elastic")
        low, high = member(bounds, "minReplicas"), member(bounds, "maxReplicas")
        path = place.path if bounds is place.value else (*place.path, "elastic")
        if type(low) is int and type(high) is int and low > high:
            yield error(
                "SC323",
                f"`minReplicas` {low} is more than `maxReplicas` {high}",
                help="raise `maxReplicas`, or lower `minReplicas`",
                span=context.span((*path, "minReplicas")),
            )
    for place in context.typed("Autoscaling"):
        owner = _value_at(context, place.path[:-1])
        if isinstance(owner, dict) and "replicas" in owner:
            path = (*place.path[:-1], "replicas")
            if path in context.tree.defaulted:
                continue
            yield error(
                "SC322",
                "`replicas` and `autoscaling` say the same thing twice",
                help="take `replicas` out; `autoscaling.minReplicas` is the lower end",
                span=context.key(path),
            )


def check_roles(context: Context) -> Iterator[Diagnostic]:
    """Refuse `replicas` beside `roles.worker.replicas` (SC324)."""
    for place in context.typed("Job"):
        if member(place.value, "replicas") is None or member(place.value, "roles", "worker", "replicas") is None:
            continue
        path = (*place.path, "roles", "worker", "replicas")
        yield error(
            "SC324",
            "`replicas` and `roles.worker.replicas` say the same thing twice",
            help="take one of the two out",
            span=context.key(path),
        )


def _value_at(context: Context, path: Path) -> Any:
    value: Any = context.tree.data
    for part in path:
        value = value[part]
    return value
