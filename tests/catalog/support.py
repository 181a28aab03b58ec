"""Stacks made of a component's parameters, compiled in memory."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import yaml

from compiler.build.assume import assume
from compiler.build.catalog import Catalog
from compiler.build.expand import Expansion
from compiler.build.sections import discriminator
from compiler.build.select import select
from compiler.formats.files import MemoryFiles
from compiler.model.component import LISTS, Component
from compiler.model.diagnostic import Diagnostic
from compiler.model.manifest import Manifest
from compiler.pipeline import build, load_checked

FILE = "stack.yaml"
SURROUNDINGS: Mapping[str, Any] = {
    "jobs": {"assumes": {"components": {"volcano": "1.10.0"}}},
    "queues": {"assumes": {"components": {"volcano": "1.10.0"}}},
    "hykufe": {"assumes": {"components": {"volcano": "1.10.0"}}},
    "openfx": {"assumes": {"components": {"metrics-server": "0.7.2"}}},
}
"""What a stack with a section needs besides, so that only what is tested can be wrong."""


@cache
def catalog() -> Catalog:
    """Return the built-in catalog."""
    return Catalog()


def combined(below: Any, above: Any) -> Any:
    """Return two plain values as one: maps by key, lists one after the other, scalars of above."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {
            k: combined(below[k], above[k]) if k in below and k in above else {**below, **above}[k]
            for k in {**below, **above}
        }
    if isinstance(below, list) and isinstance(above, list):
        return below + [item for item in above if item not in below]
    return above


def stack_text(*specs: str | Mapping[str, Any]) -> str:
    """Return the text of a stack whose spec is all of these, laid over each other."""
    spec: Any = {"kubernetes": "1.34", "assumes": {"components": {"volcano": "1.10.0"}}}
    for part in specs:
        spec = combined(spec, yaml.safe_load(part) if isinstance(part, str) else dict(part))
    head = {"apiVersion": "stackc.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "lab"}}
    return yaml.safe_dump({**head, "spec": spec}, sort_keys=False)


def spec_of(text: str) -> dict[str, Any]:
    """Return the spec of a stack's text."""
    spec: dict[str, Any] = yaml.safe_load(text)["spec"]
    return spec


def stack_of_params(component: Component, params: Mapping[str, Any], kubernetes: str = "") -> str:
    """Return a stack that asks for one component with these parameters; `$stack` in them is laid over the spec."""
    own: dict[str, Any] = copy.deepcopy(dict(params))
    more = own.pop("$stack", {})
    section = component.section
    spec: Any = copy.deepcopy(SURROUNDINGS.get(section, {}))
    if section in LISTS:
        pair = discriminator(component)
        item = {**({pair[0]: pair[1]} if pair else {}), **own}
        if component.name == "horovod-job":
            item = {"namespace": "hykufe", **item}
            spec = combined(
                spec,
                {
                    "hykufe": {
                        "version": "0.0.1",
                        "namespace": "hykufe",
                        "operator": {"image": "acme/hykufe-operator:1"},
                    }
                },
            )
        spec[section] = [item]
    elif section:
        spec[section] = {**({"version": next(iter(component.versions))} if component.versions else {}), **own}
    else:
        version = {"version": next(iter(component.versions))} if component.versions else {}
        spec["components"] = [{"name": component.name, **version, "params": own}]
    base = {"kubernetes": kubernetes} if kubernetes else {}
    return stack_text(spec, _secrets(spec), more, base)


def _secrets(value: Any) -> dict[str, Any]:
    """Return assumptions for every Secret that a spec refers to: in the namespaces that tests use."""
    names = sorted(set(_secret_names(value)))
    return (
        {"assumes": {"secrets": [f"{ns}/{name}" for name in names for ns in ("default", "hykufe", "openfx")]}}
        if names
        else {}
    )


def _secret_names(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, child in value.items():
            if key == "secretRef" and isinstance(child, dict) and "name" in child:
                yield child["name"]
            yield from _secret_names(child)
    elif isinstance(value, list):
        for child in value:
            yield from _secret_names(child)


def expand_text(text: str, kubernetes: str = "") -> tuple[tuple[Manifest, ...], list[Diagnostic]]:
    """Run circle 1 and the templates on a stack; return the objects before the transforms, and what was found."""
    checked = load_checked(_files(text), FILE, (), _sets(kubernetes), catalog())
    found = list(checked.diagnostics)
    if checked.value is None:
        return (), found
    chosen = select(checked.value, catalog())
    found += chosen.diagnostics
    if chosen.value is None:
        return (), found
    found += assume(checked.value, catalog(), chosen.value).diagnostics
    expansion = Expansion(checked.value, catalog())
    expansion.run(chosen.value)
    return tuple(expansion.manifests), [*found, *expansion.found]


def compile_text(
    text: str, kubernetes: str = "", more: Mapping[str, str] | None = None
) -> tuple[tuple[Manifest, ...], list[Diagnostic]]:
    """Compile a stack, with more files beside it, as `stackc compile` does; return its objects, and what was found."""
    built = build(_files(text, more or {}), FILE, (), _sets(kubernetes))
    return built.value.bundle.manifests if built.value else (), list(built.diagnostics)


def _files(text: str, more: Mapping[str, str] = {}) -> MemoryFiles:  # noqa: B006 (never changed)
    return MemoryFiles({path: content.encode() for path, content in {FILE: text, **more}.items()})


def _sets(kubernetes: str) -> tuple[str, ...]:
    return (f"kubernetes={kubernetes}",) if kubernetes else ()


def errors(found: Iterable[Diagnostic]) -> list[str]:
    """Return the errors among diagnostics, as texts."""
    return [f"{d.code} {d.span}: {d.message}" for d in found if d.is_error]
