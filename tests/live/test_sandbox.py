"""The sandbox behaves as a cluster does, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from compiler.commands.sandbox import sandbox as command
from compiler.sandbox import lifecycle
from compiler.sandbox.binaries import server_version
from compiler.sandbox.client import Client, client_of
from compiler.sandbox.egress import SOCKET, write_hooks
from compiler.sandbox.nodes import FakeNode
from compiler.sandbox.processes import kill

if TYPE_CHECKING:
    from tests.live.conftest import Eventually, Kubectl

pytestmark = pytest.mark.live

Object = dict[str, Any]


def pod_spec(**more: Any) -> Object:
    return {"containers": [{"name": "main", "image": "registry.invalid/main:1", **more}]}


def claim(name: str, **more: Any) -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **more}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}, "spec": spec}


def pod(name: str, **spec: Any) -> Object:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def test_server_says_its_version_and_refuses_strangers(sandbox: lifecycle.Sandbox, client: Client) -> None:
    """The server is the pinned Kubernetes, and nobody gets in without the token."""
    assert client.get("/version").body["gitVersion"] == f"v{server_version()}"
    assert client._replace(token="wrong").get("/api/v1/namespaces").status == 401


def test_secrets_are_readable_by_their_owner_alone(sandbox: lifecycle.Sandbox) -> None:
    """Token, keys and kubeconfig lie in a private folder, in private files; no user file is touched."""
    assert stat.S_IMODE(sandbox.folder.stat().st_mode) == 0o700
    for name in ("kubeconfig", "tokens.csv", "service-account.key", "sandbox.json", SOCKET):
        assert stat.S_IMODE((sandbox.folder / name).stat().st_mode) == 0o600, name
    assert sandbox.token in sandbox.kubeconfig.read_text()
    assert sandbox.token not in repr(sandbox)


def test_only_the_api_server_listens_and_on_loopback(sandbox: lifecycle.Sandbox) -> None:
    """No other component opens a port."""
    pids = {process.pid for process in _state(sandbox).processes}
    port = int(sandbox.server.rpartition(":")[2])
    assert _listening(pids) == {("127.0.0.1", port)}


def test_deployment_becomes_available(kubectl: Kubectl, namespace: str, eventually: Eventually) -> None:
    """Three replicas with an init container and a sidecar are scheduled and become Ready."""
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod_spec()}
    template["spec"]["initContainers"] = [
        {"name": "first", "image": "registry.invalid/a:1"},
        {"name": "sidecar", "image": "registry.invalid/b:1", "restartPolicy": "Always"},
    ]
    spec = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    web = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
    kubectl.apply(web, namespace=namespace)
    eventually(lambda: kubectl.get("deployment", "web", "-n", namespace)["status"].get("availableReplicas") == 3)


def test_job_completes(kubectl: Kubectl, namespace: str, eventually: Eventually) -> None:
    """All completions of a Job are reached, and its pods have succeeded."""
    template = {"spec": {**pod_spec(), "restartPolicy": "Never"}}
    spec = {"completions": 3, "parallelism": 2, "template": template}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "train"}, "spec": spec}
    kubectl.apply(job, namespace=namespace)

    def complete() -> bool:
        conditions = kubectl.get("job", "train", "-n", namespace)["status"].get("conditions", [])
        return any(condition["type"] == "Complete" and condition["status"] == "True" for condition in conditions)

    eventually(complete)
    pods = kubectl.get("pods", "-n", namespace, "-l", "job-name=train")["items"]
    assert [item["status"]["phase"] for item in pods] == ["Succeeded"] * 3


def test_claims_bind_whatever_their_class(kubectl: Kubectl, namespace: str, eventually: Eventually) -> None:
    """A claim without a class gets the default one; a class that nobody made and one that waits bind too."""
    late = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "late"},
        "provisioner": "nfs.csi.example.com",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    kubectl.apply(late)
    names = {"plain": {}, "shared": {"storageClassName": "nfs"}, "late": {"storageClassName": "late"}}
    kubectl.apply(*(claim(name, **more) for name, more in names.items()), namespace=namespace)

    def phases() -> dict[str, str]:
        items = kubectl.get("pvc", "-n", namespace)["items"]
        return {item["metadata"]["name"]: item["status"]["phase"] for item in items}

    eventually(lambda: phases() == dict.fromkeys(names, "Bound"))
    assert kubectl.get("pvc", "plain", "-n", namespace)["spec"]["storageClassName"] == "sandbox"
    kubectl.run("delete", "pvc", "--all", "-n", namespace, "--timeout=20s")
    eventually(lambda: not [v for v in kubectl.get("pv")["items"] if v["spec"]["claimRef"]["namespace"] == namespace])


def test_claims_that_ask_for_no_provisioner_stay_pending(kubectl: Kubectl, namespace: str) -> None:
    """A claim with an empty class takes the volume that the user made, and no other."""
    kubectl.apply(claim("static", storageClassName=""), claim("probe"), namespace=namespace)
    kubectl.run("wait", "pvc/probe", "-n", namespace, "--for=jsonpath={.status.phase}=Bound", "--timeout=20s")
    assert kubectl.get("pvc", "static", "-n", namespace)["status"]["phase"] == "Pending"


def test_gpus_are_counted(kubectl: Kubectl, namespace: str, eventually: Eventually) -> None:
    """Eight GPUs run on the GPU node; a ninth is unschedulable."""
    kubectl.apply(pod("eight", **pod_spec(resources={"limits": {"nvidia.com/gpu": 8}})), namespace=namespace)
    eventually(lambda: kubectl.get("pod", "eight", "-n", namespace)["status"]["phase"] == "Running")
    assert kubectl.get("pod", "eight", "-n", namespace)["spec"]["nodeName"] == "gpu-1"
    kubectl.apply(pod("ninth", **pod_spec(resources={"limits": {"nvidia.com/gpu": 1}})), namespace=namespace)

    def refusal() -> str:
        conditions = kubectl.get("pod", "ninth", "-n", namespace)["status"].get("conditions", [])
        return "".join(condition.get("message", "") for condition in conditions)

    eventually(lambda: "Insufficient nvidia.com/gpu" in refusal())


def test_webhook_call_ends_at_the_egress_socket(sandbox: lifecycle.Sandbox, kubectl: Kubectl, namespace: str) -> None:
    """A stored webhook makes the server call its Service, and the call is refused instead of leaving the machine."""
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "hook"}, "spec": {"ports": [{"port": 443}]}}
    kubectl.apply(service, namespace=namespace)
    webhook = {
        "name": "deny.example.com",
        "clientConfig": {"service": {"name": "hook", "namespace": namespace}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    name = f"hook-{namespace}"
    kind = "ValidatingWebhookConfiguration"
    body = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}}
    kubectl.apply({**body, "webhooks": [webhook]})
    try:
        address = kubectl.get("service", "hook", "-n", namespace)["spec"]["clusterIP"]
        refused = _create_until_refused(kubectl, namespace)
        assert "failed calling webhook" in refused
        log = (sandbox.folder / "logs" / "egress.log").read_text()
        assert f"CONNECT {address}:443" in log
    finally:
        kubectl.run("delete", kind, name)


def test_hooked_address_reaches_the_local_server(sandbox: lifecycle.Sandbox) -> None:
    """An address in the hook table is tunnelled to a server on loopback, any other is answered 503."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_echo_once, args=(server,), daemon=True).start()
        write_hooks(sandbox.folder, {"10.96.77.1:443": server.getsockname()[1]})
        try:
            assert _call(sandbox.folder / SOCKET, "10.96.77.1:443") == b"HTTP/1.1 200 OK\r\n\r\nhello"
            assert _call(sandbox.folder / SOCKET, "10.96.77.2:443").startswith(b"HTTP/1.1 503 ")
        finally:
            write_hooks(sandbox.folder, {})
    assert _call(sandbox.folder / SOCKET, "10.96.77.1:443").startswith(b"HTTP/1.1 503 ")


def test_two_sandboxes_side_by_side(sandbox: lifecycle.Sandbox, client: Client, tmp_path: Path) -> None:
    """A second one has its own nodes and data; a component that died comes back; `down` ends only its own."""
    nodes = (FakeNode("only", {"zone": "a"}, ({"key": "gpu", "effect": "NoSchedule"},), {"nvidia.com/gpu": "2"}),)
    try:
        second = lifecycle.up("second", nodes, root=tmp_path).value
        assert second is not None and second.started == lifecycle.COMPONENTS
        assert second.server != sandbox.server and second.token != sandbox.token
        theirs = client_of(second.folder, int(second.server.rpartition(":")[2]))
        (node,) = theirs.get("/api/v1/nodes").body["items"]
        assert (node["metadata"]["name"], node["metadata"]["labels"]["zone"]) == ("only", "a")
        assert node["spec"]["taints"] == [{"key": "gpu", "effect": "NoSchedule"}]
        assert node["status"]["allocatable"]["nvidia.com/gpu"] == "2"
        marker = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "marker"}}
        assert theirs.create("/api/v1/namespaces/default/configmaps", marker).status == 201
        assert client.get("/api/v1/namespaces/default/configmaps/marker").status == 404

        again = lifecycle.up("second", root=tmp_path).value
        assert again is not None and again.started == ()

        _kill_component(second, "etcd")
        _kill_component(second, "kwok")
        seen = lifecycle.status("second", root=tmp_path).value
        assert seen is not None and seen.problem == "not running: etcd, kwok"
        healed = lifecycle.up("second", root=tmp_path).value
        assert healed is not None and set(healed.started) == {"etcd", "kwok"}
        assert theirs.get("/api/v1/namespaces/default/configmaps/marker").status == 200
        pids = [process.pid for process in _state(second).processes]
    finally:
        assert lifecycle.down("second", root=tmp_path).value is True
    assert not [pid for pid in pids if _runs(pid)]
    assert not (tmp_path / "second").exists()
    assert lifecycle.down("second", root=tmp_path).value is False
    gone = lifecycle.status("second", root=tmp_path).value
    assert gone is not None and not gone.is_up and gone.parts == ()
    first = lifecycle.status("live", root=sandbox.folder.parent).value
    assert first is not None and first.is_up, "the first one goes on"


def test_command_goes_up_and_down(
    live_programs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of the command line: up, up again, status, kubeconfig, down; the user's kubeconfig stays as it is."""
    theirs = tmp_path / "kubeconfig"
    theirs.write_text("untouched")
    monkeypatch.setenv("KUBECONFIG", str(theirs))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    nodes = tmp_path / "nodes.yaml"
    nodes.write_text("- {name: big, capacity: {gpu: 16}}\n")
    try:
        first = CliRunner().invoke(command, ["up", "--nodes", str(nodes)])
        assert first.exit_code == 0 and "sandbox `default` is up at https://127.0.0.1:" in first.stderr, first.stderr
        assert first.stdout == ""
        assert "sandbox `default` was up already" in CliRunner().invoke(command, ["up"]).stderr
        seen = CliRunner().invoke(command, ["status"])
        assert seen.exit_code == 0 and seen.stdout.count("running, pid ") == len(lifecycle.COMPONENTS)
        path = Path(CliRunner().invoke(command, ["kubeconfig"]).stdout.rstrip("\n"))
        listed = _kubectl(live_programs["kubectl"], path, "get", "nodes", "-o", "name")
        assert listed == "node/big\n"
    finally:
        last = CliRunner().invoke(command, ["down"])
    assert (last.exit_code, last.stderr) == (0, "sandbox `default` is down\n")
    assert CliRunner().invoke(command, ["status"]).exit_code == 1
    assert theirs.read_text() == "untouched"


def test_failing_component_is_named_with_its_log(
    live_programs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a program ends at once, `up` says which, shows what it wrote, and leaves no process."""
    assets = tmp_path / "assets"
    assets.mkdir()
    broken = assets / "kube-apiserver"
    broken.write_text("#!/bin/sh\necho no such flag >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(assets))
    answer = lifecycle.up("broken", root=tmp_path)
    assert answer.value is None
    (found,) = answer.diagnostics
    assert found.code == "SC853" and found.message == "`kube-apiserver` ended"
    assert [note.message for note in found.notes] == ["no such flag"]
    assert found.help == "run `stackc sandbox down --name broken`, then `stackc sandbox up --name broken`"
    seen = lifecycle.status("broken", root=tmp_path).value
    assert seen is not None and seen.parts == ()
    assert (tmp_path / "broken" / "logs" / "kube-apiserver.log").exists()


def test_sandbox_outlives_its_machine(live_programs: dict[str, Path], tmp_path: Path) -> None:
    """When nothing of it runs any more, `up` starts it on its old data, on a free port, and makes what is missing."""
    first = lifecycle.up("rebooted", root=tmp_path).value
    assert first is not None
    try:
        kubectl = live_programs["kubectl"]
        assert _kubectl(kubectl, first.kubeconfig, "create", "namespace", "kept")
        assert _kubectl(kubectl, first.kubeconfig, "delete", "nodes", "--all")  # as if its first start had been killed
        kill(_state(first).processes)
        with socket.create_server(("127.0.0.1", int(first.server.rpartition(":")[2]))):
            again = lifecycle.up("rebooted", root=tmp_path)
            assert again.value is not None, again.diagnostics
        assert again.value.started == lifecycle.COMPONENTS
        assert "kept" in _kubectl(kubectl, again.value.kubeconfig, "get", "namespaces")
        assert "worker-1" in _kubectl(kubectl, again.value.kubeconfig, "get", "nodes")
    finally:
        lifecycle.down("rebooted", root=tmp_path)


def _kubectl(program: Path, kubeconfig: Path, *args: str) -> str:
    return subprocess.run([program, f"--kubeconfig={kubeconfig}", *args], capture_output=True, text=True).stdout


def _state(sandbox: lifecycle.Sandbox) -> lifecycle.State:
    state = lifecycle.read_state(sandbox.folder)
    assert state is not None
    return state


def _kill_component(sandbox: lifecycle.Sandbox, name: str) -> None:
    process = _state(sandbox).process(name)
    assert process is not None
    kill([process])


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _create_until_refused(kubectl: Kubectl, namespace: str) -> str:
    # The server takes a moment to see a new webhook configuration.
    for number in range(100):
        result = kubectl.attempt("create", "configmap", f"c{number}", "-n", namespace)
        if result.returncode:
            return result.stderr
    raise AssertionError("the webhook is never called")


def _echo_once(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(connection.recv(5))


def _call(path: Path, address: str) -> bytes:
    # A socket's path is limited to 108 bytes, the temporary folder's is not.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(f"/proc/self/fd/{folder}/{path.name}")
            connection.sendall(f"CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n\r\nhello".encode())
            answer = b""
            while block := connection.recv(4096):
                answer += block
            return answer
    finally:
        os.close(folder)


def _listening(pids: set[int]) -> set[tuple[str, int]]:
    sockets = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = str(entry.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                sockets.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                host, _, port = fields[1].partition(":")
                name = socket.inet_ntoa(bytes.fromhex(host)[::-1]) if table == "tcp" else f"[{host}]"
                found.add((name, int(port, 16)))
    return found
