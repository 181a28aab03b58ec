"""`stackc diff` and `stackc apply` on a real API server."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from compiler.commands.apply import run_apply
from compiler.commands.diff import run_diff
from compiler.commands.target import Loaded
from compiler.formats.files import MemoryFiles
from compiler.live.api import connect
from compiler.live.diff import diff_bundle
from compiler.live.http import Transport
from compiler.live.port import ClusterError
from compiler.live.settings import Settings
from compiler.model.change import Action
from compiler.model.diagnostic import Outcome
from compiler.model.graph import EdgeKind
from compiler.model.ids import ObjectId
from compiler.model.manifest import Body, Bundle
from tests.live.bundles import body, bundle, config, crd, deployment, secret_fill, service
from tests.live.conftest import Kubectl

pytestmark = pytest.mark.live


class Ran(NamedTuple):
    """What one command gave."""

    code: int
    out: str
    err: str


class Stackc:
    """The two commands on the sandbox, without the shell around them; every byte they write is kept."""

    def __init__(self, kubeconfig: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.kubeconfig = kubeconfig
        self.written = ""
        self._capsys = capsys

    def diff(self, wanted: Bundle, output: str = "text") -> Ran:
        return self._ran(lambda: run_diff(_loaded(wanted), self.kubeconfig, None, output))

    def apply(self, wanted: Bundle, *, force: bool = False, yes: bool = False, timeout_s: float = 60) -> Ran:
        settings = Settings(timeout_s=timeout_s, force=force)
        return self._ran(lambda: run_apply(_loaded(wanted), self.kubeconfig, None, settings, yes=yes, dry_run=False))

    def dry_run(self, wanted: Bundle) -> Ran:
        return self._ran(
            lambda: run_apply(_loaded(wanted), self.kubeconfig, None, Settings(timeout_s=60), yes=False, dry_run=True)
        )

    def _ran(self, call: Callable[[], int]) -> Ran:
        self._capsys.readouterr()
        code = call()
        out, err = self._capsys.readouterr()
        self.written += out + err
        return Ran(code, out, err)


def _loaded(wanted: Bundle) -> Loaded:
    return Loaded(Outcome(wanted), MemoryFiles({}))


@pytest.fixture
def stackc(sandbox: Any, capsys: pytest.CaptureFixture[str]) -> Stackc:
    return Stackc(str(sandbox.kubeconfig), capsys)


@pytest.fixture
def home(kubectl: Kubectl) -> Iterator[str]:
    """Yield the name of a namespace that is not there yet."""
    name = f"lab-{secrets.token_hex(4)}"
    yield name
    kubectl.attempt("delete", "namespace", name, "--wait=false")


def lab(home: str, group: str, level: str = "info") -> tuple[list[Body], list[Any], list[Any]]:
    """Return bodies, relations and fill of a stack with a bit of everything; the CRD comes after its CR on purpose."""
    secret, fill = secret_fill(
        home, "login", {"user": {"fromEnv": "LAB_USER"}, "password": {"fromEnv": "LAB_PASSWORD"}}
    )
    widget = body(f"{group}/v1", "Widget", home, "w", spec={"size": 3})
    claim = body(
        "v1", "PersistentVolumeClaim", home, "unused",
        spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    )  # fmt: skip
    job_pod = {"restartPolicy": "Never", "containers": [{"name": "j", "image": "example.com/j:1"}]}
    job = body("batch/v1", "Job", home, "once", spec={"template": {"spec": job_pod}})
    bodies = [
        body("v1", "Namespace", "", home),
        crd("Widget", group),
        config(home, "settings", LEVEL=level, text="a\nb\nc\n"),
        secret,
        deployment(home, "web", 3),
        deployment(home, "worker"),
        service(home, "web"),
        claim,
        job,
        widget,
    ]
    relations = [
        ("Widget/w", f"CustomResourceDefinition/widgets.{group}", EdgeKind.NEEDS),
        ("Deployment/web", "ConfigMap/settings", EdgeKind.AFTER),
        ("Deployment/worker", "Deployment/web", EdgeKind.READY),
    ]
    return bodies, relations, [fill]


@pytest.fixture
def group(kubectl: Kubectl) -> Iterator[str]:
    name = f"g{secrets.token_hex(4)}.example.com"
    yield name
    kubectl.attempt("delete", "crd", f"widgets.{name}", "--wait=false")


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    value = secrets.token_urlsafe(24)
    monkeypatch.setenv("LAB_USER", "someone-" + secrets.token_hex(6))
    monkeypatch.setenv("LAB_PASSWORD", value)
    return value


def test_apply_lab_converges_in_one_run(stackc: Stackc, kubectl: Kubectl, home: str, group: str, password: str) -> None:
    """One run brings everything up in order; the second diff is empty; one edit shows as exactly one field."""
    wanted = bundle(*lab(home, group))
    first = stackc.diff(wanted)
    assert first.code == 1
    assert first.out.count("\n+ ") == 9
    assert first.err.endswith("\n10 to create (8 of them untried: what they need is new too)\n")

    applied = stackc.apply(wanted)
    assert applied.code == 0, applied
    assert applied.err.startswith(f"context {connect(stackc.kubeconfig).context}, server https://127.0.0.1:")
    for name, replicas in (("web", 3), ("worker", 1)):
        assert kubectl.get("deployment", name, "-n", home)["status"]["readyReplicas"] == replicas
    assert kubectl.get("widgets", "w", "-n", home)["spec"] == {"size": 3}
    stored = kubectl.get("secret", "login", "-n", home)
    assert "annotations" not in stored["metadata"]
    assert stored["data"].keys() == {"user", "password"}
    lines = applied.out.splitlines()
    made = {line.split()[-1]: place for place, line in enumerate(lines) if " created " in line}
    ready = next(place for place, line in enumerate(lines) if " ready " in line and f"{home}/web" in line)
    assert ready < made[f"{home}/worker"], "the worker waits until the web is ready"

    second = stackc.diff(wanted)
    assert (second.code, second.out) == (0, "")
    assert second.err.endswith("\nno differences: 10 unchanged\n")
    again = stackc.apply(wanted)
    assert (again.code, again.out) == (0, "10 unchanged\n")

    edited = stackc.diff(bundle(*lab(home, group, level="debug")), "json")
    assert edited.code == 1
    fields = [field for change in json.loads(edited.out)["changes"] for field in change["fields"]]
    assert [(field["path"], field["old"], field["new"]) for field in fields] == [("data.LEVEL", "info", "debug")]
    assert password not in stackc.written


def test_apply_and_diff_never_show_a_secret(
    stackc: Stackc, kubectl: Kubectl, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of 20 random values shows up anywhere: not when new, changed, in annotations, or in a refusal's text."""
    values = [secrets.token_urlsafe(18) for _ in range(20)]
    for number, value in enumerate(values[:16]):
        monkeypatch.setenv(f"S{number}", value)

    def wanted(first: int, **other: Any) -> Bundle:
        made, fill = secret_fill(home, "s", {f"k{n}": {"fromEnv": f"S{first + n}"} for n in range(8)})
        return bundle([body("v1", "Namespace", "", home), {**made, **other}], fill=[fill])

    assert stackc.diff(wanted(0)).code == 1
    assert stackc.apply(wanted(0)).code == 0
    old = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": home}}
    kubectl.run(
        "apply",
        "-f",
        "-",
        stdin={**old, "stringData": {"more": values[16]}},
    )
    changed = stackc.diff(wanted(8))
    assert changed.code == 1
    assert changed.out.count("*** (before)") == 8
    assert json.loads(stackc.diff(wanted(8), "json").out)["summary"] == {"in place": 1, "unchanged": 1}
    assert stackc.apply(wanted(8)).code == 0
    assert stackc.diff(wanted(8)).code == 0

    wrong_type = wanted(0, data={"plain": [values[17]]})
    assert stackc.diff(wrong_type).code == 4
    assert stackc.apply(wrong_type).code == 4
    quoted = bundle([body("v1", "Namespace", "", home), {**config(home, "c"), "data": {"a": {"b": values[18]}}}])
    leaky = bundle([*(m.body for m in quoted.manifests), body("v1", "Secret", home, "t", data={"x": _b64(values[18])})])
    refused = stackc.diff(leaky)
    assert refused.code == 4
    assert "SC805" in refused.err
    bad_base64 = bundle(
        [body("v1", "Namespace", "", home), body("v1", "Secret", home, "u", data={"x": values[19] + "!"})]
    )
    assert stackc.apply(bad_base64).code == 4
    assert [value for value in values if value in stackc.written or _b64(value) in stackc.written] == []


def _b64(value: str) -> str:
    from base64 import b64encode

    return b64encode(value.encode()).decode()


def test_conflict_names_field_and_manager(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """A field of another manager stops the run with exit code 5 before anything is written; force takes it over."""
    theirs = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": namespace},
        "data": {"a": "1"},
    }
    kubectl.run("apply", "--server-side", "--field-manager=gitops-bot", "-f", "-", stdin=theirs)
    wanted = bundle([config(namespace, "before"), config(namespace, "c", a="2")])
    shown = stackc.diff(wanted)
    assert shown.code == 5
    assert 'conflict: .data.a is owned by "gitops-bot"' in shown.out
    refused = stackc.apply(wanted)
    assert refused.code == 5
    assert "SC701" in refused.err
    assert '`.data.a` is owned by "gitops-bot"' in refused.err
    assert kubectl.attempt("get", "configmap", "before", "-n", namespace).returncode != 0
    assert stackc.apply(wanted, force=True).code == 0
    assert kubectl.get("configmap", "c", "-n", namespace)["data"] == {"a": "2"}
    assert stackc.diff(wanted).code == 0


def test_owner_without_difference_is_joined_quietly(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """Where another manager wants the same, nothing differs; apply joins the owners once, then has nothing to do."""
    theirs = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "c", "namespace": namespace},
        "data": {"a": "1"},
    }
    kubectl.run("apply", "--server-side", "--field-manager=gitops-bot", "-f", "-", stdin=theirs)
    wanted = bundle([{**theirs}])
    assert stackc.diff(wanted).code == 0
    assert "configured" in stackc.apply(wanted).out
    owners = kubectl.get("configmap", "c", "-n", namespace, "--show-managed-fields")["metadata"]["managedFields"]
    assert {entry["manager"] for entry in owners} == {"gitops-bot", "stackc"}
    assert stackc.apply(wanted).out == "1 unchanged\n"


def test_unreachable_server_exits_4(stackc: Stackc, tmp_path: Path) -> None:
    """A server that isn't there is one clear line and exit code 4, for both commands."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        f"{{apiVersion: v1, kind: Config, current-context: c, clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:{port}'}}}}],"
        " users: [{name: c, user: {token: t}}], contexts: [{name: c, context: {cluster: c, user: c}}]}"
    )
    stackc.kubeconfig = str(kubeconfig)
    for run in (stackc.diff, stackc.apply):
        ran = run(bundle([config("default", "a")]))
        assert ran.code == 4
        assert "SC801" in ran.err
        assert "Traceback" not in ran.err
        assert ran.out == ""


WHOLE = "current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}]"
NO_USER = f"{{{WHOLE}, clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1'}}}}], users: [{{name: x}}]}}"
NO_PORT = f"{{{WHOLE}, clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:port'}}}}], users: [{{name: u}}]}}"
NO_URL = f"{{{WHOLE}, clusters: [{{name: c, cluster: {{server: '127.0.0.1:6443'}}}}], users: [{{name: u}}]}}"


@pytest.mark.parametrize("kubeconfig", ["absent", "[", "a: 1", "current-context: x", NO_USER, NO_PORT, NO_URL])
def test_unusable_kubeconfig_exits_4(stackc: Stackc, tmp_path: Path, kubeconfig: str) -> None:
    """A kubeconfig that is missing or broken, or names no context, user or server, is a diagnostic."""
    path = tmp_path / "kubeconfig"
    if kubeconfig != "absent":
        path.write_text(kubeconfig)
    stackc.kubeconfig = str(path)
    ran = stackc.diff(bundle([config("default", "a")]))
    assert ran.code == 4
    assert "SC802" in ran.err


def test_missing_secret_sources_are_told_at_once(stackc: Stackc, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every variable and file that is missing is named before the cluster is asked anything."""
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.delenv("NOT_SET", raising=False)
    made, fill = secret_fill(
        home, "s", {"a": {"fromEnv": "NOT_SET"}, "b": {"fromFile": "no/such.key"}, "c": {"fromEnv": "EMPTY"}}
    )
    ran = stackc.apply(bundle([made], fill=[fill]))
    assert ran.code == 3
    assert [code for code in ("SC810", "SC811", "SC812") if code not in ran.err] == []
    assert "`NOT_SET`" in ran.err
    assert "no/such.key" in ran.err


def test_failing_object_stops_only_its_descendants(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """What depends on a refused object is left out and says so; everything else is applied."""
    wrong = {**config(namespace, "wrong"), "data": {"a": {"not": "text"}}}
    wanted = bundle(
        [wrong, config(namespace, "child"), config(namespace, "grandchild"), config(namespace, "other")],
        [
            ("ConfigMap/child", "ConfigMap/wrong", EdgeKind.AFTER),
            ("ConfigMap/grandchild", "ConfigMap/child", EdgeKind.READY),
        ],
    )
    ran = stackc.apply(wanted)
    assert ran.code == 4
    assert "SC805" in ran.err
    assert ran.out.endswith("\n1 created, 1 refused, 2 skipped\n")
    assert ran.out.count(" skipped ") == 2
    names = {item["metadata"]["name"] for item in kubectl.get("configmaps", "-n", namespace)["items"]}
    assert names - {"kube-root-ca.crt"} == {"other"}


def test_objects_refused_for_one_cause_are_told_once(stackc: Stackc, home: str) -> None:
    """A missing namespace is one diagnostic that names the other objects; JSON has one for each, counts are of all."""
    wanted = bundle([config(home, f"c{n}") for n in range(8)])
    for ran in (stackc.diff(wanted), stackc.apply(wanted)):
        assert ran.code == 4
        assert ran.err.count("error[SC805]") == 1
        assert f"note: and 7 more: ConfigMap {home}/c1, " in ran.err
        assert "\n8 errors\n" in ran.err
        assert "8 refused" in ran.err
    told = json.loads(stackc.diff(wanted, "json").out)["diagnostics"]
    assert [row["object"]["name"] for row in told] == [f"c{n}" for n in range(8)]
    assert {row["code"] for row in told} == {"SC805"}


def test_wait_that_fails_says_why(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """A Deployment whose pod fits on no node ends in exit code 1, naming the pods' reason; its dependents wait."""
    stuck = deployment(namespace, "stuck")
    stuck["spec"]["template"]["spec"]["nodeSelector"] = {"no": "such-node"}
    wanted = bundle(
        [stuck, config(namespace, "later"), config(namespace, "beside")],
        [("ConfigMap/later", "Deployment/stuck", EdgeKind.READY)],
    )
    ran = stackc.apply(wanted, timeout_s=4)
    assert ran.code == 1
    assert "SC820" in ran.err
    assert "1 pod: Unschedulable: 0/3 nodes are available" in ran.err
    assert ran.err.count("0/3 nodes") == 1 + ran.err.count("preemption: 0/3 nodes"), "each reason is told once"
    waits = [line for line in ran.out.splitlines() if " waiting " in line]
    assert len(waits) == 1 and "Unschedulable" in waits[0], "a long wait says why"
    assert ran.out.endswith("\n2 created, 1 skipped; not ready: 1\n")
    assert kubectl.attempt("get", "configmap", "later", "-n", namespace).returncode != 0
    assert kubectl.get("configmap", "beside", "-n", namespace)["kind"] == "ConfigMap"


def test_job_that_nothing_waits_for_is_started_not_ready(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """A user's job is left running, and said to run; another's is awaited; one that is suspended is no ready one."""
    pod = {"restartPolicy": "Never", "containers": [{"name": "j", "image": "example.com/j:1"}]}
    held = {**pod, "nodeSelector": {"no": "such-node"}}
    long = body("batch/v1", "Job", namespace, "long", spec={"template": {"spec": held}})
    idle = body("batch/v1", "Job", namespace, "idle", spec={"suspend": True, "template": {"spec": pod}})
    made = bundle([long, idle])
    origins = [m._replace(origin=m.origin._replace(instance=f"jobs.{m.id.name}")) for m in made.manifests]
    ran = stackc.apply(made._replace(manifests=tuple(origins)))
    assert ran.code == 0
    told = [" ".join(line.split()[1:]) for line in ran.out.splitlines()]
    assert f"started Job.batch {namespace}/long: pods: 1 active, 0 succeeded" in told
    assert f"suspended Job.batch {namespace}/idle: no pod runs until it is resumed" in told
    assert " ready " not in ran.out
    assert ran.out.endswith("\n2 created; still running: 1; suspended: 1\n")
    awaited = stackc.apply(made, timeout_s=2)
    assert awaited.code == 1
    assert "SC820" in awaited.err


def test_immutable_field_is_a_recreate_that_names_it(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """A change that the server refuses is class recreate in diff, and exit code 5 in apply with nothing written."""
    assert stackc.apply(bundle([deployment(namespace, "web")])).code == 0
    moved = deployment(namespace, "web", replicas=2)
    moved["spec"]["selector"]["matchLabels"] = moved["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    shown = stackc.diff(bundle([moved]))
    assert shown.code == 1
    assert f"! Deployment.apps {namespace}/web (recreate): `spec.selector.matchLabels.app` is immutable" in shown.out
    refused = stackc.apply(bundle([moved]), yes=True)
    assert refused.code == 5
    assert "SC702" in refused.err
    assert kubectl.get("deployment", "web", "-n", namespace)["spec"]["replicas"] == 1


def test_diff_classes_and_dry_run(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """A template change is a rollout, replicas are in place, and a dry run writes nothing."""
    assert stackc.apply(bundle([deployment(namespace, "a"), deployment(namespace, "b")])).code == 0
    edited = bundle([deployment(namespace, "a", replicas=2), deployment(namespace, "b", image="example.com/app:2")])
    shown = stackc.dry_run(edited)
    assert shown.code == 0
    assert f"~ Deployment.apps {namespace}/a (in place)" in shown.out
    assert f"~ Deployment.apps {namespace}/b (rollout)" in shown.out
    assert 'spec.template.spec.containers[name="main"].image' in shown.out
    assert kubectl.get("deployment", "a", "-n", namespace)["spec"]["replicas"] == 1


def test_changed_crd_and_its_objects_are_judged_offline(stackc: Stackc, namespace: str, group: str) -> None:
    """An object that only the new form of its CRD allows is compared, not refused; applying brings both."""
    old = crd("Widget", group)
    widget = body(f"{group}/v1", "Widget", namespace, "w", spec={"size": 1})
    relation = ("Widget/w", f"CustomResourceDefinition/widgets.{group}", EdgeKind.NEEDS)
    assert stackc.apply(bundle([old, widget], [relation])).code == 0
    new = crd("Widget", group)
    fields = new["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    fields["shape"] = {"type": "string"}
    wanted = bundle([new, {**widget, "spec": {"size": 1, "shape": "round"}}], [relation])
    shown = stackc.diff(wanted)
    assert shown.code == 1, shown
    assert "judged offline: its CRD changes too" in shown.out
    assert '+ "round"' in shown.out
    assert stackc.apply(wanted).code == 0
    assert stackc.diff(wanted).code == 0


def test_api_service_without_backend_breaks_nothing(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """A registered API group that does not answer leaves diff and apply of everything else as they are."""
    name = f"v1beta1.x{secrets.token_hex(4)}.example.com"
    spec = {
        "group": name.split(".", 1)[1],
        "version": "v1beta1",
        "service": {"name": "none", "namespace": namespace},
        "insecureSkipTLSVerify": True,
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
    }
    registered = {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": name},
        "spec": spec,
    }
    kubectl.run("apply", "-f", "-", stdin=registered)
    try:
        wanted = bundle([config(namespace, "a", x="1")])
        assert stackc.diff(wanted).code == 1
        assert stackc.apply(wanted).code == 0
        assert stackc.diff(wanted).code == 0
        asked = body(f"{spec['group']}/v1beta1", "Thing", namespace, "t")
        broken = stackc.diff(bundle([config(namespace, "a", x="1"), asked]))
        assert broken.code == 4
        assert "SC804" in broken.err or "SC803" in broken.err
        assert broken.out == ""
        assert broken.err.endswith("\n1 unchanged, 1 refused\n")
    finally:
        kubectl.run("delete", "apiservice", name)


def test_new_predecessor_excuses_a_refusal(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """A Pod whose account is only in the bundle can't be dry-run: that is a warning, and applying it works."""
    account = body("v1", "ServiceAccount", namespace, "runner")
    spec = {"serviceAccountName": "runner", "containers": [{"name": "c", "image": "example.com/c:1"}]}
    wanted = bundle(
        [account, body("v1", "Pod", namespace, "p", spec=spec)], [("Pod/p", "ServiceAccount/runner", EdgeKind.AFTER)]
    )
    shown = stackc.diff(wanted)
    assert (shown.code, shown.out.count("+ ")) == (1, 2)
    assert "warning[SC807]" in shown.err
    assert shown.err.endswith("\n2 to create (1 of them untried: what they need is new too)\n")
    assert stackc.apply(wanted).code == 0
    assert stackc.diff(wanted).code == 0


def test_unknown_kind_is_told_beside_the_rest(stackc: Stackc, namespace: str) -> None:
    """A kind that the server doesn't serve is one diagnostic; the other objects are compared."""
    strange = body("nobody.example.com/v1", "Strange", "new-home", "s")
    ran = stackc.diff(bundle([body("v1", "Namespace", "", "new-home"), strange, config(namespace, "a")]))
    assert ran.code == 4
    assert "the server has no kind `Strange` in `nobody.example.com/v1`" in ran.err
    assert f"+ ConfigMap {namespace}/a" in ran.out


def test_diff_sees_what_others_changed(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """A foreign edit of a field of ours is a difference; a foreign field that we don't send is none."""
    wanted = bundle([config(namespace, "a", x="1")])
    assert stackc.apply(wanted).code == 0
    kubectl.run("label", "configmap", "a", "-n", namespace, "theirs=1")
    assert stackc.diff(wanted).code == 0
    kubectl.run("patch", "configmap", "a", "-n", namespace, "--type=merge", "-p", '{"data": {"x": "2", "y": "3"}}')
    shown = stackc.diff(wanted)
    assert shown.code == 5
    assert 'conflict: .data.x is owned by "kubectl-patch"' in shown.out
    dropped = stackc.diff(bundle([config(namespace, "a")]))
    assert dropped.code in (0, 1)


def test_dropped_field_is_a_removal(stackc: Stackc, kubectl: Kubectl, namespace: str) -> None:
    """A field that we no longer send goes, in the diff and then on the cluster."""
    assert stackc.apply(bundle([config(namespace, "a", x="1", y="2")])).code == 0
    wanted = bundle([config(namespace, "a", x="1")])
    shown = stackc.diff(wanted, "json")
    (change,) = json.loads(shown.out)["changes"]
    assert [(field["path"], field["kind"]) for field in change["fields"]] == [("data.y", "remove")]
    assert stackc.apply(wanted).code == 0
    assert kubectl.get("configmap", "a", "-n", namespace)["data"] == {"x": "1"}


def test_diff_300_objects_costs_one_request_each(sandbox: Any, namespace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 objects are 300 dry runs and one list for each kind."""
    cluster = connect(str(sandbox.kubeconfig))
    bodies = [made(namespace, f"o{n}") for n in range(100) for made in (config, service)]
    bodies += [body("v1", "ServiceAccount", namespace, f"o{n}") for n in range(100)]
    for item in bodies:
        cluster.apply(item)
    sent: list[str] = []
    request = Transport.request

    def counted(self: Transport, method: str, *rest: Any, **more: Any) -> Any:
        sent.append(method)
        return request(self, method, *rest, **more)

    monkeypatch.setattr(Transport, "request", counted)
    found = diff_bundle(bundle(bodies), cluster)
    assert found.value is not None
    assert {change.action for change in found.value.changes} == {Action.UNCHANGED}
    assert (sent.count("PATCH"), sent.count("GET")) == (300, 3)


def test_cluster_port_reads_pages_and_absent_objects(sandbox: Any, namespace: str) -> None:
    """Lists join their pages, and what isn't there is None, not an error."""
    cluster = connect(str(sandbox.kubeconfig))
    for number in range(3):
        cluster.apply(config(namespace, f"c{number}"))
    names = {
        item["metadata"]["name"] for item in cluster.list("v1", "ConfigMap", namespace, labels="stackc.dev/stack=lab")
    }
    assert names == {"c0", "c1", "c2"}
    assert cluster.get("v1", ObjectId("", "ConfigMap", namespace, "absent")) is None
    with pytest.raises(ClusterError) as refused:
        cluster.apply({**config(namespace, "x"), "dat": {}})
    assert refused.value.code == 500
    assert not refused.value.transient
