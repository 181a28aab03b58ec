"""The fake nodes of a sandbox, and kwok, which plays their kubelets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from compiler.sandbox.binaries import server_version
from compiler.sandbox.client import Client
from compiler.sandbox.paths import kubeconfig_file
from compiler.sandbox.problem import SandboxFault
from compiler.sandbox.processes import Command

STAGES = Path(__file__).parent / "stages"
PLENTY = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "500"}


class FakeNode(NamedTuple):
    """One node that exists as an object only.

    Shape: `taints` are Kubernetes taints; `capacity` maps resource names (`cpu`, `memory`, `nvidia.com/gpu`) to
    quantities, and what it leaves out is plenty (PLENTY).
    """

    name: str
    labels: Mapping[str, str] = {}
    taints: tuple[Mapping[str, str], ...] = ()
    capacity: Mapping[str, str] = {}


DEFAULT_NODES = (
    FakeNode("worker-1"),
    FakeNode("worker-2"),
    FakeNode("gpu-1", capacity={"nvidia.com/gpu": "8"}),
)


def kwok(program: Path, folder: Path) -> Command:
    """Return the command of kwok, with our own stages."""
    return Command(
        "kwok",
        (
            str(program),
            f"--kubeconfig={kubeconfig_file(folder).name}",
            "--manage-all-nodes=true",
            "--cidr=10.1.0.0/16",
            "--node-ip=127.0.0.1",
            "--node-lease-duration-seconds=40",  # renewed by kwok, as by a kubelet
            *(f"--config={stage}" for stage in sorted(STAGES.glob("*.yaml"))),
        ),
    )


def ensure_node(client: Client, node: FakeNode) -> None:
    """Create a node, or add the labels and capacity of `node` to the existing one and replace its taints.

    Errors: SandboxFault SC856 when the server refuses it.
    """
    body = node_body(node)
    answer = client.create("/api/v1/nodes", body)
    path = f"/api/v1/nodes/{node.name}"
    if answer.status == 409:
        answer = client.merge(path, {"metadata": body["metadata"], "spec": body["spec"]})
        if answer.status == 200:
            answer = client.merge(f"{path}/status", {"status": body["status"]})
    if answer.status not in (200, 201):
        reason = answer.body.get("message", answer.text) if answer.status else answer.text
        raise SandboxFault("SC856", f"node `{node.name}` is refused: {reason}", "correct the node")


def node_labels(node: FakeNode) -> dict[str, str]:
    """Return a node's labels: its own, and those that a kubelet sets."""
    well_known = {"kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    return {**well_known, **node.labels}


def node_body(node: FakeNode) -> dict[str, Any]:
    """Return the Node object of a fake node, not Ready yet: kwok makes it so."""
    resources = {**PLENTY, **node.capacity}
    version = f"v{server_version()}"
    info = {
        "architecture": "amd64",
        "operatingSystem": "linux",
        "kubeletVersion": version,
        "kubeProxyVersion": version,
        "containerRuntimeVersion": "fake://sandbox",
        "kernelVersion": "",
        "osImage": "stackc sandbox",
        "machineID": "",
        "bootID": "",
        "systemUUID": "",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.name, "labels": node_labels(node)},
        "spec": {"taints": [dict(taint) for taint in node.taints]},
        "status": {"capacity": resources, "allocatable": resources, "nodeInfo": info},
    }


def has_nodes(client: Client) -> bool:
    """Tell whether there is any node."""
    answer = client.get("/api/v1/nodes?limit=1")
    return answer.status == 200 and bool(answer.body["items"])


def unready_nodes(client: Client) -> tuple[str, ...]:
    """Return the names of the nodes that take no pods yet."""
    answer = client.get("/api/v1/nodes")
    if answer.status != 200:
        return ("(the API server does not list nodes)",)
    return tuple(item["metadata"]["name"] for item in answer.body["items"] if not _is_ready(item))


def _is_ready(node: Mapping[str, Any]) -> bool:
    # The controller manager takes this taint from a new node when it has seen it Ready.
    if any(taint["key"] == "node.kubernetes.io/not-ready" for taint in node["spec"].get("taints", ())):
        return False
    conditions = node.get("status", {}).get("conditions", ())
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
