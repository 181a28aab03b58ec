"""OpenFx complete against upstream: its objects, what its gateway makes of a function, its dashboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.catalog.compare import differences, normal
from tests.catalog.openfx_stack import EVERYTHING, FILES, made
from tests.catalog.support import catalog, compile_text, errors, stack_text

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


REQUEST = """
name: fx
runtime: go
image: acme/fx:1
env: {B: one, A: two}
labels: {team: vision}
annotations: {desc: small pictures}
resources: {requests: {cpu: 50m, memory: 50Mi}, limits: {cpu: 100m, memory: 100Mi}, gpu: 1}
autoscaling: {minReplicas: 1, maxReplicas: 3}
placement: {nodeSelector: {nodetype: gpunode}}
volumes: [{name: keys, secretRef: {name: keys}}]
"""
GATEWAY_MAKES = """
apiVersion: extensions/v1beta1
kind: Deployment
metadata: {name: fx, annotations: {desc: small pictures}}
spec:
  replicas: 1
  revisionHistoryLimit: 10
  selector: {matchLabels: {openfx_fn: fx}}
  strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 0, maxSurge: 1}}
  template:
    metadata: {labels: {openfx_fn: fx, team: vision}, annotations: {desc: small pictures}}
    spec:
      restartPolicy: Always
      dnsPolicy: ClusterFirst
      nodeSelector: {nodetype: gpunode}
      imagePullSecrets: [{name: regcred}]
      containers:
      - name: fx
        image: acme/fx:1
        imagePullPolicy: Always
        env: [{name: B, value: one}, {name: A, value: two}]
        ports: [{containerPort: 50051, protocol: TCP}, {containerPort: 50052, protocol: TCP}]
        resources:
          limits: {cpu: 100m, memory: 100Mi, alpha.kubernetes.io/nvidia-gpu: "1"}
          requests: {cpu: 50m, memory: 50Mi}
        livenessProbe: &lock
          exec: {command: [cat, /tmp/.lock]}
          initialDelaySeconds: 3
          timeoutSeconds: 1
          periodSeconds: 10
          successThreshold: 1
          failureThreshold: 3
        readinessProbe: *lock
        volumeMounts: [{name: fx-projected-secrets, mountPath: /etc/openfx, readOnly: true}]
      volumes: [{name: fx-projected-secrets, projected: {sources: [{secret: {name: keys}}]}}]
---
apiVersion: v1
kind: Service
metadata: {name: fx, annotations: {desc: small pictures}}
spec:
  type: ClusterIP
  selector: {openfx_fn: fx}
  ports:
  - {name: fxwatcher, port: 50051, targetPort: 50051, protocol: TCP}
  - {name: fxmesh, port: 50052, targetPort: 50052, protocol: TCP}
---
apiVersion: autoscaling/v2beta1
kind: HorizontalPodAutoscaler
metadata: {name: fx}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: fx}
  minReplicas: 1
  maxReplicas: 3
  metrics:
  - {type: Resource, resource: {name: cpu, targetAverageUtilization: 80}}
  - {type: Resource, resource: {name: memory, targetAverageValue: 200Mi}}
"""
"""What cmd/deploy.go of upstream makes of the same function, asked for through the gateway."""


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


def rows(*names: str) -> list[dict[str, str]]:
    """Return the differences that component.yaml of the components states."""
    return [row for name in names for row in catalog().get(name).meta["differences"]]


def unsaid(pairs: Iterable[tuple[str, dict[str, Any], dict[str, Any]]], said: list[dict[str, str]]) -> list[str]:
    """Return the differences of pairs (name, theirs, ours) that no row says, and the rows that say nothing."""
    found: list[str] = []
    used: set[tuple[str, str]] = set()
    for name, theirs, ours in pairs:
        for path in differences(opened(theirs), opened(ours)):
            row = next((r for r in said if r["object"] == name and covers(r["field"], path)), None)
            if row is None:
                found.append(f"{name} /{'/'.join(p.replace('/', '~1') for p in path)}")
            else:
                used.add((name, row["field"]))
    return found + [f"left over: {r}" for r in said if (r["object"], r["field"]) not in used]


@pytest.mark.upstream
def test_every_object_of_upstream_is_there_and_differs_only_where_component_yaml_says(published: Path) -> None:
    """Nothing upstream runs is missing, every difference has its row with a reason, and no row is left over."""
    bundle, found = compile_text(stack_text(EVERYTHING))
    assert errors(found) == []
    ours = {key(m.body): m.body for m in bundle}
    pairs = []
    for theirs in upstream(published):
        name = f"{theirs['kind']}/{theirs['metadata']['name']}"
        body = ours.pop(key(theirs), None)
        assert body is not None, f"upstream's {name} is missing"
        pairs.append((name, theirs, body))
    assert unsaid(pairs, rows("openfx", "metrics-server")) == []
    assert {(kind, name) for kind, _, name in ours} == set(ADDED)


def test_function_differs_from_what_the_gateway_makes_only_where_component_yaml_says() -> None:
    """The three objects are there, every difference has its row with a reason, and no row is left over."""
    keys = {"secrets": [{"name": "keys", "keys": {"api-key": {"fromEnv": "K"}}}]}
    objects = made({**keys, "openfx": {"functions": [yaml.safe_load(REQUEST)]}})
    theirs = list(yaml.safe_load_all(GATEWAY_MAKES))
    pairs = [(t["kind"], t, objects[(t["kind"], "fx")]) for t in theirs]
    assert unsaid(pairs, rows("openfx-function")) == []


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
    said = rows("openfx", "metrics-server", "openfx-function")
    for row in said:
        assert set(row) == {"object", "field", "reason"}
        assert len(row["reason"]) > 5
    assert len({(r["object"], r["field"]) for r in said}) == len(said)


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
