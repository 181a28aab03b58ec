"""One edited field of a live object is the one field that a diff shows, whatever the server set beside it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from bundles import body, bundle, config, deployment, service

from compiler.diff.known import shape_finder
from compiler.diff.rows import class_rows
from compiler.live.api import connect
from compiler.live.apply import apply_bundle
from compiler.live.diff import diff_bundle
from compiler.live.settings import Settings
from compiler.model.event import EventKind
from compiler.model.manifest import Body
from compiler.report.diff import render, render_json

pytestmark = pytest.mark.live


def objects(home: str) -> dict[str, Body]:
    """Return objects of many kinds, in which the server sets fields inside lists, too."""
    web = deployment(home, "web", replicas=0)
    pod = web["spec"]["template"]["spec"]
    pod["tolerations"] = [{"key": key, "value": "yes", "effect": "NoSchedule"} for key in ("gpu", "spot")]
    pod["volumes"] = [{"name": "p", "projected": {"sources": [{"downwardAPI": {"items": [_own_name("x")]}}]}}]
    once = {"restartPolicy": "Never", "containers": [{"name": "a", "image": "example.com/a:1", "args": ["x", "y"]}]}
    once["tolerations"] = copy.deepcopy(pod["tolerations"])
    once["volumes"] = copy.deepcopy(pod["volumes"])
    claims = [{"metadata": {"name": name}, "spec": _claim("1Gi")} for name in ("data", "wal")]
    labels = {"app": "db"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "db", "image": "example.com/db:1"}]}}
    ingress = [{"ports": [{"port": 80}, {"port": 81}]}]
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    paths = [{"path": path, "pathType": "Prefix", "backend": backend} for path in ("/", "/m")]
    metrics = [
        {"type": "Resource", "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": 70}}}
        for name in ("cpu", "memory")
    ]
    db = {"serviceName": "db", "replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    role_ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"}
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]} for _ in range(2)]
    scale = {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}}
    return {
        "web": web,
        "db": body("apps/v1", "StatefulSet", home, "db", spec={**db, "volumeClaimTemplates": claims}),
        "job": body("batch/v1", "Job", home, "once", spec={"suspend": True, "template": {"spec": once}}),
        "cron": body(
            "batch/v1", "CronJob", home, "cron",
            spec={"schedule": "0 3 * * *", "suspend": True, "jobTemplate": {"spec": {"template": {"spec": once}}}},
        ),
        "svc": service(home, "web"),
        "ingress": body("networking.k8s.io/v1", "Ingress", home, "i", spec={"rules": [{"http": {"paths": paths}}]}),
        "hpa": body("autoscaling/v2", "HorizontalPodAutoscaler", home, "h", spec={**scale, "metrics": metrics}),
        "net": body("networking.k8s.io/v1", "NetworkPolicy", home, "n", spec={"podSelector": {}, "ingress": ingress}),
        "role": body("rbac.authorization.k8s.io/v1", "Role", home, "r", rules=rules),
        "binding": body(
            "rbac.authorization.k8s.io/v1", "RoleBinding", home, "b",
            roleRef=role_ref, subjects=[{"kind": "User", "name": "jane"}],
        ),
        "pvc": body("v1", "PersistentVolumeClaim", home, "c", spec=_claim("1Gi")),
        "pdb": body("policy/v1", "PodDisruptionBudget", home, "p", spec={"minAvailable": 1}),
        "config": config(home, "c", text="one\ntwo\nthree\n", short="x"),
    }  # fmt: skip


def _own_name(path: str) -> dict[str, Any]:
    return {"path": path, "fieldRef": {"fieldPath": "metadata.name"}}


def _claim(size: str) -> dict[str, Any]:
    return {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}


POD = "spec.template.spec"
MAIN = f'{POD}.containers[name="main"]'
# the object, the path of the edit as keys and indices, the new value (None takes it out), the path that is shown
EDITS: list[tuple[str, str, Any, str]] = [
    ("web", "spec.template.spec.containers.0.env.0.value", "debug", f'{MAIN}.env[name="LEVEL"].value'),
    ("web", "spec.template.spec.tolerations.1.value", "no", f"{POD}.tolerations[1].value"),
    ("web", "spec.template.spec.volumes.0.projected.sources.0.downwardAPI.items.0.path", "y",
     f'{POD}.volumes[name="p"].projected.sources[0].downwardAPI.items[0].path'),
    ("db", "spec.volumeClaimTemplates.1.spec.resources.requests.storage", "2Gi",
     "spec.volumeClaimTemplates[1].spec.resources.requests.storage"),
    ("db", "spec.serviceName", "other", "spec.serviceName"),
    ("job", "spec.template.spec.containers.0.args", ["x", "z"], f'{POD}.containers[name="a"].args'),
    ("job", "spec.template.spec.containers.0.args", None, f'{POD}.containers[name="a"].args'),
    ("job", "spec.template.spec.volumes", None, f"{POD}.volumes"),
    ("job", "spec.template.spec.tolerations.0.value", "no", f"{POD}.tolerations[0].value"),
    ("job", "spec.completions", 3, "spec.completions"),
    ("cron", "spec.schedule", "0 4 * * *", "spec.schedule"),
    ("svc", "spec.ports.0.targetPort", 8080, 'spec.ports[port=80,protocol="TCP"].targetPort'),
    ("ingress", "spec.rules.0.http.paths.1.path", "/n", "spec.rules[0].http.paths[1].path"),
    ("hpa", "spec.metrics.1.resource.target.averageUtilization", 80,
     "spec.metrics[1].resource.target.averageUtilization"),
    ("net", "spec.ingress.0.ports.1.port", 82, "spec.ingress[0].ports[1].port"),
    ("role", "rules.1.verbs", ["get", "list"], "rules[1].verbs"),
    ("binding", "subjects.0.name", "joe", "subjects[0].name"),
    ("binding", "roleRef.name", "r2", "roleRef.name"),
    ("pvc", "spec.resources.requests.storage", "2Gi", "spec.resources.requests.storage"),
    ("pvc", "spec.accessModes", ["ReadWriteMany"], "spec.accessModes"),
    ("pdb", "spec.minAvailable", 2, "spec.minAvailable"),
    ("config", "data.short", "y", "data.short"),
]  # fmt: skip


def edited(whole: Body, path: str, value: Any) -> Body:
    """Return an object with one field set, or taken out."""
    changed = copy.deepcopy(whole)
    *parents, last = (int(step) if step.isdecimal() else step for step in path.split("."))
    place: Any = changed
    for step in parents:
        place = place[step]
    place[last] = value
    if value is None:
        del place[last]
    return changed


def test_one_edited_field_is_the_one_field_shown(sandbox: Any, namespace: str) -> None:
    """Over many kinds, updates that the server refuses among them: text and JSON name the edited field alone."""
    made = objects(namespace)
    cluster, settings = connect(str(sandbox.kubeconfig), None), known(made.values())
    applied = list(apply_bundle(bundle(made.values()), cluster, settings._replace(timeout_s=60)))
    assert [event.message for event in applied if event.kind is EventKind.FAILED] == []
    for name, path, value, shown in EDITS:
        found = diff_bundle(bundle([edited(made[name], path, value)]), cluster, settings)
        assert found.diagnostics == (), (name, path)
        assert found.value is not None
        told = json.loads(render_json(found.value, stack="lab", context="c", server="s"))["changes"]
        assert [field["path"] for change in told for field in change["fields"]] == [shown], (name, path)
        assert f"\n    {shown}\n" in render(found.value, color=False)


def test_refused_update_of_a_wrong_object_says_what_is_wrong(sandbox: Any, namespace: str) -> None:
    """An update that would be wrong in a new object, too, is a refusal: making it again would not help."""
    web = deployment(namespace, "web", replicas=0)
    cluster, settings = connect(str(sandbox.kubeconfig), None), known([web])
    list(apply_bundle(bundle([web]), cluster, settings._replace(timeout_s=60)))
    found = diff_bundle(bundle([edited(web, "spec.selector.matchLabels", {"app": "other"})]), cluster, settings)
    assert [problem.code for problem in found.diagnostics] == ["SC805"]
    assert "`selector` does not match template `labels`" in found.diagnostics[0].message


def known(bodies: Any) -> Settings:
    """Return the settings of the commands: the shapes of all kinds, and the classes of changes."""
    return Settings(shapes=shape_finder("1.36", bodies), rows=class_rows())
