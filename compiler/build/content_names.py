"""Objects that are named by their content: a Job can't be changed, so a changed one gets another name.

It runs after everything that changes an object, patches included, so that the name always fits what is sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from compiler.build.catalog import Catalog
from compiler.formats.yaml_emit import canonical_json
from compiler.model.manifest import Manifest

_CONTENT = ("spec", "data", "binaryData")


def name_by_content(manifests: Iterable[Manifest], catalog: Catalog) -> tuple[Manifest, ...]:
    """Return the manifests, with a digest after the names that a component lists under `names.byContent`.

    Shape: a row is {kind, name, with: [{kind, name}]}; `with` are objects of the same instance and namespace, and
    what they hold counts too: a Job that reads a ConfigMap has to run again when its text changes.
    """
    given = tuple(manifests)
    wanted: dict[str, Any] = {}
    beside: dict[tuple[str, ...], Manifest] = {}
    for manifest in given:
        component = manifest.origin.component
        if component not in wanted:
            entry = catalog.get(component) if component else None
            wanted[component] = ((entry.meta.get("names") or {}).get("byContent") or ()) if entry else ()
        if wanted[component]:
            beside[_key(manifest, manifest.id.kind, manifest.id.name)] = manifest
    return tuple(
        next((_renamed(m, row, beside) for row in wanted[m.origin.component] if _is_named(m, row)), m) for m in given
    )


def _key(manifest: Manifest, kind: str, name: str) -> tuple[str, ...]:
    return manifest.origin.instance, manifest.id.namespace, kind, name


def _is_named(manifest: Manifest, row: Mapping[str, Any]) -> bool:
    return bool(manifest.id.kind == row["kind"] and row.get("name", manifest.id.name) == manifest.id.name)


def _renamed(manifest: Manifest, row: Mapping[str, Any], beside: Mapping[tuple[str, ...], Manifest]) -> Manifest:
    content = [manifest.body.get("spec") or {}]
    for other in row.get("with") or ():
        found = beside.get(_key(manifest, other["kind"], other["name"]))
        content += [{k: v for k, v in found.body.items() if k in _CONTENT}] if found else []
    digest = hashlib.sha256(canonical_json(content).encode()).hexdigest()[:8]
    name = f"{manifest.id.name}-{digest}"
    body = {**manifest.body, "metadata": {**manifest.body["metadata"], "name": name}}
    return manifest._replace(id=manifest.id._replace(name=name), body=body)
