"""What a rule about a whole set of objects looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from compiler.check.rule import Problem
from compiler.check.view import View
from compiler.model.manifest import Manifest

Map = dict[str, Any]


class Actor(NamedTuple):
    """One object of the set that could be decoded.

    Shape: `namespace` is `default` where the object names none; `labels` are those of the pods that it makes.
    """

    manifest: Manifest
    view: View
    namespace: str
    labels: dict[str, str]


class Scene(NamedTuple):
    """All objects of a set, and the nodes that are said to be there.

    Shape: `by_kind` is keyed `Kind.group`; `by_label` maps (namespace, label, value) to the objects that make such
    pods; `nodes` have the form of `cluster.nodes` in a stack; `minor` is the target.
    """

    actors: tuple[Actor, ...]
    by_kind: dict[str, list[Actor]]
    by_label: dict[tuple[str, str, str], list[Actor]]
    nodes: tuple[Map, ...]
    minor: int

    def of(self, *kinds: str) -> Iterator[Actor]:
        """Yield the objects of some kinds."""
        for kind in kinds:
            yield from self.by_kind.get(kind, ())

    def pods(self) -> Iterator[Actor]:
        """Yield every object that is or makes pods."""
        return (actor for actor in self.actors if actor.view.pod is not None)

    def near(self, namespace: str, labels: Map) -> list[Actor]:
        """Return what makes pods with the rarest of some labels; all that match all of them are among it."""
        found = [self.by_label.get((namespace, key, value or ""), []) for key, value in labels.items()]
        return min(found, key=len, default=[])


Finding = tuple[Actor, Problem]


class SetRule(NamedTuple):
    """A code and the function that looks at the whole set.

    Shape: `refused` says that an API server refuses it, too; what it takes is a warning in plain streams, whose other
    half may be somewhere else.
    """

    code: str
    check: Callable[[Scene], Iterable[Finding]]
    refused: bool = False


def make_scene(manifests: Iterable[tuple[Manifest, View]], nodes: Iterable[Map], minor: int) -> Scene:
    """Return the scene of some objects."""
    actors = tuple(Actor(m, view, m.id.namespace or "default", _pod_labels(view)) for m, view in manifests)
    by_kind: dict[str, list[Actor]] = {}
    by_label: dict[tuple[str, str, str], list[Actor]] = {}
    for actor in actors:
        by_kind.setdefault(actor.view.kind, []).append(actor)
        for key, value in actor.labels.items():
            by_label.setdefault((actor.namespace, key, value or ""), []).append(actor)
    return Scene(actors, by_kind, by_label, tuple(nodes), minor)


def _pod_labels(view: View) -> dict[str, str]:
    labels: dict[str, str] = ((view.pod.template.get("metadata") or {}).get("labels") or {}) if view.pod else {}
    return labels
