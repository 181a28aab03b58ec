"""Leave out the fields that a controller owns, so that files, Argo CD and apply send the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from compiler.build.places import find
from compiler.build.rows import Pattern, Row, kind_of, matches, patterns, table
from compiler.model.ids import ObjectId, split_api_version
from compiler.model.manifest import Manifest
from compiler.model.source import Path, pointer


class Released(NamedTuple):
    """A field that is not sent: `path` is its RFC 6901 place in the object."""

    object: ObjectId
    path: str


class Release(NamedTuple):
    """The manifests as they are sent, and the fields that were left out."""

    manifests: tuple[Manifest, ...]
    released: tuple[Released, ...]


def release_fields(manifests: tuple[Manifest, ...], extra: Sequence[Row] = ()) -> Release:
    """Remove what controllers own, as the rows of rules/released.yaml and `extra` (of components) say."""
    rows: dict[tuple[str, str], list[Row]] = {}
    for row in (*table("released"), *extra):
        rows.setdefault(kind_of(row["kind"]), []).append(row)
    scaled = _scaled(manifests)
    done: list[Manifest] = []
    released: list[Released] = []
    for manifest in manifests:
        for row in rows.get(manifest.id[:2], ()):
            if _holds(row.get("when", {}), manifest, scaled):
                for pattern in patterns(row["path"]):
                    manifest = _without(manifest, pattern, released)
        done.append(manifest)
    return Release(tuple(done), tuple(released))


def _scaled(manifests: tuple[Manifest, ...]) -> set[ObjectId]:
    """Return the targets of all autoscalers. Source: autoscaling/v2 scaleTargetRef; keda.sh/v1alpha1 ScaledObject."""
    targets = set()
    for manifest in manifests:
        if manifest.id[:2] not in (("autoscaling", "HorizontalPodAutoscaler"), ("keda.sh", "ScaledObject")):
            continue
        spec = manifest.body.get("spec")
        target = spec.get("scaleTargetRef") if type(spec) is dict else None
        if type(target) is dict and type(target.get("name")) is str:
            keda = manifest.id.group == "keda.sh"
            version = target.get("apiVersion", "apps/v1" if keda else "v1")
            kind = target.get("kind", "Deployment" if keda else "")
            group = split_api_version(version)[0] if type(version) is str else ""
            targets.add(ObjectId(group, kind, manifest.id.namespace, target["name"]))
    return targets


def _holds(when: Row, manifest: Manifest, scaled: set[ObjectId]) -> bool:
    if when.get("scaledBy") and manifest.id not in scaled:
        return False
    if "has" in when and not any(True for p in patterns(when["has"]) for _ in find(manifest.body, p)):
        return False
    if "name" in when and not matches(manifest.id.name, when["name"]):
        return False
    annotations = manifest.body["metadata"].get("annotations")
    return "annotation" not in when or (type(annotations) is dict and when["annotation"] in annotations)


def _without(manifest: Manifest, pattern: Pattern, released: list[Released]) -> Manifest:
    body: Any = manifest.body
    for spot in find(body, pattern):
        body = remove_at(body, spot.path)
        released.append(Released(manifest.id, pointer(spot.path)))
    return manifest if body is manifest.body else manifest._replace(body=body)


def remove_at(value: Any, path: Path) -> Any:
    """Return a body without the key or item at `path`, which must be there; the rest is shared."""
    key, rest = path[0], path[1:]
    copy: Any = value.copy()
    if rest:
        copy[key] = remove_at(value[key], rest)
    else:
        del copy[key]
    return copy
