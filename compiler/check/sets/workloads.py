"""Controllers among themselves, and what keeps them from ever being ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check.rule import Problem
from compiler.check.rules.labels import matches
from compiler.check.rules.workloads import WORKLOADS
from compiler.check.sets.scene import Actor, Finding, Scene, SetRule
from compiler.formats.suggest import nearest

_STATEFUL_SET_NAME = 52


def check_overlaps(scene: Scene) -> Iterator[Finding]:
    """Refuse two controllers of which one would take the other's pods for its own."""
    for actor in scene.of(*WORKLOADS):
        selector: dict[str, Any] = actor.view.spec.get("selector") or {}
        for other in scene.near(actor.namespace, selector.get("matchLabels") or {}):
            if other is not actor and other.view.kind in WORKLOADS and matches(selector, other.labels):
                message = f"selects the pods of {other.manifest.id}, too: the two would fight over them"
                yield actor, Problem(("spec", "selector"), message, "add a label that only these pods have")
                break


def check_probe_ports(scene: Scene) -> Iterator[Finding]:
    """Refuse a probe that asks a port by a name its container does not have: the pod would never be ready."""
    for actor in scene.pods():
        for container in actor.view.containers():
            names = {port.get("name") for port in container.body.get("ports") or ()}
            for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
                for handler in ("httpGet", "tcpSocket"):
                    port = ((container.body.get(probe) or {}).get(handler) or {}).get("port")
                    if isinstance(port, str) and port not in names:
                        near = nearest(port, sorted(n for n in names if n))
                        message = f"container `{container.body.get('name')}` has no port named `{port}`"
                        path = (*container.path, probe, handler, "port")
                        yield actor, Problem(path, message, f"write `{near}`" if near else f"name a port `{port}`")


def check_metrics(scene: Scene) -> Iterator[Finding]:
    """Refuse scaling by a share of requests that the pods do not make."""
    targets = {(a.view.body["kind"], a.namespace, a.view.name): a for a in scene.of(*WORKLOADS)}
    for hpa in scene.of("HorizontalPodAutoscaler.autoscaling"):
        ref = hpa.view.spec.get("scaleTargetRef") or {}
        target = targets.get((ref.get("kind") or "", hpa.namespace, ref.get("name") or ""))
        if target is None:
            continue
        for path, resource in _shares(hpa):
            for container in target.view.containers():
                resources = container.body.get("resources") or {}
                asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
                if container.list == "containers" and resource not in asked:
                    who = f"container `{container.body.get('name')}` of {target.manifest.id}"
                    message = f"{who} requests no {resource}: its share can't be measured"
                    yield hpa, Problem(path, message, f"set `resources.requests.{resource}` there")
                    break


def _shares(hpa: Actor) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if hpa.view.spec.get("targetCPUUtilizationPercentage") is not None:
        yield ("spec", "targetCPUUtilizationPercentage"), "cpu"
    for i, metric in enumerate(hpa.view.spec.get("metrics") or ()):
        resource = metric.get("resource") or {}
        target = resource.get("target") or resource
        share = target.get("averageUtilization", target.get("targetAverageUtilization"))
        if metric.get("type") == "Resource" and share is not None and isinstance(resource.get("name"), str):
            yield ("spec", "metrics", i, "resource", "name"), resource["name"]


def check_rollouts(scene: Scene) -> Iterator[Finding]:
    """Warn of updates and drains that can't go on."""
    claims = {(a.namespace, a.view.name): a for a in scene.of("PersistentVolumeClaim.")}
    for actor in scene.of("Deployment.apps"):
        yield from _single_writer(actor, claims)
    for budget in scene.of("PodDisruptionBudget.policy"):
        least, selector = budget.view.spec.get("minAvailable"), budget.view.spec.get("selector")
        if not isinstance(least, int) or not selector:
            continue
        for actor in scene.near(budget.namespace, selector.get("matchLabels") or {}):
            replicas = actor.view.spec.get("replicas", 1)
            is_scaled = actor.view.kind in ("Deployment.apps", "StatefulSet.apps")
            if is_scaled and 0 < replicas <= least and matches(selector, actor.labels):
                which = f"{actor.manifest.id} ({replicas} replicas)"
                message = f"`minAvailable: {least}` lets no pod of {which} go: a drain would wait for ever"
                yield budget, Problem(("spec", "minAvailable"), message, "write `maxUnavailable: 1`", warning=True)


def _single_writer(actor: Actor, claims: dict[tuple[str, str], Actor]) -> Iterator[Finding]:
    strategy = actor.view.spec.get("strategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    if strategy.get("type") == "Recreate" or rolling.get("maxSurge") in (0, "0%") or actor.view.pod is None:
        return
    for i, volume in enumerate(actor.view.pod.spec.get("volumes") or ()):
        name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        claim = claims.get((actor.namespace, name)) if isinstance(name, str) else None
        modes = (claim.view.spec.get("accessModes") or []) if claim else []
        if modes and set(modes) <= {"ReadWriteOnce", "ReadWriteOncePod"}:
            message = f"`{name}` is {modes[0]}: with RollingUpdate the new pod waits for the old one's volume"
            path = (*actor.view.pod.path, "volumes", i, "persistentVolumeClaim", "claimName")
            yield actor, Problem(path, message, "write `strategy: {type: Recreate}`", warning=True)


def check_name_budgets(scene: Scene) -> Iterator[Finding]:
    """Refuse names that leave no room for what controllers put behind them."""
    for actor in scene.of("StatefulSet.apps"):
        name = actor.view.name
        if _STATEFUL_SET_NAME < len(name) <= 253:
            message = f"`{name}` has {len(name)} characters: its pods get a label of 11 more, and 63 is the most"
            yield actor, Problem(("metadata", "name"), message, f"write at most {_STATEFUL_SET_NAME} characters")


RULES = (
    SetRule("SC693", check_overlaps),
    SetRule("SC694", check_probe_ports),
    SetRule("SC695", check_metrics),
    SetRule("SC696", check_rollouts),
    SetRule("SC697", check_name_budgets),
)
