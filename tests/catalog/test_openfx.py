"""OpenFx compiled for every target, and what its parameters change."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from compiler.formats.files import MemoryFiles
from compiler.model.graph import EdgeKind
from compiler.pipeline import build
from tests.catalog.openfx_stack import EVERYTHING, LAB, TARGETS, function, made
from tests.catalog.support import compile_text, errors, stack_text


@pytest.mark.parametrize("kubernetes", TARGETS)
def test_lab_compiles_for_every_target(kubernetes: str) -> None:
    """No error from the oldest to the newest; what differs is said by warnings."""
    bundle, found = compile_text(LAB.read_text(), kubernetes)
    assert errors(found) == []
    kinds = {(m.id.kind, m.id.namespace, m.id.name) for m in bundle}
    assert {("Deployment", "openfx-fn", n) for n in ("hello", "thumbnail", "classify")} <= kinds
    assert ("HorizontalPodAutoscaler", "openfx-fn", "thumbnail") in kinds
    assert ("APIService", "", "v1beta1.metrics.k8s.io") in kinds


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


def test_second_instance_has_hosts_and_namespaces_of_its_own() -> None:
    """Two OpenFx beside each other share nothing but the metrics API."""
    params = {
        "imageRepository": "r:5000",
        "functionNamespace": "eu-fn",
        "grafana": {"admin": {"secretRef": {"name": "grafana"}}, "expose": {"type": "Ingress"}},
        "gateway": {"expose": {"type": "Ingress"}},
        "prometheus": {"expose": {"type": "ClusterIP"}},
        "functions": [{"name": "hello", "runtime": "go", "image": "hello:2"}],
    }
    second = {"name": "openfx-eu", "use": "openfx", "version": "0.1.0", "namespace": "eu", "params": params}
    more = {
        "domain": "example.com",
        "components": [second],
        "openfx": {part: {"expose": {"type": "Ingress"}} for part in ("gateway", "grafana")},
    }
    bundle, found = compile_text(stack_text(EVERYTHING, more))
    assert errors(found) == []
    hosts: dict[str, dict[str, str]] = {m.id.namespace: {} for m in bundle}
    for m in bundle:
        if m.id.kind == "Ingress":
            hosts[m.id.namespace][m.id.name] = m.body["spec"]["rules"][0]["host"]
    assert hosts["openfx"] == {"fxgateway": "gateway.example.com", "grafana": "grafana.example.com"}
    assert hosts["eu"] == {"fxgateway": "openfx-eu-gateway.example.com", "grafana": "openfx-eu-grafana.example.com"}
    by_instance = {(m.origin.instance, m.id.namespace) for m in bundle if m.id.namespace}
    assert {ns for name, ns in by_instance if name == "openfx-eu"} == {"eu", "eu-fn"}
    assert {ns for name, ns in by_instance if name == "openfx"} == {"openfx", "openfx-fn"}
