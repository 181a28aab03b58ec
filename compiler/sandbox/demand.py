"""What the pods of a bundle ask of nodes: labels, taints, GPUs, size; and the fake nodes that give it to them.

Only kinds whose controllers run in a sandbox count (rules/pod_specs.yaml without the rows of components): no other pods
are ever made there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from compiler.build.places import find, pod_places
from compiler.diff.quantities import quantity
from compiler.model.ids import ObjectId
from compiler.model.manifest import Manifest
from compiler.model.source import Path
from compiler.sandbox.matching import Tolerations, fits, labels_wanted, node_wanted, taints_tolerated
from compiler.sandbox.nodes import PLENTY, FakeNode

_WORKERS = (FakeNode("worker-1"), FakeNode("worker-2"))
_GPUS = Decimal(8)
_ROLE = "node-role.kubernetes.io/"
_SPARE = 2  # while pods are replaced, old and new ones run side by side


class Demand(NamedTuple):
    """The pods that one object makes.

    Shape: `pod` is their spec; `wanted` maps resource names to the sum of all of them, `largest` to that of one pod.
    """

    id: ObjectId
    pod: Mapping[str, Any]
    largest: Mapping[str, Decimal]
    wanted: Mapping[str, Decimal]

    @property
    def tolerations(self) -> Tolerations:
        """What taints its pods bear."""
        found: Tolerations = self.pod.get("tolerations") or ()
        return found


class Made(NamedTuple):
    """A node that nobody declared, and the objects whose pods need it; none for the two ordinary workers."""

    node: FakeNode
    reasons: tuple[ObjectId, ...] = ()


def nodes_for(
    manifests: Iterable[Manifest], declared: tuple[FakeNode, ...] = ()
) -> tuple[tuple[FakeNode, ...], tuple[Made, ...]]:
    """Return the declared nodes, and those to make besides so that every pod finds a place.

    Shape: without declared nodes there are two ordinary workers. What is made has plenty of CPU and memory, and twice
    the devices that its pods ask for. Declared nodes are taken as they are: what does not fit in there together stays
    pending, as it will on the real ones.
    """
    demands = sorted(_demands(manifests), key=lambda demand: not _devices(demand))
    made: list[Made] = [] if declared else [Made(node) for node in _WORKERS]
    for demand in demands:
        if any(_takes(node, demand) for node in declared):
            continue
        at = next((n for n, row in enumerate(made) if _takes(row.node, demand)), None)
        if at is None:
            made.append(
                Made(_node(demand, {node.name for node in (*declared, *(row.node for row in made))}), (demand.id,))
            )
        elif made[at].reasons:
            made[at] = made[at]._replace(reasons=(*made[at].reasons, demand.id))
    return declared, tuple(row._replace(node=_sized(row.node, demands)) for row in made)


def _demands(manifests: Iterable[Manifest]) -> Iterator[Demand]:
    places = pod_places()
    for manifest in manifests:
        for pattern in places.get(manifest.id[:2], ()):
            for path, pod in find(manifest.body, pattern):
                if isinstance(pod, dict):
                    largest = _requests(pod)
                    count = _count(manifest.body, path)
                    yield Demand(manifest.id, pod, largest, {name: n * count for name, n in largest.items()})


def _count(body: Any, path: Path) -> int:
    """Return how many pods run at once: `replicas` or `parallelism` beside the pod template."""
    for key in path[:-2]:
        body = body[key]
    said = body.get("replicas", body.get("parallelism")) if isinstance(body, dict) else None
    return said if type(said) is int and said > 1 else 1


def _requests(pod: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return what one pod asks for. Source: k8s.io/component-helpers resource.PodRequests."""
    total: dict[str, Decimal] = {}
    for field in ("containers", "initContainers"):
        for container in pod.get(field) or ():
            resources = container.get("resources") or {}
            asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
            for name, text in asked.items():
                amount, known = quantity(text) or Decimal(0), total.get(name, Decimal(0))
                beside = field == "containers" or container.get("restartPolicy") == "Always"
                total[name] = known + amount if beside else max(known, amount)
    return {name: amount for name, amount in total.items() if amount}


def _devices(demand: Demand) -> tuple[str, ...]:
    return tuple(name for name in demand.largest if name not in PLENTY)


def _takes(node: FakeNode, demand: Demand) -> bool:
    offered = {**PLENTY, **node.capacity}
    large = all((quantity(offered.get(name)) or 0) >= amount for name, amount in demand.largest.items())
    return large and fits(node, demand.pod)


def _node(demand: Demand, taken: set[str]) -> FakeNode:
    labels = labels_wanted(demand.pod)
    name = node_wanted(demand.pod)
    if not name:
        word = _word(labels) or ("gpu" if any(name.endswith("/gpu") for name in demand.largest) else "extra")
        name = next(name for number in range(1, 1 << 30) if (name := f"{word}-{number}") not in taken)
    capacity = {device: _text(max(_GPUS, demand.wanted[device])) for device in _devices(demand)}
    size = {name: _text(amount) for name, amount in demand.largest.items() if name in PLENTY and amount > _plenty(name)}
    return FakeNode(
        name, labels, taints_tolerated(demand.tolerations) if labels or capacity else (), {**capacity, **size}
    )


def _word(labels: Mapping[str, str]) -> str:
    """Return a node's name from the first label that says something: `control-plane` of a role, else a value."""
    for key, value in labels.items():
        word = key.removeprefix(_ROLE) if key.startswith(_ROLE) else value
        plain = "".join(c if c.isalnum() and c.isascii() else "-" for c in word.lower()).strip("-")[:40].strip("-")
        if plain:
            return plain
    return ""


def _sized(node: FakeNode, demands: Iterable[Demand]) -> FakeNode:
    """Return a made node with room for everything that may come to it."""
    total: dict[str, Decimal] = {}
    for demand in demands:
        if _takes(node, demand):
            for name, amount in demand.wanted.items():
                total[name] = total.get(name, Decimal(0)) + amount * _SPARE
    grown = {
        name: _text(amount)
        for name, amount in total.items()
        if amount > (quantity(node.capacity.get(name)) or _plenty(name))
    }
    return node._replace(capacity={**node.capacity, **grown})


def _plenty(name: str) -> Decimal:
    return quantity(PLENTY.get(name)) or Decimal(0)


def _text(amount: Decimal) -> str:
    whole = amount.to_integral_value(rounding="ROUND_CEILING")
    return f"{whole:f}"
