"""`requires:` between components in the graph: what needs a capability waits until its provider runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.build.catalog import Catalog
from compiler.model.graph import Edge, EdgeKind
from compiler.model.ids import ObjectId
from compiler.model.manifest import Manifest
from compiler.model.stack import Instance

WORKLOADS = frozenset({("apps", "DaemonSet"), ("apps", "Deployment"), ("apps", "StatefulSet")})


Part = tuple[str, str]
"""A component within a top-level instance: the names of both."""


def requirement_edges(manifests: Iterable[Manifest], instances: Iterable[Instance], catalog: Catalog) -> Iterator[Edge]:
    """Yield a ready edge from every workload of an instance to those of the instances that provide what it requires.

    Shape: `instances` are those of the stack and their parts; a release may have a part that another part requires.
    """
    chosen = [(i, c) for i in instances if (c := catalog.get(i.component))]
    providers: dict[str, list[Part]] = {}
    for instance, component in chosen:
        for name in (component.name, *((component.meta.get("provides") or {}).get("capabilities") or ())):
            providers.setdefault(name, []).append((instance.name, component.name))
    workloads: dict[Part, dict[ObjectId, None]] = {}
    for manifest in manifests:
        if manifest.id[:2] in WORKLOADS:
            for component_name in manifest.origin.chain:
                workloads.setdefault((manifest.origin.instance, component_name), {})[manifest.id] = None
    for instance, component in chosen:
        own = workloads.get((instance.name, component.name), {})
        for need in component.meta.get("requires") or ():
            name = need if isinstance(need, str) else need["name"]
            targets = {id: None for part in providers.get(name, ()) for id in workloads.get(part, ())}
            yield from (Edge(s, t, EdgeKind.READY) for s in own if s not in targets for t in targets if t not in own)
