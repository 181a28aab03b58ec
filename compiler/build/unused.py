"""Stack-wide settings that nothing in the stack uses: each would be believed to have an effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from compiler.build.catalog import Catalog
from compiler.build.transforms.context import TransformContext
from compiler.model.component import LISTS
from compiler.model.diagnostic import Diagnostic, warning
from compiler.model.source import Path
from compiler.model.stack import Instance, Stack
from compiler.spec.words import did_you_mean, show

_OF_THE_REGISTRY = ("caFile", "insecure")
"""Facts for who makes nodes or talks to the registry: the core itself only needs names of images."""


def unused_words(
    stack: Stack, catalog: Catalog, instances: Iterable[Instance], context: TransformContext
) -> Iterator[Diagnostic]:
    """Yield SC474 for each setting of the stack file that has no effect; overlays are shared, and may say more.

    Shape: `instances` are those of the stack and their parts, whose `reads` say what they look at.
    """
    given = tuple(instances)
    names = {instance.component for instance in given}
    read = _read(catalog, names)
    spec = stack.spec
    registry, images = spec.get("registry") or {}, context.catalog_images.values()
    known = sorted({name for by_name in images for name in by_name})
    rows: list[tuple[bool, Path, str, str]] = [
        ("domain" in read or _is_said_elsewhere(spec), ("domain",), "nothing", "take it out"),
        ("tls" in read, ("tls",), "nothing", "take it out"),
        ("storage" in read or _has_claims(spec), ("storage", "storageClassName"), "no claim", "take it out"),
        (any(map(_is_platform, given)), ("placement",), "no component", "write it on the jobs that need it"),
        *((_reads_own(catalog, names), ("registry", key), "nothing", "take it out") for key in _OF_THE_REGISTRY),
        *(
            (name in known, ("registry", "images", name), "no component", did_you_mean(name, known, "take it out"))
            for name in registry.get("images") or ()
        ),
        *((_has_list(spec, name), ("defaults", name), "no list", "take it out") for name in spec.get("defaults") or ()),
    ]
    for is_used, path, who, help in rows:
        span = stack.tree.key_span(("spec", *path))
        if not is_used and _is_given(spec, path) and span is not None and span.file == stack.file:
            yield warning("SC474", f"{who} in this stack uses `{show(('spec', *path))}`", help=help, span=span)


def _read(catalog: Catalog, names: Iterable[str]) -> set[str]:
    return {key for name in names if (c := catalog.get(name)) for key in c.meta.get("reads") or ()}


def _reads_own(catalog: Catalog, names: set[str]) -> bool:
    """Tell whether a component of the user reads the registry: none of the built-in ones looks at these facts."""
    return "registry" in _read(catalog, names & catalog.own)


def _is_given(spec: Any, path: Path) -> bool:
    for part in path:
        if not isinstance(spec, dict) or part not in spec:
            return False
        spec = spec[part]
    return spec is not False


def _is_platform(instance: Instance) -> bool:
    return instance.path[1] not in LISTS


def _has_claims(spec: Any) -> bool:
    return any("size" in (item.get("pvc") or {}) for item in spec.get("data") or ())


def _has_list(spec: Any, name: str) -> bool:
    sections = (section for key, section in spec.items() if key != "defaults" and isinstance(section, dict))
    return name in spec or any(name in section for section in sections)


def _is_said_elsewhere(spec: Any) -> bool:
    """Tell whether the domain is a part of another value: an expression has put it there."""
    domain = spec.get("domain", "")
    return any(_holds(value, domain) for key, value in spec.items() if key != "domain")


def _holds(value: Any, text: str) -> bool:
    if isinstance(value, dict):
        return any(_holds(child, text) for child in value.values())
    if isinstance(value, list):
        return any(_holds(child, text) for child in value)
    return isinstance(value, str) and text in value
