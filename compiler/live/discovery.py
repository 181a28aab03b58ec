"""What a server serves: aggregated discovery where it has it, group by group where it hasn't."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from compiler.live.port import ClusterError, Discovery, Resource

ACCEPT = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList" for version in ("v2", "v2beta1")
)

Fetch = Callable[[str, str], Any]
"""GET a path with an Accept header; raises ClusterError."""

_Found = dict[tuple[str, str], Resource]


def discover(fetch: Fetch) -> Discovery:
    """Ask a server for every kind it serves. A group whose backend doesn't answer is noted, and breaks nothing.

    Source: KEP-3352 (aggregated discovery); servers before 1.26 answer with plain group lists.
    """
    found: _Found = {}
    broken: set[str] = set()
    for root in ("/api", "/apis"):
        answer = fetch(root, ACCEPT + ",application/json")
        if answer.get("kind") == "APIGroupDiscoveryList":
            _aggregated(answer, found, broken)
        else:
            _one_by_one(root, answer, fetch, found, broken)
    return Discovery(found, frozenset(broken))


def _aggregated(answer: Mapping[str, Any], found: _Found, broken: set[str]) -> None:
    for group in answer.get("items") or ():
        name = (group.get("metadata") or {}).get("name") or ""
        for version in group.get("versions") or ():
            api_version = f"{name}/{version['version']}" if name else version["version"]
            resources = version.get("resources") or ()
            if version.get("freshness") == "Stale" or (not resources and name):
                broken.add(api_version)
            for resource in resources:
                kind = (resource.get("responseKind") or {}).get("kind", "")
                namespaced = resource.get("scope") == "Namespaced"
                served = Resource(resource["resource"], namespaced, frozenset(resource.get("verbs") or ()))
                found.setdefault((api_version, kind), served)


def _one_by_one(root: str, answer: Mapping[str, Any], fetch: Fetch, found: _Found, broken: set[str]) -> None:
    groups = answer.get("groups") or ()
    versions = [v["groupVersion"] for group in groups for v in group.get("versions") or ()] or answer.get(
        "versions", ()
    )
    for api_version in versions:
        try:
            listed = fetch(f"{root}/{api_version}", "application/json")
        except ClusterError as error:
            if error.unreachable:
                raise
            broken.add(api_version)
            continue
        for resource in listed.get("resources") or ():
            if "/" not in resource["name"]:
                served = Resource(
                    resource["name"], bool(resource["namespaced"]), frozenset(resource.get("verbs") or ())
                )
                found.setdefault((api_version, resource["kind"]), served)
