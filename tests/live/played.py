"""A cluster that is played in memory, for what needs no server: order, retries, waits."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

from compiler.live.port import Discovery, Resource
from compiler.model.ids import ObjectId
from compiler.model.manifest import Body, object_id

Answer = Callable[[Body, int], None]
SERVED = [
    ("v1", "ConfigMap"),
    ("v1", "Namespace"),
    ("apps/v1", "Deployment"),
    ("batch/v1", "Job"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "Pod"),
    ("v1", "Event"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("g.example.com/v1", "Widget"),
]


class PlayedCluster:
    """A ClusterPort in memory; `answer` may raise for a body and the number of the attempt."""

    context, server, namespace = "played", "https://played.example.com", "default"

    def __init__(
        self, answer: Answer = lambda body, attempt: None, status: Callable[[Body, int], Any] | None = None
    ) -> None:
        self.answer, self.status = answer, status
        self.objects: dict[ObjectId, Body] = {}
        self.applied: list[str] = []
        self.attempts: dict[str, int] = {}
        self.looks: dict[str, int] = {}
        self._lock = Lock()

    def discovery(self, *, fresh: bool = False) -> Discovery:
        return Discovery({kind: Resource(kind[1].lower() + "s", True, frozenset()) for kind in SERVED})

    def get(self, api_version: str, id: ObjectId) -> Body | None:
        with self._lock:
            self.looks[id.name] = self.looks.get(id.name, 0) + 1
            return self._seen(self.objects.get(id), self.looks[id.name])

    def list(
        self, api_version: str, kind: str, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> tuple[Body, ...]:
        return tuple(o for o in self.objects.values() if o["kind"] == kind)

    def apply(
        self, body: Body, *, dry_run: bool = False, force: bool = False, manager: str = "stackc"
    ) -> tuple[Body, bool]:
        id = object_id(body)
        with self._lock:
            self.attempts[id.name] = self.attempts.get(id.name, 0) + 1
            self.answer(body, self.attempts[id.name])
            self.applied.append(id.name)
            new = id not in self.objects
            self.objects[id] = body
            return self._seen(body, 0) or body, new

    def _seen(self, body: Body | None, look: int) -> Body | None:
        if body is None or self.status is None:
            return body
        return {**body, "status": self.status(body, look)}
