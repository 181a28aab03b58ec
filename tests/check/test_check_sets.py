"""Circle 3 with declared nodes, other targets and bundles; what versions change in circle 2."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from compiler.check.bundle import check_bundle
from compiler.check.crds import index_crds
from compiler.check.objects import Judge, check_objects
from compiler.check.stream import Source, check_stream
from compiler.formats.packs import load_pack
from compiler.model.diagnostic import Diagnostic
from compiler.model.graph import Graph
from compiler.model.manifest import Bundle, Manifest, Origin, object_id
from compiler.model.source import Span

NODES = [
    {"name": "cpu-1", "labels": {"disk": "ssd"}, "capacity": {"cpu": 8, "memory": "32Gi"}},
    {
        "name": "gpu-1",
        "labels": {"accelerator": "a100"},
        "taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}],
        "capacity": {"cpu": 32, "memory": "256Gi", "gpu": 4},
    },
    {"name": "master", "roles": ["control-plane", "etcd"], "capacity": {"cpu": 64, "memory": "512Gi"}},
]


def bundle(*bodies: dict[str, Any], minor: int = 36, component: str = "job") -> Bundle:
    span = Span("stack.yaml", 7, 3, 7, 9)
    manifests = tuple(Manifest(object_id(b), b, Origin("jobs.a", component, "job.yaml", 4, span)) for b in bodies)
    return Bundle("lab", f"1.{minor}", "standard", manifests, Graph())


def found(
    *bodies: dict[str, Any], minor: int = 36, nodes: list[dict[str, Any]] | None = None, component: str = "job"
) -> list[Diagnostic]:
    made = bundle(*bodies, minor=minor, component=component)
    pack = load_pack(minor)
    judge = Judge(pack, index_crds(bodies, pack.definitions))
    return [*check_objects(made, judge), *check_bundle(made, judge, nodes or ())]


def job(**spec: Any) -> dict[str, Any]:
    resources = {"limits": spec.pop("limits", {}), "requests": spec.pop("requests", {})}
    parallelism = spec.pop("parallelism", 1)
    pod = {"restartPolicy": "Never", "containers": [{"name": "main", "image": "a", "resources": resources}], **spec}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "train", "namespace": "ml"},
        "spec": {"parallelism": parallelism, "template": {"spec": pod}},
    }


GPU_OK = {"tolerations": [{"key": "gpu", "operator": "Exists"}], "limits": {"nvidia.com/gpu": 4}}


@pytest.mark.parametrize(
    ("spec", "path", "word"),
    [
        ({"nodeSelector": {"disk": "hdd"}}, "/spec/template/spec/nodeSelector/disk", "disk: hdd"),
        ({"requests": {"cpu": 16}}, "/spec/template/spec/containers/0/resources/requests/cpu", "asks for 16 cpu"),
        ({"requests": {"memory": "64Gi"}}, "/spec/template/spec/containers/0/resources/requests/memory", "64Gi"),
        ({"limits": {"nvidia.com/gpu": 2}}, "/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu", "GPU"),
        (
            GPU_OK | {"limits": {"nvidia.com/gpu": 8}},
            "/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu",
            "8",
        ),
        ({"nodeSelector": {"accelerator": "a100"}}, "/spec/template/spec", "`gpu`"),
    ],
)
def test_a_pod_that_no_declared_node_can_take_is_refused(spec: dict[str, Any], path: str, word: str):
    """Labels, taints and sizes of `cluster.nodes` are compared with every pod; the place is the one to change."""
    [diagnostic] = found(job(**spec), nodes=NODES)
    assert (diagnostic.code, diagnostic.path, diagnostic.is_error) == ("SC698", path, True)
    assert word.lower() in diagnostic.message.lower()
    assert str(diagnostic.span) == "stack.yaml:7:3"


@pytest.mark.parametrize(
    "spec",
    [
        {},
        GPU_OK,
        {"nodeSelector": {"disk": "ssd", "kubernetes.io/arch": "amd64"}},
        {"requests": {"cpu": 8, "memory": "32Gi"}},
        {"tolerations": [{"operator": "Exists"}], "requests": {"cpu": 60}},
    ],
)
def test_a_pod_that_fits_is_taken(spec: dict[str, Any]):
    """One node that has the labels, tolerates nothing else and is large enough will do."""
    assert found(job(**spec), nodes=NODES) == []


def test_without_declared_nodes_nothing_is_said_about_room():
    """Nodes that nobody declared are not judged."""
    assert found(job(nodeSelector={"disk": "hdd"}, requests={"cpu": 1000})) == []


def test_more_devices_than_there_are_is_a_warning():
    """Two pods of four GPUs each can't run at once on four; they can one after the other."""
    [diagnostic] = found(job(parallelism=2, **GPU_OK), nodes=NODES)
    assert (diagnostic.code, diagnostic.is_error) == ("SC699", False)


def test_an_api_that_a_later_kubernetes_removes_is_a_warning():
    """policy/v1beta1 is served by 1.24 and gone in 1.25."""
    body = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "a", "namespace": "b"}}
    [diagnostic] = found(body | {"spec": {"minAvailable": 1}}, minor=24, component="")
    assert (diagnostic.code, diagnostic.is_error, diagnostic.help) == ("SC689", False, "write `apiVersion: policy/v1`")
    assert found(body | {"spec": {"minAvailable": 1}}, minor=24) == [], "the catalog's follow the target"
    assert found(body | {"apiVersion": "policy/v1", "spec": {"minAvailable": 1}}, minor=24) == []
    [older] = found(body | {"spec": {"minAvailable": 1}}, minor=20, component="")
    assert older.help == "`policy/v1` takes its place from Kubernetes 1.21 on"


@pytest.mark.parametrize(
    ("api", "kind", "minor", "help"),
    [
        ("extensions/v1beta1", "Ingress", 15, "`networking.k8s.io/v1` takes its place from Kubernetes 1.19 on"),
        ("batch/v1beta1", "CronJob", 22, "write `apiVersion: batch/v1`"),
        ("policy/v1beta1", "PodSecurityPolicy", 24, "nothing takes its place: plan what to do before the upgrade"),
    ],
)
def test_removed_later_says_what_takes_its_place(api, kind, minor, help):
    """What stays is named, not merely another version that the target serves, such as batch/v2alpha1."""
    assert [
        d.help
        for d in found({"apiVersion": api, "kind": kind, "metadata": {"name": "a"}}, minor=minor, component="")
        if d.code == "SC689"
    ] == [help]


def test_an_alpha_version_is_no_way_out():
    """batch/v1beta1 was the best that 1.20 served for a CronJob: there is nothing to write yet."""
    template = {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}
    body = {"apiVersion": "batch/v1beta1", "kind": "CronJob", "metadata": {"name": "a", "namespace": "b"}}
    [diagnostic] = found(body | {"spec": {"schedule": "0 2 * * *", "jobTemplate": template}}, minor=20, component="")
    assert (diagnostic.code, diagnostic.help) == ("SC689", "`batch/v1` takes its place from Kubernetes 1.21 on")


SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: 1st}
spec:
  ports: [{port: 80}]
"""
CRON = """
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: a}
spec:
  schedule: "@daily"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}
"""
ENV = """
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: a, image: b, env: [{name: 1A, value: b}]}]}
"""
SURGE = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}
"""


@pytest.mark.parametrize(
    ("text", "taken", "refused", "code"),
    [
        (SERVICE, 36, 35, "SC615"),  # gate RelaxedServiceNameValidation, on from 1.36
        (CRON, 24, 25, "SC611"),  # batch/v1beta1 CronJob removed in 1.25
        (ENV, 32, 31, "SC626"),  # gate RelaxedEnvironmentVariableValidation, on from 1.32
        (SURGE, 22, 20, "SC601"),  # DaemonSet maxSurge, a field from 1.21 on
    ],
)
def test_the_same_object_is_judged_by_the_target(text: str, taken: int, refused: int, code: str):
    """An object is taken by one minor and refused by another exactly where the API changed."""
    source = [Source("m.yaml", text.encode())]
    assert [d for d in check_stream(source, taken).diagnostics if d.is_error] == []
    assert [d.code for d in check_stream(source, refused).diagnostics if d.is_error] == [code]


CRD = yaml.safe_load("""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gizmos.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {plural: gizmos, singular: gizmo, kind: Gizmo, listKind: GizmoList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size]
            properties:
              size: {type: integer, minimum: 1, maximum: 9}
              port: {x-kubernetes-int-or-string: true}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              parts:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}}}
""")


@pytest.mark.parametrize(
    ("spec", "code", "path"),
    [
        ({"size": 2, "port": "http", "free": {"a": [1]}}, "", ""),
        ({"size": 2, "colour": "red"}, "SC601", "/spec/colour"),
        ({"size": "2"}, "SC602", "/spec/size"),
        ({}, "SC603", "/spec/size"),
        ({"size": 10}, "SC609", "/spec/size"),
        ({"size": 2, "port": True}, "SC602", "/spec/port"),
        ({"size": 2, "parts": [{"name": "a"}, {"name": "a"}]}, "SC607", "/spec/parts/1"),
    ],
)
def test_a_custom_resource_is_judged_by_the_crd_of_the_bundle(spec: dict[str, Any], code: str, path: str):
    """Unknown fields (the server would drop them), types, limits and list keys are those of the CRD."""
    body = {"apiVersion": "example.org/v1", "kind": "Gizmo", "metadata": {"name": "a", "namespace": "b"}, "spec": spec}
    assert [(d.code, d.path) for d in found(CRD, body)] == ([(code, path)] if code else [])


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"default": 0}, "/default"),
        ({"type": "integr"}, "/type"),
        ({"type": ""}, "/type"),
        ({"nullable": True, "x-kubernetes-preserve-unknown-fields": False}, "/x-kubernetes-preserve-unknown-fields"),
        ({"anyOf": [{"type": "integer"}]}, "/anyOf/0/type"),
        ({"$ref": "#/a"}, "/$ref"),
    ],
)
def test_a_schema_that_is_not_structural_is_refused(change: dict[str, Any], path: str):
    """What the server could not prune, default or merge by is found at its place in the schema."""
    copy = yaml.safe_load(yaml.safe_dump(CRD))
    spec = copy["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["size"] |= change
    place = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size"
    assert [(d.code, d.path) for d in found(copy)] == [("SC685", place + path)]


def test_a_node_port_that_two_services_want_is_refused_in_a_bundle():
    """The second Service is refused, and the first is named."""
    first: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "x"},
        "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 30080}]},
    }
    second = first | {"metadata": {"name": "b", "namespace": "y"}}
    [diagnostic] = found(first, second)
    assert (diagnostic.code, diagnostic.path, diagnostic.is_error) == ("SC690", "/spec/ports/0/nodePort", True)
    assert "Service x/a" in diagnostic.message


def test_what_the_compiler_moved_is_no_removed_api():
    """It follows the target again, once that is raised."""
    body = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "a", "namespace": "b"}}
    made = bundle(body | {"spec": {"minAvailable": 1}}, minor=20, component="")
    moved = tuple(m._replace(origin=m.origin._replace(moved=True)) for m in made.manifests)
    judge = Judge(load_pack(20))
    assert [d.code for d in check_bundle(made, judge)] == ["SC689"]
    assert check_bundle(made._replace(manifests=moved), judge) == ()
