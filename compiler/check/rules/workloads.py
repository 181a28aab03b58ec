"""Deployments, StatefulSets, DaemonSets, ReplicaSets: selectors, replicas and update strategies.

Source: kubernetes pkg/apis/apps/validation/validation.go at v1.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.labels import check_selector, is_empty, matches
from compiler.check.rules.volume_claims import check_claim_spec
from compiler.check.view import View, items
from compiler.model.source import Path

Map = dict[str, Any]

_DEPLOYMENT, _STATEFUL_SET, _DAEMON_SET, _REPLICA_SET = (
    "Deployment.apps",
    "StatefulSet.apps",
    "DaemonSet.apps",
    "ReplicaSet.apps",
)
WORKLOADS = (_DEPLOYMENT, _STATEFUL_SET, _DAEMON_SET, _REPLICA_SET)
_COUNTS = ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")


def check_workload_selector(view: View) -> Iterator[Problem]:
    """Refuse a selector that is missing, empty, bad, or that does not select the template's own pods."""
    if view.kind == "ReplicationController.":
        selector = {"matchLabels": view.spec.get("selector")} if view.spec.get("selector") else None
    else:
        selector = view.spec.get("selector")
    path = ("spec", "selector")
    if selector is None:
        if view.kind != "ReplicationController.":
            yield required(("spec",), "selector")
        return
    if is_empty(selector):
        yield Problem(path, "an empty selector would select every pod of the namespace", "set `matchLabels`")
        return
    bad = tuple(check_selector(selector, path))
    yield from bad
    template = (view.pod.template if view.pod else {}).get("metadata") or {}
    if not bad and not matches(selector, template.get("labels") or {}):
        at = ("spec", "template", "metadata", "labels")
        yield Problem(
            at, "`selector` does not match template `labels`", "give the template every label of the selector"
        )


def check_counts(view: View) -> Iterator[Problem]:
    """Refuse counts below zero, and a deadline that the minimum ready time can't meet."""
    spec = view.spec
    for field in _COUNTS:
        if field == "revisionHistoryLimit" and view.kind not in (_DEPLOYMENT, _DAEMON_SET):
            continue
        if (spec.get(field) or 0) < 0:
            yield invalid(("spec", field), spec[field], "must be greater than or equal to 0")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and 0 <= deadline <= (spec.get("minReadySeconds") or 0):
        yield invalid(("spec", "progressDeadlineSeconds"), deadline, "must be greater than minReadySeconds")


def check_restart_policy(view: View) -> Iterator[Problem]:
    """Refuse a restart policy other than Always, and deadlines: controllers keep pods running."""
    pod = view.pod
    if pod is None:
        return
    policy = pod.spec.get("restartPolicy")
    if policy and policy != "Always":
        yield unsupported((*pod.path, "restartPolicy"), policy, ("Always",))
    if pod.spec.get("activeDeadlineSeconds") is not None:
        yield Problem(
            (*pod.path, "activeDeadlineSeconds"),
            f"is not for the pods of a {view.body['kind']}",
            "remove `activeDeadlineSeconds`",
            on_key=True,
        )


def _share(value: Any, path: Path) -> Iterator[Problem]:
    """Refuse what is neither a count nor a percentage."""
    if isinstance(value, str):
        if why := syntax.percent(value):
            yield invalid(path, value, why)
        elif int(value[:-1]) > 100 and path[-1] == "maxUnavailable":
            yield invalid(path, value, "must not be greater than 100%")
    elif isinstance(value, int) and value < 0:
        yield invalid(path, value, "must be greater than or equal to 0")


def _amount(value: Any, default: int) -> int:
    if value is None:
        return default
    if isinstance(value, str):
        digits = value.removesuffix("%")
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else default
    return value if isinstance(value, int) else default


def check_deployment_strategy(view: View) -> Iterator[Problem]:
    """Refuse a strategy that is unknown, or that can't move because it may neither add nor remove a pod."""
    strategy, path = view.spec.get("strategy") or {}, ("spec", "strategy")
    kind = strategy.get("type") or "RollingUpdate"
    rolling = strategy.get("rollingUpdate")
    if kind not in ("Recreate", "RollingUpdate"):
        yield unsupported((*path, "type"), kind, ("Recreate", "RollingUpdate"))
    elif kind == "Recreate" and rolling is not None:
        yield Problem(
            (*path, "rollingUpdate"), "is for type `RollingUpdate` only", "remove `rollingUpdate`", on_key=True
        )
    elif rolling:
        at = (*path, "rollingUpdate")
        for field in ("maxUnavailable", "maxSurge"):
            yield from _share(rolling.get(field), (*at, field))
        if _amount(rolling.get("maxUnavailable"), 25) == 0 and _amount(rolling.get("maxSurge"), 25) == 0:
            yield Problem(
                (*at, "maxUnavailable"),
                "must not be 0 when `maxSurge` is 0: no pod could ever be replaced",
                "write `maxSurge: 1`",
            )


def check_daemon_set_strategy(view: View) -> Iterator[Problem]:
    """Refuse the same for DaemonSets, which may either add or remove pods first."""
    strategy, path = view.spec.get("updateStrategy") or {}, ("spec", "updateStrategy")
    kind, rolling = strategy.get("type") or "RollingUpdate", strategy.get("rollingUpdate") or {}
    if kind not in ("RollingUpdate", "OnDelete"):
        yield unsupported((*path, "type"), kind, ("RollingUpdate", "OnDelete"))
        return
    at = (*path, "rollingUpdate")
    if kind == "RollingUpdate":
        for field in ("maxUnavailable", "maxSurge"):
            yield from _share(rolling.get(field), (*at, field))
        unavailable, surge = _amount(rolling.get("maxUnavailable"), 1), _amount(rolling.get("maxSurge"), 0)
        if unavailable and surge:
            yield Problem(
                (*at, "maxSurge"), "must not be set when maxUnavailable is not 0", "write `maxUnavailable: 0`"
            )
        elif not unavailable and not surge:
            yield Problem((*at, "maxUnavailable"), "must not be 0 when `maxSurge` is 0", "write `maxUnavailable: 1`")


def check_stateful_set(view: View) -> Iterator[Problem]:
    """Refuse what only StatefulSets have: ordering, claims, service name."""
    spec = view.spec
    policy = spec.get("podManagementPolicy")
    if policy and policy not in ("OrderedReady", "Parallel"):
        yield unsupported(("spec", "podManagementPolicy"), policy, ("OrderedReady", "Parallel"))
    name = spec.get("serviceName")
    if name and view.minor >= 34 and (why := syntax.dns_label(name)):
        yield invalid(("spec", "serviceName"), name, why)
    for path, claim in items(spec, "volumeClaimTemplates", ("spec",)):
        name = (claim.get("metadata") or {}).get("name") or ""
        if why := syntax.dns_label(name):
            at = (*path, "metadata", "name")
            yield required(at[:-1], "name") if not name else invalid(at, name, why)
        yield from check_claim_spec(claim.get("spec") or {}, (*path, "spec"))
    retention = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    for field in ("whenDeleted", "whenScaled"):
        if retention.get(field) and retention[field] not in ("Retain", "Delete"):
            yield unsupported(
                ("spec", "persistentVolumeClaimRetentionPolicy", field), retention[field], ("Retain", "Delete")
            )
    if ((spec.get("ordinals") or {}).get("start") or 0) < 0:
        yield invalid(("spec", "ordinals", "start"), spec["ordinals"]["start"], "must be greater than or equal to 0")
    yield from _stateful_strategy(spec.get("updateStrategy") or {}, ("spec", "updateStrategy"))


def _stateful_strategy(strategy: Map, path: Path) -> Iterator[Problem]:
    kind, rolling = strategy.get("type") or "RollingUpdate", strategy.get("rollingUpdate")
    if kind not in ("RollingUpdate", "OnDelete"):
        yield unsupported((*path, "type"), kind, ("RollingUpdate", "OnDelete"))
    elif kind == "OnDelete" and rolling is not None:
        yield Problem(
            (*path, "rollingUpdate"), "is for type `RollingUpdate` only", "remove `rollingUpdate`", on_key=True
        )
    elif rolling:
        if (rolling.get("partition") or 0) < 0:
            yield invalid(
                (*path, "rollingUpdate", "partition"), rolling["partition"], "must be greater than or equal to 0"
            )
        at = (*path, "rollingUpdate", "maxUnavailable")
        yield from _share(rolling.get("maxUnavailable"), at)
        if _amount(rolling.get("maxUnavailable"), 1) == 0:
            yield invalid(at, rolling["maxUnavailable"], "must not be 0")


_CONTROLLERS = (*WORKLOADS, "ReplicationController.")

RULES = (
    Rule("SC644", _CONTROLLERS, check_workload_selector),
    Rule("SC645", _CONTROLLERS, check_counts),
    Rule("SC646", _CONTROLLERS, check_restart_policy),
    Rule("SC647", (_DEPLOYMENT,), check_deployment_strategy),
    Rule("SC648", (_DAEMON_SET,), check_daemon_set_strategy),
    Rule("SC649", (_STATEFUL_SET,), check_stateful_set),
)
