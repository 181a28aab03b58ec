"""Small hand-made bundles for the live tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from compiler.model.graph import Edge, EdgeKind, Graph
from compiler.model.ids import ObjectId
from compiler.model.manifest import Body, Bundle, Fill, Manifest, Origin, object_id

Relation = tuple[str, str, EdgeKind]


def bundle(
    bodies: Iterable[Body], relations: Iterable[Relation] = (), fill: Iterable[Fill] = (), name: str = "lab"
) -> Bundle:
    """Return a bundle; relations name objects as `Kind/name`, the one that refers first."""
    manifests = tuple(Manifest(object_id(body), body, Origin("lab", "", "lab.yaml", 1)) for body in bodies)
    ids = {f"{manifest.id.kind}/{manifest.id.name}": manifest.id for manifest in manifests}
    edges = [Edge(ids[source], ids[target], kind) for source, target, kind in relations]
    for manifest in manifests:
        home = ids.get(f"Namespace/{manifest.id.namespace}")
        if home is not None:
            edges.append(Edge(manifest.id, home, EdgeKind.NEEDS))
    graph = Graph(tuple(sorted(edges, key=str)), tuple(manifest.id for manifest in manifests))
    return Bundle(name, "1.36", "dev", manifests, graph, fill=tuple(fill))


def body(api_version: str, kind: str, namespace: str, name: str, **fields: Any) -> Body:
    """Return an object; no namespace for cluster-scoped ones."""
    metadata = {"name": name, "labels": {"stackc.dev/stack": "lab"}}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {**metadata, **({"namespace": namespace} if namespace else {})},
        **fields,
    }


def config(namespace: str, name: str, **data: str) -> Body:
    """Return a ConfigMap."""
    return body("v1", "ConfigMap", namespace, name, data=data)


def deployment(namespace: str, name: str, replicas: int = 1, image: str = "example.com/app:1") -> Body:
    """Return a Deployment of one container."""
    labels = {"app": name}
    containers = [{"name": "main", "image": image, "env": [{"name": "LEVEL", "value": "info"}]}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return body("apps/v1", "Deployment", namespace, name, spec=spec)


def service(namespace: str, name: str) -> Body:
    """Return a Service."""
    return body(
        "v1", "Service", namespace, name, spec={"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]}
    )


def crd(kind: str, group: str) -> Body:
    """Return a namespaced CRD with one free-form field."""
    plural = f"{kind.lower()}s"
    fields = {"type": "object", "properties": {"size": {"type": "integer"}, "color": {"type": "string"}}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": fields}}}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    spec = {"group": group, "scope": "Namespaced", "names": names, "versions": versions}
    return body("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", f"{plural}.{group}", spec=spec)


def secret_fill(namespace: str, name: str, sources: Mapping[str, Mapping[str, Any]]) -> tuple[Body, Fill]:
    """Return a Secret as compile writes it, and the entry that fills it."""
    unfilled = body("v1", "Secret", namespace, name, type="Opaque")
    unfilled["metadata"]["annotations"] = {"stackc.dev/unfilled": ",".join(sorted(sources))}
    id = ObjectId("", "Secret", namespace, name)
    return unfilled, Fill(id, "Opaque", {key: str(source) for key, source in sources.items()}, sources)
