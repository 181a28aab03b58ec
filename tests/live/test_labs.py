"""Both labs on a real API server with the nodes that they ask for: applied in one run, ready, nothing left to do."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from compiler.build.catalog import Catalog
from tests.live.conftest import Eventually, Kubectl

pytestmark = pytest.mark.live
STACKS = Path(__file__).parents[2] / "stacks"
VARIABLES = {
    "hykufe-lab": ("S3_KEY_ID", "S3_SECRET", "AWS_KEY_ID", "AWS_SECRET"),
    "openfx-lab": ("REGISTRY_USER", "REGISTRY_PASSWORD", "GRAFANA_USER", "GRAFANA_PASSWORD"),
}
KEYS = {"hykufe-lab": "secrets/hykufe.pem", "openfx-lab": "secrets/thumbnail.key"}
PASSED = ("PATH", "HOME", "KUBEBUILDER_ASSETS", "XDG_CACHE_HOME")
UNANSWERED = "APIService.apiregistration.k8s.io v1beta1.metrics.k8s.io"


class Lab(NamedTuple):
    """One stack in a folder of its own, with made-up secrets, and a sandbox with the nodes that it asks for."""

    name: str
    folder: Path
    environment: Mapping[str, str]
    values: tuple[str, ...]
    kubectl: Kubectl
    said: str

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run stackc as a user does, and hold that no secret shows."""
        done = run(self.folder, self.environment, *arguments)
        assert leaks(self.values, done.stdout + done.stderr) == []
        return done

    @property
    def stack(self) -> str:
        return f"{self.name}/stack.yaml"


def run(folder: Path, environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "compiler", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=240
    )


def leaks(values: tuple[str, ...], text: str) -> list[str]:
    """Return the secret values that stand in a text, plain or as a Secret holds them."""
    return [value for value in values if value in text or b64encode(value.encode()).decode() in text]


@pytest.fixture(scope="module", params=sorted(VARIABLES))
def lab(
    request: pytest.FixtureRequest, live_programs: dict[str, Path], tmp_path_factory: Any, eventually: Eventually
) -> Iterator[Lab]:
    """Yield a lab on its own sandbox, where Volcano's kinds are there already, as the HyKuFe lab assumes."""
    name: str = request.param
    folder = tmp_path_factory.mktemp("labs")
    shutil.copytree(STACKS / name, folder / name)
    values = {variable: secrets.token_urlsafe(18) for variable in VARIABLES[name]}
    key = folder / name / KEYS[name]
    key.parent.mkdir(exist_ok=True)
    key.write_text(secrets.token_urlsafe(18))
    environment = {
        **{variable: os.environ[variable] for variable in PASSED if variable in os.environ},
        **values,
        "PYTHONPATH": str(STACKS.parent),
        "XDG_STATE_HOME": str(folder / "state"),
        "KUBECONFIG": str(folder / "state" / "stackc" / "sandbox" / "labs" / "kubeconfig"),
    }
    try:
        started = run(folder, environment, "sandbox", "up", "--name", "labs", "--stack", f"{name}/stack.yaml")
        assert started.returncode == 0, started.stderr
        kubectl = Kubectl(live_programs["kubectl"], Path(environment["KUBECONFIG"]))
        install(kubectl, "volcano", eventually)
        yield Lab(name, folder, environment, (*values.values(), key.read_text()), kubectl, started.stderr)
    finally:
        run(folder, environment, "sandbox", "down", "--name", "labs")


def install(kubectl: Kubectl, component: str, eventually: Eventually) -> None:
    """Store the CRDs that a component says it has, and wait until the server serves them."""
    found = Catalog().get(component)
    assert found is not None
    kubectl.run("apply", "--server-side", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": [*found.crds]})
    eventually(lambda: all(is_true(crd, "Established") for crd in kubectl.get("crds")["items"]))


def test_lab_is_applied_in_one_run_and_leaves_nothing_to_do(lab: Lab) -> None:
    """No object is refused, every Deployment and CRD is ready, no secret shows, and the second diff is empty."""
    first = lab.run("diff", lab.stack)
    assert first.returncode == 1, first.stderr
    total = len(first.stdout.splitlines())
    assert total >= {"hykufe-lab": 13, "openfx-lab": 26}[lab.name], "at least what upstream publishes"

    applied = lab.run("apply", lab.stack, "--yes", "--timeout", "90s")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    server = re.search(r"server: (\S+)", lab.kubectl.run("config", "view"))
    assert server is not None
    assert applied.stderr.startswith(f"context stackc-sandbox-labs, server {server[1]}, stack {lab.name}\n")
    *steps, summary = applied.stdout.splitlines()
    words = [line.split()[1] for line in steps]
    assert words.count("created") == total
    assert {"failed", "skipped"}.isdisjoint(words)
    # nothing serves the metrics API on a sandbox: that is told, and is no failure
    unknown = [line for line in steps if line.split()[1] == "unknown"]
    expected = [UNANSWERED] if lab.name == "openfx-lab" else []
    assert [line.split(" unknown ")[1].strip().split(": ")[0] for line in unknown] == expected
    assert all("its backend does not answer: " in line for line in unknown)
    assert summary == f"{total} created{'; state unknown: 1' if expected else ''}"
    assert_ready(lab.kubectl)

    second = lab.run("diff", lab.stack)
    assert (second.returncode, second.stdout) == (0, ""), second.stderr
    assert second.stderr.endswith(f"no differences: {total} unchanged\n")
    again = lab.run("apply", lab.stack, "--yes")
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[-1].startswith(f"{total} unchanged")
    assert_secrets_are_bound(lab)


def assert_ready(kubectl: Kubectl) -> None:
    deployments = kubectl.get("deployments", "-A")["items"]
    unready = [
        (item["metadata"]["name"], item["status"])
        for item in deployments
        if item["status"].get("readyReplicas", 0) != item["spec"]["replicas"] or not is_true(item, "Available")
    ]
    assert len(deployments) >= 2
    assert unready == []
    crds = kubectl.get("crds")["items"]
    assert crds and [crd["metadata"]["name"] for crd in crds if not is_true(crd, "Established")] == []
    assert [crd["metadata"]["name"] for crd in crds if is_true(crd, "NonStructuralSchema")] == []
    claims = kubectl.get("pvc", "-A")["items"]
    assert [claim["metadata"]["name"] for claim in claims if claim["status"]["phase"] != "Bound"] == []


def is_true(body: Any, condition: str) -> bool:
    return any(c["type"] == condition and c["status"] == "True" for c in body.get("status", {}).get("conditions") or ())


def assert_secrets_are_bound(lab: Lab) -> None:
    """Every value arrived in a Secret, and nowhere else."""
    stored = lab.kubectl.run("get", "secrets", "-A", "-o", "json")
    logins = lab.kubectl.run("get", "secrets", "-A", "-o", r"jsonpath={.items[*].data.\.dockerconfigjson}")
    from base64 import b64decode

    held = stored + "".join(b64decode(login).decode() for login in logins.split())
    assert leaks(lab.values, held) == list(lab.values)
    assert "stackc.dev/unfilled" not in stored
    others = lab.kubectl.run("get", "configmaps,deployments,jobs,services", "-A", "-o", "json", "--show-managed-fields")
    assert leaks(lab.values, others) == []


def test_sandbox_has_the_nodes_that_a_lab_asks_for(lab: Lab) -> None:
    """The pods with a selector run on a node that was made for them, which is told with its reason."""
    label, made, app = {
        "hykufe-lab": ("node-role.kubernetes.io/control-plane", "control-plane-1", "Deployment.apps hykufe/nfs-server"),
        "openfx-lab": ("nodetype=gpunode", "gpunode-1", "Deployment.apps openfx-fn/classify"),
    }[lab.name]
    told = next(line for line in lab.said.splitlines() if line.startswith("node "))
    assert told.startswith(f"node {made} ({label}") and told.endswith(f" for {app}")
    nodes = {item["metadata"]["name"]: item for item in lab.kubectl.get("nodes")["items"]}
    assert set(nodes) == {"worker-1", "worker-2", made}
    assert [name for name, node in nodes.items() if not is_true(node, "Ready")] == []
    assert [item["metadata"]["name"] for item in lab.kubectl.get("nodes", "-l", label)["items"]] == [made]
    if lab.name == "openfx-lab":
        assert int(nodes[made]["status"]["allocatable"]["nvidia.com/gpu"]) >= 1


def test_edit_of_a_lab_shows_as_its_fields_alone(lab: Lab, eventually: Eventually) -> None:
    """One value changed in the stack is one field in the diff; what somebody else changed is shown as well."""
    assert lab.run("apply", lab.stack, "--yes").returncode == 0
    setting, path = {
        "hykufe-lab": ("hykufe.operator.resources.limits.memory=300Mi", 'spec.template.spec.containers[name="'),
        "openfx-lab": ("openfx.gateway.resources.memory=300Mi", 'spec.template.spec.containers[name="'),
    }[lab.name]
    edited = lab.run("diff", lab.stack, "--set", setting)
    assert edited.returncode == 1, edited.stderr
    assert edited.stdout.startswith("~ Deployment.apps ") and "(rollout)" in edited.stdout
    fields = [line.strip() for line in edited.stdout.splitlines() if re.match(r" {4}\S", line)]
    assert fields and all(field.startswith(path) and field.endswith(".memory") for field in fields)
    assert "300Mi" in edited.stdout
    assert edited.stderr.splitlines()[-1].startswith("1 to roll out, ")


@pytest.mark.parametrize("lab", ["openfx-lab"], indirect=True)
def test_storage_comes_to_what_runs_and_goes_again(lab: Lab) -> None:
    """A server's own default for rolling updates would forbid what a claim needs; the old import is not touched."""
    assert lab.run("apply", lab.stack, "--yes").returncode == 0
    before = {job["metadata"]["name"] for job in lab.kubectl.get("jobs", "-n", "openfx")["items"]}
    for setting in (("--set", "openfx.grafana.storage.size=1Gi"), ()):
        applied = lab.run("apply", lab.stack, "--yes", *setting)
        assert applied.returncode == 0, applied.stderr
        again = lab.run("diff", lab.stack, *setting)
        assert again.returncode == 0, again.stdout
    after = {job["metadata"]["name"] for job in lab.kubectl.get("jobs", "-n", "openfx")["items"]}
    assert before < after
    assert len(after - before) == 1
