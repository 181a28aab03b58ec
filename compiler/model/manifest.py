"""Manifests and the bundle they make: what every stage after the stack works on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from compiler.model.graph import Graph
from compiler.model.ids import ObjectId, split_api_version
from compiler.model.source import Path, Span

Body = dict[str, Any]
"""One Kubernetes object, keys as in the API.

Nobody mutates a body: edits copy the maps on the way and share the rest.
"""


class Edit(NamedTuple):
    """What a patch of the stack did to a manifest.

    Shape: `place` leads to the value in the body, list indices as text; `at` leads to what said so in the stack's tree;
    `patch` is the patch's name; `removed` says that the value is gone.
    """

    place: tuple[str, ...]
    at: Path
    patch: str
    removed: bool = False


class Origin(NamedTuple):
    """Who made a manifest.

    Shape: `instance` is the top-level instance (`openfx`, `jobs.train`, `manifests`, `namespaces` …); `component` the
    catalog folder, empty for the core and the user's own; `file` and `line` are the template or the user's manifest;
    `span` is the place in the user's files that asked for it; `document` counts documents of a plain stream; `asked`
    leads to the instance's values in the stack's tree; `edits` are those of patches, in their order; `chain` are the
    components that lead to the object by `use`, the instance's own first; `moved` says that it was written in another
    API version, which the target does not serve.
    """

    instance: str
    component: str
    file: str
    line: int
    span: Span | None = None
    document: int | None = None
    asked: Path = ()
    edits: tuple[Edit, ...] = ()
    chain: tuple[str, ...] = ()
    moved: bool = False


class Manifest(NamedTuple):
    """One object with its origin."""

    id: ObjectId
    body: Body
    origin: Origin

    @property
    def api_version(self) -> str:
        """The `apiVersion` of the body."""
        return str(self.body["apiVersion"])

    def __repr__(self) -> str:
        return f"<{self.id}>"  # never the body: it may be a Secret


def object_id(body: Body) -> ObjectId:
    """Return the identity of an object. `body` must have apiVersion, kind and metadata.name as strings."""
    metadata = body["metadata"]
    group, _ = split_api_version(body["apiVersion"])
    return ObjectId(group, body["kind"], metadata.get("namespace") or "", metadata["name"])


SECRET_FIELDS = ("data", "stringData")
"""The fields of a Secret that hold its values."""

DELETION_POLICY = "stackc.dev/deletion-policy"
"""The annotation of a claim that goes when it leaves the stack (`Delete`); all others are kept."""

UNFILLED = "stackc.dev/unfilled"
"""The annotation that names, with commas, the keys of a Secret that are written without their values."""


class Fill(NamedTuple):
    """Keys of a Secret that only diff and apply bind, in memory.

    Shape: `keys` maps the Secret's key to its source, as printed (`env REGISTRY_USER`, `file secrets/a.key`);
    `sources` maps it to the SecretSource of the stack; `recipe` says how the values become data: `keys` or
    `docker-registry` (with `server`); `spans` are the places of the sources by key, as far as the stack names them.
    """

    object: ObjectId
    type: str
    keys: Mapping[str, str]
    sources: Mapping[str, Mapping[str, Any]]
    recipe: str = "keys"
    server: str = ""
    spans: Mapping[str, Span | None] = {}


class Artifact(NamedTuple):
    """A file beside the manifests: an inventory, a script."""

    path: str
    text: str
    instance: str


class Bundle(NamedTuple):
    """Everything that one stack compiles to.

    Shape: `manifests` are in apply order; ids are unique; `keep` holds the ids that are never pruned; `inputs` lists
    (path, sha256) of every file that was read, from the stack's folder on; `hidden_images` are images outside pod
    specs, (object, path, image); `assumed` are the ids that exist already, `assumed_kinds` the custom kinds that the
    cluster is said to serve.
    Errors: a Bundle never holds a secret value outside preset dev.
    """

    stack: str
    kubernetes: str
    preset: str
    manifests: tuple[Manifest, ...]
    graph: Graph
    keep: frozenset[ObjectId] = frozenset()
    fill: tuple[Fill, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
