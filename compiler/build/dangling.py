"""References that lead nowhere: objects, keys, ports and CRDs that neither the bundle nor the cluster has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from compiler.build.findings import finding
from compiler.build.references import Reference, References, custom_kinds
from compiler.build.rows import kind_of, matches, table
from compiler.build.webhooks import plural_of
from compiler.formats.packs import is_namespaced
from compiler.formats.suggest import nearest
from compiler.model.assumed import Assumed
from compiler.model.diagnostic import Diagnostic, Note
from compiler.model.ids import ObjectId
from compiler.model.manifest import UNFILLED, Manifest
from compiler.spec.words import did_you_mean

ANYWHERE = "*"

_ASSUMES = {
    "ConfigMap": "configMaps",
    "IngressClass": "ingressClasses",
    "Namespace": "namespaces",
    "PriorityClass": "priorityClasses",
    "RuntimeClass": "runtimeClasses",
    "Secret": "secrets",
    "SecretStore": "secretStores",
    "ClusterSecretStore": "secretStores",
    "Service": "services",
    "ServiceAccount": "serviceAccounts",
    "StorageClass": "storageClasses",
}
_SHOWN = 3


def dangling(
    manifests: tuple[Manifest, ...],
    references: References,
    assumed: Assumed | None = None,
    secrets: Iterable[str] = (),
) -> tuple[Diagnostic, ...]:
    """Return a diagnostic for every target that is missing, once for each, with the first object that names it.

    Shape: `secrets` are the names of the stack's own Secrets; those that nobody names are in no namespace yet.
    Errors: SC502 no such object · SC503 no such key · SC504 no such Service port · SC515 no CRD for a custom kind.
    """
    there = assumed or Assumed()
    by_id = {manifest.id: manifest for manifest in manifests}
    missing: dict[ObjectId, list[Reference]] = {}
    found: list[Diagnostic] = []
    for reference in references.found:
        target = by_id.get(reference.target)
        if target is not None:
            if not reference.optional and (reference.keys or reference.port is not None):
                found.extend(_inside(reference, target, by_id[reference.source]))
            continue
        made = references.made.get(reference.target)
        keys = made.keys if made else _outside(reference.target, there)
        if keys is _ABSENT:
            if not reference.optional:
                missing.setdefault(reference.target, []).append(reference)
        elif keys is not None and not reference.optional:
            found.extend(_keys(reference, keys, by_id[reference.source]))
    names = tuple(ObjectId("", "Secret", ANYWHERE, name) for name in secrets)
    known = (*by_id, *there.objects, *names)
    found.extend(_missing(group, by_id, known) for group in missing.values())
    found.extend(_without_crd(manifests, there))
    return tuple(found)


_ABSENT: frozenset[str] = frozenset({"\0absent"})


def _outside(id: ObjectId, there: Assumed) -> frozenset[str] | None:
    """Return the keys of an object that is not in the bundle, None when any may be there, _ABSENT when it is not."""
    if id in there.objects:
        return there.objects[id] or None
    is_built_in = any(
        matches(id.name, name) and namespace in (id.namespace, ANYWHERE)
        for namespace, name in _built_in().get(id[:2], ())
    )
    return None if is_built_in else _ABSENT


@cache
def _built_in() -> dict[tuple[str, str], list[tuple[str, str]]]:
    known: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for row in table("builtin_objects"):
        known.setdefault(kind_of(row["kind"]), []).append((row.get("namespace", ""), row["name"]))
    return known


def _missing(references: list[Reference], by_id: Mapping[ObjectId, Manifest], known: Iterable[ObjectId]) -> Diagnostic:
    first = references[0]
    source, target = by_id[first.source], first.target
    others = list(dict.fromkeys(r.source for r in references[1:] if r.source != first.source))
    notes = [Note(f"named by {other}, too") for other in others[:_SHOWN]]
    if len(others) > _SHOWN:
        notes.append(Note(f"and by {len(others) - _SHOWN} more"))
    where = f" in namespace `{target.namespace}`" if target.namespace else ""
    message = f"there is no {target.kind} `{target.name}`{where}"
    return finding(source, "SC502", message, help=_help(target, known), path=first.path, notes=tuple(notes))


def _help(target: ObjectId, known: Iterable[ObjectId]) -> str:
    alike = [id for id in known if id[:2] == target[:2]]
    near = nearest(target.name, (id.name for id in alike if id.namespace in (target.namespace, ANYWHERE)))
    if near:
        return f"write `{near}`"
    elsewhere = sorted(id.namespace for id in alike if id.name == target.name)
    if elsewhere:
        return f"it is in namespace `{elsewhere[0]}`; make it in `{target.namespace}`, too"
    if target.kind == "Namespace":
        return f"add it to `namespaces`, or to `assumes.namespaces` if `{target.name}` exists already"
    key = _ASSUMES.get(target.kind, "objects")
    return f"make it in this stack, or name it under `assumes.{key}` if the cluster has it already"


def _inside(reference: Reference, target: Manifest, source: Manifest) -> Iterator[Diagnostic]:
    if reference.keys:
        yield from _keys(reference, keys_of(target), source)
    if reference.port is not None and target.id.kind == "Service":
        yield from _port(reference, target, source)


def _keys(reference: Reference, keys: frozenset[str], source: Manifest) -> Iterator[Diagnostic]:
    for path, key in reference.keys:
        if key not in keys:
            message = f"{reference.target.kind} `{reference.target.name}` has no key `{key}`"
            yield finding(source, "SC503", message, help=did_you_mean(key, keys, _no_keys(keys)), path=path)


def _no_keys(keys: frozenset[str]) -> str:
    return "" if keys else "give it the key"


def keys_of(manifest: Manifest) -> frozenset[str]:
    """Return the keys of a ConfigMap or Secret, those that apply fills in included."""
    keys: set[str] = set()
    for field in ("data", "binaryData", "stringData"):
        values = manifest.body.get(field)
        keys.update(values if type(values) is dict else ())
    annotations = manifest.body["metadata"].get("annotations")
    unfilled = annotations.get(UNFILLED) if type(annotations) is dict else None
    keys.update(unfilled.split(",") if type(unfilled) is str else ())
    return frozenset(keys)


def _port(reference: Reference, service: Manifest, source: Manifest) -> Iterator[Diagnostic]:
    spec = service.body.get("spec")
    ports: Any = spec.get("ports") if type(spec) is dict else None
    if (
        reference.port is None
        or type(spec) is not dict
        or spec.get("type") == "ExternalName"
        or type(ports) is not list
    ):
        return
    path, wanted = reference.port
    known = [port.get(key) for port in ports if type(port) is dict for key in ("port", "name")]
    if wanted not in known:
        names = ", ".join(f"`{port}`" for port in known if port is not None)
        message = f"Service `{service.id.name}` has no port `{wanted}`"
        yield finding(source, "SC504", message, help=f"write one of {names}", path=path)


CRD_ID = ObjectId("apiextensions.k8s.io", "CustomResourceDefinition", "", "")


def _without_crd(manifests: tuple[Manifest, ...], there: Assumed) -> Iterator[Diagnostic]:
    known = custom_kinds(manifests)
    told: set[tuple[str, str]] = set()
    for manifest in manifests:
        kind = manifest.id[:2]
        if kind in told or kind in known or kind in there.kinds or is_namespaced(*kind) is not None:
            continue
        if CRD_ID._replace(name=f"{plural_of(kind[1])}.{kind[0]}") in there.objects:
            continue
        told.add(kind)
        message = f"no CRD defines {manifest.id.kind} ({manifest.api_version})"
        near = nearest(manifest.id.kind, {name for group, name in (*known, *there.kinds) if group == manifest.id.group})
        help = (
            "add the component that brings it, or name that under `assumes.components` or the CRD under `assumes.crds`"
        )
        yield finding(manifest, "SC515", message, help=f"write `{near}`" if near else help, path=("kind",))
