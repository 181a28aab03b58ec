"""Services among themselves, and with the pods they select."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.check.rule import Problem
from compiler.check.rules.services import NODE_PORTS, service_type
from compiler.check.sets.scene import Actor, Finding, Scene, SetRule
from compiler.formats.suggest import nearest


def check_node_ports(scene: Scene) -> Iterator[Finding]:
    """Refuse a node port out of range, or that another Service has already.

    A dry run finds neither, as it hands out no ports: `--each` does not say them.
    """
    low, high = NODE_PORTS
    taken: dict[tuple[int, str], Actor] = {}
    for actor in scene.of("Service."):
        for i, port in enumerate(actor.view.spec.get("ports") or ()):
            number = port.get("nodePort")
            if not number:
                continue
            if not low <= number <= high:
                message = f"node ports are {low} to {high} (unless the server was told otherwise), not {number}"
                yield (
                    actor,
                    Problem(("spec", "ports", i, "nodePort"), message, "write a port of the range, or none at all"),
                )
                continue
            first = taken.setdefault((number, port.get("protocol") or "TCP"), actor)
            if first is not actor:
                message = f"node port {number} is taken by {first.manifest.id}"
                yield actor, Problem(("spec", "ports", i, "nodePort"), message, "write another port, or none at all")


def _selected(scene: Scene, service: Actor) -> tuple[Actor, ...]:
    selector = service.view.spec.get("selector") or {}
    wanted = selector.items()
    return tuple(pod for pod in scene.near(service.namespace, selector) if wanted <= pod.labels.items())


def check_target_ports(scene: Scene) -> Iterator[Finding]:
    """Refuse a target port by a name that no selected container has: nothing would ever answer."""
    for service in scene.of("Service."):
        if not service.view.spec.get("selector") or service_type(service.view.spec) == "ExternalName":
            continue
        pods = _selected(scene, service)
        if not pods:
            continue
        names = {p.get("name") for pod in pods for c in pod.view.containers() for p in c.body.get("ports") or ()}
        for i, port in enumerate(service.view.spec.get("ports") or ()):
            target = port.get("targetPort")
            if isinstance(target, str) and target and target not in names:
                known = sorted(n for n in names if n)
                near = nearest(target, known)
                message = f"no container of {pods[0].manifest.id} has a port named `{target}`"
                help = (
                    f"write `{near}`"
                    if near
                    else f"write one of {', '.join(known)}"
                    if known
                    else "write the port's number"
                )
                yield service, Problem(("spec", "ports", i, "targetPort"), message, help)


def check_selectors(scene: Scene) -> Iterator[Finding]:
    """Warn of a Service that selects no pod while one of its own labels is on a pod: most likely a slip."""
    for service in scene.of("Service."):
        selector: dict[str, str] = service.view.spec.get("selector") or {}
        if len(selector) < 1 or _selected(scene, service):
            continue
        found = [scene.by_label.get((service.namespace, k, v or ""), []) for k, v in selector.items()]
        alike = next((pods for pods in found if pods), [])
        if not alike:
            continue
        wrong = sorted(k for k, v in selector.items() if alike[0].labels.get(k) != v)
        message = f"selects no pod: {alike[0].manifest.id} differs in label `{wrong[0]}`"
        path = ("spec", "selector", wrong[0])
        yield service, Problem(path, message, "write the labels of the pods", warning=True)


RULES = (
    SetRule("SC690", check_node_ports, refused=True),
    SetRule("SC691", check_target_ports),
    SetRule("SC692", check_selectors),
)
