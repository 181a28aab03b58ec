"""What the transforms know besides the manifests: the target, and the stack's wishes in Kubernetes form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from compiler.build.places import PodPlaces
from compiler.build.rows import Pattern
from compiler.build.shapes import InlineSecret
from compiler.model.source import Span

Fields = Mapping[str, Any]
"""Fields of a pod spec, in Kubernetes form: nodeSelector, tolerations, affinity, topologySpreadConstraints."""


class Served(Protocol):
    """The part of a schema pack that says what the target serves."""

    @property
    def minor(self) -> int:
        """The minor of Kubernetes."""

    @property
    def kinds(self) -> Mapping[tuple[str, str, str], str]:
        """Every (group, version, kind)."""

    def versions(self, group: str, kind: str) -> tuple[str, ...]:
        """Return the versions of a kind, the preferred one first."""

    def knows(self, group: str, kind: str) -> bool:
        """Tell whether the target serves a kind in any version."""


class CatalogImage(NamedTuple):
    """An image that a component names; `build` says that the user builds it."""

    reference: str
    build: bool = False


class HiddenImage(NamedTuple):
    """A place outside pod specs where images stand: an argument, a ConfigMap's text.

    Shape: `kind` is `Kind` or `Kind.group`; `name` may hold `*`; `path` may hold `*` for every item.
    """

    kind: str
    name: str
    path: Pattern


class Registry(NamedTuple):
    """The stack's `registry`; `images` maps a catalog image's name to the image to run instead."""

    mirror: str = ""
    image_pull_secrets: tuple[str, ...] = ()
    image_pull_policy: str = ""
    require_mirror: bool = False
    require_digest: bool = False
    images: Mapping[str, str] = {}


class Override(NamedTuple):
    """The user's word about one workload: the Workload type in Kubernetes form, and where it was written.

    Shape: `fields` may hold enabled, image, replicas, autoscaling, resources, env (EnvVar list), args, placement (pod
    spec fields), imagePullSecrets ([{name}]), podLabels, podAnnotations, containers ({name: fields of a container});
    `secrets` are the Secrets that its inline values become; `may_miss` says that a part of the instance is off.
    """

    fields: Mapping[str, Any]
    span: Span | None = None
    secrets: tuple[InlineSecret, ...] = ()
    may_miss: bool = False


class TransformContext(NamedTuple):
    """Everything that the transforms read besides the manifests.

    Shape: mappings by instance have the top-level instance as key; by component, the catalog folder. `own_pods` names
    the components and instances whose pods are the user's (jobs, functions): the stack-wide placement leaves them out.
    `scopes` tells for the kinds of CRDs, (group, kind), whether they are namespaced.
    """

    minor: int
    pack: Served
    stack: str
    places: PodPlaces
    registry: Registry = Registry()
    catalog_images: Mapping[str, Mapping[str, CatalogImage]] = {}
    hidden_images: Mapping[str, tuple[HiddenImage, ...]] = {}
    image_repository: Mapping[str, str] = {}
    pull_secrets: Mapping[str, tuple[str, ...]] = {}
    placement: Fields = {}
    placements: Mapping[str, Fields] = {}
    own_pods: frozenset[str] = frozenset()
    workloads: Mapping[str, Mapping[str, Override]] = {}
    namespaces: Mapping[str, str] = {}
    scopes: Mapping[tuple[str, str], bool] = {}
