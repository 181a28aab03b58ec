"""Transforms: passes over all manifests, each pure, in one order."""

from __future__ import annotations

from collections.abc import Callable

from compiler.build.transforms.api_version import move_api_versions
from compiler.build.transforms.context import TransformContext
from compiler.build.transforms.images import set_images
from compiler.build.transforms.labels import set_labels
from compiler.build.transforms.namespace import set_namespaces
from compiler.build.transforms.placement import set_placement
from compiler.build.transforms.pull_secrets import set_pull_secrets
from compiler.build.transforms.resources import set_workloads
from compiler.model.diagnostic import Diagnostic, Outcome, outcome
from compiler.model.manifest import Manifest

Transform = Callable[[tuple[Manifest, ...], TransformContext], Outcome[tuple[Manifest, ...]]]

TRANSFORMS: tuple[Transform, ...] = (
    set_workloads,  # first: the image it sets is mirrored, its placement is the nearest, its autoscaler is moved
    move_api_versions,
    set_namespaces,
    set_labels,
    set_images,
    set_pull_secrets,
    set_placement,
)


def transform(manifests: tuple[Manifest, ...], context: TransformContext) -> Outcome[tuple[Manifest, ...]]:
    """Run all transforms; a pass that finds errors does not stop the next, so that all are shown at once."""
    found: list[Diagnostic] = []
    for run in TRANSFORMS:
        result = run(manifests, context)
        found.extend(result.diagnostics)
        manifests = manifests if result.value is None else result.value
    return outcome(manifests, found)
