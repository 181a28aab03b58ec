"""What a stack asks for, as a list of instances: sections, items of shared lists, and `components`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.build.catalog import Catalog
from compiler.build.sections import CORE_KEYS, discriminator, serving
from compiler.formats.suggest import nearest
from compiler.model.component import LISTS, Component
from compiler.model.diagnostic import Bug, Diagnostic, Outcome, error, outcome
from compiler.model.source import Path
from compiler.model.stack import Instance, Stack
from compiler.spec.schemas import shared_sections


def select(stack: Stack, catalog: Catalog) -> Outcome[tuple[Instance, ...]]:
    """Return every instance that the stack asks for, in the order of the file.

    Errors: SC451 for a storage class that no component makes, SC452 for an unknown component, SC453 for a version that
    does not exist, SC454 for two instances of a component that allows one, SC455 for an abstract component, SC456 for
    an instance without a parameter that its component needs.
    """
    found: list[Diagnostic] = []
    made: list[Instance] = []
    for key, value in stack.spec.items():
        if key in LISTS:
            made += [i for n, item in enumerate(value) if (i := _item(stack, catalog, key, n, item))]
        elif key == "components":
            made += [i for n, item in enumerate(value) if (i := _component(stack, catalog, n, item, found))]
        elif key not in shared_sections() and isinstance(value, dict) and value.get("enabled", True):
            made.append(_section(stack, catalog, key, value))
    for number, item in enumerate((stack.spec.get("storage") or {}).get("classes") or ()):
        message = f"no component serves the storage class `{item['name']}`"
        help = "make the class yourself, and name it under `assumes.storageClasses`"
        found.append(error("SC451", message, help=help, span=stack.tree.span(("spec", "storage", "classes", number))))
    _refuse_doubles(stack, catalog, made, found)
    return outcome(tuple(made), (*catalog.found, *found))


def _section(stack: Stack, catalog: Catalog, key: str, value: Any) -> Instance:
    path: Path = ("spec", key)
    candidates = serving(catalog, key)
    version = str(value.get("version", ""))
    chosen = [c for c in candidates if version in c.versions] or [c for c in candidates if not c.versions]
    if not chosen:
        raise Bug(f"no component serves `{key}` {version}: the schema of the stack let it pass")
    return _instance(stack, chosen[0], key, version, value, path)


def _instance(
    stack: Stack, component: Component, name: str, version: str, value: Mapping[str, Any], path: Path
) -> Instance:
    own = component.params.get("properties", {})
    params = {k: v for k, v in value.items() if k in own or k not in CORE_KEYS}
    namespace = str(value.get("namespace") or component.meta.get("namespace") or "default")
    return Instance(name, name, component.name, version, namespace, params, path, stack.tree.key_span(path))


def _item(stack: Stack, catalog: Catalog, section: str, number: int, item: Any) -> Instance | None:
    if not item.get("enabled", True):
        return None
    path: Path = ("spec", section, number)
    candidates = serving(catalog, section)
    pairs = {pair: c for c in candidates if (pair := discriminator(c))}
    key = next(iter(pairs))[0] if pairs else ""
    value = item.get(key) or next((v for (k, v), c in pairs.items() if c.meta.get("default")), "")
    component = pairs.get((key, value)) if pairs else next(iter(candidates), None)
    if component is None:
        raise Bug(f"no component serves `{section}` with `{key}: {value}`: the schema of the stack let it pass")
    params = {k: v for k, v in item.items() if k in component.params.get("properties", {})}
    namespace = str(item.get("namespace") or component.meta.get("namespace") or "default")
    span = stack.tree.span((*path, "name"))
    version = next(iter(component.versions), "")
    return Instance(f"{section}.{item['name']}", item["name"], component.name, version, namespace, params, path, span)


def _component(stack: Stack, catalog: Catalog, number: int, item: Any, found: list[Diagnostic]) -> Instance | None:
    if not item.get("enabled", True):
        return None
    path: Path = ("spec", "components", number)
    use = str(item.get("use") or item["name"])
    component = catalog.get(use)
    at = stack.tree.span((*path, "use" if "use" in item else "name"))
    if component is None:
        if use not in catalog.names:  # one that does not load has its own diagnostics
            near = nearest(use, catalog.names)
            help = f"write `{near}`" if near else f"write a component of `stackc catalog`, or make components/{use}"
            found.append(error("SC452", f"no component `{use}`", help=help, span=at))
        return None
    if component.meta.get("abstract"):
        help = "use a component that is made of it"
        found.append(error("SC455", f"`{use}` is a building block of other components", help=help, span=at))
        return None
    if component.meta.get("assumable") and all(place.kind == "crd" for place in component.documents):
        help = f"install it by its own means, and write `{use}` under `assumes.components`"
        found.append(error("SC455", f"`{use}` can be assumed, but not installed", help=help, span=at))
        return None
    version = str(item.get("version") or "")
    if component.versions and version not in component.versions:
        message = f"`{use}` has no version `{version}`" if version else f"`{use}` needs a version"
        help = "write `version:` as one of: " + ", ".join(f'"{v}"' for v in component.versions)
        place = (*path, "version") if version else path
        found.append(error("SC453", message, help=help, span=stack.tree.span(place)))
        return None
    params = item.get("params") or {}
    if "params" not in item:
        found += _missing_params(stack, component, path)
    made = _instance(stack, component, item["name"], version, params, (*path, "params"))
    namespace = str(item.get("namespace") or component.meta.get("namespace") or "default")
    return made._replace(namespace=namespace, span=stack.tree.span((*path, "name")))


def _missing_params(stack: Stack, component: Component, path: Path) -> list[Diagnostic]:
    """Return an error for an instance without `params` of a component that needs some; given ones are circle 1's."""
    needed = component.params.get("required", ())
    if not needed:
        return []
    message = f"`{component.name}` needs " + ", ".join(f"`{name}`" for name in needed)
    return [error("SC456", message, help="write them under `params`", span=stack.tree.span((*path, "name")))]


def _refuse_doubles(stack: Stack, catalog: Catalog, made: list[Instance], found: list[Diagnostic]) -> None:
    seen: dict[str, Instance] = {}
    for instance in made:
        component = catalog.get(instance.component)
        if component and component.meta.get("single"):
            first = seen.setdefault(component.name, instance)
            if first is not instance:
                message = f"`{component.name}` is there twice: `{first.name}` and `{instance.name}`"
                found.append(error("SC454", message, help="a cluster can have one", span=instance.span))
