"""The claims that `data:` declares: made in the namespace of what mounts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.build.reference_rules import Rules, narrowed
from compiler.build.references import extract
from compiler.build.shapes import Maker, claim
from compiler.build.transforms.labels import labelled
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome
from compiler.model.ids import GroupKind, ObjectId
from compiler.model.manifest import Body, Manifest, Origin
from compiler.model.source import Span
from compiler.model.stack import Stack

CLAIM = GroupKind("", "PersistentVolumeClaim")


def make_data_claims(manifests: tuple[Manifest, ...], stack: Stack, rules: Rules) -> Outcome[tuple[Manifest, ...]]:
    """Return a claim for every `data` place with a size that something mounts and nothing else makes.

    Errors: SC473 for a claim that two namespaces mount: a claim serves one.
    """
    places = [(n, item) for n, item in enumerate(stack.spec.get("data") or ()) if "size" in (item.get("pvc") or {})]
    if not places:
        return Outcome(())
    there = {m.id for m in manifests}
    mounted: dict[str, set[str]] = {}
    for reference in extract(manifests, narrowed(rules, CLAIM)).found:
        if reference.target[:2] == CLAIM:
            mounted.setdefault(reference.target.name, set()).add(reference.target.namespace)
    found: list[Diagnostic] = []
    made: list[Manifest] = []
    for number, item in places:
        name = item["pvc"].get("name", item["name"])
        namespaces = sorted(mounted.get(name, ()))
        span = stack.tree.span(("spec", "data", number, "name"))
        if len(namespaces) > 1:
            message = f"the claim of data `{item['name']}` is mounted in two namespaces: " + ", ".join(namespaces)
            found.append(error("SC473", message, help="declare a place for each of them", span=span))
        made += [
            labelled(_manifest(ObjectId(*CLAIM, namespace, name), item, stack, span), stack.name)
            for namespace in namespaces
            if ObjectId(*CLAIM, namespace, name) not in there
        ]
    return outcome(tuple(made), found)


def _manifest(id: ObjectId, item: Mapping[str, Any], stack: Stack, span: Span | None) -> Manifest:
    """Return the claim of a place: of the stack's storage class, unless the place says one."""
    of_place = {"deletionPolicy": item["deletionPolicy"]} if "deletionPolicy" in item else {}
    usual = {k: v for k, v in (stack.spec.get("storage") or {}).items() if k == "storageClassName"}
    made = claim({**usual, **of_place, **item["pvc"]}, "", Maker("data", []))
    metadata: Body = {"name": id.name, "namespace": id.namespace}
    for key in ("labels", "annotations"):
        if said := {**item.get(key, {}), **(made.get(key) or {})}:
            metadata[key] = said
    body = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": made["spec"]}
    return Manifest(id, body, Origin("data", "", "", 0, span))
