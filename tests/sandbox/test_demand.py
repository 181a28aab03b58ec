"""The nodes of a sandbox follow from what the pods of a bundle ask for."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.model.manifest import Manifest, Origin, object_id
from compiler.sandbox.demand import nodes_for
from compiler.sandbox.matching import fits
from compiler.sandbox.nodes import FakeNode
from compiler.sandbox.nodes_file import nodes_of

WORKERS = ["worker-1", "worker-2"]
TAINT = {"key": "dedicated", "effect": "NoSchedule", "value": "gpu"}
TOLERATION = {"key": "dedicated", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}


def workload(name: str, replicas: int = 1, requests: dict[str, Any] | None = None, **pod: Any) -> Manifest:
    containers = [{"name": "c", "image": "i", "resources": {"requests": requests or {}}}]
    spec = {"replicas": replicas, "template": {"spec": {"containers": containers, **pod}}}
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "n"}, "spec": spec}
    return Manifest(object_id(body), body, Origin("x", "", "x.yaml", 1))


def affinity(*expressions: dict[str, Any], field: str = "matchExpressions") -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{field: [*expressions]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def made(*manifests: Manifest, declared: tuple[FakeNode, ...] = ()) -> dict[str, FakeNode]:
    return {row.node.name: row.node for row in nodes_for(manifests, declared)[1]}


def test_modest_pods_get_two_workers() -> None:
    """Nothing special asked is nothing special made; the workers have no reason to be told."""
    declared, found = nodes_for([workload("a")])
    assert declared == ()
    assert [row.node.name for row in found] == WORKERS
    assert [row.reasons for row in found] == [(), ()]


def test_selector_and_gpu_make_one_node() -> None:
    """One node has the labels and the devices, named after its label; its reasons are the objects in their order."""
    pods = [workload("a", requests={"nvidia.com/gpu": 1}, nodeSelector={"nodetype": "gpunode"}),
            workload("b", nodeSelector={"nodetype": "gpunode"})]  # fmt: skip
    _, found = nodes_for(pods)
    last = found[-1]
    assert [row.node.name for row in found] == [*WORKERS, "gpunode-1"]
    assert last.node == FakeNode("gpunode-1", {"nodetype": "gpunode"}, (), {"nvidia.com/gpu": "8"})
    assert [str(id) for id in last.reasons] == ["Deployment.apps n/a", "Deployment.apps n/b"]


def test_many_devices_make_room_for_a_rollout() -> None:
    """All replicas fit twice: while they are replaced, both generations run."""
    nodes = made(workload("a", replicas=6, requests={"nvidia.com/gpu": 2}))
    assert nodes["gpu-1"].capacity == {"nvidia.com/gpu": "24"}


def test_role_selector_names_the_node_and_toleration_taints_it() -> None:
    """A control plane is named by its role; the taints that a pod expects are there, and keep other pods away."""
    role = "node-role.kubernetes.io/control-plane"
    tolerations = [{"key": role, "operator": "Exists", "effect": "NoSchedule"}]
    node = made(workload("a", nodeSelector={role: ""}, tolerations=tolerations))["control-plane-1"]
    assert node.labels == {role: ""}
    assert node.taints == ({"key": role, "effect": "NoSchedule"},)
    assert made(
        workload("a", nodeSelector={role: ""}, tolerations=tolerations), workload("b", nodeSelector={role: ""})
    )["control-plane-2"] == FakeNode("control-plane-2", {role: ""})


def test_declared_nodes_are_enough_or_get_what_is_missing() -> None:
    """Declared nodes are kept as they are; only what fits none of them is added, and no workers."""
    declared = nodes_of([{"name": "cp", "roles": ["control-plane"]}, {"name": "w", "roles": ["worker"]}])
    assert made(workload("a"), declared=declared) == {}
    assert list(made(workload("a"), workload("b", nodeSelector={"a": "b"}), declared=declared)) == ["b-1"]
    assert list(made(workload("a"), declared=declared[:1])) == ["extra-1"], "the control plane repels it"
    small = (FakeNode("w", capacity={"cpu": "2"}),)
    assert made(workload("a", requests={"cpu": "2"}), declared=small) == {}
    assert list(made(workload("a", requests={"cpu": "2100m"}), declared=small)) == ["extra-1"]


def test_huge_pods_get_huge_nodes() -> None:
    """A pod larger than plenty has a node of its own size, doubled for rollouts."""
    node = made(workload("a", requests={"cpu": "100", "memory": "1Ti"}))["extra-1"]
    assert node.capacity == {"cpu": "200", "memory": str(2 << 40)}
    assert made(workload("a", replicas=100, requests={"cpu": "1"}))["worker-1"].capacity == {"cpu": "200"}


@pytest.mark.parametrize(
    ("pod", "node"),
    [
        ({"nodeName": "n7"}, FakeNode("n7")),
        ({"nodeSelector": {"kubernetes.io/hostname": "n8"}}, FakeNode("n8", {"kubernetes.io/hostname": "n8"})),
        ({"affinity": affinity({"key": "metadata.name", "operator": "In", "values": ["n9"]}, field="matchFields")},
         FakeNode("n9")),
        ({"affinity": affinity({"key": "zone", "operator": "In", "values": ["b", "a"]})},
         FakeNode("b-1", {"zone": "b"})),
        ({"affinity": affinity({"key": "fast", "operator": "Exists"})}, FakeNode("extra-1", {"fast": ""})),
        ({"affinity": affinity({"key": "cores", "operator": "Gt", "values": ["4"]})}, FakeNode("5-1", {"cores": "5"})),
    ],
)  # fmt: skip
def test_wanted_nodes_are_made_and_fit(pod: dict[str, Any], node: FakeNode) -> None:
    """Every way to ask for a node makes one on which the pod may run, and no other takes it."""
    found = made(workload("a", **pod))
    assert found[node.name] == node
    assert [name for name, each in found.items() if fits(each, pod)] == [node.name]


@pytest.mark.parametrize(
    ("toleration", "takes"),
    [
        (TOLERATION, True),
        ({"operator": "Exists"}, True),
        ({"key": "dedicated", "operator": "Exists"}, True),
        ({**TOLERATION, "value": "other"}, False),
        ({**TOLERATION, "effect": "NoExecute"}, False),
        ({"key": "dedicated"}, False),
    ],
)
def test_fits_follows_the_scheduler_for_taints(toleration: dict[str, Any], takes: bool) -> None:
    """A taint is borne by key, value and effect, or by everything."""
    assert fits(FakeNode("n", taints=(TAINT,)), {"tolerations": [toleration]}) is takes
    assert not fits(FakeNode("n", taints=(TAINT,)), {})
    assert fits(FakeNode("n", taints=({**TAINT, "effect": "PreferNoSchedule"},)), {})


def test_fits_denies_what_affinity_excludes() -> None:
    """NotIn and DoesNotExist keep a pod away from a node that has the label, and let it on others."""
    pod = {
        "affinity": affinity(
            {"key": "old", "operator": "DoesNotExist"}, {"key": "zone", "operator": "NotIn", "values": ["a"]}
        )
    }
    assert fits(FakeNode("n", {"zone": "b"}), pod)
    assert not fits(FakeNode("n", {"zone": "a"}), pod)
    assert not fits(FakeNode("n", {"zone": "b", "old": ""}), pod)


def test_custom_kinds_make_no_nodes() -> None:
    """Pods of a kind whose controller does not run in a sandbox never come."""
    body = {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "metadata": {"name": "j", "namespace": "n"},
            "spec": {"tasks": [{"template": {"spec": {"nodeSelector": {"a": "b"}}}}]}}  # fmt: skip
    assert list(made(Manifest(object_id(body), body, Origin("x", "", "x.yaml", 1)))) == WORKERS


def test_control_plane_alone_is_tainted_and_disabled_nodes_are_left_out() -> None:
    """As kubeadm does it; a taint that is written already is not doubled."""
    role = "node-role.kubernetes.io/control-plane"
    taint = {"key": role, "effect": "NoSchedule"}
    rows = [
        {"name": "a", "roles": ["control-plane"]},
        {"name": "b", "roles": ["control-plane", "worker"]},
        {"name": "c", "roles": ["control-plane"], "taints": [taint]},
        {"name": "d", "roles": ["worker"], "enabled": False},
    ]
    assert [(node.name, node.taints) for node in nodes_of(rows)] == [("a", (taint,)), ("b", ()), ("c", (taint,))]
