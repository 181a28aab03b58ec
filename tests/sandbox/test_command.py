"""`stackc sandbox`, as far as it needs no control plane."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from compiler.commands.sandbox import sandbox
from compiler.model.diagnostic import Outcome
from compiler.sandbox import lifecycle
from compiler.sandbox.lifecycle import Sandbox
from compiler.sandbox.nodes import FakeNode


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def run(*args: str) -> Result:
    return CliRunner().invoke(sandbox, args)


def test_status_without_a_sandbox_exits_1() -> None:
    """The answer is no, on stdout."""
    result = run("status")
    assert (result.exit_code, result.stdout) == (1, "sandbox `default`: there is no sandbox of this name\n")


def test_down_without_a_sandbox_says_so_and_succeeds() -> None:
    """What is asked for is the case already; stdout stays empty."""
    result = run("down", "--name", "other")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "there was no sandbox `other`\n"


def test_kubeconfig_without_a_sandbox_exits_1_and_prints_no_path() -> None:
    """A script that takes stdout for a path must not get anything else."""
    result = run("kubeconfig")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "SC855" in result.stderr and "stackc sandbox up" in result.stderr


def test_bad_name_exits_4() -> None:
    """A name that could leave the state folder is refused."""
    result = run("down", "--name", "../x")
    assert result.exit_code == 4
    assert "SC861" in result.stderr


def test_bad_nodes_file_exits_3_and_starts_nothing(home: Path) -> None:
    """A nodes file is judged before anything starts, with the place of the fault."""
    file = home / "nodes.yaml"
    file.write_text("- {name: a, lables: {}}\n")
    result = run("up", "--nodes", str(file))
    assert result.exit_code == 3
    assert "SC857" in result.stderr and f"{file}:1:13" in result.stderr
    assert not (home / "state" / "stackc" / "sandbox" / "default").exists()


def test_missing_nodes_file_is_wrong_usage() -> None:
    """A file that is not there is the caller's mistake."""
    assert run("up", "--nodes", "absent.yaml").exit_code == 2


STACK = """\
apiVersion: stackc.dev/v1alpha1
kind: Stack
metadata: {name: small}
spec:
  kubernetes: "1.34"
  cluster:
    provider: existing
    nodes:
      - {name: cp, roles: [control-plane]}
      - {name: gpu1, roles: [worker], labels: {pool: gpu}, capacity: {cpu: 8, memory: 32Gi, gpu: 2}}
  manifests: [pod.yaml]
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: default}
spec: {tolerations: [{key: special, operator: Exists}], containers: [{name: c, image: "example.com/c:1"}]}
"""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[FakeNode, ...] | None]:
    """Return the nodes of every call of `lifecycle.up`, which starts nothing."""
    calls: list[tuple[FakeNode, ...] | None] = []

    def up(name: str, nodes: tuple[FakeNode, ...] | None, **_: object) -> Outcome[Sandbox]:
        calls.append(nodes)
        return Outcome(Sandbox(name, Path("f"), Path("f/kubeconfig"), "https://127.0.0.1:1", "", Path("ca"), ()))

    monkeypatch.setattr(lifecycle, "up", up)
    return calls


def test_up_with_a_stack_makes_its_nodes(home: Path, started: list[tuple[FakeNode, ...] | None]) -> None:
    """The nodes are those of `cluster.nodes`; layers count."""
    (home / "stack.yaml").write_text(STACK)
    (home / "pod.yaml").write_text(POD)
    result = run("up", "--stack", str(home / "stack.yaml"), "--set", "cluster.nodes[gpu1].capacity.gpu=4")
    assert result.exit_code == 0, result.stderr
    (nodes,) = started
    assert nodes is not None
    assert [node.name for node in nodes] == ["cp", "gpu1"]
    assert nodes[0].taints == ({"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},)
    assert dict(nodes[1].capacity) == {"cpu": "8", "memory": "32Gi", "nvidia.com/gpu": "4"}


def test_up_with_a_stack_and_other_nodes_adds_what_is_missing(
    home: Path, started: list[tuple[FakeNode, ...] | None]
) -> None:
    """A nodes file stands for `cluster.nodes`; a node that is added says for whom."""
    (home / "stack.yaml").write_text(STACK)
    (home / "pod.yaml").write_text(POD)
    (home / "nodes.yaml").write_text("- {name: only, taints: [{key: closed, effect: NoSchedule}]}\n")
    result = run("up", "--stack", str(home / "stack.yaml"), "--nodes", str(home / "nodes.yaml"))
    assert result.exit_code == 0, result.stderr
    assert started[0] is not None
    assert [node.name for node in started[0]] == ["only", "extra-1"]
    assert "node extra-1 for Pod default/p\n" in result.stderr


def test_up_with_a_wrong_stack_exits_3_and_starts_nothing(
    home: Path, started: list[tuple[FakeNode, ...] | None]
) -> None:
    """What is wrong with the stack is told in full; there is no sandbox for half a stack."""
    (home / "stack.yaml").write_text(STACK.replace("provider: existing", "provider: nobody"))
    result = run("up", "--stack", str(home / "stack.yaml"))
    assert result.exit_code == 3
    assert "SC3" in result.stderr and "stack.yaml:7:15" in result.stderr
    assert started == []


@pytest.mark.parametrize("options", [("--set", "a=b"), ("-O", "x.yaml"), ("--root", ".")])
def test_up_with_layers_but_no_stack_is_wrong_usage(options: tuple[str, str]) -> None:
    """Layers change a stack; without one they mean nothing."""
    assert run("up", *options).exit_code == 2
