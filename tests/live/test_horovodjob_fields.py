"""A HorovodJob on a real API server: no field of its pod templates is pruned, what crashes the operator is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from compiler.build.catalog import Catalog
from compiler.formats.packs import Pack, load_pack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.conftest import Eventually, Kubectl

pytestmark = pytest.mark.live
KIND = "horovodjobs.hykufe.com"


@pytest.fixture(scope="module")
def crd(kubectl: Kubectl, eventually: Eventually) -> Iterator[dict[str, Any]]:
    """Install the CRD as the catalog makes it, and wait until it is established and served."""
    component = Catalog().get("hykufe")
    assert component is not None
    (body,) = component.crds
    kubectl.run("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=body)
    eventually(lambda: established(kubectl) and kubectl.attempt("get", KIND).returncode == 0)
    yield dict(body)
    kubectl.run("delete", "crd", KIND, "--wait=false")


def established(kubectl: Kubectl) -> bool:
    """Tell whether the API server has taken the CRD in."""
    conditions = kubectl.get("crd", KIND).get("status", {}).get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def sample(schema: Any, pack: Pack, name: str = "") -> Any:
    """Return a value with every field of a core type."""
    if "$ref" in schema:
        kind = schema["$ref"].rsplit("/", 1)[-1]
        if kind.endswith("ObjectMeta"):
            return {
                "name": "n",
                "namespace": "n",
                "labels": {"a": "b"},
                "annotations": {"c": "d"},
                "finalizers": ["example.com/f"],
            }
        if kind.endswith(("Quantity", "IntOrString")):
            return "1"
        if kind.endswith("Time"):
            return "2026-01-02T03:04:05Z"
        return sample(pack.definitions[kind], pack, name)
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        return {key: sample(child, pack, key) for key, child in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), dict):
        return {"k": sample(schema["additionalProperties"], pack, name)}
    if "items" in schema:
        return [sample(schema["items"], pack, name)]
    if schema.get("x-kubernetes-int-or-string") or schema.get("format") in ("quantity", "int-or-string"):
        return "1"
    kinds = {"integer": 1, "number": 1, "boolean": True, "object": {}}
    return kinds.get(schema.get("type", ""), "text" if schema.get("format") != "date-time" else "2026-01-02T03:04:05Z")


def job(template: Any, **spec: Any) -> dict[str, Any]:
    """Return a HorovodJob with this template in both tasks."""
    body: dict[str, Any] = {
        "dataSources": [{"name": "s3", "s3Source": {"s3SecretName": "s3", "directory": "d"}}],
        "volumes": [{"mountPath": "/data", "volumeClaimName": "c", "volumeClaim": {"accessModes": ["ReadWriteMany"]}}],
        "master": {"name": "master", "template": template},
        "worker": {"name": "worker", "replicas": 1, "template": template},
        **spec,
    }
    spec_of = {key: value for key, value in body.items() if value is not None}
    return {"apiVersion": "hykufe.com/v1alpha1", "kind": "HorovodJob", "metadata": {"name": "full"}, "spec": spec_of}


def unfilled(schema: Any, value: Any, task: str) -> list[str]:
    """Return the places of the CRD's schema, below the pod template of a task, at which a value has nothing."""

    def walk(node: Any, found: Any, place: str) -> list[str]:
        if found is None:
            return [place]
        inner = [(key, child, found.get(key)) for key, child in (node.get("properties") or {}).items()]
        if "items" in node:
            inner.append(("0", node["items"], found[0]))
        return [lack for key, child, part in inner for lack in walk(child, part, f"{place}/{key}")]

    spec = schema["properties"]["spec"]["properties"][task]["properties"]["template"]
    return walk(spec, value["spec"][task]["template"], task)


def test_every_field_of_a_pod_template_survives(crd: dict[str, Any], kubectl: Kubectl, namespace: str) -> None:
    """What is created is what is read back, for each of the fields of a pod template of the CRD's core types."""
    component = Catalog().get("hykufe")
    assert component is not None
    pack = load_pack(int(str(component.meta["coreTypes"]).partition(".")[2]))
    template = sample(pack.definitions["io.k8s.api.core.v1.PodTemplateSpec"], pack)
    assert len(json.dumps(template)) > 10_000
    for task in ("master", "worker"):
        assert unfilled(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"], job(template), task) == []
    sent = job(template)
    kubectl.run("create", "-n", namespace, "--validate=strict", "-f", "-", stdin=sent)
    assert kubectl.get(KIND, "full", "-n", namespace)["spec"] == sent["spec"]


@pytest.mark.usefixtures("crd")
@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("spec.dataSources: Required", {"dataSources": None}),
        ("spec.dataSources", {"dataSources": []}),
        ("spec.volumes: Required", {"volumes": None}),
        ("spec.master: Required", {"master": None}),
        ("spec.worker.template: Required", {"worker": {"name": "worker", "replicas": 1}}),
        ("spec.worker.replicas", {"worker": {"name": "w", "replicas": 0, "template": {"spec": {"containers": []}}}}),
    ],
)
def test_job_that_crashes_the_operator_is_refused(
    kubectl: Kubectl, namespace: str, fault: str, change: dict[str, Any]
) -> None:
    """The server says no, so one user's mistake does not stop the jobs of all others."""
    template = {"spec": {"containers": [{"name": "c", "image": "i"}]}}
    answer = kubectl.attempt("create", "-n", namespace, "-f", "-", stdin=job(template, **change))
    assert answer.returncode != 0
    assert fault in answer.stderr


@pytest.mark.upstream
@pytest.mark.usefixtures("crd")
def test_samples_of_upstream_are_refused_since_they_crash_the_operator(
    kubectl: Kubectl, namespace: str, published: Path
) -> None:
    """Both published samples lack what the operator follows without a look."""
    folder = published / "upstream" / "hykufe"
    for name in ("horovod_sample.yaml", "horovod_sample_s3.yaml"):
        body = next(d for d in yaml.safe_load_all((folder / name).read_text()) if d)
        answer = kubectl.attempt("create", "-n", namespace, "--validate=strict", "-f", "-", stdin=body)
        assert answer.returncode != 0, name
