"""A stack and its instances to what the transforms need to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from compiler.build.catalog import Catalog
from compiler.build.params import Filling, filler
from compiler.build.places import PodPlaces
from compiler.build.shapes import Maker
from compiler.build.transforms.context import CatalogImage, HiddenImage, Override, TransformContext
from compiler.build.transforms.settings import catalog_images, hidden_images, registry_of
from compiler.formats.packs import Pack
from compiler.model.manifest import Manifest
from compiler.model.stack import Instance, Stack
from compiler.spec.schemas import shared_types


def transform_context(
    stack: Stack,
    catalog: Catalog,
    instances: tuple[Instance, ...],
    pack: Pack,
    places: PodPlaces,
) -> TransformContext:
    """Return the context of all transforms of one stack, but for the scopes of custom kinds and the images."""
    said = {i.name: _said(stack, i) for i in instances}
    return TransformContext(
        minor=pack.minor,
        pack=pack,
        stack=stack.name,
        places=places,
        registry=registry_of(stack.spec),
        image_repository={i.name: i.params["imageRepository"] for i in instances if "imageRepository" in i.params},
        pull_secrets={
            name: tuple(s["name"] for s in fields["imagePullSecrets"])
            for name, fields in said.items()
            if fields.get("imagePullSecrets")
        },
        placement=stack.spec.get("placement") or {},
        placements={
            i.name: said[i.name]["placement"]
            for i in instances
            if said[i.name].get("placement") and "placement" not in i.params
        },
        own_pods=_own_pods(catalog, instances),
        workloads={i.name: _workloads(stack, i, said[i.name]) for i in instances if said[i.name].get("workloads")},
        namespaces={i.name: i.namespace for i in instances},
    )


def scopes_of(crds: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], bool]:
    """Return which custom kinds are namespaced, by group and kind."""
    return {(group, kind): scope == "Namespaced" for group, kind, scope in filter(None, map(crd_kind, crds))}


def crd_kind(crd: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Return group, kind and scope of a CRD, or None for one too broken to tell: the checks say what is wrong."""
    spec = crd.get("spec")
    names = spec.get("names") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(names, dict):
        return None
    words = (spec.get("group"), names.get("kind"), spec.get("scope"))
    return (str(words[0]), str(words[1]), str(words[2])) if all(isinstance(w, str) for w in words) else None


def component_images(
    catalog: Catalog, instances: Iterable[Instance], manifests: Iterable[Manifest]
) -> tuple[dict[str, dict[str, CatalogImage]], dict[str, tuple[HiddenImage, ...]]]:
    """Return the named and the hidden images of every component that made a manifest, by component."""
    versions = {i.component: i.version for i in instances}
    images: dict[str, dict[str, CatalogImage]] = {}
    hidden: dict[str, tuple[HiddenImage, ...]] = {}
    for name in sorted({m.origin.component for m in manifests} | set(versions)):
        component = catalog.get(name) if name else None
        if component is None:
            continue
        version = versions.get(name) or next(iter(component.versions), "")
        images[name] = catalog_images(component.meta, component.versions.get(version) or {})
        hidden[name] = hidden_images(component.meta)
    return images, hidden


def _said(stack: Stack, instance: Instance) -> Mapping[str, Any]:
    """Return the fields that the core adds, as the stack writes them beside an instance's own params."""
    node: Any = stack.tree.data
    path = instance.path[:-1] if instance.path[-1] == "params" else instance.path
    for part in path:
        node = node[part]
    fields: Mapping[str, Any] = node
    return fields


def _own_pods(catalog: Catalog, instances: Iterable[Instance]) -> frozenset[str]:
    jobs = {i.name for i in instances if i.path[1:2] == ("jobs",)}
    return frozenset(jobs | {c.name for c in catalog.all() if c.meta.get("userPods")})


def _workloads(stack: Stack, instance: Instance, said: Mapping[str, Any]) -> dict[str, Override]:
    types = shared_types()
    fill = filler(types["Workload"], types)
    path = instance.path[:-1] if instance.path[-1] == "params" else instance.path
    is_partial = _has_part_off({**instance.params, "workloads": {}})
    made = {}
    for name, fields in said["workloads"].items():
        maker = Maker(f"{instance.name}-{name}", [])
        filled = fill(fields, name, Filling({}, maker))
        place = (*path, "workloads", name)
        secrets = tuple(secret._replace(span=stack.tree.said(secret.source, place)) for secret in maker.secrets)
        made[name] = Override(filled, stack.tree.key_span(place), secrets, is_partial)
    return made


def _has_part_off(params: Any) -> bool:
    """Tell whether a part of an instance is turned off: its workloads are not there, and no mistake."""
    if not isinstance(params, dict):
        return False
    return params.get("enabled") is False or any(map(_has_part_off, params.values()))
