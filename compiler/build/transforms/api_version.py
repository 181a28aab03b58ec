"""Write every object in a version that the target serves; templates are written for the newest API."""

from __future__ import annotations

from functools import cache
from typing import Any

from compiler.build.findings import finding
from compiler.build.places import find
from compiler.build.rows import Row, patterns, table
from compiler.build.transforms.context import TransformContext
from compiler.build.transforms.conversions import CONVERSIONS, CannotSay
from compiler.formats.packs import NEWEST, is_namespaced, load_pack
from compiler.model.diagnostic import Diagnostic, Outcome, outcome
from compiler.model.ids import split_api_version
from compiler.model.manifest import Manifest

CRD_GROUP = "apiextensions.k8s.io"


def move_api_versions(manifests: tuple[Manifest, ...], context: TransformContext) -> Outcome[tuple[Manifest, ...]]:
    """Move built-in kinds to what the target serves.

    Versions older than what is served are left: the checks report removed APIs with what to write instead.
    Errors: SC510 for what the older form cannot say or has no conversion · SC511 for a kind that the target lacks.
    """
    found: list[Diagnostic] = []
    served: dict[tuple[Any, Any], bool] = {}
    done = []
    for manifest in manifests:
        key = (manifest.body["apiVersion"], manifest.id.kind)
        known = served.get(key)
        if known is None:
            known = served[key] = _is_fine(*key, context)
        done.append(manifest if known else _move(manifest, context, found))
    return outcome(tuple(done), found)


def _is_fine(api_version: str, kind: str, context: TransformContext) -> bool:
    group, version = split_api_version(api_version)
    return (group, version, kind) in context.pack.kinds or is_namespaced(group, kind) is None


def _move(manifest: Manifest, context: TransformContext, found: list[Diagnostic]) -> Manifest:
    group, version = split_api_version(manifest.api_version)
    row = _rows().get((group, manifest.id.kind, version))
    if row is None or (group, row["to"], manifest.id.kind) not in context.pack.kinds:
        found.extend(_no_way(manifest, context))
        return manifest
    try:
        _refuse(manifest.body, row, context.minor)
        body = CONVERSIONS[row["convert"]](manifest.body, context.minor)
    except CannotSay as reason:
        message = (
            f"{manifest.api_version} {manifest.id.kind} cannot be written for Kubernetes 1.{context.minor}: {reason}"
        )
        found.append(finding(manifest, "SC510", message, help="leave it out, or raise `kubernetes`", path=reason.path))
        return manifest
    moved = {**body, "apiVersion": f"{group}/{row['to']}"}
    return manifest._replace(body=moved, origin=manifest.origin._replace(moved=True))


def _refuse(body: dict[str, Any], row: Row, minor: int) -> None:
    for refusal in row.get("refuse", ()):
        if minor >= refusal.get("below", minor + 1):
            continue
        for pattern in patterns(refusal["path"]):
            for place in find(body, pattern):
                raise CannotSay(place.path, refusal["why"])


def _no_way(manifest: Manifest, context: TransformContext) -> list[Diagnostic]:
    group, version = split_api_version(manifest.api_version)
    kind = manifest.id.kind
    if not context.pack.knows(group, kind):
        first = _first_minor(group, version, kind, context.minor)
        if first is None:
            return []  # an API of the past, or a version that never was: the checks say so
        message = f"Kubernetes 1.{context.minor} has no {kind} ({manifest.api_version}); it came with 1.{first}"
        return [finding(manifest, "SC511", message, help=f'write `kubernetes: "1.{first}"` or newer, or leave it out')]
    if _first_minor(group, version, kind, context.minor) is None:
        return []
    there = ", ".join(f"`{group}/{v}`" for v in context.pack.versions(group, kind))
    message = (
        f"Kubernetes 1.{context.minor} serves {kind} as {there}, and there is no conversion from {manifest.api_version}"
    )
    help = "CRDs need Kubernetes 1.16" if group == CRD_GROUP else f"write it in {there}, or raise `kubernetes`"
    return [finding(manifest, "SC510", message, help=help)]


def _first_minor(group: str, version: str, kind: str, after: int) -> int | None:
    """Return the first minor after `after` that serves a version of a kind."""
    return next((m for m in range(after + 1, NEWEST + 1) if (group, version, kind) in load_pack(m).kinds), None)


@cache
def _rows() -> dict[tuple[str, str, str], Row]:
    return {(row["group"], row["kind"], row["from"]): row for row in table("api_versions")}
