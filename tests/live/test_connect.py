"""Reaching a cluster as kubectl does, and the two commands as users call them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from compiler.live.api import connect
from compiler.live.port import ClusterError

pytestmark = pytest.mark.live


@pytest.fixture
def parts(sandbox: Any, kubectl: Any) -> dict[str, Any]:
    """Return the sandbox's kubeconfig as data, everything inline."""
    return dict(json.loads(kubectl.run("config", "view", "--raw", "--flatten", "-o", "json")))


def write(path: Path, config: dict[str, Any], **changes: Any) -> Path:
    path.write_text(json.dumps({**config, **changes}))
    return path


def users(parts: dict[str, Any], user: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": parts["users"][0]["name"], "user": user}]


def test_connect_reads_a_list_of_kubeconfigs(
    parts: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cluster, user and context may stand in different files of $KUBECONFIG; missing files are passed over."""
    first = write(tmp_path / "a", parts, users=[], contexts=[])
    second = write(tmp_path / "b", parts, clusters=[])
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join([str(first), str(tmp_path / "absent"), str(second)]))
    assert connect().get is not None
    assert connect().list("v1", "Namespace")


def test_connect_takes_the_named_context_with_its_namespace(parts: dict[str, Any], tmp_path: Path) -> None:
    """`--context` picks another context than the current one; one that isn't there is an error."""
    context = parts["contexts"][0]["context"]
    other = [*parts["contexts"], {"name": "other", "context": {**context, "namespace": "there"}}]
    path = str(write(tmp_path / "k", parts, contexts=other))
    assert (connect(path, "other").context, connect(path, "other").namespace) == ("other", "there")
    assert connect(path).namespace == "default"
    with pytest.raises(ClusterError, match="nowhere"):
        connect(path, "nowhere")


def test_connect_runs_an_exec_plugin(sandbox: Any, parts: dict[str, Any], tmp_path: Path) -> None:
    """Credentials may come from a program; one that fails is told with its own words."""
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": sandbox.token},
    }
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-c", f"print({json.dumps(json.dumps(credential))})"],
        "interactiveMode": "Never",
    }
    path = write(tmp_path / "k", parts, users=users(parts, {"exec": plugin}))
    assert connect(str(path)).list("v1", "Namespace")
    broken = {**plugin, "args": ["-c", "import sys; sys.exit('no login today')"]}
    path = write(tmp_path / "k", parts, users=users(parts, {"exec": broken}))
    with pytest.raises(ClusterError, match="no login today"):
        connect(str(path))


def test_connect_impersonates_the_user_of_the_kubeconfig(sandbox: Any, parts: dict[str, Any], tmp_path: Path) -> None:
    """`as` in a kubeconfig acts as that user, who may do nothing here."""
    path = write(tmp_path / "k", parts, users=users(parts, {"token": sandbox.token, "as": "nobody"}))
    with pytest.raises(ClusterError) as refused:
        connect(str(path)).list("v1", "Namespace")
    assert refused.value.code == 403
    assert 'User "nobody"' in refused.value.message


def test_connect_refuses_an_untrusted_certificate(parts: dict[str, Any], tmp_path: Path) -> None:
    """A server whose certificate nobody vouches for is not talked to."""
    cluster = {"server": parts["clusters"][0]["cluster"]["server"]}
    clusters = [{"name": parts["clusters"][0]["name"], "cluster": cluster}]
    with pytest.raises(ClusterError, match="certificate is not trusted"):
        connect(str(write(tmp_path / "k", parts, clusters=clusters))).list("v1", "Namespace")
    trusting = [{"name": clusters[0]["name"], "cluster": {**cluster, "insecure-skip-tls-verify": True}}]
    assert connect(str(write(tmp_path / "k", parts, clusters=trusting))).list("v1", "Namespace")


def test_connect_wrong_token_is_401(parts: dict[str, Any], tmp_path: Path) -> None:
    """A refused token is told as such, not as an outage."""
    path = write(tmp_path / "k", parts, users=users(parts, {"token": "wrong"}))
    with pytest.raises(ClusterError) as refused:
        connect(str(path)).list("v1", "Namespace")
    assert refused.value.code == 401


def stackc(sandbox: Any, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "compiler", *arguments, "--kubeconfig", str(sandbox.kubeconfig)],
        input=stdin, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_commands_take_plain_manifests(sandbox: Any, kubectl: Any, namespace: str, tmp_path: Path) -> None:
    """`-f` compares and applies manifests of files, folders and standard input, ordered by their references."""

    def account(name: str) -> dict[str, Any]:
        return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}}

    (tmp_path / "a.yaml").write_text(json.dumps(account("a")))
    (tmp_path / "b.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [account("b")]}))
    given = ("-f", str(tmp_path), "-f", "-")
    shown = stackc(sandbox, "diff", *given, stdin=json.dumps(account("c")))
    assert (shown.returncode, shown.stdout.count("+ ServiceAccount ")) == (1, 3)
    assert shown.stderr.splitlines()[-1] == "3 to create"
    assert ", set manifests\n" in shown.stderr
    done = stackc(sandbox, "apply", *given, "--timeout", "30s", stdin=json.dumps(account("c")))
    assert done.returncode == 0, done.stderr
    assert stackc(sandbox, "diff", *given, stdin=json.dumps(account("c"))).returncode == 0
    assert stackc(sandbox, "diff", "-f", "-", stdin="kind: Pod\n").returncode == 3
    homeless = stackc(sandbox, "diff", "-f", "-", stdin="{apiVersion: v1, kind: Pod, metadata: {name: x}}")
    assert homeless.returncode == 3
    assert "SC816" in homeless.stderr
    twice = stackc(sandbox, "diff", "-f", "-", stdin=f"{json.dumps(account('x'))}\n---\n{json.dumps(account('x'))}")
    assert "SC817" in twice.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("diff",),
        ("diff", "stack.yaml", "-f", "x"),
        ("apply", "-f", "x", "--timeout", "soon"),
        ("apply", "-f", "x", "--set", "a=b"),
    ],
)
def test_commands_wrong_usage_is_2(sandbox: Any, arguments: tuple[str, ...]) -> None:
    """A call that can't mean anything is wrong usage."""
    assert stackc(sandbox, *arguments).returncode == 2
