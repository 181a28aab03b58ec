"""Rewrite every image: pod specs, and the hidden places that components list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple

from compiler.build.image_names import parse_image
from compiler.build.places import CONTAINER_LISTS, edit, find
from compiler.build.rows import kind_of, matches
from compiler.build.transforms.context import CatalogImage, HiddenImage, TransformContext
from compiler.build.transforms.image_choice import ImageChoice
from compiler.model.diagnostic import Outcome, outcome
from compiler.model.manifest import Body, Manifest
from compiler.model.source import Path

_FLAG = re.compile(r"(--?[A-Za-z0-9._-]+=)(.+)", re.DOTALL)


def set_images(manifests: tuple[Manifest, ...], context: TransformContext) -> Outcome[tuple[Manifest, ...]]:
    """Choose the image of every container and hidden place, and set the pull policy.

    Shape: `registry.imagePullPolicy` replaces what a component's template says, and fills what the user's own
    manifests leave out. Errors: those of ImageChoice.
    """
    choice = ImageChoice(context)
    done = tuple(_hidden(_containers(manifest, context, choice), context, choice) for manifest in manifests)
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
    for place in hidden_places(manifest, hidden):
        rewrite = partial(_rewrite, place=place, manifest=manifest, choice=choice, references=references)
        body = edit(body, tuple(map(str, place.path)), rewrite)
    return manifest if body is manifest.body else manifest._replace(body=body)


def _references(context: TransformContext, component: str) -> tuple[str, ...]:
    return references_of(context.catalog_images.get(component, {}).values())


def references_of(images: Iterable[CatalogImage]) -> tuple[str, ...]:
    """Return the references of catalog images, longer ones first, so that none is found inside another."""
    return tuple(sorted({image.reference for image in images}, key=lambda text: (-len(text), text)))


class HiddenPlace(NamedTuple):
    """Where a hidden image stands; `is_image` when the row names this very place, and not every value of a map."""

    path: Path
    is_image: bool


def hidden_places(manifest: Manifest, hidden: tuple[HiddenImage, ...]) -> Iterator[HiddenPlace]:
    """Yield where the hidden images of a manifest stand."""
    for row in hidden:
        if tuple(kind_of(row.kind)) == manifest.id[:2] and matches(manifest.id.name, row.name):
            for spot in find(manifest.body, row.path):
                yield HiddenPlace(spot.path, row.path[-1:] != ("*",))


def whole_image(text: str, place: HiddenPlace) -> tuple[str, str]:
    """Split the text of a hidden place into a flag and its image, both empty when it is no image.

    Shape: where any value may stand, only what has a path and a tag or digest is one: `info` and `8080:80` parse, too.
    """
    head, image = split_flag(text)
    name = parse_image(image)
    if name is None or not (place.is_image or ("/" in image and name.suffix)):
        return "", ""
    return head, image


def _rewrite(old: Any, place: HiddenPlace, manifest: Manifest, choice: ImageChoice, references: tuple[str, ...]) -> Any:
    if type(old) is not str:
        return old
    head, image = whole_image(old, place)
    if image:
        return head + choice.choose(image, manifest, place.path)
    # a longer text, a ConfigMap's file: replace the images that the component names
    for reference in references:
        if reference in old:
            old = _whole(reference).sub(lambda match: choice.choose(match[0], manifest, place.path), old)
    return old


def split_flag(text: str) -> tuple[str, str]:
    """Split `--image=x` into `--image=` and `x`; other texts have an empty head."""
    match = _FLAG.fullmatch(text)
    return (match[1], match[2]) if match else ("", text)


def named_images(text: str, references: Iterable[str]) -> Iterator[str]:
    """Yield those of the references that stand in a text, not as a part of a longer one."""
    return (reference for reference in references if reference in text and _whole(reference).search(text))


@lru_cache(1024)
def _whole(reference: str) -> re.Pattern[str]:
    """Match a reference that is not a part of a longer one: with a host before it, or a longer tag behind."""
    return re.compile(rf"(?<![A-Za-z0-9_./:@-]){re.escape(reference)}(?![A-Za-z0-9_./:@-])")
