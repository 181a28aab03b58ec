"""Nodes as users write them become fake nodes, or diagnostics with a place."""

from __future__ import annotations

import pytest

from compiler.check.syntax import dns_subdomain, label_value, qualified_name
from compiler.sandbox.nodes import FakeNode, node_body
from compiler.sandbox.nodes_file import nodes_of, read_nodes


def test_read_nodes_takes_the_short_words() -> None:
    """Roles become labels, `gpu` and `storage` the resource names of Kubernetes."""
    raw = b"""
- name: a
  roles: [worker]
  labels: {zone: x}
  taints: [{key: nvidia.com/gpu, effect: NoSchedule}]
  capacity: {cpu: 8, memory: 32Gi, gpu: 2, storage: 1Ti, example.com/fpga: 1}
- name: b
  capacity: {gpu: {count: 4, resource: nvidia.com/mig-1g.5gb}}
- name: c
"""
    resources = {
        "cpu": "8",
        "memory": "32Gi",
        "ephemeral-storage": "1Ti",
        "nvidia.com/gpu": "2",
        "example.com/fpga": "1",
    }
    taint = {"key": "nvidia.com/gpu", "effect": "NoSchedule"}
    labels = {"node-role.kubernetes.io/worker": "", "zone": "x"}
    found = read_nodes("nodes.yaml", raw)
    assert found.diagnostics == ()
    assert found.value == (
        FakeNode("a", labels, (taint,), resources),
        FakeNode("b", {}, (), {"nvidia.com/mig-1g.5gb": "4"}),
        FakeNode("c", {}, (), {}),
    )


EFFECTS = "NoSchedule, PreferNoSchedule, NoExecute"


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("- {name: a, lables: {}}", "unknown key `lables` of a node", 1, 13),
        ("- {labels: {}}", "a node is a map with a `name`", 1, 3),
        ("- {name: a}\n- {name: a}", "a second node `a`", 2, 10),
        ("- {name: a, labels: {zone: 1}}", "`labels` is a map of strings", 1, 21),
        ("- {name: a, roles: worker}", "`roles` is a list of strings", 1, 20),
        ("- {name: a, taints: [{effect: NoSchedule}]}", "`taints` is a list of `{key, value, effect}`", 1, 21),
        ("- {name: A}", f"`A` is not a node name: {dns_subdomain('A')}", 1, 10),
        ("- {name: a, labels: {a b: c}}", f"`a b` is not a label key: {qualified_name('a b')}", 1, 22),
        ("- {name: a, labels: {a: b c}}", f"`b c` is not a label value: {label_value('b c')}", 1, 25),
        ("- {name: a, roles: [a b]}", f"`a b` is not a role: {qualified_name('x.io/a b')}", 1, 21),
        (
            "- {name: a, taints: [{key: k, effect: Never}]}",
            f"`Never` is not a taint effect: it is one of {EFFECTS}",
            1,
            39,
        ),
        ("- {name: a, taints: [{key: k}]}", f"a taint has an `effect`, one of {EFFECTS}", 1, 22),
        ("- {name: a, taints: [{key: k, effect: NoExecute, x: z}]}", "unknown key `x` of a taint", 1, 50),
        ("- {name: a, capacity: {cpu: lots}}", "`lots` is no amount of `cpu`", 1, 29),
        ("- {name: a, capacity: {gpu: -1}}", "`-1` is no amount of `gpu`", 1, 29),
        ("- {name: a, capacity: [8]}", "`capacity` is a map of resources", 1, 23),
        ("- {name: a, capacity: {cpu: [8]}}", "`[8]` is no amount of `cpu`", 1, 29),
        ("- {name: a, capacity: {gpu: 8Gi}}", "`8Gi` is no amount of `gpu`", 1, 29),
    ],
)
def test_read_nodes_refuses_with_the_place(text: str, message: str, line: int, column: int) -> None:
    """Each thing that is no node is an SC857 at its value."""
    found = read_nodes("nodes.yaml", text.encode())
    assert found.value is None
    (fault,) = found.diagnostics
    assert (fault.code, fault.message) == ("SC857", message)
    assert fault.span is not None and (fault.span.line, fault.span.column) == (line, column)


@pytest.mark.parametrize("text", ["", "{name: a}", "[]", "- {name: a}\n---\n- {name: b}"])
def test_read_nodes_wants_one_list(text: str) -> None:
    """A file that is not one list of nodes is refused as a whole."""
    found = read_nodes("nodes.yaml", text.encode())
    assert [fault.code for fault in found.diagnostics] == ["SC857"]


def test_read_nodes_reports_all_faults_at_once() -> None:
    """Two faults give two diagnostics."""
    found = read_nodes("nodes.yaml", b"- {name: a, x: 1, roles: no}\n- 5")
    assert len(found.diagnostics) == 3


def test_read_nodes_passes_on_what_is_no_yaml() -> None:
    """Broken YAML has the code of broken YAML."""
    found = read_nodes("nodes.yaml", b"- {name: a")
    assert found.value is None and found.diagnostics[0].code.startswith("SC1")


def test_node_body_fills_what_the_user_left_out_with_plenty() -> None:
    """Named resources are as given, the rest is large; hostname, os and architecture labels are there."""
    (node,) = nodes_of([{"name": "a", "capacity": {"cpu": 2}, "labels": {"kubernetes.io/arch": "arm64"}}])
    body = node_body(node)
    assert body["status"]["allocatable"] == {"cpu": "2", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "500"}
    assert body["metadata"]["labels"] == {
        "kubernetes.io/hostname": "a",
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "arm64",
    }
