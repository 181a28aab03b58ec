"""`requires:` between components in the graph: what needs a capability waits until its provider runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.build.catalog import Catalog
from compiler.model.graph import Edge, EdgeKind
from compiler.model.ids import ObjectId
from compiler.model.manifest import Manifest
from compiler.model.stack import Instance

WORKLOADS = frozenset({("apps", "DaemonSet"), ("apps", "Deployment"), ("apps", "StatefulSet")})


def requirement_edges(manifests: Iterable[Manifest], instances: Iterable[Instance], catalog: Catalog) -> Iterator[Edge]:
    """Yield a ready edge from every workload of an instance to those of the instances that provide what it requires."""
    chosen = [(i, c) for i in instances if (c := catalog.get(i.component))]
    providers: dict[str, list[str]] = {}
    for instance, component in chosen:
        for name in (component.name, *((component.meta.get("provides") or {}).get("capabilities") or ())):
            providers.setdefault(name, []).append(instance.name)
    workloads: dict[str, list[ObjectId]] = {}
    for manifest in manifests:
        if manifest.id[:2] in WORKLOADS:
            workloads.setdefault(manifest.origin.instance, []).append(manifest.id)
    for instance, component in chosen:
        for need in component.meta.get("requires") or ():
            name = need if isinstance(need, str) else need["name"]
            for provider in providers.get(name, ()):
                if provider != instance.name:
                    yield from (
                        Edge(source, target, EdgeKind.READY)
                        for source in workloads.get(instance.name, ())
                        for target in workloads.get(provider, ())
                    )
