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


def name_by_content(manifests: Iterable[Manifest], catalog: Catalog) -> tuple[Manifest, ...]:
    """Return the manifests, with a digest after the names that a component lists under `names.byContent`."""
    wanted: dict[str, Any] = {}
    done = []
    for manifest in manifests:
        component = manifest.origin.component
        if component not in wanted:
            entry = catalog.get(component) if component else None
            wanted[component] = ((entry.meta.get("names") or {}).get("byContent") or ()) if entry else ()
        if any(_is_named(manifest, row) for row in wanted[component]):
            manifest = _renamed(manifest)
        done.append(manifest)
    return tuple(done)


def _is_named(manifest: Manifest, row: Mapping[str, Any]) -> bool:
    return bool(manifest.id.kind == row["kind"] and row.get("name", manifest.id.name) == manifest.id.name)


def _renamed(manifest: Manifest) -> Manifest:
    digest = hashlib.sha256(canonical_json(manifest.body.get("spec") or {}).encode()).hexdigest()[:8]
    name = f"{manifest.id.name}-{digest}"
    body = {**manifest.body, "metadata": {**manifest.body["metadata"], "name": name}}
    return manifest._replace(id=manifest.id._replace(name=name), body=body)
