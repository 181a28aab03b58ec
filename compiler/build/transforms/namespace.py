"""Put namespaced objects into their instance's namespace, and take namespaces off cluster-scoped ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.build.findings import finding
from compiler.build.places import edit
from compiler.build.rows import Pattern, kind_of, patterns, table
from compiler.build.transforms.context import TransformContext
from compiler.formats.packs import is_namespaced
from compiler.model.diagnostic import Diagnostic, Outcome, outcome
from compiler.model.manifest import Body, Manifest

NamespaceFields = Mapping[tuple[str, str], tuple[tuple[Pattern, dict[str, Any]], ...]]


def set_namespaces(manifests: tuple[Manifest, ...], context: TransformContext) -> Outcome[tuple[Manifest, ...]]:
    """Default the namespace of every namespaced object; a cluster-scoped one never carries any.

    Errors: SC509 for a namespaced object that names no namespace and whose instance has none.
    """
    found: list[Diagnostic] = []
    fields = _fields()
    scopes: dict[tuple[str, str], bool | None] = dict(context.scopes)
    done = []
    for manifest in manifests:
        kind = manifest.id[:2]
        if kind not in scopes:
            scopes[kind] = is_namespaced(*kind)
        default = context.namespaces.get(manifest.origin.instance, "")
        done.append(_place(manifest, scopes[kind], default, found))
        if kind in fields and default:
            done[-1] = _fill(done[-1], fields[kind], default)
    return outcome(tuple(done), found)


def _place(manifest: Manifest, namespaced: bool | None, default: str, found: list[Diagnostic]) -> Manifest:
    namespace = manifest.id.namespace
    if namespaced is False:
        return _with_namespace(manifest, "") if "namespace" in manifest.body["metadata"] else manifest
    if namespace:
        return manifest
    if namespaced and not default:
        found.append(_homeless(manifest))
    # a kind whose scope nobody knows is left as it is: a missing CRD is reported by the checks
    return _with_namespace(manifest, default) if namespaced and default else manifest


def _homeless(manifest: Manifest) -> Diagnostic:
    return finding(
        manifest,
        "SC509",
        f"{manifest.id.kind} `{manifest.id.name}` names no namespace",
        help="write `metadata.namespace`",
        path=("metadata",),
    )


def _with_namespace(manifest: Manifest, namespace: str) -> Manifest:
    old = manifest.body["metadata"]
    metadata = {"name": old["name"]} | ({"namespace": namespace} if namespace else {})
    metadata |= {key: value for key, value in old.items() if key not in ("name", "namespace")}
    body = {**manifest.body, "metadata": metadata}
    return Manifest(manifest.id._replace(namespace=namespace), body, manifest.origin)


def _fields() -> NamespaceFields:
    fields: dict[tuple[str, str], tuple[tuple[Pattern, dict[str, Any]], ...]] = {}
    for row in table("namespace_fields"):
        kind = kind_of(row["kind"])
        fields[kind] = fields.get(kind, ()) + tuple((p, row.get("when", {})) for p in patterns(row["path"]))
    return fields


def _fill(manifest: Manifest, rows: tuple[tuple[Pattern, dict[str, Any]], ...], namespace: str) -> Manifest:
    body: Body = manifest.body
    for pattern, when in rows:
        body = edit(body, pattern, lambda value, when=when: _name_namespace(value, when, namespace))  # type: ignore[misc]
    return manifest if body is manifest.body else manifest._replace(body=body)


def _name_namespace(value: Any, when: dict[str, Any], namespace: str) -> Any:
    if type(value) is not dict or "namespace" in value or any(value.get(k) != v for k, v in when.items()):
        return value
    return {**value, "namespace": namespace}
