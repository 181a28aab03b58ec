"""OpenFx: complete against upstream, compiled for every target, and every rule of its facts held."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.formats.files import MemoryFiles
from compiler.model.graph import EdgeKind
from compiler.pipeline import build
from tests.catalog.compare import differences, normal
from tests.catalog.support import catalog, compile_text, errors, stack_text

ROOT = Path(__file__).parents[2]
LAB = ROOT / "stacks" / "openfx-lab" / "stack.yaml"
FILES = ROOT / "compiler" / "catalog" / "openfx" / "files"
TARGETS = ("1.15", "1.16", "1.22", "1.28", "1.34", "1.37")
EVERYTHING = """
registry: {imagePullSecrets: [{name: regcred}]}
secrets:
- {name: regcred, type: docker-registry, keys: {server: {fromEnv: S}, username: {fromEnv: U}, password: {fromEnv: P}}}
- {name: grafana, keys: {admin-username: {fromEnv: GU}, admin-password: {fromEnv: GP}}}
components:
- {name: metrics-server, version: 0.7.2, params: {kubeletInsecureTLS: true, addressTypes: [InternalIP]}}
openfx:
  version: 0.1.0
  imageRepository: keti.asuscomm.com:5000
  prometheus: {nodeExporters: ["10.0.0.180:9100"]}
  grafana: {admin: {secretRef: {name: grafana}}}
  functions: [{name: hello, runtime: go, image: "hello:1"}]
"""
"""A stack that asks for all that upstream installs, with upstream's own values where they are parameters."""

ADDED = {
    ("Deployment", "hello"): "a function, so that its namespace has pods",
    ("Service", "hello"): "a function, so that its namespace has pods",
    ("Secret", "regcred"): "metrics-server pulls with it too",
}
"""Objects of ours that upstream has not."""


def upstream(published: Path) -> list[dict[str, Any]]:
    """Return every object that upstream installs."""
    files = sorted((published / "upstream" / "openfx").glob("*.y*ml"))
    return [d for file in files for d in yaml.safe_load_all(file.read_text()) if d]


def opened(body: dict[str, Any]) -> dict[str, Any]:
    """Return an object with the texts of a ConfigMap as what they say; dashboards stay texts."""
    made = normal(body)
    if made["kind"] == "ConfigMap":
        made["data"] = {
            k: v if "ashboard" in k or k.endswith(".sh") else yaml.safe_load(v) for k, v in made["data"].items()
        }
    return made


def key(body: dict[str, Any]) -> tuple[str, str, str]:
    """Return what names an object: kind, namespace and name, that of a Job without its digest."""
    name = body["metadata"]["name"]
    name = re.sub(r"-[0-9a-f]{8}$", "", name) if body["kind"] == "Job" else name
    return body["kind"], body["metadata"].get("namespace", ""), name


def covers(field: str, path: tuple[str, ...]) -> bool:
    """Tell whether a row's pointer is the path or lies above it; `*` is any key."""
    parts = [p.replace("~1", "/") for p in field.split("/")[1:]]
    return len(parts) <= len(path) and all(a in ("*", b) for a, b in zip(parts, path, strict=False))


def rows() -> list[dict[str, str]]:
    """Return the differences that component.yaml of both components states."""
    return [row for name in ("openfx", "metrics-server") for row in catalog().get(name).meta["differences"]]


@pytest.mark.upstream
def test_every_object_of_upstream_is_there_and_differs_only_where_component_yaml_says(published: Path) -> None:
    """Nothing upstream runs is missing, every difference has its row with a reason, and no row is left over."""
    bundle, found = compile_text(stack_text(EVERYTHING))
    assert errors(found) == []
    ours = {key(m.body): m.body for m in bundle}
    used: set[tuple[str, str]] = set()
    unsaid: list[str] = []
    for theirs in upstream(published):
        name = f"{theirs['kind']}/{theirs['metadata']['name']}"
        body = ours.pop(key(theirs), None)
        assert body is not None, f"upstream's {name} is missing"
        for path in differences(opened(theirs), opened(body)):
            row = next((r for r in rows() if r["object"] == name and covers(r["field"], path)), None)
            if row is None:
                unsaid.append(f"{name} /{'/'.join(p.replace('/', '~1') for p in path)}")
            else:
                used.add((name, row["field"]))
    assert unsaid == []
    assert [r for r in rows() if (r["object"], r["field"]) not in used] == []
    assert {(kind, name) for kind, _, name in ours} == set(ADDED)


@pytest.mark.upstream
def test_dashboard_shows_every_panel_of_upstream(published: Path) -> None:
    """Upstream's panels are all there, by kind and by what they measure, under the names that metrics have today."""
    config = next(d for d in upstream(published) if d["kind"] == "ConfigMap" and "Openfx-dashboard.json" in d["data"])
    theirs = list(panels(json.loads(config["data"]["Openfx-dashboard.json"])))
    ours = list(panels(dashboard()))
    kinds = [[p["type"] for p in side] for side in (theirs, ours)]
    assert sorted(kinds[0]) == sorted(kinds[1])
    renamed = {f"node_memory_{n}": f"node_memory_{n}_bytes" for n in ("Buffers", "Cached", "MemFree")}
    wanted = {renamed.get(m, m) for p in theirs for m in metrics(p)}
    assert wanted - {m for p in ours for m in metrics(p)} == set()


def test_every_difference_and_addition_has_a_reason() -> None:
    """A difference that nobody can explain is a mistake."""
    for row in rows():
        assert set(row) == {"object", "field", "reason"}
        assert len(row["reason"]) > 5
    assert len({(r["object"], r["field"]) for r in rows()}) == len(rows())


def dashboard() -> dict[str, Any]:
    """Return our dashboard."""
    made: dict[str, Any] = json.loads((FILES / "openfx-dashboard.json").read_text())
    return made


def panels(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every panel of a dashboard of Grafana 4."""
    for row in board["rows"]:
        yield from row["panels"]


def metrics(panel: dict[str, Any]) -> set[str]:
    """Return the names of metrics that a panel's queries ask for."""
    return {m for t in panel["targets"] for m in re.findall(r"\b(?:node|gateway)_\w+|\bup\b", t["expr"])}


def test_dashboard_is_one_that_grafana_4_takes() -> None:
    """Panels have their own ids, rows are at most 12 wide, the data source is the one that is imported, schema 13."""
    board = dashboard()
    assert board["schemaVersion"] == 13
    assert board["id"] is None
    ids = [p["id"] for p in panels(board)]
    assert len(ids) == len(set(ids))
    for panel in panels(board):
        assert panel["datasource"] == "prometheus"
        assert panel["type"] in ("graph", "singlestat")
        assert 1 <= panel["span"] <= 12
        assert [t["refId"] for t in panel["targets"]] == [chr(65 + n) for n in range(len(panel["targets"]))]
        for target in panel["targets"]:
            assert target["expr"].count("(") == target["expr"].count(")")
        if panel["type"] == "graph":
            assert [axis["logBase"] for axis in panel["yaxes"]] == [1, 1]


def test_import_script_is_posix_shell() -> None:
    """The image of the Job has busybox."""
    subprocess.run(["/bin/sh", "-n", str(FILES / "import.sh")], check=True)  # noqa: S603


def run_import(stage: Path, grafana: str) -> tuple[int, str, list[str]]:
    """Run the import in a folder with a `curl` whose answers are a shell text; return exit code, output and calls."""
    for name, text in (("prometheus-datasource.json", "{}"), ("openfx-dashboard.json", '{"title": "OpenFx"}')):
        (stage / name).write_text(text)
    (stage / "bin").mkdir()
    curl = stage / "bin" / "curl"
    curl.write_text(f'#!/bin/sh\necho "$*" >> {stage}/calls\ncase "$*" in\n{grafana}\nesac\n')
    curl.chmod(0o755)
    env = {"PATH": f"{stage}/bin:{os.environ['PATH']}", "GRAFANA_URL": "http://g", "GF_ADMIN_USER": "u"}
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", str(FILES / "import.sh")],
        cwd=stage, env={**env, "GF_ADMIN_PASSWORD": "p"}, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, (stage / "calls").read_text().splitlines()


def test_import_adds_what_is_missing(tmp_path: Path) -> None:
    """A fresh Grafana gets the data source and the dashboard, wrapped as its API wants it."""
    code, said, calls = run_import(tmp_path, "*/id/*) exit 22;;\n*dashboards/db*) cat;;")
    assert code == 0
    assert "--request POST --data-binary @prometheus-datasource.json http://g/api/datasources" in calls[2]
    assert '{"overwrite": true, "dashboard": {"title": "OpenFx"}}' in said


def test_import_updates_what_is_there(tmp_path: Path) -> None:
    """A second run changes the data source in its place."""
    code, said, calls = run_import(tmp_path, """*/id/*) echo '{"id":7}';;\n*dashboards/db*) cat >/dev/null;;""")
    assert code == 0
    assert "updating data source prometheus" in said
    assert "--request PUT --data-binary @prometheus-datasource.json http://g/api/datasources/7" in calls[2]


def test_import_fails_when_grafana_refuses(tmp_path: Path) -> None:
    """With a wrong password the Job fails, where upstream's ends well."""
    code, _, _ = run_import(tmp_path, "*/login) exit 0;;\n*) exit 22;;")
    assert code == 22


@pytest.mark.parametrize("kubernetes", TARGETS)
def test_lab_compiles_for_every_target(kubernetes: str) -> None:
    """No error from the oldest to the newest; what differs is said by warnings."""
    bundle, found = compile_text(LAB.read_text(), kubernetes)
    assert errors(found) == []
    kinds = {(m.id.kind, m.id.namespace, m.id.name) for m in bundle}
    assert {("Deployment", "openfx-fn", n) for n in ("hello", "thumbnail", "classify")} <= kinds
    assert ("HorizontalPodAutoscaler", "openfx-fn", "thumbnail") in kinds
    assert ("APIService", "", "v1beta1.metrics.k8s.io") in kinds


@pytest.mark.parametrize("version", ["0.7.2", "0.6.4", "0.5.2"])
@pytest.mark.parametrize("kubernetes", TARGETS)
def test_metrics_server_compiles_for_every_target(version: str, kubernetes: str) -> None:
    """Every version has objects that every target takes; a target that upstream never meant is a warning."""
    params = {"replicas": 2, "kubeletInsecureTLS": True}
    spec = {"components": [{"name": "metrics-server", "version": version, "params": params}]}
    bundle, found = compile_text(stack_text(spec), kubernetes)
    assert errors(found) == []
    (server,) = [m.body for m in bundle if m.id.kind == "Deployment"]
    container = server["spec"]["template"]["spec"]["containers"][0]
    port = container["ports"][0]["containerPort"]
    assert f"--secure-port={port}" in container["args"]
    assert ("--authorization-always-allow-paths=/livez,/readyz" in container["args"]) == (kubernetes == "1.15")
    minor = int(kubernetes.split(".")[1])
    since = {"0.7.2": 27, "0.6.4": 25, "0.5.2": 15}[version]
    assert ("METRICSSERVER001" in {d.code for d in found}) == (minor < since)


def made(more: dict[str, Any], kubernetes: str = "1.34") -> dict[tuple[str, str], dict[str, Any]]:
    """Return the objects of a stack that compiles, by kind and name; `more` is laid over EVERYTHING."""
    bundle, found = compile_text(stack_text(EVERYTHING, more), kubernetes)
    assert errors(found) == []
    return {(m.id.kind, m.id.name): m.body for m in bundle}


def function(**fields: Any) -> dict[str, Any]:
    """Return a stack with one more function, `fx`."""
    return {"openfx": {"functions": [{"name": "fx", "runtime": "python3", "image": "acme/fx:1", **fields}]}}


def test_prometheus_configuration_is_yaml_with_upstreams_jobs() -> None:
    """The text in the ConfigMap is YAML; the node exporters are those of the stack, and without any there is no job."""
    text = made({})[("ConfigMap", "prometheus-configuration")]["data"]["prometheus.yml"]
    jobs = {job["job_name"]: job for job in yaml.safe_load(text)["scrape_configs"]}
    assert list(jobs) == ["prometheus", "node_exporter", "gateway"]
    assert jobs["node_exporter"]["static_configs"] == [{"targets": ["10.0.0.180:9100"]}]
    bundle, _ = compile_text(LAB.read_text())
    config = next(m.body for m in bundle if m.id.name == "prometheus-configuration")
    jobs = {job["job_name"]: job for job in yaml.safe_load(config["data"]["prometheus.yml"])["scrape_configs"]}
    assert list(jobs) == ["prometheus", "gateway"]


def test_prometheus_asks_every_gateway() -> None:
    """Two gateways behind one address would take turns, and every counter would seem to start again."""
    objects = made({"openfx": {"gateway": {"replicas": 2}}})
    text = objects[("ConfigMap", "prometheus-configuration")]["data"]["prometheus.yml"]
    (gateway,) = [j for j in yaml.safe_load(text)["scrape_configs"] if j["job_name"] == "gateway"]
    service = objects[("Service", "fxgateway-pods")]
    assert gateway["dns_sd_configs"][0]["names"] == ["fxgateway-pods.openfx"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"] == objects[("Service", "fxgateway")]["spec"]["selector"]


def test_pull_secret_is_in_both_namespaces_even_without_functions() -> None:
    """F7: the gateway's own functions pull with it, too."""
    spec = yaml.safe_load(EVERYTHING)
    del spec["openfx"]["functions"]
    bundle, found = compile_text(stack_text(spec))
    assert errors(found) == []
    places = {m.id.namespace for m in bundle if (m.id.kind, m.id.name) == ("Secret", "regcred")}
    assert places == {"openfx", "openfx-fn", "kube-system"}


def test_several_gateways_never_go_all_at_once() -> None:
    """A drained node leaves one; before 1.21 the budget is of the API that is there."""
    more = {"openfx": {"gateway": {"replicas": 2}}}
    for kubernetes, version in (("1.34", "policy/v1"), ("1.20", "policy/v1beta1")):
        budget = made(more, kubernetes)[("PodDisruptionBudget", "fxgateway")]
        assert (budget["apiVersion"], budget["spec"]["minAvailable"]) == (version, 1)
    assert ("PodDisruptionBudget", "fxgateway") not in made({})


@pytest.mark.parametrize(("part", "name"), [("prometheus", "prometheus"), ("grafana", "grafana-core")])
def test_storage_can_come_later(part: str, name: str) -> None:
    """A server refuses Recreate while its own default for rolling updates stands there; what we wrote, we take away."""
    strategies = [
        made({"openfx": {part: storage}})[("Deployment", name)]["spec"]["strategy"]
        for storage in ({}, {"storage": {"size": "1Gi"}})
    ]
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    assert strategies == [rolling, {"type": "Recreate"}]


def test_no_address_of_upstreams_nodes_is_left() -> None:
    """Parts find each other by the names of Services; the ports are those of the Services."""
    more = {"prometheus": {"expose": {"type": "ClusterIP", "port": 9999}}, "grafana": {"expose": {"port": 80}}}
    bundle, found = compile_text(stack_text({k: v for k, v in yaml.safe_load(EVERYTHING).items()}, {"openfx": more}))
    assert errors(found) == []
    texts = {m.id.name: json.dumps(m.body) for m in bundle}
    assert not any("10.0.0.180:3" in t for t in texts.values())
    assert "http://prometheus.openfx.svc:9999" in texts["grafana-import-dashboards"]
    (job,) = [t for n, t in texts.items() if n.startswith("grafana-import-dashboards-")]
    assert '{"name": "GRAFANA_SERVICE", "value": "grafana"}' in job
    assert '"http://$(GRAFANA_SERVICE).openfx.svc:80"' in job
    assert '{"name": "PROMETHEUS_PORT", "value": "9999"}' in texts["fxgateway"]


def test_function_is_what_the_gateway_makes() -> None:
    """Labels, strategy, probes, ports and limits are upstream's; the label stands on the Deployment, too."""
    objects = made(function(labels={"team": "vision"}, annotations={"desc": "small pictures"}))
    body = objects[("Deployment", "fx")]
    pod = body["spec"]["template"]
    assert body["metadata"]["labels"]["openfx_fn"] == "fx"
    assert body["spec"]["selector"] == {"matchLabels": {"openfx_fn": "fx"}}
    assert body["spec"]["replicas"] == 1
    assert body["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert {"openfx_fn": "fx", "team": "vision"}.items() <= pod["metadata"]["labels"].items()
    assert pod["metadata"]["annotations"] == {"desc": "small pictures"}
    (container,) = pod["spec"]["containers"]
    assert [p["containerPort"] for p in container["ports"]] == [50051, 50052]
    assert container["livenessProbe"]["exec"]["command"] == ["cat", "/tmp/.lock"]
    assert container["resources"]["limits"] == {"cpu": "50m", "memory": "50Mi"}
    assert container["imagePullPolicy"] == "Always"
    service = objects[("Service", "fx")]
    assert [p["port"] for p in service["spec"]["ports"]] == [50051, 50052]
    assert ("HorizontalPodAutoscaler", "fx") not in objects


def test_autoscaled_function_leaves_its_replicas_alone() -> None:
    """Both of upstream's targets hold when none is said; a number in the Deployment would fight the autoscaler."""
    objects = made(function(autoscaling={"maxReplicas": 4}))
    scaler = objects[("HorizontalPodAutoscaler", "fx")]["spec"]
    assert "replicas" not in objects[("Deployment", "fx")]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (1, 4)
    targets = {m["resource"]["name"]: m["resource"]["target"] for m in scaler["metrics"]}
    assert targets == {
        "cpu": {"type": "Utilization", "averageUtilization": 80},
        "memory": {"type": "AverageValue", "averageValue": "200Mi"},
    }
    one = made(function(autoscaling={"maxReplicas": 4, "memoryAverage": "64Mi"}))[("HorizontalPodAutoscaler", "fx")]
    assert [m["resource"]["name"] for m in one["spec"]["metrics"]] == ["memory"]


def test_secret_of_a_function_is_a_folder_and_is_made_beside_it() -> None:
    """The Secret is in the namespace of functions, its files in /etc/openfx."""
    secret = {"secrets": [{"name": "keys", "keys": {"api-key": {"fromEnv": "K"}}}]}
    objects = made({**secret, **function(volumes=[{"name": "keys", "secretRef": {"name": "keys"}}])})
    pod = objects[("Deployment", "fx")]["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "keys", "secret": {"secretName": "keys"}}]
    assert pod["containers"][0]["volumeMounts"] == [{"name": "keys", "mountPath": "/etc/openfx"}]
    assert objects[("Secret", "keys")]["metadata"]["namespace"] == "openfx-fn"


def test_claim_of_a_function_is_made_and_mounted() -> None:
    """A new claim has the name of function and volume."""
    claim = {"size": "1Gi", "accessModes": ["ReadWriteMany"]}
    objects = made(function(volumes=[{"name": "models", "mountPath": "/m", "pvc": claim}]))
    assert objects[("PersistentVolumeClaim", "fx-models")]["spec"]["accessModes"] == ["ReadWriteMany"]
    (volume,) = objects[("Deployment", "fx")]["spec"]["template"]["spec"]["volumes"]
    assert volume == {"name": "models", "persistentVolumeClaim": {"claimName": "fx-models"}}


def test_gateways_words_on_probes_and_pulling_hold_for_functions() -> None:
    """A function that says nothing itself is treated as one that the gateway made."""
    gateway = {"gateway": {"functionProbe": "http", "imagePullPolicy": "IfNotPresent"}}
    more = function()
    more["openfx"].update(gateway)
    objects = made(more)
    (container,) = objects[("Deployment", "fx")]["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["httpGet"] == {"path": "/health", "port": "fxwatcher"}
    assert container["imagePullPolicy"] == "IfNotPresent"
    env = {
        e["name"]: e["value"]
        for e in objects[("Deployment", "fxgateway")]["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert env["FUNCTION_HTTP_PROBE"] == "true"


def test_job_has_another_name_when_the_dashboards_change() -> None:
    """A Job can't be changed, so what it does is in its name; the same stack gives the same name."""
    names = [
        next(n for kind, n in made(more) if kind == "Job")
        for more in ({}, {}, {"openfx": {"prometheus": {"expose": {"port": 9999}}}})
    ]
    assert names[0] == names[1] != names[2]


def test_job_runs_again_for_a_new_grafana_and_for_what_a_patch_puts_into_its_files() -> None:
    """A new pod without storage has forgotten all; another word about the gateway is nothing to it."""
    names = [
        next(n for kind, n in made(more) if kind == "Job")
        for more in (
            {},
            {"openfx": {"gateway": {"timeouts": {"read": "6s"}}}},
            {"openfx": {"grafana": {"resources": {"memory": "200Mi"}}}},
            {"registry": {"images": {"grafana": "grafana/grafana:4.6.5"}}},
            {"patches": [{"name": "mine", "target": {"kind": "ConfigMap", "name": "grafana-import-dashboards"},
                          "set": {"/data/my-dashboard.json": "{}"}}]},
        )
    ]  # fmt: skip
    assert names[0] == names[1]
    assert len(set(names)) == 4


def test_import_comes_after_grafana() -> None:
    """In an earlier wave nobody would ever answer it; a user's Job that has such a variable is no matter."""
    own = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: own, namespace: openfx}\nspec:\n  template:\n    spec:\n"
    own += "      restartPolicy: Never\n      containers:\n"
    own += "      - {name: c, image: 'a:1', env: [{name: GRAFANA_SERVICE, value: elsewhere}]}\n"
    files = {"stack.yaml": stack_text(EVERYTHING, {"manifests": ["own.yaml"]}).encode(), "own.yaml": own.encode()}
    built = build(MemoryFiles(files), "stack.yaml", (), ())
    assert errors(built.diagnostics) == []
    assert built.value is not None
    graph = built.value.bundle.graph
    waves = {(id.kind, re.sub("-[0-9a-f]{8}$", "", id.name)): wave for id, wave in graph.waves.items()}
    assert waves[("Job", "grafana-import-dashboards")] > waves[("Deployment", "grafana-core")]
    ready = {(e.source.kind, e.target.kind, e.target.name) for e in graph.edges if e.kind is EdgeKind.READY}
    assert ("Job", "Deployment", "grafana-core") in ready


def test_gateway_may_do_in_old_kubernetes_what_it_asks_there() -> None:
    """Before 1.16 Deployments are asked for in the group extensions."""
    for kubernetes, groups in (("1.15", ["apps", "extensions"]), ("1.16", ["apps"])):
        role = made({}, kubernetes)[("Role", "fxgateway-role")]
        assert [r["apiGroups"] for r in role["rules"] if r["resources"] == ["deployments"]] == [groups]


@pytest.mark.parametrize(
    ("tls", "secret", "annotation"),
    [
        ({"issuerRef": {"name": "ca"}}, "fxgateway-tls", {"cert-manager.io/cluster-issuer": "ca"}),
        ({"issuerRef": {"name": "ca", "kind": "Issuer"}}, "fxgateway-tls", {"cert-manager.io/issuer": "ca"}),
        ({"secretRef": {"name": "fx-tls"}}, "fx-tls", None),
    ],
)
def test_ingress_has_its_certificate(tls: Any, secret: str, annotation: Any) -> None:
    """An issuer is named by an annotation, a Secret directly; the Service behind it has no node port."""
    assumes = {"clusterIssuers": ["ca"], "issuers": ["openfx/ca"], "secrets": ["openfx/fx-tls", "openfx/fxgateway-tls"]}
    expose = {"type": "Ingress", "host": "fx.example.com", "tls": tls}
    objects = made({"assumes": assumes, "openfx": {"gateway": {"expose": expose}}})
    ingress = objects[("Ingress", "fxgateway")]
    assert ingress["spec"]["tls"] == [{"hosts": ["fx.example.com"], "secretName": secret}]
    assert ingress["metadata"].get("annotations") == annotation
    assert objects[("Service", "fxgateway")]["spec"]["type"] == "ClusterIP"
    assert "nodePort" not in objects[("Service", "fxgateway")]["spec"]["ports"][0]


def test_host_and_certificate_follow_the_stack() -> None:
    """A part's host is `<part>.<domain>`, and `tls` stands once; what a part says itself wins."""
    more = {
        "domain": "example.com",
        "tls": {"secretRef": {"name": "wild"}},
        "assumes": {"secrets": ["openfx/wild", "openfx/own"]},
        "openfx": {
            "gateway": {"expose": {"type": "Ingress"}},
            "prometheus": {"expose": {"type": "Ingress", "host": "p.example.org"}},
            "grafana": {"expose": {"type": "Ingress", "tls": {"secretRef": {"name": "own"}}}},
        },
    }
    objects = made(more)
    said = {
        name: (objects[("Ingress", name)]["spec"]["rules"][0]["host"], objects[("Ingress", name)]["spec"]["tls"])
        for name in ("fxgateway", "prometheus", "grafana")
    }
    assert said == {
        "fxgateway": ("gateway.example.com", [{"hosts": ["gateway.example.com"], "secretName": "wild"}]),
        "prometheus": ("p.example.org", [{"hosts": ["p.example.org"], "secretName": "wild"}]),
        "grafana": ("grafana.example.com", [{"hosts": ["grafana.example.com"], "secretName": "own"}]),
    }


FX = {"name": "fx", "runtime": "python3", "image": "acme/fx:1"}
RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "F1 scheme": ("SC308", {"openfx": {"imageRepository": "https://r:5000"}}),
    "F1 blank": ("SC308", {"openfx": {"imageRepository": "r 5000"}}),
    "F1 nowhere": ("SC506", {"openfx": {"imageRepository": None}}),
    "F2 digit": ("OPENFX001", function(name="2fx")),
    "F2 upper case": ("SC306", function(name="Fx")),
    "F2 length": ("OPENFX002", function(name="f" * 46)),
    "F2 twice": ("SC341", {"openfx": {"functions": [{**FX, "image": "other:1"}, FX]}}),
    "F3": ("SC305", function(runtime="python")),
    "F4 zero": ("SC309", function(autoscaling={"minReplicas": 0, "maxReplicas": 1})),
    "F4 replicas": ("SC309", function(replicas=0)),
    "F4 bounds": ("SC323", function(autoscaling={"minReplicas": 3, "maxReplicas": 2})),
    "F4 scale_min": ("OPENFX007", function(labels={"scale_min": "9"}, autoscaling={"maxReplicas": 3})),
    "F4 scale_max": ("OPENFX008", function(labels={"scale_max": "0"})),
    "F4 number": ("OPENFX006", function(labels={"scale_min": "one"})),
    "F4 both": ("SC322", function(replicas=2, autoscaling={"maxReplicas": 3})),
    "F5 limits": ("SC320", function(resources={"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}})),
    "F5 request": ("OPENFX009", function(resources={"memory": "1Gi"}, autoscaling={"maxReplicas": 3})),
    "F5 whole GPU": ("SC302", function(resources={"gpu": "500m"})),
    "F5 dead GPU": ("SC317", function(resources={"limits": {"alpha.kubernetes.io/nvidia-gpu": 1}})),
    "F5 GPU request": ("SC317", function(resources={"requests": {"gpu": 1}})),
    "F6": ("OPENFX011", function(placement={"nodeSelector": {"node type": "gpu"}})),
    "F7": ("SC331", function(volumes=[{"name": "v", "secretRef": {"name": "nowhere"}}])),
    "F7 type": (
        "SC355",
        {
            "secrets": [{"name": "login", "keys": {"username": {"fromEnv": "U"}}}],
            "registry": {"imagePullSecrets": [{"name": "login"}]},
        },
    ),
    "F7 host": (
        "OPENFX024",
        {
            "secrets": [
                {
                    "name": "hub",
                    "type": "docker-registry",
                    "keys": {"username": {"fromEnv": "U"}, "password": {"fromEnv": "P"}},
                }
            ],
            "registry": {"imagePullSecrets": [{"name": "hub"}]},
        },
    ),
    "F7 pull": ("OPENFX014", function(volumes=[{"name": "v", "secretRef": {"name": "regcred"}}])),
    "F8 openfx_fn": ("OPENFX004", function(labels={"openfx_fn": "other"})),
    "F8 uid": ("OPENFX004", function(labels={"uid": "1"})),
    "F8 number": ("SC303", function(labels={"scale_max": 20})),
    "F8 value": ("OPENFX005", function(labels={"team": "a b"})),
    "F9 name": ("OPENFX010", function(env={"9LIVES": "x"})),
    "F9 equals": ("OPENFX018", {"openfx": {"gateway": {"env": {"A": "b=c"}}}}),
    "F9 line": ("OPENFX018", {"openfx": {"gateway": {"env": {"A": "b\nc"}}}}),
    "F9 duration": ("OPENFX021", {"openfx": {"gateway": {"timeouts": {"idle": "2 min"}}}}),
    "F9 write": ("OPENFX022", {"openfx": {"gateway": {"timeouts": {"invoke": "20m"}}}}),
    "F9 twice": ("OPENFX019", {"openfx": {"gateway": {"env": {"READ_TIMEOUT": "9s"}}}}),
    "F10 range": ("SC309", {"openfx": {"gateway": {"expose": {"nodePort": 8080}}}}),
    "F10 twice": ("SC690", {"openfx": {"grafana": {"expose": {"nodePort": 31113}}}}),
    "F10 default": ("SC690", {"openfx": {"gateway": {"expose": {"nodePort": 31119}}}}),
    "F11": ("OPENFX003", {"openfx": {"functionNamespace": "openfx"}}),
    "F13": ("SC464", {"assumes": {"components": {"metrics-server": "0.7.2"}}}),
    "F13 addon": ("SC464", {"cluster": {"provider": "existing", "addons": ["metrics-server"]}}),
    "F15 Grafana alone": ("OPENFX027", {"openfx": {"prometheus": {"enabled": False}}}),
    "F16": ("SC316", {"preset": "production", **function(image="acme/fx:latest")}),
    "F18": (
        "OPENFX036",
        {
            "cluster": {
                "provider": "existing",
                "nodes": [
                    {"name": "a", "roles": ["worker"], "capacity": {"cpu": 8, "memory": "4Gi"}},
                    {"name": "b", "roles": ["worker"], "capacity": {"memory": "3Gi"}},
                ],
            }
        },
    ),
}
"""What the facts ask for → the code that says it, and what is laid over a good stack to break it."""


@pytest.mark.parametrize("rule", RULES)
def test_rule_of_the_facts_is_held(rule: str) -> None:
    """A stack that breaks the rule gets the code; the same stack without the fault does not."""
    code, change = RULES[rule]
    text = stack_text(EVERYTHING, change)
    if rule == "F1 nowhere":
        text = text.replace("    imageRepository: null\n", "")
    _, found = compile_text(text)
    assert code in {d.code for d in found}, found
    _, found = compile_text(stack_text(EVERYTHING))
    assert code not in {d.code for d in found}


@pytest.mark.upstream
def test_upstreams_own_apis_are_refused_since_the_minors_that_lack_them(published: Path) -> None:
    """F12: what upstream publishes is refused with what to write, at the line of its `apiVersion`."""
    for name, minor, version in (("gateway-dep.yml", 16, "apps/v1"), ("rbac.yml", 22, "rbac.authorization.k8s.io/v1")):
        text = (
            (published / "upstream" / "openfx" / name)
            .read_text()
            .replace("namespace: openfx", "namespace: kube-public")
        )
        stack = stack_text({"manifests": ["old.yaml"], "assumes": {"secrets": ["kube-public/regcred"]}})
        refused = {}
        for target in (minor - 1, minor):
            _, found = compile_text(stack, f"1.{target}", {"old.yaml": text})
            refused[target] = [(d.help, d.span) for d in found if d.code == "SC611"]
        line = next(n for n, row in enumerate(text.splitlines(), 1) if row.endswith("v1beta1"))
        assert refused[minor - 1] == []
        help, place = refused[minor][0]
        assert help == f"write `apiVersion: {version}`"
        assert (place.file, place.line, place.column) == ("old.yaml", line, 13)


PLACES = {
    "gateway: {timeouts: {write: 9s}}": "OPENFX022 write",
    "gateway: {env: {A: b=c}}": "OPENFX018 A",
    "gateway: {timeouts: {idle: 2d}}": "OPENFX021 idle",
    "gateway: {expose: {type: Ingress, host: a.b, tls: {selfSigned: {}}}}": "OPENFX035 tls",
    "prometheus: {expose: {type: ClusterIP, nodePort: 31000}}": "OPENFX034 nodePort",
    "prometheus: {expose: {nodePort: 31113}}": "SC690 31113",
    "functionNamespace: openfx": "OPENFX003 functionNamespace",
    "functions: [{name: a, runtime: go, image: 'a:1', env: {A: x, 9B: x}}]": "OPENFX010 9B",
    "functions: [{name: a, runtime: go, image: 'a:1', labels: {a: b, uid: c}}]": "OPENFX004 uid",
    "functions: [{name: a, runtime: go, image: 'a:1', placement: {nodeSelector: {a: b, c=d: e}}}]": "OPENFX011 c=d",
}
"""What is added to a section → the code and the words below the carets."""


@pytest.mark.parametrize("text", PLACES)
def test_place_is_the_word_that_is_wrong(text: str) -> None:
    """In the stack itself, and in an overlay that brings the word."""
    code, shown = PLACES[text].split()
    fine = yaml.safe_load(EVERYTHING)
    for part in ("prometheus", "functions") if text.startswith(("prometheus", "functions")) else ():
        fine["openfx"].pop(part)
    stack = stack_text(fine)
    overlay = f"apiVersion: stackc.dev/v1alpha1\nkind: Overlay\nmetadata: {{name: o}}\nspec:\n  openfx:\n    {text}\n"
    section = stack.replace("\n  openfx:\n", f"\n  openfx:\n    {text}\n")
    for files, overlays in (({"stack.yaml": section}, ()), ({"stack.yaml": stack, "o.yaml": overlay}, ("o.yaml",))):
        found = build(MemoryFiles({k: v.encode() for k, v in files.items()}), "stack.yaml", overlays, ()).diagnostics
        (wrong,) = [d for d in found if d.is_error]
        assert wrong.code == code
        assert wrong.span is not None
        assert wrong.span.file == [*files][-1]
        row = files[wrong.span.file].splitlines()[wrong.span.line - 1]
        assert row[wrong.span.column - 1 : wrong.span.end_column - 1] == shown


def test_admin_needs_a_password_of_its_own_outside_dev() -> None:
    """Without `grafana.admin` a stack is refused; in preset dev it gets upstream's admin and admin."""
    spec = yaml.safe_load(EVERYTHING)
    del spec["openfx"]["grafana"]
    spec["secrets"] = [s for s in spec["secrets"] if s["name"] != "grafana"]
    _, found = compile_text(stack_text(spec))
    assert "OPENFX028" in {d.code for d in found}
    bundle, found = compile_text(stack_text(spec, {"preset": "dev"}))
    assert errors(found) == []
    (secret,) = [m.body for m in bundle if m.id.kind == "Secret" and m.id.name == "grafana"]
    assert secret["data"] == {"admin-username": "YWRtaW4=", "admin-password": "YWRtaW4="}


def test_wrong_runtime_gets_the_one_that_was_meant() -> None:
    """The eight runtimes are the words of upstream's list; Python is two of them, and the living one is offered."""
    for wrong, right in (("python", "python3"), ("node", "nodejs")):
        _, found = compile_text(stack_text(EVERYTHING, function(runtime=wrong)))
        assert f"write `{right}`" in {d.help for d in found if d.code == "SC305"}
    for runtime in ("go", "python2", "python3", "nodejs", "ruby", "java", "cpp", "csharp"):
        assert made(function(runtime=runtime))
