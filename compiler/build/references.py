"""Find who refers to whom: the references of every object, as the rows of rules/references.yaml say.

Comes in: manifests in their final form. Goes out: references, whether or not their target exists; graph.py makes
edges of those that do, dangling.py diagnostics of those that do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from compiler.build.places import find
from compiler.build.reference_rules import Leaf, Node, Rules
from compiler.model.graph import EdgeKind
from compiler.model.ids import GroupKind, ObjectId, split_api_version
from compiler.model.manifest import Body, Manifest
from compiler.model.source import Path

CRD = GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")


class Reference(NamedTuple):
    """One object names another.

    Shape: `path` leads to the name in the source's body; `keys` are (path, key) that the target must have; `port` is
    (path, Service port) meant; `optional` says that the target may be absent; `backends` that what a Service selects is
    needed as well.
    """

    source: ObjectId
    target: ObjectId
    kind: EdgeKind
    path: Path
    keys: tuple[tuple[Path, str], ...] = ()
    port: tuple[Path, int | str] | None = None
    optional: bool = False
    backends: bool = False


class Made(NamedTuple):
    """An object that a controller makes from another; its keys are known or, None, not."""

    maker: ObjectId
    keys: frozenset[str] | None


class References(NamedTuple):
    """All references of a bundle, and what its objects bring to life."""

    found: tuple[Reference, ...] = ()
    made: Mapping[ObjectId, Made] = {}


def extract(manifests: tuple[Manifest, ...], rules: Rules) -> References:
    """Return the references of all manifests, in their order."""
    found: list[Reference] = []
    made: dict[ObjectId, Made] = {}
    crds = custom_kinds(manifests)
    homes: dict[str, ObjectId] = {}
    for manifest in manifests:
        source = manifest.id
        if source.namespace:
            home = homes.get(source.namespace)
            if home is None:
                home = homes[source.namespace] = ObjectId("", "Namespace", "", source.namespace)
            found.append(Reference(source, home, EdgeKind.NEEDS, ("metadata", "namespace")))
        crd = crds.get(source[:2])
        if crd is not None:
            found.append(Reference(source, crd, EdgeKind.NEEDS, ("apiVersion",)))
            found.append(Reference(source, crd, EdgeKind.READY, ("apiVersion",)))
        node = rules.get(source[:2])
        if node is not None:
            _walk(node, manifest.body, (), source, found, made)
    return References(tuple(found), made)


def custom_kinds(manifests: tuple[Manifest, ...]) -> dict[tuple[str, str], ObjectId]:
    """Return the kinds that CRDs among the manifests define, (group, kind) to the CRD."""
    kinds = {}
    for manifest in manifests:
        if manifest.id[:2] != CRD:
            continue
        spec = manifest.body.get("spec")
        names = spec.get("names") if type(spec) is dict else None
        if type(spec) is dict and type(names) is dict:
            kinds[str(spec.get("group")), str(names.get("kind"))] = manifest.id
    return kinds


def _walk(
    node: Node, value: Any, path: Path, source: ObjectId, found: list[Reference], made: dict[ObjectId, Made]
) -> None:
    for leaf in node.leaves:
        _look(leaf, value, path, source, found, made)
    if type(value) is dict:
        for key, child in node.children:
            below = value.get(key)
            if below is not None:
                _walk(child, below, (*path, key), source, found, made)
        if node.each is not None:
            for key, below in value.items():
                _walk(node.each, below, (*path, key), source, found, made)
    elif type(value) is list and node.each is not None:
        for index, below in enumerate(value):
            _walk(node.each, below, (*path, index), source, found, made)


def _look(
    leaf: Leaf, value: Any, path: Path, source: ObjectId, found: list[Reference], made: dict[ObjectId, Made]
) -> None:
    if leaf.name:
        if type(value) is not dict:
            return
        name = value.get(leaf.name)
        path = (*path, leaf.name)
        if any(value.get(key) != wanted for key, wanted in leaf.when):
            return
    else:
        name, value = value, {}
    target = _target(leaf, value, source, name) if type(name) is str and name else None
    if target is None:
        return
    if leaf.kind is None:
        keys = None if leaf.open else frozenset(key for _, key in _keys(leaf, value, path[:-1]))
        made.setdefault(target, Made(source, keys))
        return
    optional = leaf.absent or (leaf.optional != "" and value.get(leaf.optional) is True)
    keys_wanted = _keys(leaf, value, path[:-1]) if leaf.keys else ()
    port = _port(value.get(leaf.port), (*path[:-1], leaf.port)) if leaf.port else None
    found.append(Reference(source, target, leaf.kind, path, keys_wanted, port, optional, leaf.backends))


def _target(leaf: Leaf, value: Body, source: ObjectId, name: str) -> ObjectId | None:
    kind = leaf.target
    if kind is None:
        kind = _said_kind(leaf, value)
        if kind is None:
            return None
    namespace = leaf.namespace
    if namespace == "same":
        where = source.namespace
    elif namespace == "none":
        where = ""
    else:
        where = value.get(namespace) or source.namespace
    if leaf.target is None and kind.kind.startswith("Cluster"):
        where = ""  # ClusterRole, ClusterSecretStore: the kind itself says that it has no namespace
    return ObjectId(kind.group, kind.kind, where, name) if type(where) is str else None


def _said_kind(leaf: Leaf, value: Body) -> GroupKind | None:
    kind = value.get(leaf.kind_field)
    if leaf.group_field:
        group = value.get(leaf.group_field, "")
    elif leaf.version_field:
        version = value.get(leaf.version_field, "")
        group = split_api_version(version)[0] if type(version) is str else None
    else:
        group = leaf.group_name
    return GroupKind(group, kind) if type(kind) is str and type(group) is str else None


def _keys(leaf: Leaf, value: Body, path: Path) -> tuple[tuple[Path, str], ...]:
    spots = (spot for pattern in leaf.keys for spot in find(value, pattern, path))
    return tuple((spot.path, spot.value) for spot in spots if type(spot.value) is str)


def _port(value: Any, path: Path) -> tuple[Path, int | str] | None:
    """Read a Service port: a number, a name, or networking/v1's {number | name}."""
    if type(value) is dict:
        field = "number" if "number" in value else "name"
        value, path = value.get(field), (*path, field)
    return (path, value) if type(value) in (int, str) else None
