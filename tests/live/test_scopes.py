"""The packs' kinds and scopes against what a running server says in discovery."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.formats.packs import is_namespaced, load_pack, tested_minors
from compiler.model.ids import split_api_version
from compiler.sandbox.client import Client

pytestmark = pytest.mark.live


def resources(client: Client, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status == 200, answer.text
    return [resource for resource in answer.body["resources"] if "/" not in resource["name"]]


def test_every_discovered_kind_is_in_the_pack_with_its_scope(client: Client) -> None:
    version = client.get("/version").body
    minor = int(version["minor"].rstrip("+"))
    assert minor in tested_minors
    groups = client.get("/apis").body["groups"]
    paths = {"v1": "/api/v1"} | {v["groupVersion"]: f"/apis/{v['groupVersion']}" for g in groups for v in g["versions"]}
    kinds = load_pack(minor).kinds
    seen = 0
    for group_version, path in paths.items():
        group, version_name = split_api_version(group_version)
        if "." in group and not group.endswith(".k8s.io"):
            continue  # a CRD of another test
        for resource in resources(client, path):
            kind = resource["kind"]
            assert is_namespaced(group, kind) is resource["namespaced"], f"{kind}.{group}"
            assert (group, version_name, kind) in kinds, f"{kind} in {group_version}"
            seen += 1
    assert seen > 60
