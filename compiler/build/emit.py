"""Write a bundle as text: one YAML stream, or a tree of one file per object with an index."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from compiler.build.file_names import artifact_files, manifest_files
from compiler.formats.yaml_emit import emit
from compiler.model.diagnostic import Outcome
from compiler.model.ids import ObjectId
from compiler.model.manifest import Body, Bundle, Manifest

INDEX = "index.json"
FORMAT_VERSION = 1

_FIRST = ("apiVersion", "kind", "metadata")
_FIRST_OF_METADATA = ("name", "namespace", "labels", "annotations")


def emit_stream(bundle: Bundle) -> str:
    """Return all manifests in apply order as one YAML stream."""
    return "---\n".join(emit(readable(manifest.body)) for manifest in bundle.manifests)


def readable(body: Body) -> Body:
    """Return a body with its keys in the order people look for them; all others stay as the template wrote them."""
    metadata = body.get("metadata")
    done = _leading(body, _FIRST)
    if type(metadata) is dict:
        done["metadata"] = _leading(metadata, _FIRST_OF_METADATA)
    return done


def _leading(values: Body, first: tuple[str, ...]) -> Body:
    done = {key: values[key] for key in first if key in values}
    for key, value in values.items():
        if key not in done:
            done[key] = value
    return done


def emit_tree(bundle: Bundle) -> Outcome[dict[str, str]]:
    """Return the files of a bundle, path to text, in the order of their paths.

    Shape: `index.json`, `manifests/<instance>/<namespace or _cluster>/<kind>.<name>.yaml`, `artifacts/<instance>/…`.
    Errors: SC523 when two objects would be one file where letters of both cases are one · SC527 for an artifact whose
    path leaves its folder or is another's.
    """
    names = manifest_files(bundle.manifests)
    artifacts = artifact_files(bundle.artifacts)
    found = names.diagnostics + artifacts.diagnostics
    if names.value is None or artifacts.value is None:
        return Outcome(None, found)
    tree = {names.value[m.id]: emit(readable(m.body)) for m in bundle.manifests}
    objects = [_object(m, names.value[m.id], tree, bundle) for m in bundle.manifests]
    texts = {path: artifact.text for path, artifact in artifacts.value.items()}
    tree |= texts
    tree[INDEX] = index_text(bundle, objects, texts)
    return Outcome(dict(sorted(tree.items())), found)


def index_text(bundle: Bundle, objects: list[dict[str, Any]], artifacts: dict[str, str]) -> str:
    """Return index.json. Shape: schemas/index.schema.json. It holds no time and no version of stackc."""
    index = {
        "formatVersion": FORMAT_VERSION,
        "stack": bundle.stack,
        "kubernetes": bundle.kubernetes,
        "inputs": [{"path": path, "sha256": digest} for path, digest in sorted(bundle.inputs)],
        "objects": objects,
        "fill": [
            {"object": _id(fill.object), "type": fill.type, "keys": dict(sorted(fill.keys.items()))}
            for fill in sorted(bundle.fill, key=lambda fill: fill.object)
        ],
        "artifacts": [{"file": path, "sha256": sha256(text)} for path, text in sorted(artifacts.items())],
    }
    return _pretty(index)


def _object(manifest: Manifest, file: str, tree: dict[str, str], bundle: Bundle) -> dict[str, Any]:
    return {
        "id": _id(manifest.id),
        "file": file,
        "sha256": sha256(tree[file]),
        "wave": bundle.graph.waves.get(manifest.id, 0),
        "keep": manifest.id in bundle.keep,
    }


def _id(id: ObjectId) -> dict[str, str]:
    return {key: value for key, value in id._asdict().items() if value or key in ("kind", "name")}


def sha256(text: str) -> str:
    """Return the digest of a text as it stands in a file."""
    return hashlib.sha256(text.encode()).hexdigest()


def _pretty(index: dict[str, Any]) -> str:
    """Write one row a line, so that a review of a committed tree shows the rows that changed."""
    lines = []
    for key, value in index.items():
        lines.append(f"  {json.dumps(key)}: {_rows(value) if isinstance(value, list) else json.dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _rows(rows: Iterable[Any]) -> str:
    lines = [f"    {json.dumps(row, ensure_ascii=False)}" for row in rows]
    return "[\n" + ",\n".join(lines) + "\n  ]" if lines else "[]"
