"""Images that the stack's `registry` refuses, in any string of an object: not from the mirror, or without a digest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from compiler.build.findings import finding
from compiler.build.image_names import is_under, parse_image
from compiler.build.transforms.context import Registry
from compiler.model.diagnostic import Diagnostic
from compiler.model.manifest import Manifest
from compiler.model.source import Path

# host with a dot or port, a path, and a tag or digest: what else looks like this is no URL, which has `//` before it
_EMBEDDED = re.compile(
    r"(?<![A-Za-z0-9_./:@-])"
    r"(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]+)?|localhost(?::[0-9]+)?|[A-Za-z0-9-]+:[0-9]+)"
    r"(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{64})+"
    r"(?![A-Za-z0-9_/-])"
)


def refused_images(manifests: Iterable[Manifest], registry: Registry) -> Iterator[Diagnostic]:
    """Yield SC507 for every image outside a required mirror, and SC508 for one without a required digest.

    Shape: `manifests` are those of the bundle, patches applied. What stands under a key `image` is one; elsewhere, what
    has a registry, a path and a tag or digest. Prose for people (descriptions of a CRD's schema) is not looked at.
    """
    mirror = registry.mirror if registry.require_mirror else ""
    if not mirror and not registry.require_digest:
        return
    for manifest in manifests:
        for path, image in _images(manifest.body, ()):
            if mirror and not is_under(image, mirror):
                help = f"let it come from `{mirror}`: name it in `registry.images`, or list the place under `hidden`"
                yield finding(manifest, "SC507", f"image `{image}` is not from the mirror", help=help, path=path)
            name = parse_image(image)
            if registry.require_digest and name is not None and not name.digest:
                help = "add `@sha256:…` to the image, or name it in `registry.images`"
                yield finding(manifest, "SC508", f"image `{image}` has no digest", help=help, path=path)


def embedded_images(text: str) -> Iterator[str]:
    """Yield the images inside a longer text: a registry, a path, and a tag or digest."""
    return (match[0] for match in _EMBEDDED.finditer(text))


def _images(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if type(value) is str:
        if path[-1:] == ("image",) and parse_image(value) is not None:
            yield path, value
        elif "/" in value:
            yield from ((path, image) for image in embedded_images(value))
    elif type(value) is dict:
        for key, item in value.items():
            if key != "description":
                yield from _images(item, (*path, key))
    elif type(value) is list:
        for index, item in enumerate(value):
            yield from _images(item, (*path, index))
