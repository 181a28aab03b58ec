"""Rewrite every image: pod specs, and the hidden places that components list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from compiler.build.image_names import parse_image
from compiler.build.places import CONTAINER_LISTS, edit, find
from compiler.build.rows import kind_of, matches
from compiler.build.transforms.context import HiddenImage, TransformContext
from compiler.build.transforms.foreign_images import foreign_images
from compiler.build.transforms.image_choice import ImageChoice
from compiler.model.diagnostic import Outcome, outcome
from compiler.model.manifest import Body, Manifest
from compiler.model.source import Path

_FLAG = re.compile(r"(--?[A-Za-z0-9._-]+=)(.+)", re.DOTALL)


def set_images(manifests: tuple[Manifest, ...], context: TransformContext) -> Outcome[tuple[Manifest, ...]]:
    """Choose the image of every container and hidden place, and set the pull policy.

    Shape: `registry.imagePullPolicy` replaces what a component's template says, and fills what the user's own
    manifests leave out. Errors: those of ImageChoice, and SC507 for an image outside a required mirror.
    """
    choice = ImageChoice(context)
    done = tuple(_hidden(_containers(manifest, context, choice), context, choice) for manifest in manifests)
    registry = context.registry
    if registry.mirror and registry.require_mirror:
        choice.found.extend(d for manifest in done for d in foreign_images(manifest, registry.mirror))
    return outcome(done, choice.found)


def _containers(manifest: Manifest, context: TransformContext, choice: ImageChoice) -> Manifest:
    patterns = context.places.get(manifest.id[:2])
    if patterns is None:
        return manifest
    body = manifest.body
    policy = context.registry.image_pull_policy
    for pattern in patterns:
        # without a wildcard the place is known, so the edit needs no search for its path
        spots = (pattern,) if "*" not in pattern else tuple(tuple(map(str, spot.path)) for spot in find(body, pattern))
        for spot in spots:
            body = edit(body, spot, lambda spec, spot=spot: _pod(spec, spot, manifest, choice, policy))  # type: ignore[misc]
    return manifest if body is manifest.body else Manifest(manifest.id, body, manifest.origin)


def _pod(spec: Any, path: Path, manifest: Manifest, choice: ImageChoice, policy: str) -> Any:
    if type(spec) is not dict:
        return spec
    copy: Body | None = None
    for field in CONTAINER_LISTS:
        items = spec.get(field)
        if type(items) is not list:
            continue
        new = [_container(item, (*path, field, i), manifest, choice, policy) for i, item in enumerate(items)]
        if any(a is not b for a, b in zip(new, items, strict=True)):
            copy = dict(spec) if copy is None else copy
            copy[field] = new
    volumes = spec.get("volumes")
    if type(volumes) is list:
        edited = edit(
            volumes, ("*", "image", "reference"), lambda old: _image(old, (*path, "volumes"), manifest, choice)
        )
        if edited is not volumes:
            copy = dict(spec) if copy is None else copy
            copy["volumes"] = edited
    return spec if copy is None else copy


def _container(item: Any, path: Path, manifest: Manifest, choice: ImageChoice, policy: str) -> Any:
    if type(item) is not dict:
        return item
    changes = {}
    image = item.get("image")
    if type(image) is str and image:
        chosen = choice.choose(image, manifest, (*path, "image"))
        if chosen != image:
            changes["image"] = chosen
    if (
        policy
        and item.get("imagePullPolicy") != policy
        and (manifest.origin.component or "imagePullPolicy" not in item)
    ):
        changes["imagePullPolicy"] = policy
    return {**item, **changes} if changes else item


def _image(old: Any, path: Path, manifest: Manifest, choice: ImageChoice) -> Any:
    return choice.choose(old, manifest, path) if type(old) is str and old else old


def _hidden(manifest: Manifest, context: TransformContext, choice: ImageChoice) -> Manifest:
    hidden = context.hidden_images.get(manifest.origin.component)
    if not hidden:
        return manifest
    body = manifest.body
    references = _references(context, manifest.origin.component)
    for path in hidden_places(manifest, hidden):
        body = edit(body, tuple(map(str, path)), lambda old: _rewrite(old, path, manifest, choice, references))  # noqa: B023
    return manifest if body is manifest.body else manifest._replace(body=body)


def _references(context: TransformContext, component: str) -> tuple[str, ...]:
    images = context.catalog_images.get(component, {}).values()
    return tuple(sorted({image.reference for image in images}, key=lambda text: (-len(text), text)))


def hidden_places(manifest: Manifest, hidden: tuple[HiddenImage, ...]) -> Iterator[Path]:
    """Yield where the hidden images of a manifest stand."""
    for row in hidden:
        if tuple(kind_of(row.kind)) == manifest.id[:2] and matches(manifest.id.name, row.name):
            for place in find(manifest.body, row.path):
                yield place.path


def _rewrite(old: Any, path: Path, manifest: Manifest, choice: ImageChoice, references: tuple[str, ...]) -> Any:
    if type(old) is not str:
        return old
    head, text = split_flag(old)
    if parse_image(text) is not None:
        return head + choice.choose(text, manifest, path)
    # a longer text, a ConfigMap's file: replace the images that the component names
    for reference in references:
        if reference in old:
            old = _whole(reference).sub(lambda match: choice.choose(match[0], manifest, path), old)
    return old


def split_flag(text: str) -> tuple[str, str]:
    """Split `--image=x` into `--image=` and `x`; other texts have an empty head."""
    match = _FLAG.fullmatch(text)
    return (match[1], match[2]) if match else ("", text)


@lru_cache(1024)
def _whole(reference: str) -> re.Pattern[str]:
    """Match a reference that is not a part of a longer one: with a host before it, or a longer tag behind."""
    return re.compile(rf"(?<![A-Za-z0-9_./:@-]){re.escape(reference)}(?![A-Za-z0-9_./:@-])")
