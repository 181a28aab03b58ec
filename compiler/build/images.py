"""Every image that will run, hidden ones included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from compiler.build.places import CONTAINER_LISTS, PodPlaces, find
from compiler.build.refused_images import embedded_images
from compiler.build.transforms.context import CatalogImage, HiddenImage
from compiler.build.transforms.images import HiddenPlace, hidden_places, named_images, references_of, whole_image
from compiler.model.manifest import Manifest


def images_of(
    manifests: Iterable[Manifest],
    places: PodPlaces,
    hidden: Mapping[str, tuple[HiddenImage, ...]] | None = None,
    catalog: Mapping[str, Mapping[str, CatalogImage]] | None = None,
) -> tuple[str, ...]:
    """Return the images of all pod specs and of the hidden places of components, sorted, each once.

    Shape: `hidden` and `catalog` are by component, as for the transforms; what stands inside a longer text counts when
    it has a registry, a path and a tag or digest, or when the component names it.
    """
    found: set[str] = set()
    for manifest in manifests:
        for pattern in places.get(manifest.id[:2], ()):
            for spot in find(manifest.body, pattern):
                found.update(_pod_images(spot.value))
        component = manifest.origin.component
        rows = (hidden or {}).get(component)
        if rows:
            references = references_of((catalog or {}).get(component, {}).values())
            found.update(_hidden_images(manifest, rows, references))
    return tuple(sorted(found))


def _pod_images(spec: object) -> Iterator[str]:
    patterns = [(field, "*", "image") for field in CONTAINER_LISTS]
    for pattern in (*patterns, ("volumes", "*", "image", "reference")):
        for spot in find(spec, pattern):
            if type(spot.value) is str and spot.value:
                yield spot.value


def _hidden_images(manifest: Manifest, rows: tuple[HiddenImage, ...], references: tuple[str, ...]) -> Iterator[str]:
    for place in hidden_places(manifest, rows):
        for spot in find(manifest.body, tuple(map(str, place.path))):
            if type(spot.value) is str:
                yield from _text_images(spot.value, place, references)


def _text_images(text: str, place: HiddenPlace, references: tuple[str, ...]) -> Iterator[str]:
    _, image = whole_image(text, place)
    if image:
        yield image
    else:
        yield from embedded_images(text)
        yield from named_images(text, references)
