"""Whether the declared nodes can run the pods at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from compiler.check import quantity
from compiler.check.rule import Problem
from compiler.check.sets.scene import Actor, Finding, Map, Scene, SetRule
from compiler.check.view import Pod
from compiler.model.source import Path

_COUNTED = ("cpu", "memory")
_KNOWN_LATER = ("kubernetes.io/", "beta.kubernetes.io/", "node.kubernetes.io/", "topology.kubernetes.io/")
_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


def check_fit(scene: Scene) -> Iterator[Finding]:
    """Refuse a pod that no declared node can take: by label, by taint, or by size."""
    if not scene.nodes:
        return
    for actor in scene.pods():
        pod = actor.view.pod
        if pod is not None and not pod.spec.get("nodeName"):
            problem = _misfit(pod, scene.nodes)
            if problem is not None:
                yield actor, problem


def _misfit(pod: Pod, nodes: tuple[Map, ...]) -> Problem | None:
    selector: dict[str, str] = pod.spec.get("nodeSelector") or {}
    fitting = [node for node in nodes if _has_labels(node, selector)]
    if not fitting:
        key = next(
            (k for k in selector if not any(_has_labels(n, {k: selector[k]}) for n in nodes)), next(iter(selector))
        )
        message = f"no node of `cluster.nodes` has label `{key}: {selector[key]}`"
        return Problem((*pod.path, "nodeSelector", key), message, "write a label of a node, or give it to one")
    tolerations = pod.spec.get("tolerations") or ()
    open_to = [node for node in fitting if all(tolerated(taint, tolerations) for taint in _taints(node))]
    if not open_to:
        taint = next(t for t in _taints(fitting[0]) if not tolerated(t, tolerations))
        message = f"every node that fits is tainted, `{fitting[0].get('name')}` with `{taint.get('key')}`"
        return Problem(pod.path, message, "add a toleration")
    return _too_large(pod, open_to)


def _has_labels(node: Map, selector: dict[str, str]) -> bool:
    labels = {"kubernetes.io/hostname": node.get("name"), "kubernetes.io/os": "linux", **(node.get("labels") or {})}
    return all(
        labels[key] == value if key in labels else key.startswith(_KNOWN_LATER) for key, value in selector.items()
    )


def _taints(node: Map) -> Iterator[Map]:
    yield from (t for t in node.get("taints") or () if t.get("effect") != "PreferNoSchedule")
    roles = node.get("roles") or ["worker"]
    if "control-plane" in roles and "worker" not in roles:
        yield {"key": _CONTROL_PLANE, "effect": "NoSchedule"}


def tolerated(taint: Mapping[str, Any], tolerations: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether a pod stands a taint. Source: core/v1 Toleration, ToleratesTaint."""
    for item in tolerations:
        if item.get("effect") not in (None, "", taint.get("effect")):
            continue
        exists = item.get("operator") == "Exists"
        if not item.get("key"):
            if exists:
                return True
        elif item["key"] == taint.get("key") and (exists or (item.get("value") or "") == (taint.get("value") or "")):
            return True
    return False


def _too_large(pod: Pod, nodes: list[Map]) -> Problem | None:
    wanted = _requests(pod)
    if not wanted or any(_holds(node, wanted) for node in nodes):
        return None
    for name in wanted:
        if not any(_holds(node, {name: wanted[name]}) for node in nodes):
            most = max((_capacity(node, name) or 0 for node in nodes), default=0)
            message = f"asks for {_shown(wanted[name])} {name}; the largest node that fits has {_shown(most)}"
            return Problem(_place(pod, name), message, "ask for less, or declare a larger node")
    names = " and ".join(sorted(wanted))
    return Problem(
        _place(pod, next(iter(wanted))), f"no single node has enough {names}", "ask for less, or declare a larger node"
    )


def _holds(node: Map, wanted: dict[str, int]) -> bool:
    return all((room := _capacity(node, name)) is None or room >= amount for name, amount in wanted.items())


def _capacity(node: Map, resource: str) -> int | None:
    """Return what a node has of a resource, None where nothing is said."""
    capacity = node.get("capacity") or {}
    if resource.endswith("/gpu"):
        return (quantity.parse(capacity["gpu"]) or 0) if "gpu" in capacity else 0
    return quantity.parse(capacity[resource]) if resource in capacity else None


def _requests(pod: Pod) -> dict[str, int]:
    """Return what a pod asks for: the sum of its containers, or its largest init container."""
    total: dict[str, int] = {}
    for container in pod.containers:
        resources = container.body.get("resources") or {}
        asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
        for name, value in asked.items():
            if name not in _COUNTED and not name.endswith("/gpu"):
                continue
            amount = quantity.parse(value) or 0
            beside = container.list == "containers" or container.body.get("restartPolicy") == "Always"
            total[name] = total.get(name, 0) + amount if beside else max(total.get(name, 0), amount)
    return {name: amount for name, amount in total.items() if amount}


def _place(pod: Pod, name: str) -> Path:
    for container in pod.containers:
        resources: dict[str, Any] = container.body.get("resources") or {}
        for field in ("requests", "limits"):
            if name in (resources.get(field) or {}):
                return (*container.path, "resources", field, name)
    return pod.path


def _shown(nano: int) -> str:
    for unit, size in (("Gi", 1 << 30), ("Mi", 1 << 20)):
        if nano >= quantity.NANO * size:
            return f"{nano / quantity.NANO / size:.4g}{unit}"
    return f"{nano / quantity.NANO:.4g}"


def check_devices(scene: Scene) -> Iterator[Finding]:
    """Warn of a workload that asks for more devices than all nodes have together."""
    if not scene.nodes:
        return
    total = sum(_capacity(node, "nvidia.com/gpu") or 0 for node in scene.nodes)
    for actor in scene.pods():
        pod, count = actor.view.pod, _count(actor)
        wanted = sum(a for n, a in _requests(pod).items() if n.endswith("/gpu")) if pod else 0
        if pod and count > 1 and wanted * count > total >= wanted > 0:
            message = f"{count} pods ask for {_shown(wanted * count)} GPUs together; all nodes have {_shown(total)}"
            yield actor, Problem(_place(pod, "nvidia.com/gpu"), message, "run fewer at once", warning=True)


def _count(actor: Actor) -> int:
    spec = actor.view.spec
    value = spec.get("parallelism", 1) if actor.view.kind == "Job.batch" else spec.get("replicas", 1)
    return value if isinstance(value, int) else 1


RULES = (
    SetRule("SC698", check_fit),
    SetRule("SC699", check_devices),
)
