"""Which image runs for one that a manifest names: precedence, the user's own builds, the mirror."""

from __future__ import annotations

from typing import NamedTuple

from compiler.build.findings import finding
from compiler.build.image_names import ImageName, at_mirror, in_repository, is_under, parse_image
from compiler.build.transforms.context import CatalogImage, TransformContext
from compiler.model.diagnostic import Diagnostic, Note
from compiler.model.manifest import Manifest
from compiler.model.source import Path


class _Known(NamedTuple):
    name: str
    image: CatalogImage


class ImageChoice:
    """Chooses images for one run of the transforms, and remembers them: most of them come many times.

    Errors: SC505 two images on one place in the mirror · SC506 a build image that nobody can pull · SC526 no image
    reference at all.
    """

    def __init__(self, context: TransformContext) -> None:
        """Index the images of the catalog by their reference."""
        self.found: list[Diagnostic] = []
        self._context = context
        self._chosen: dict[tuple[str, str, str], str] = {}
        self._sources: dict[str, str] = {}
        self._known: dict[tuple[str, str], _Known] = {}
        for component in sorted(context.catalog_images):
            for name, image in sorted(context.catalog_images[component].items()):
                known = _Known(name, image)
                self._known[component, image.reference] = known
                self._known.setdefault(("", image.reference), known)

    def choose(self, reference: str, manifest: Manifest, path: Path) -> str:
        """Return the image to run where a manifest names `reference`."""
        origin = manifest.origin
        key = (reference, origin.component, origin.instance)
        chosen = self._chosen.get(key)
        if chosen is None:
            chosen = self._chosen[key] = self._resolve(reference, manifest, path)
        return chosen

    def _resolve(self, reference: str, manifest: Manifest, path: Path) -> str:
        registry = self._context.registry
        wanted = self._from_catalog(reference, manifest, path)
        image = parse_image(wanted)
        if image is None:
            self._report(manifest, "SC526", f"`{wanted}` is no image reference", "write `host/path:tag`", path)
            return wanted
        if not registry.mirror or is_under(wanted, registry.mirror):
            return wanted
        return self._mirrored(image, manifest, path)

    def _from_catalog(self, reference: str, manifest: Manifest, path: Path) -> str:
        """Apply `registry.images` and `imageRepository`: they are for the images that a component names itself."""
        origin = manifest.origin
        if not origin.component:
            return reference
        known = self._known.get((origin.component, reference)) or self._known.get(("", reference))
        if known is None:
            return reference
        override = self._context.registry.images.get(known.name)
        if override:
            return override
        repository = self._context.image_repository.get(origin.instance)
        if known.image.build and repository:
            return in_repository(reference, repository)
        if known.image.build and not self._context.registry.mirror:
            message = f"you build image `{known.name}` yourself, and nothing says where it is"
            self._report(
                manifest, "SC506", message, "write `imageRepository` in the section, or `registry.mirror`", path
            )
        return reference

    def _mirrored(self, image: ImageName, manifest: Manifest, path: Path) -> str:
        target = at_mirror(image, self._context.registry.mirror)
        source = str(image)
        before = self._sources.setdefault(target, source)
        # the same digest is the same content, wherever it came from
        if before != source and not image.digest:
            message = f"images `{before}` and `{source}` would both be `{target}`"
            help = "mirror one of them under another path, and name it in `registry.images` or at the workload"
            self._report(manifest, "SC505", message, help, path)
        return target

    def _report(self, manifest: Manifest, code: str, message: str, help: str, path: Path) -> None:
        origin = manifest.origin
        notes = (Note(f"written by {origin.file}:{origin.line}"),) if origin.component else ()
        self.found.append(finding(manifest, code, message, help=help, path=path, notes=notes))
