"""Which component serves which key of a stack, and the stack schema that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from compiler.model.component import LISTS, Component
from compiler.spec.schemas import core_schema, shared_types

if TYPE_CHECKING:
    from compiler.build.catalog import Catalog

_CORE_FIELDS: dict[str, Any] = {
    "enabled": {"$ref": "Enabled"},
    "namespace": {"$ref": "Name", "x-makes": "namespaces"},
    "placement": {"$ref": "Placement"},
    "imagePullSecrets": {"$ref": "ImagePullSecrets"},
    "workloads": {"type": "object", "additionalProperties": {"$ref": "Workload"}},
}
CORE_KEYS = ("version", *_CORE_FIELDS)
"""What the core adds to the section of every component, so that none may have a parameter of that name."""


def discriminator(component: Component) -> tuple[str, str] | None:
    """Return the key and value that pick this component for an item of a shared list: ("backend", "Job")."""
    pair = component.meta.get("discriminator")
    return next(iter(pair.items())) if pair else None


def serving(catalog: Catalog, section: str) -> tuple[Component, ...]:
    """Return the components that serve a section, by name."""
    return tuple(c for c in catalog.all() if c.section == section)


def stack_schema(catalog: Catalog) -> Mapping[str, Any]:
    """Return the schema of a whole stack: the core's sections, and those that components bring."""
    core = core_schema()
    spec = core["properties"]["spec"]
    properties = dict(spec["properties"])
    by_section: dict[str, list[Component]] = {}
    for component in catalog.all():
        if component.section:
            by_section.setdefault(component.section, []).append(component)
    for section, components in sorted(by_section.items()):
        if section in LISTS:
            properties[section] = {
                **properties[section],
                "items": _item_schema(properties[section]["items"], components),
            }
        else:
            properties[section] = _section_schema(components)
    properties["components"] = _instances_schema(properties["components"], catalog)
    spec = {
        **spec,
        "properties": properties,
        "x-sections": [s for s in spec.get("x-sections", ()) if s not in properties],
    }
    return {**core, "properties": {**core["properties"], "spec": spec}}


def _instances_schema(shared: Mapping[str, Any], catalog: Catalog) -> dict[str, Any]:
    """Return the schema of `components`: the params of an item are those of the component it uses."""
    cases = {
        c.name: {"properties": {"params": {**c.params, "x-params-of": c.name}}}
        for c in catalog.all()
        if not c.meta.get("abstract")
    }
    switch = {"key": "use", "or": "name", "open": True, "cases": cases}
    return {**shared, "items": {**shared["items"], "x-switch": switch}}


def component_schema(component: Component) -> dict[str, Any]:
    """Return the schema of one component's section: its params and what the core adds."""
    own = component.params.get("properties", {})
    namespace = {**_CORE_FIELDS["namespace"], "default": component.meta.get("namespace", "default")}
    properties = {**_version(component), **_CORE_FIELDS, "namespace": namespace, **own}
    required = sorted({*component.params.get("required", ()), *(["version"] if component.versions else [])})
    made: dict[str, Any] = {"type": "object", "properties": properties, "x-component": component.name}
    if component.meta.get("summary"):
        made["description"] = component.meta["summary"]
    return {**made, "required": required} if required else made


def _version(component: Component) -> dict[str, Any]:
    return {"version": {"type": "string", "enum": list(component.versions)}} if component.versions else {}


def _section_schema(components: list[Component]) -> dict[str, Any]:
    if len(components) == 1:
        return component_schema(components[0])
    cases = {version: component_schema(c) for c in components for version in c.versions}
    return {
        "type": "object",
        "properties": {"version": {"type": "string", "enum": sorted(cases)}},
        "required": ["version"],
        "x-switch": {"key": "version", "cases": cases},
    }


def _item_schema(shared: Mapping[str, Any], components: list[Component]) -> dict[str, Any]:
    """Return the schema of a shared list's items: the shared shape, and what each backend adds to its corner."""
    if "$ref" in shared:
        shared = shared_types()[shared["$ref"]]
    keys = {pair[0] for c in components if (pair := discriminator(c))}
    if not keys:
        return dict(shared)
    key = sorted(keys)[0]
    cases: dict[str, Any] = {}
    default = ""
    for component in components:
        pair = discriminator(component)
        if pair:
            extra = {k: v for k, v in component.params.get("properties", {}).items() if k in ("options",)}
            cases[pair[1]] = {"type": "object", "properties": extra}
            default = pair[1] if component.meta.get("default") else default
    switch: dict[str, Any] = {"key": key, "cases": cases}
    return {**shared, "x-switch": {**switch, "default": default} if default else switch}
