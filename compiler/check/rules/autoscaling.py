"""HorizontalPodAutoscalers.

Source: kubernetes pkg/apis/autoscaling/validation/validation.go at v1.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import quantity, syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.resource_names import check_container_name
from compiler.check.view import View, items
from compiler.formats.suggest import nearest
from compiler.model.source import Path

Map = dict[str, Any]

_SOURCES = {
    "Object": "object", "Pods": "pods", "Resource": "resource", "External": "external",
    "ContainerResource": "containerResource",
}  # fmt: skip


def check_replicas(view: View) -> Iterator[Problem]:
    """Refuse limits that leave no number of replicas, and scaling to zero on cpu or memory."""
    spec = view.spec
    low, high = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if high < 1:
        yield (
            required(("spec",), "maxReplicas", "at least 1")
            if not high
            else invalid(("spec", "maxReplicas"), high, "must be greater than 0")
        )
    if low is not None and low < 0:
        yield invalid(("spec", "minReplicas"), low, "must be greater than or equal to 0")
    elif low is not None and 0 < high < low:
        yield invalid(("spec", "maxReplicas"), high, "must be greater than or equal to `minReplicas`")
    elif low == 0 and view.minor >= 16:
        yield from _zero(view, spec)


def _zero(view: View, spec: Map) -> Iterator[Problem]:
    # Feature gate HPAScaleToZero is alpha and off from 1.16 to 1.36: its absence shows in the metrics rule below.
    kinds = {(m or {}).get("type") for m in spec.get("metrics") or ()}
    if not kinds & {"Object", "External"}:
        yield invalid(
            ("spec", "minReplicas"), 0, "scaling to zero needs an Object or External metric", "write `minReplicas: 1`"
        )
    else:
        yield invalid(
            ("spec", "minReplicas"),
            0,
            "must be greater than or equal to 1 unless the server's gate HPAScaleToZero is on",
            "write `minReplicas: 1`",
        )


def check_target(view: View) -> Iterator[Problem]:
    """Refuse a target without kind, name or API group."""
    yield from _reference(view.spec.get("scaleTargetRef") or {}, ("spec", "scaleTargetRef"), view.minor)


def _reference(ref: Map, path: Path, minor: int) -> Iterator[Problem]:
    for field in ("kind", "name"):
        value = ref.get(field) or ""
        if not value:
            yield required(path, field)
        elif why := syntax.path_segment(value):
            yield invalid((*path, field), value, why)
    version = ref.get("apiVersion") or ""
    if version.count("/") > 1:
        yield invalid((*path, "apiVersion"), version, "must be `group/version`")
    elif "/" not in version and minor >= 36:
        meant = nearest(ref.get("kind") or "", ("Deployment", "StatefulSet", "ReplicaSet"))
        if ref.get("kind") == "ReplicationController":
            return
        yield invalid(
            (*path, "apiVersion"), version, "must name an API group", "write `apiVersion: apps/v1`" if meant else ""
        )


def check_metrics(view: View) -> Iterator[Problem]:
    """Refuse metrics without the source their type names, or with a target that is none."""
    if view.body["apiVersion"] == "autoscaling/v1":
        percent = view.spec.get("targetCPUUtilizationPercentage")
        if percent is not None and percent < 1:
            yield invalid(("spec", "targetCPUUtilizationPercentage"), percent, "must be greater than 0")
        return
    for path, metric in items(view.spec, "metrics", ("spec",)):
        yield from _metric(metric or {}, path, view)


def _metric(metric: Map, path: Path, view: View) -> Iterator[Problem]:
    kind = metric.get("type") or ""
    if kind not in _SOURCES:
        yield required(path, "type") if not kind else unsupported((*path, "type"), kind, _SOURCES)
        return
    field = _SOURCES[kind]
    for other in _SOURCES.values():
        if other != field and metric.get(other) is not None:
            yield Problem(
                (*path, other), f"the type is {kind}: only `{field}` may be set", f"remove `{other}`", on_key=True
            )
    source = metric.get(field)
    if source is None:
        yield required(path, field, f"the type is {kind}")
    elif view.body["apiVersion"] != "autoscaling/v2beta1":
        yield from _source(kind, source, (*path, field), view.minor)


def _source(kind: str, source: Map, path: Path, minor: int) -> Iterator[Problem]:
    target = source.get("target") or {}
    if kind in ("Resource", "ContainerResource"):
        if not source.get("name"):
            yield required(path, "name")
        elif kind == "ContainerResource":
            yield from check_container_name(source["name"], (*path, "name"))
        container = source.get("container") or ""
        if kind == "ContainerResource" and (why := syntax.dns_label(container)):
            at = (*path, "container")
            yield required(path, "container") if not container else invalid(at, container, why)
    else:
        name = (source.get("metric") or {}).get("name") or ""
        if not name:
            yield required((*path, "metric"), "name")
        elif why := syntax.path_segment(name):
            yield invalid((*path, "metric", "name"), name, why)
    if kind == "Object":
        yield from _reference(source.get("describedObject") or {}, (*path, "describedObject"), 0)
    yield from _target(kind, target, (*path, "target"))


def _target(kind: str, target: Map, path: Path) -> Iterator[Problem]:
    form = target.get("type") or ""
    if form not in ("Utilization", "Value", "AverageValue"):
        yield unsupported((*path, "type"), form, ("Utilization", "Value", "AverageValue"))
    for field in ("value", "averageValue"):
        if target.get(field) is not None and (quantity.parse(target[field]) or 0) <= 0:
            yield invalid((*path, field), target[field], "must be positive")
    share = target.get("averageUtilization")
    if share is not None and share < 1:
        yield invalid((*path, "averageUtilization"), share, "must be greater than 0")
    if kind in ("Resource", "ContainerResource"):
        fields: tuple[str, ...] = ("averageUtilization", "averageValue")
    else:
        fields = ("averageValue",) if kind == "Pods" else ("value", "averageValue")
    given = [f for f in fields if target.get(f) is not None]
    if not given:
        yield required(path, fields[0], f"one of {', '.join(f'`{f}`' for f in fields)}")
    elif len(given) > 1 and kind != "Object":
        yield Problem(
            (*path, given[1]), f"`{given[0]}` and `{given[1]}` are both set", f"remove `{given[1]}`", on_key=True
        )


def check_behavior(view: View) -> Iterator[Problem]:
    """Refuse scaling rules without policies, or with values that move nothing."""
    behavior = view.spec.get("behavior") or {}
    for direction in ("scaleUp", "scaleDown"):
        rules, path = behavior.get(direction), ("spec", "behavior", direction)
        if rules is None:
            continue
        window = rules.get("stabilizationWindowSeconds")
        if window is not None and not 0 <= window <= 3600:
            yield invalid((*path, "stabilizationWindowSeconds"), window, "must be between 0 and 3600")
        tolerance = rules.get("tolerance")
        if tolerance is not None and (quantity.parse(tolerance) or 0) < 0:
            yield invalid((*path, "tolerance"), tolerance, "must not be negative")
        select = rules.get("selectPolicy")
        if select is not None and select not in ("Max", "Min", "Disabled"):
            yield unsupported((*path, "selectPolicy"), select, ("Max", "Min", "Disabled"))
        if rules.get("policies") == []:
            yield required(path, "policies", "at least one policy")
        for at, policy in items(rules, "policies", path):
            if policy.get("type") not in ("Pods", "Percent"):
                yield unsupported((*at, "type"), policy.get("type") or "", ("Pods", "Percent"))
            for field, most in (("value", None), ("periodSeconds", 1800)):
                value = policy.get(field) or 0
                if value <= 0 or (most and value > most):
                    yield invalid(
                        (*at, field), value, f"must be greater than zero{f' and at most {most}' if most else ''}"
                    )


_HPA = ("HorizontalPodAutoscaler.autoscaling",)

RULES = (
    Rule("SC660", _HPA, check_replicas),
    Rule("SC661", _HPA, check_target),
    Rule("SC662", _HPA, check_metrics),
    Rule("SC663", _HPA, check_behavior),
)
