"""Disruption budgets, quotas, limit ranges and leases.

Source: kubernetes pkg/apis/policy, pkg/apis/core/validation/validation.go (ValidateResourceQuota, ValidateLimitRange),
pkg/apis/coordination at v1.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import quantity, syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules import resource_names as names
from compiler.check.rules.labels import OPERATORS, check_selector
from compiler.check.view import View, items
from compiler.model.source import Path

Map = dict[str, Any]

_SCOPES = (
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
    "VolumeAttributesClass",
)
_PLAIN_SCOPES = frozenset(_SCOPES) - {"PriorityClass", "VolumeAttributesClass"}
_POD_RESOURCES = frozenset(("pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"))
_SCOPED: dict[str, frozenset[str]] = {
    "BestEffort": frozenset(("pods",)),
    "VolumeAttributesClass": frozenset(("persistentvolumeclaims", "requests.storage")),
}
_FIELDS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")


def check_disruption_budget(view: View) -> Iterator[Problem]:
    """Refuse a budget with both bounds, or with a bound that is no count and no percentage."""
    spec = view.spec
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield Problem(
            ("spec", "maxUnavailable"),
            "`minAvailable` and `maxUnavailable` can't both be set",
            "remove one of them",
            on_key=True,
        )
    for field in ("minAvailable", "maxUnavailable"):
        value = spec.get(field)
        if isinstance(value, str):
            why = syntax.percent(value) or ("" if int(value[:-1]) <= 100 else "must not be greater than 100%")
            if why:
                yield invalid(("spec", field), value, why)
        elif isinstance(value, int) and value < 0:
            yield invalid(("spec", field), value, "must be greater than or equal to 0")
    yield from check_selector(spec.get("selector"), ("spec", "selector"))
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in ("IfHealthyBudget", "AlwaysAllow"):
        yield unsupported(("spec", "unhealthyPodEvictionPolicy"), policy, ("IfHealthyBudget", "AlwaysAllow"))


def check_quota(view: View) -> Iterator[Problem]:
    """Refuse a quota of unknown resources, or with scopes that do not fit them."""
    hard = view.spec.get("hard") or {}
    for name, value in hard.items():
        yield from names.check_quota_name(name, ("spec", "hard", name))
        yield from names.check_value(name, value, ("spec", "hard", name))
    scopes = view.spec.get("scopes") or ()
    for path, scope in items(view.spec, "scopes", ("spec",)):
        yield from _scope(scope or "", hard, path)
    for pair in (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")):
        if set(pair) <= set(scopes):
            yield Problem(("spec", "scopes"), f"`{pair[0]}` and `{pair[1]}` contradict each other")
    selector = view.spec.get("scopeSelector") or {}
    for path, item in items(selector, "matchExpressions", ("spec", "scopeSelector")):
        scope, operator, values = item.get("scopeName") or "", item.get("operator") or "", item.get("values") or ()
        yield from _scope(scope, hard, (*path, "scopeName"))
        if operator not in OPERATORS or (scope in _PLAIN_SCOPES and operator != "Exists"):
            yield unsupported((*path, "operator"), operator, ("Exists",) if scope in _PLAIN_SCOPES else OPERATORS)
        elif (operator in ("In", "NotIn")) != bool(values):
            yield (
                required(path, "values")
                if not values
                else Problem((*path, "values"), f"operator `{operator}` takes no values", "remove `values`")
            )


def _scope(scope: str, hard: Map, path: Path) -> Iterator[Problem]:
    if scope not in _SCOPES:
        yield unsupported(path, scope, _SCOPES)
        return
    allowed = _SCOPED.get(scope, _POD_RESOURCES)
    for name in hard:
        standard = "/" not in name and not name.startswith("count/")
        if standard and name not in allowed and not any(names.check_quota_name(name, path)):
            yield invalid(path, scope, f"does not apply to resource `{name}`")


def check_limit_range(view: View) -> Iterator[Problem]:
    """Refuse limits that no value can meet: min above max, a default outside of both."""
    seen: set[str] = set()
    for path, limit in items(view.spec, "limits", ("spec",)):
        kind = limit.get("type") or ""
        why = syntax.qualified_name(kind)
        if not why and "/" not in kind and kind not in ("Pod", "Container", "PersistentVolumeClaim"):
            yield unsupported((*path, "type"), kind, ("Container", "Pod", "PersistentVolumeClaim"))
        elif why:
            yield required(path, "type") if not kind else invalid((*path, "type"), kind, why)
        elif kind in seen:
            yield Problem((*path, "type"), f"type `{kind}` is there twice")
        seen.add(kind)
        yield from _limit(limit, kind, path)


def _limit(limit: Map, kind: str, path: Path) -> Iterator[Problem]:
    check = names.check_container_name if kind in ("Pod", "Container") else names.check_standard_name
    for field in _FIELDS:
        if kind == "Pod" and field.startswith("default") and limit.get(field):
            yield Problem((*path, field), "is not for type `Pod`", f"remove `{field}`", on_key=True)
            continue
        for name in limit.get(field) or {}:
            if name not in names.CONTAINER:
                yield from check(name, (*path, field, name))
    if kind == "PersistentVolumeClaim" and "storage" not in {**(limit.get("min") or {}), **(limit.get("max") or {})}:
        yield required(path, "max", "`storage` needs a minimum or a maximum")
    resources = {name for field in _FIELDS for name in limit.get(field) or {}}
    for name in sorted(resources):
        yield from _bounds(name, _filled(limit, name, kind), path)


def _filled(limit: Map, name: str, kind: str) -> dict[str, int]:
    """Return the bounds of a resource with the server's defaults, in nano-units."""
    found = {}
    for field in _FIELDS:
        amount = quantity.parse((limit.get(field) or {}).get(name))
        if amount is not None:
            found[field] = amount
    if kind == "Container":
        if "max" in found:
            found.setdefault("default", found["max"])
        if "default" in found:
            found.setdefault("defaultRequest", found["default"])
        if "min" in found:
            found.setdefault("defaultRequest", found["min"])
    return found


def _bounds(name: str, bound: dict[str, int], path: Path) -> Iterator[Problem]:
    for low, high in (
        ("min", "max"),
        ("min", "defaultRequest"),
        ("defaultRequest", "max"),
        ("defaultRequest", "default"),
        ("min", "default"),
        ("default", "max"),
    ):
        if low in bound and high in bound and bound[low] > bound[high]:
            at = low if (low, high) == ("min", "max") or low != "min" else high
            yield Problem((*path, at, name), f"{low} of `{name}` is greater than {high}")
            break  # the others follow from it, as the server fills in defaults
    ratio, least, most = bound.get("maxLimitRequestRatio"), bound.get("min"), bound.get("max")
    if ratio is None:
        return
    place = (*path, "maxLimitRequestRatio", name)
    if ratio < quantity.NANO:
        yield Problem(place, f"the ratio of `{name}` is less than 1")
    elif least is not None and most is not None and (least < 0 or (least and ratio * least > most * quantity.NANO)):
        yield Problem(place, f"the ratio of `{name}` is greater than max/min")


def check_lease(view: View) -> Iterator[Problem]:
    """Refuse a lease that never holds."""
    seconds, transitions = view.spec.get("leaseDurationSeconds"), view.spec.get("leaseTransitions")
    if seconds is not None and seconds <= 0:
        yield invalid(("spec", "leaseDurationSeconds"), seconds, "must be greater than 0")
    if transitions is not None and transitions < 0:
        yield invalid(("spec", "leaseTransitions"), transitions, "must be greater than or equal to 0")


RULES = (
    Rule("SC677", ("PodDisruptionBudget.policy",), check_disruption_budget),
    Rule("SC678", ("ResourceQuota.",), check_quota),
    Rule("SC679", ("LimitRange.",), check_limit_range),
    Rule("SC680", ("Lease.coordination.k8s.io",), check_lease),
)
