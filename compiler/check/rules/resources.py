"""Requests and limits of containers and pods.

Source: kubernetes pkg/apis/core/validation/validation.go at v1.36 (validateResourceRequirements).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import quantity, syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules import resource_names as names
from compiler.check.view import POD_KINDS, View
from compiler.model.source import Path

_POD_LEVEL = ("cpu", "memory")


def check_resources(view: View) -> Iterator[Problem]:
    """Refuse requests above their limits, unknown resource names, and devices that are split or overcommitted."""
    claims = None
    for container in view.containers():
        resources = container.body.get("resources")
        if resources:
            path = (*container.path, "resources")
            yield from check_requirements(resources, path)
            if resources.get("claims"):
                claims = _claims(view) if claims is None else claims
                yield from _claim_names(resources["claims"], claims, path)


def check_requirements(resources: dict[str, Any], path: Path) -> Iterator[Problem]:
    """Refuse what one `{requests, limits}` says wrongly."""
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for key, given in (("limits", limits), ("requests", requests)):
        for name, value in given.items():
            if name not in names.CONTAINER:
                yield from names.check_container_name(name, (*path, key, name))
            yield from names.check_value(name, value, (*path, key, name))
            if names.is_hugepages(name):
                yield from _hugepages(name, value, (*path, key, name))
    for name, value in requests.items():
        yield from _request(name, value, limits, path)
    if any(names.is_hugepages(n) for n in (*limits, *requests)) and not {"cpu", "memory"} & {*limits, *requests}:
        yield Problem(path, "huge pages need a cpu or memory request beside them", "add `memory`")


def _request(name: str, value: Any, limits: dict[str, Any], path: Path) -> Iterator[Problem]:
    if name not in limits:
        if not names.overcommits(name):
            yield Problem(
                (*path, "limits"),
                f"a limit for `{name}` is required: it can't be overcommitted",
                f"set `limits.{name}` to the same value",
            )
        return
    request, limit = quantity.parse(value), quantity.parse(limits[name])
    if request is None or limit is None:
        return
    if request != limit and not names.overcommits(name):
        yield invalid(
            (*path, "requests", name),
            value,
            f"must equal the {name} limit of {limits[name]}",
            f"write `{limits[name]}` in both",
        )
    elif request > limit:
        yield invalid(
            (*path, "requests", name), value, f"must be less than or equal to the {name} limit of {limits[name]}"
        )


def _hugepages(name: str, value: Any, path: Path) -> Iterator[Problem]:
    size, amount = quantity.parse(name.removeprefix("hugepages-")), quantity.parse(value)
    if not size or size < 0 or (amount is not None and amount % size):
        yield invalid(path, value, f"must be a whole multiple of the page size of `{name}`")


def _claims(view: View) -> frozenset[str]:
    spec = view.pod.spec if view.pod else {}
    return frozenset(c.get("name") or "" for c in spec.get("resourceClaims") or ())


def _claim_names(claims: list[dict[str, Any]], known: frozenset[str], path: Path) -> Iterator[Problem]:
    for i, claim in enumerate(claims):
        name = claim.get("name") or ""
        if name not in known:
            yield Problem((*path, "claims", i, "name"), f"`{name}` is none of the pod's `resourceClaims`")
        request = claim.get("request")
        if request and (why := syntax.dns_label(request)):
            yield invalid((*path, "claims", i, "request"), request, why)


def check_pod_resources(view: View) -> Iterator[Problem]:
    """Refuse resources of a whole pod (1.34 and later) that its containers exceed."""
    pod = view.pod
    if pod is None or not pod.spec.get("resources") or view.minor < 34:
        return
    path, resources = (*pod.path, "resources"), pod.spec["resources"]
    for key in ("limits", "requests"):
        for name in resources.get(key) or {}:
            if name not in _POD_LEVEL and not names.is_hugepages(name):
                yield unsupported((*path, key, name), name, (*_POD_LEVEL, "hugepages-<size>"))._replace(on_key=True)
    yield from check_requirements(resources, path)
    if resources.get("claims"):
        yield Problem((*path, "claims"), "`claims` may not be set for a whole pod", "remove `claims`", on_key=True)
    limits = resources.get("limits") or {}
    for container in pod.containers:
        for name, value in ((container.body.get("resources") or {}).get("limits") or {}).items():
            amount, most = quantity.parse(value), quantity.parse(limits.get(name, ""))
            if amount is not None and most is not None and amount > most and container.list == "containers":
                yield invalid(
                    (*container.path, "resources", "limits", name),
                    value,
                    f"must be less than or equal to the pod's {name} limit of {limits[name]}",
                )


def check_overhead(view: View) -> Iterator[Problem]:
    """Refuse an overhead that no container could ask for."""
    pod = view.pod
    if pod and pod.spec.get("overhead"):
        yield from check_requirements({"limits": pod.spec["overhead"]}, (*pod.path, "overhead"))


def check_resize_policy(view: View) -> Iterator[Problem]:
    """Refuse a resize policy for anything but cpu and memory."""
    for container in view.containers():
        seen: set[str] = set()
        for i, item in enumerate(container.body.get("resizePolicy") or ()):
            path = (*container.path, "resizePolicy", i)
            name, policy = item.get("resourceName") or "", item.get("restartPolicy") or ""
            if name not in _POD_LEVEL:
                yield (
                    required(path, "resourceName")
                    if not name
                    else unsupported((*path, "resourceName"), name, _POD_LEVEL)
                )
            elif name in seen:
                yield Problem((*path, "resourceName"), f"`{name}` is there twice")
            seen.add(name)
            if policy not in ("NotRequired", "RestartContainer"):
                yield unsupported((*path, "restartPolicy"), policy, ("NotRequired", "RestartContainer"))


RULES = (
    Rule("SC628", POD_KINDS, check_resources),
    Rule("SC629", POD_KINDS, check_pod_resources),
    Rule("SC630", POD_KINDS, check_overhead),
    Rule("SC631", POD_KINDS, check_resize_policy),
)
