"""Ids of a bundle are unique: two objects that would be one are an error."""

from __future__ import annotations

from compiler.build.findings import finding, place_of
from compiler.model.diagnostic import Diagnostic, Note
from compiler.model.ids import ObjectId
from compiler.model.manifest import Manifest


def duplicate_ids(manifests: tuple[Manifest, ...]) -> tuple[Diagnostic, ...]:
    """Return SC525 for every object that another one with the same id went before, naming both origins."""
    first: dict[ObjectId, Manifest] = {}
    found: list[Diagnostic] = []
    for manifest in manifests:
        other = first.setdefault(manifest.id, manifest)
        if other is manifest:
            continue
        one, two = other.origin.instance, manifest.origin.instance
        by = f"by `{one}` and by `{two}`" if one != two else f"both times by `{one}`"
        message = f"{manifest.id} is made twice: {by}"
        help = "give one of them another name or namespace"
        notes = (Note(f"first made by {other.origin.file}:{other.origin.line}", place_of(other)),)
        found.append(finding(manifest, "SC525", message, help=help, path=("metadata", "name"), notes=notes))
    return tuple(found)
