"""What every container that a bundle runs has to say about its resources: for preset production, for quotas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from compiler.build.findings import finding
from compiler.build.places import PodPlaces, find
from compiler.model.diagnostic import Diagnostic
from compiler.model.manifest import Manifest
from compiler.model.source import Path

_RUN = ("initContainers", "containers")
_COUNTED = {
    **dict.fromkeys(("cpu", "requests.cpu"), ("cpu", ("requests", "limits"))),
    **dict.fromkeys(("memory", "requests.memory"), ("memory", ("requests", "limits"))),
    "limits.cpu": ("cpu", ("limits",)),
    "limits.memory": ("memory", ("limits",)),
}
"""Words of a quota: the resource, and the sides of a container that say it (a limit is a request, too)."""


class _Container(NamedTuple):
    manifest: Manifest
    path: Path
    body: Mapping[str, Any]

    def says(self, resource: str, sides: tuple[str, ...]) -> bool:
        resources = self.body.get("resources")
        given = (resources.get(side) for side in sides) if isinstance(resources, dict) else ()
        return any(isinstance(amounts, dict) and resource in amounts for amounts in given)

    def lacks(self, code: str, message: str, resource: str) -> Diagnostic:
        ours = bool(self.manifest.origin.component)
        help = f"write `{resource}` under `resources`: it sets request and limit" if ours else _help(resource)
        return finding(self.manifest, code, f"container `{self.body.get('name')}` {message}", help=help, path=self.path)


def _help(resource: str) -> str:
    return f"write `resources: {{limits: {{{resource}: …}}}}`"


def _containers(manifests: Iterable[Manifest], places: PodPlaces) -> Iterator[_Container]:
    for manifest in manifests:
        for pattern in places.get(manifest.id[:2], ()):
            for pod in find(manifest.body, pattern):
                for field in _RUN:
                    for spot in find(pod.value, (field, "*")):
                        if isinstance(spot.value, dict):
                            yield _Container(manifest, (*pod.path, *spot.path), spot.value)


def unlimited(manifests: Iterable[Manifest], places: PodPlaces) -> Iterator[Diagnostic]:
    """Yield SC528 for every container without a memory limit: one that leaks takes its neighbours along."""
    for container in _containers(manifests, places):
        if not container.says("memory", ("limits",)):
            yield container.lacks("SC528", "has no memory limit, which preset production requires", "memory")


def uncounted(manifests: Iterable[Manifest], places: PodPlaces) -> Iterator[Diagnostic]:
    """Yield SC529 for every container that does not set a resource which a quota of its namespace counts.

    Shape: a namespace with a LimitRange is left out: that may say it for the container.
    Source: kubernetes.io/docs/concepts/policy/resource-quotas: such a pod is refused, long after apply.
    """
    given = tuple(manifests)
    ranged = {m.id.namespace for m in given if m.id[:2] == ("", "LimitRange")}
    counted: dict[str, set[str]] = {}
    for quota in (m for m in given if m.id[:2] == ("", "ResourceQuota")):
        counted.setdefault(quota.id.namespace, set()).update(_hard(quota))
    if not counted:
        return
    for container in _containers(given, places):
        namespace = container.manifest.id.namespace
        words = counted.get(namespace, ()) if namespace not in ranged else ()
        for resource in sorted({_COUNTED[word][0] for word in words if not container.says(*_COUNTED[word])}):
            yield container.lacks("SC529", f"sets no {resource}, which a quota of `{namespace}` counts", resource)


def _hard(quota: Manifest) -> tuple[str, ...]:
    spec = quota.body.get("spec")
    hard = spec.get("hard") if isinstance(spec, dict) else None
    scoped = isinstance(spec, dict) and (spec.get("scopes") or spec.get("scopeSelector"))
    return tuple(word for word in _COUNTED if word in hard) if isinstance(hard, dict) and not scoped else ()
