"""Read what the transforms need from the stack's `registry` and from the metadata of components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.build.rows import patterns
from compiler.build.transforms.context import CatalogImage, HiddenImage, Registry


def registry_of(spec: Mapping[str, Any]) -> Registry:
    """Return the registry settings of a checked stack's `spec`."""
    said = spec.get("registry") or {}
    return Registry(
        mirror=said.get("mirror", ""),
        image_pull_secrets=tuple(item["name"] for item in said.get("imagePullSecrets", ())),
        image_pull_policy=said.get("imagePullPolicy", ""),
        require_mirror=said.get("requireMirror", False),
        require_digest=said.get("requireDigest", False),
        images=said.get("images", {}),
    )


def catalog_images(meta: Mapping[str, Any], version: Mapping[str, Any]) -> dict[str, CatalogImage]:
    """Return the images of a component: those of component.yaml, and over them those of its version's row.

    Shape: an image is text, or {image, build}; a row that names other text leaves `build` as it is.
    """
    images: dict[str, CatalogImage] = {}
    for said in (meta.get("images") or {}, version.get("images") or {}):
        for name, image in said.items():
            build = images[name].build if name in images else False
            if isinstance(image, str):
                images[name] = CatalogImage(image, build)
            else:
                images[name] = CatalogImage(image["image"], image.get("build", build))
    return images


def hidden_images(meta: Mapping[str, Any]) -> tuple[HiddenImage, ...]:
    """Return the hidden images of a component: rows {kind, name, path}, where a name left out is every name."""
    return tuple(
        HiddenImage(row["kind"], row.get("name", "*"), pattern)
        for row in meta.get("hidden") or ()
        for pattern in patterns(row["path"])
    )
