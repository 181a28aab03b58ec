"""`assumes:` to what can be referred to, and `requires:` of components against it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from compiler.build.catalog import Catalog
from compiler.formats.expr.runtime import ExpressionError, version
from compiler.formats.suggest import nearest
from compiler.model.assumed import Assumed
from compiler.model.component import Component
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome
from compiler.model.ids import GroupKind, ObjectId, split_api_version
from compiler.model.source import Path
from compiler.model.stack import Instance, Stack
from compiler.spec.language.survey import member

CLUSTER_KINDS = {
    "clusterIssuers": ("cert-manager.io", "ClusterIssuer"),
    "ingressClasses": ("networking.k8s.io", "IngressClass"),
    "namespaces": ("", "Namespace"),
    "priorityClasses": ("scheduling.k8s.io", "PriorityClass"),
    "queues": ("scheduling.volcano.sh", "Queue"),
    "runtimeClasses": ("node.k8s.io", "RuntimeClass"),
    "secretStores": ("external-secrets.io", "ClusterSecretStore"),
    "storageClasses": ("storage.k8s.io", "StorageClass"),
}
NAMESPACED_KINDS = {
    "configMaps": ("", "ConfigMap"),
    "gateways": ("networking.istio.io", "Gateway"),
    "issuers": ("cert-manager.io", "Issuer"),
    "secrets": ("", "Secret"),
    "serviceAccounts": ("", "ServiceAccount"),
    "services": ("", "Service"),
}
_COMES_ALONG = {"secretStores": GroupKind("external-secrets.io", "ExternalSecret")}
"""Kinds whose objects only make sense beside what is assumed: who has a store has the operator that reads it."""

_REQUIREMENT = re.compile(r"(>=|<=|>|<|=)\s*([0-9][0-9.]*)\Z")


def assume(stack: Stack, catalog: Catalog, instances: tuple[Instance, ...]) -> Outcome[Assumed]:
    """Return what the stack may refer to outside itself, and check what its components require.

    Errors: SC461 for an assumed component that is not in the catalog, SC462 for one that can't be assumed, SC463 for a
    capability that a component requires and nothing provides, SC464 for two providers of one capability.
    """
    found: list[Diagnostic] = []
    said = stack.spec.get("assumes") or {}
    objects: dict[ObjectId, frozenset[str]] = {}
    kinds: set[GroupKind] = set()
    crds: list[Mapping[str, Any]] = []
    provided: dict[str, tuple[str, str]] = {}
    for name, wanted in (said.get("components") or {}).items():
        _component(stack, catalog, name, str(wanted), (objects, kinds, crds, provided), found)
    for addon in (stack.spec.get("cluster") or {}).get("addons") or ():
        provided.setdefault(addon, ("", "cluster.addons"))
        component = catalog.get(addon)
        for capability in _capabilities(component.meta) if component else ():
            provided.setdefault(capability, ("", "cluster.addons"))
    for key, (group, kind) in {**CLUSTER_KINDS, **NAMESPACED_KINDS}.items():
        for name in said.get(key) or ():
            id, keys = _object(group, kind, name, namespaced=key in NAMESPACED_KINDS)
            objects[id] = objects.get(id, frozenset()) | keys
            kinds.update(filter(None, [_COMES_ALONG.get(key)]))
    for name in said.get("crds") or ():
        objects[ObjectId("apiextensions.k8s.io", "CustomResourceDefinition", "", name)] = frozenset()
    for row in said.get("objects") or ():
        group = split_api_version(row["apiVersion"])[0]
        objects[ObjectId(group, row["kind"], row.get("namespace", ""), row["name"])] = frozenset()
        kinds.add(GroupKind(group, row["kind"]))
    _check_requirements(stack, catalog, instances, provided, found)
    capabilities = {name: given for name, (given, _) in sorted(provided.items())}
    return outcome(Assumed(objects, frozenset(kinds), tuple(crds), capabilities), found)


def _capabilities(meta: Mapping[str, Any]) -> Iterable[str]:
    capabilities: list[str] = (meta.get("provides") or {}).get("capabilities") or []
    return capabilities


def _object(group: str, kind: str, name: str, *, namespaced: bool) -> tuple[ObjectId, frozenset[str]]:
    namespace, _, rest = name.partition("/") if namespaced else ("", "", name)
    rest, _, key = rest.partition(":") if namespaced else (rest, "", "")
    return ObjectId(group, kind, namespace, rest), frozenset([key] if key else ())


def provided_names(data: Any, catalog: Catalog) -> dict[str, frozenset[str]]:
    """Return the names that assumed components provide, by the list of a stack that they could stand in.

    Shape: `data` is the merged stack, whose values may still have the wrong type.
    """
    lists = {row: key for key, row in {**CLUSTER_KINDS, **NAMESPACED_KINDS}.items()}
    made: dict[str, set[str]] = {}
    wanted = member(data, "spec", "assumes", "components")
    for component in map(catalog.get, wanted if isinstance(wanted, dict) else ()):
        for row in (component.meta.get("provides") or {}).get("objects") or () if component else ():
            key = lists.get((split_api_version(row["apiVersion"])[0], row["kind"]))
            if key:
                made.setdefault(key, set()).add(row["name"])
    return {key: frozenset(names) for key, names in made.items()}


def _component(stack: Stack, catalog: Catalog, name: str, wanted: str, into: Any, found: list[Diagnostic]) -> None:
    objects, kinds, crds, provided = into
    path: Path = ("spec", "assumes", "components", name)
    component = catalog.get(name)
    if component is None:
        message = f"no component `{name}` in the catalog"
        near = nearest(name, catalog.names)
        help = f"write `{near}`" if near else "name single objects and CRDs under `assumes`"
        found.append(error("SC461", message, help=help, span=stack.tree.key_span(path)))
        return
    if not component.meta.get("assumable"):
        help = f"{_installed(component)}, or take it out"
        found.append(error("SC462", f"`{name}` can't be assumed", help=help, span=stack.tree.key_span(path)))
        return
    provides = component.meta.get("provides") or {}
    for capability in _capabilities(component.meta):
        provided.setdefault(capability, (wanted, f"assumes.components.{name}"))
    provided.setdefault(name, (wanted, f"assumes.components.{name}"))
    for kind in provides.get("kinds") or ():
        group, bare = kind.split("/", 1) if "/" in kind else ("", kind)
        kinds.add(GroupKind(group, bare))
    for row in provides.get("objects") or ():
        group = split_api_version(row["apiVersion"])[0]
        objects[ObjectId(group, row["kind"], row.get("namespace", ""), row["name"])] = frozenset()
    for crd in component.crds:
        crds.append(crd)
        kinds.add(GroupKind(crd["spec"]["group"], crd["spec"]["names"]["kind"]))


def _check_requirements(
    stack: Stack, catalog: Catalog, instances: tuple[Instance, ...], provided: dict[str, Any], found: list[Diagnostic]
) -> None:
    for instance in instances:
        component = catalog.get(instance.component)
        for capability in _capabilities(component.meta) if component else ():
            other = provided.get(capability)
            if other and other[1] != instance.name:
                message = f"`{capability}` is provided twice: by `{other[1]}` and by `{instance.name}`"
                found.append(error("SC464", message, help="keep one of them", span=instance.span))
            provided.setdefault(capability, (instance.version, instance.name))
        if component:
            provided.setdefault(component.name, (instance.version, instance.name))
    for instance in instances:
        component = catalog.get(instance.component)
        for need in (component.meta.get("requires") if component else None) or ():
            name, range_ = (need, "") if isinstance(need, str) else (need["name"], need.get("version", ""))
            if name not in provided:
                help = _ways_to(name, catalog)
                message = f"`{instance.name}` requires `{name}`, and nothing provides it"
                found.append(error("SC463", message, help=help, span=instance.span))
            elif range_ and provided[name][0] and not in_range(provided[name][0], range_):
                message = (
                    f"`{instance.name}` requires `{name}` {range_}, and {provided[name][1]} gives {provided[name][0]}"
                )
                found.append(error("SC463", message, help=f"give a version that is {range_}", span=instance.span))


def _ways_to(capability: str, catalog: Catalog) -> str:
    """Return what to write so that a capability is there."""
    providers = [c for c in catalog.all() if c.name == capability or capability in _capabilities(c.meta)]
    ways = [_installed(c) for c in providers if not c.meta.get("assumable") or c.documents]
    ways += [f"write `{c.name}` under `assumes.components`" for c in providers if c.meta.get("assumable")]
    ways.append(f"write `{capability}` under `cluster.addons`")
    return ", or ".join(ways)


def _installed(component: Component) -> str:
    section = component.section
    return f"write the section `{section}`" if section else f"put `{component.name}` into `components`"


def in_range(given: str, wanted: str) -> bool:
    """Tell whether a version lies in a range like `>=1.16,<1.30`; a version that is not numbers lies in every range."""
    for part in wanted.split(","):
        match = _REQUIREMENT.match(part.strip())
        if not match:
            continue
        try:
            a, b = version(given), version(match[2])
        except ExpressionError:
            return True
        ok = {">=": a >= b, "<=": a <= b, ">": a > b, "<": a < b, "=": a == b}[match[1]]
        if not ok:
            return False
    return True
