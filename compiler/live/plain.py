"""Plain manifests as a bundle: objects of files or a stream, with the graph that their own references give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from compiler.build.graph import build_graph
from compiler.build.places import pod_places
from compiler.build.reference_rules import compile_rules
from compiler.build.references import custom_kinds, extract
from compiler.check.stream import Item, Source, read_items
from compiler.formats.packs import NEWEST, is_namespaced, tested_minors
from compiler.model.diagnostic import Diagnostic, Outcome, Severity
from compiler.model.ids import ObjectId
from compiler.model.manifest import Bundle, Manifest, Origin, object_id
from compiler.model.source import Span


def plain_bundle(name: str, sources: Iterable[Source]) -> Outcome[Bundle]:
    """Return the objects of plain manifests as a bundle called `name`, in apply order.

    Errors: SC816 an object without apiVersion, kind or name, or a namespaced one without namespace; SC817 one object
    twice; SC1xx what can't be read; SC501 a cycle.
    """
    items, _, unread = read_items(sources)
    found = list(unread)
    manifests: dict[ObjectId, Manifest] = {}
    for item in items:
        manifest = _manifest(item)
        if isinstance(manifest, Diagnostic):
            found.append(manifest)
        elif manifest.id in manifests:
            first = manifests[manifest.id].origin.span
            found.append(_wrong(item, "SC817", f"{manifest.id} stands here and at {first}", "keep one of them"))
        else:
            manifests[manifest.id] = manifest
    listed = tuple(manifests.values())
    scopes = {key: _crd_is_namespaced(manifests[crd]) for key, crd in custom_kinds(listed).items() if crd in manifests}
    for manifest in listed:
        namespaced = is_namespaced(*manifest.id[:2])
        namespaced = scopes.get(manifest.id[:2]) if namespaced is None else namespaced
        if namespaced and not manifest.id.namespace:
            help = "write `metadata.namespace`"
            found.append(_about(manifest.origin, "SC816", f"{manifest.id} names no namespace", help))
    if any(diagnostic.is_error for diagnostic in found):
        return Outcome(None, tuple(found))
    graph = build_graph(listed, extract(listed, compile_rules()), pod_places())
    if graph.value is None:
        return Outcome(None, (*found, *graph.diagnostics))
    ordered = tuple(manifests[id] for id in graph.value.order)
    kubernetes = f"1.{max(tested_minors, default=NEWEST)}"
    return Outcome(Bundle(name, kubernetes, "standard", ordered, graph.value), (*found, *graph.diagnostics))


def _manifest(item: Item) -> Manifest | Diagnostic:
    body: Any = item.body
    metadata = body.get("metadata") if isinstance(body, dict) else None
    said = [body.get("apiVersion"), body.get("kind"), metadata.get("name")] if isinstance(metadata, dict) else [None]
    if not all(isinstance(word, str) and word for word in said):
        return _wrong(item, "SC816", "an object has no apiVersion, kind or name", "write all three")
    return Manifest(object_id(body), body, _origin(item))


def _origin(item: Item) -> Origin:
    file, line = item.source.file, item.line
    return Origin("manifests", "", file, line, Span(file, line, 1, line, 1), item.document)


def _wrong(item: Item, code: str, message: str, help: str) -> Diagnostic:
    return _about(_origin(item), code, message, help)


def _about(origin: Origin, code: str, message: str, help: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, help, origin.span, document=origin.document)


def _crd_is_namespaced(crd: Manifest) -> bool:
    return bool((crd.body.get("spec") or {}).get("scope") == "Namespaced")
