"""File names of objects and artifacts: safe on every file system, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from compiler.build.findings import finding
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome
from compiler.model.ids import ObjectId
from compiler.model.manifest import Artifact, Manifest

CLUSTER_FOLDER = "_cluster"

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")
_LONGEST = 240
"""Bytes of a file name: file systems allow 255, and a temporary name needs a few more."""


def manifest_files(manifests: tuple[Manifest, ...]) -> Outcome[dict[ObjectId, str]]:
    """Return the file of every object.

    Shape: `manifests/<instance>/<namespace or _cluster>/<kind>.<name>.yaml`, lower case, other bytes percent-encoded;
    where two groups have a kind of one name, the later ones by id say their group: `<kind>.<group>.<name>.yaml`.
    Errors: SC523 for two objects whose names differ in case only.
    """
    files: dict[ObjectId, str] = {}
    taken: dict[str, Manifest] = {}
    found: list[Diagnostic] = []
    for manifest in sorted(manifests, key=lambda m: m.id):
        file = _file(manifest, "")
        if file in taken and taken[file].id.group != manifest.id.group:
            file = _file(manifest, f"{manifest.id.group}.")
        other = taken.setdefault(file, manifest)
        if other is not manifest:
            message = f"{manifest.id} and {other.id} would both be the file `{file}`"
            found.append(finding(manifest, "SC523", message, help="rename one of them", path=("metadata", "name")))
        files[manifest.id] = file
    return outcome(files, found)


def _file(manifest: Manifest, group: str) -> str:
    id = manifest.id
    folder = encode(id.namespace) if id.namespace else CLUSTER_FOLDER
    name = _short(encode(f"{id.kind}.{group}{id.name}"))
    return f"manifests/{encode(manifest.origin.instance)}/{folder}/{name}.yaml"


def encode(name: str) -> str:
    """Return a name as one part of a path: lower case, percent-encoded; `.` and `..` are names like others."""
    lowered = name.lower()
    if lowered in (".", ".."):
        return lowered.replace(".", "%2e")
    if _PLAIN.issuperset(lowered):
        return lowered
    return "".join(c if c in _PLAIN else "".join(f"%{byte:02x}" for byte in c.encode()) for c in lowered)


def _short(name: str) -> str:
    """Cut a name that no file system takes; its digest keeps it apart from others."""
    if len(name) <= _LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: _LONGEST - 13]}~{digest}"


def artifact_files(artifacts: Iterable[Artifact]) -> Outcome[dict[str, Artifact]]:
    """Return the file of every artifact: its own path under `artifacts/<instance>/`.

    Errors: SC527 for a path that leaves the folder, and for two artifacts at one path.
    """
    files: dict[str, Artifact] = {}
    found: list[Diagnostic] = []
    seen: set[str] = set()
    for artifact in sorted(artifacts, key=lambda a: (a.instance, a.path)):
        parts = artifact.path.split("/")
        file = "/".join(("artifacts", encode(artifact.instance), *parts))
        if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
            found.append(
                error("SC527", f"artifact `{artifact.path}` of `{artifact.instance}` is no path below its folder")
            )
        elif file.lower() in seen:
            found.append(error("SC527", f"two artifacts of `{artifact.instance}` have the path `{artifact.path}`"))
        seen.add(file.lower())
        files[file] = artifact
    return outcome(files, found)
