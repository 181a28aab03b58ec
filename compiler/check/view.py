"""A typed-enough view of one object: what rules ask for, computed once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler.model.ids import split_api_version
from compiler.model.source import Path

Map = dict[str, Any]

TEMPLATES: dict[str, Path] = {
    "Pod.": (),
    "PodTemplate.": ("template",),
    "ReplicationController.": ("spec", "template"),
    "Deployment.apps": ("spec", "template"),
    "ReplicaSet.apps": ("spec", "template"),
    "StatefulSet.apps": ("spec", "template"),
    "DaemonSet.apps": ("spec", "template"),
    "Deployment.extensions": ("spec", "template"),
    "ReplicaSet.extensions": ("spec", "template"),
    "DaemonSet.extensions": ("spec", "template"),
    "Job.batch": ("spec", "template"),
    "CronJob.batch": ("spec", "jobTemplate", "spec", "template"),
}
"""Where each kind keeps its pod template (metadata and spec)."""

POD_KINDS = tuple(TEMPLATES)


class Container(NamedTuple):
    """One container of a pod.

    Shape: `path` leads to it from the object's root; `list` is `containers`, `initContainers` or `ephemeralContainers`.
    """

    path: Path
    body: Map
    list: str


class Pod(NamedTuple):
    """The pod that an object is or makes.

    Shape: `path` leads to the pod's spec, `template_path` to the map around it (`metadata`, `spec`).
    """

    path: Path
    spec: Map
    template_path: Path
    template: Map
    containers: tuple[Container, ...]


class View:
    """One object whose fields have the types of its schema.

    Shape: `kind` is `Kind.group`; `spec` and `metadata` are empty maps where the object has none; `minor` is the
    target's Kubernetes minor.
    """

    __slots__ = ("body", "kind", "metadata", "minor", "pod", "spec")

    def __init__(self, body: Map, minor: int) -> None:
        self.body = body
        self.minor = minor
        self.kind = f"{body['kind']}.{split_api_version(body['apiVersion'])[0]}"
        self.metadata: Map = body.get("metadata") or {}
        spec = body.get("spec")
        self.spec: Map = spec if isinstance(spec, dict) else {}
        where = TEMPLATES.get(self.kind)
        self.pod: Pod | None = None if where is None else _pod(body, where)

    @property
    def name(self) -> str:
        """The object's name, empty where it has none."""
        return self.metadata.get("name") or ""

    def containers(self) -> tuple[Container, ...]:
        """Return every container of the object's pod, init containers after the ordinary ones."""
        return self.pod.containers if self.pod else ()


def _pod(body: Map, where: Path) -> Pod:
    template: Any = body
    for key in where:
        template = template.get(key) or {}
    spec: Map = template.get("spec") or {}
    path = (*where, "spec")
    found: list[Container] = []
    for name in ("containers", "initContainers", "ephemeralContainers"):
        for i, item in enumerate(spec.get(name) or ()):
            found.append(Container((*path, name, i), item, name))
    return Pod(path, spec, where, template, tuple(found))


def items(parent: Map, key: str, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield path and value of every item of the list at `key`; `path` leads to `parent`."""
    for i, item in enumerate(parent.get(key) or ()):
        yield (*path, key, i), item
