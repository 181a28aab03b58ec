"""HyKuFe: complete against upstream, compiled for every target, and every rule of its facts held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.formats.packs import NEWEST, load_pack
from tests.catalog.compare import differences, normal
from tests.catalog.support import catalog, compile_text, errors, spec_of, stack_text

ROOT = Path(__file__).parents[2]
LAB = ROOT / "stacks" / "hykufe-lab" / "stack.yaml"
TARGETS = ("1.16", "1.22", "1.28", "1.34", f"1.{NEWEST}")
EVERYTHING = """
hykufe:
  version: 0.0.1
  namespace: hykufe
  operator: {image: "yoowj7472/hykufe-operator:v0.0.1"}
  nfsServer: {clients: 10.0.0.0/8, storage: {size: 20Gi, hostPath: /home/ubuntu/nfs-pv}}
  aws:
    credentials: {secretRef: {name: aws-credential-secret}}
    sshKey: {secretRef: {name: operator-key, key: private-key}}
assumes:
  secrets: [hykufe/aws-credential-secret, hykufe/operator-key]
"""
"""A stack that asks for all that upstream installs, with upstream's own values where they are parameters."""

JOB = """
name: a
namespace: hykufe
image: "acme/train:1"
command: [python, train.py]
inputs: [{name: d, s3: {bucket: train, prefix: d, secretRef: {name: s3}}, mountPath: /data}]
volumes: [{name: data, mountPath: /data, pvc: {size: 1Gi, accessModes: [ReadWriteMany]}}]
"""


def upstream(published: Path) -> list[dict[str, Any]]:
    """Return every object that upstream installs; its samples are inputs, not part of the system."""
    made = []
    for file in sorted((published / "upstream" / "hykufe").glob("*.y*ml")):
        if "sample" not in file.name and not file.name.endswith("_cr.yaml"):
            made += [d for d in yaml.safe_load_all(file.read_text()) if d]
    return made


def covers(field: str, path: tuple[str, ...]) -> bool:
    """Tell whether a row's pointer is the path or lies above it; `*` is any key."""
    parts = field.split("/")[1:]
    return len(parts) <= len(path) and all(a in ("*", b) for a, b in zip(parts, path, strict=False))


@pytest.mark.upstream
def test_every_object_of_upstream_is_there_and_differs_only_where_component_yaml_says(published: Path) -> None:
    """Nothing upstream runs is missing, every difference has its row with a reason, and no row is left over."""
    bundle, found = compile_text(stack_text(EVERYTHING))
    assert errors(found) == []
    ours = {(m.id.kind, m.id.name): m.body for m in bundle}
    rows = catalog().get("hykufe").meta["differences"]
    used: set[tuple[str, str]] = set()
    unsaid: list[str] = []
    for theirs in upstream(published):
        name = f"{theirs['kind']}/{theirs['metadata']['name']}"
        body = ours.pop((theirs["kind"], theirs["metadata"]["name"]), None)
        assert body is not None, f"upstream's {name} is missing"
        for path in differences(normal(theirs), normal(body)):
            row = next((r for r in rows if r["object"] == name and covers(r["field"], path)), None)
            if row is None:
                unsaid.append(f"{name} /{'/'.join(path)}")
            else:
                used.add((name, row["field"]))
    assert unsaid == []
    assert [r for r in rows if (r["object"], r["field"]) not in used] == []
    assert {kind for kind, _ in ours} <= {"Namespace"}


def test_differences_all_have_a_reason() -> None:
    """A difference that nobody can explain is a mistake."""
    for row in catalog().get("hykufe").meta["differences"]:
        assert set(row) == {"object", "field", "reason"}
        assert len(row["reason"]) > 5


@pytest.mark.parametrize("kubernetes", TARGETS)
def test_lab_compiles_for_every_target(kubernetes: str) -> None:
    """No error from the oldest to the newest; what differs is said by warnings."""
    bundle, found = compile_text(LAB.read_text(), kubernetes)
    assert errors(found) == []
    kinds = {(m.id.kind, m.id.name) for m in bundle}
    assert ("HorovodJob", "mnist-operator") in kinds
    assert ("Job", "mnist-native") in kinds
    assert ("Deployment", "hykufe-operator") in kinds


def test_lab_warns_of_what_upstream_does_wrong() -> None:
    """Each HorovodJob of the lab gets the three warnings, at its own backend, with the way out."""
    _, found = compile_text(LAB.read_text())
    lines = LAB.read_text().splitlines()
    for code in ("HOROVODJOB028", "HOROVODJOB029", "HOROVODJOB030"):
        hits = [d for d in found if d.code == code]
        assert len(hits) == 2
        for d in hits:
            assert "backend: VolcanoJob" in d.help
            assert "HorovodJob" in lines[d.span.line - 1]


def test_lab_needs_no_order_for_the_native_job() -> None:
    """The Volcano Job is one object beside its claim: it copies in, trains and copies out by itself."""
    bundle, _ = compile_text(LAB.read_text())
    mine = [m for m in bundle if m.origin.instance == "jobs.mnist-native"]
    assert sorted(m.id.kind for m in mine) == ["Job", "PersistentVolumeClaim"]
    job = next(m.body for m in mine if m.id.kind == "Job")
    master, worker = job["spec"]["tasks"]
    assert [c["name"] for c in master["template"]["spec"]["initContainers"]] == ["download"]
    assert [c["name"] for c in master["template"]["spec"]["containers"]] == ["master", "upload"]
    assert job["spec"]["minAvailable"] == master["replicas"] + worker["replicas"] == 3
    assert "volumes" not in job["spec"]


def test_keys_are_files_that_only_their_owner_reads() -> None:
    """Private key and S3 keys come from Secrets with mode 0400, and the training does not see them."""
    bundle, _ = compile_text(LAB.read_text())
    operator = next(m.body for m in bundle if m.id.name == "hykufe-operator" and m.id.kind == "Deployment")
    (volume,) = operator["spec"]["template"]["spec"]["volumes"]
    assert volume["secret"]["defaultMode"] == 0o400
    job = next(m.body for m in bundle if m.id.name == "mnist-native" and m.id.kind == "Job")
    pod = job["spec"]["tasks"][0]["template"]["spec"]
    keys = {v["name"] for v in pod["volumes"] if "secret" in v}
    assert {v["secret"]["defaultMode"] for v in pod["volumes"] if "secret" in v} == {0o400}
    assert not keys & {m["name"] for m in pod["containers"][0]["volumeMounts"]}


def test_what_pods_of_the_operator_wait_for_is_there() -> None:
    """The ConfigMap that every master pod needs is installed, and Secrets that nobody has are refused (1.5.6)."""
    bundle, found = compile_text(stack_text(EVERYTHING))
    assert errors(found) == []
    assert ("ConfigMap", "hykufe", "horovod-cm") in {(m.id.kind, m.id.namespace, m.id.name) for m in bundle}
    for name in ("aws-credential-secret", "operator-key"):
        _, found = compile_text(stack_text(EVERYTHING.replace(f"hykufe/{name}", "hykufe/other")))
        assert [(d.code, name in d.message) for d in found if d.is_error] == [("SC331", True)]


def test_image_that_you_build_may_come_from_a_prefix() -> None:
    """The advice of SC506 holds: `imageRepository` in the section says where the operator's image is."""
    text = stack_text({"hykufe": {"version": "0.0.1", "imageRepository": "registry.example.com/hykufe"}})
    bundle, found = compile_text(text)
    assert errors(found) == []
    operator = next(m.body for m in bundle if m.id.kind == "Deployment")
    image = operator["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image == "registry.example.com/hykufe/hykufe-operator:v0.0.1"


def test_claims_without_a_class_are_of_the_class_of_the_stack() -> None:
    """Of the NFS server, of a job, and of a place of `data`: one word for all."""
    text = """
    storage: {storageClassName: fast}
    assumes: {storageClasses: [fast], secrets: [default/s3]}
    hykufe:
      version: 0.0.1
      operator: {image: "acme/hykufe-operator:1"}
      nfsServer: {clients: 10.0.0.0/8, storage: {size: 1Gi}}
    data: [{name: place, pvc: {size: 1Gi}}]
    jobs:
    - name: a
      namespace: default
      image: "i:1"
      inputs: [{name: x, data: place, mountPath: /x}]
      volumes: [{name: v, mountPath: /v, pvc: {size: 1Gi}}]
    """
    bundle, found = compile_text(stack_text(text))
    assert errors(found) == []
    classes = {
        m.id.name: m.body["spec"].get("storageClassName") for m in bundle if m.id.kind == "PersistentVolumeClaim"
    }
    assert classes == {"nfs-server-pvc": "fast", "place": "fast", "a-v": "fast"}


@pytest.mark.parametrize("backend", ["VolcanoJob", "Job"])
@pytest.mark.parametrize("queue", ["default", "shared"])
def test_queue_that_the_cluster_has_is_as_good_as_one_of_the_stack(backend: str, queue: str) -> None:
    """`default` comes with Volcano, `shared` is assumed; pods of a plain Job go to Volcano's scheduler too."""
    job = {"name": "a", "namespace": "default", "image": "i:1", "command": ["x"], "backend": backend, "queue": queue}
    bundle, found = compile_text(stack_text({"assumes": {"queues": ["shared"]}, "jobs": [job]}))
    assert errors(found) == []
    spec = next(m.body for m in bundle if m.id.kind == "Job")["spec"]
    pod = spec.get("template", {})
    said = pod["metadata"]["annotations"]["scheduling.volcano.sh/queue-name"] if pod else spec["queue"]
    assert said == queue
    assert (pod["spec"] if pod else spec)["schedulerName"] == "volcano"


def test_coordinator_has_no_gpu() -> None:
    """GPUs are for those who compute."""
    resources = {"cpu": "1", "memory": "1Gi", "gpu": 2}
    job = {
        **yaml.safe_load(JOB),
        "backend": "VolcanoJob",
        "framework": "horovod",
        "replicas": 1,
        "resources": resources,
    }
    bundle, found = compile_text(stack_text(EVERYTHING, {"assumes": {"secrets": ["hykufe/s3"]}, "jobs": [job]}))
    assert errors(found) == []
    master, worker = next(m.body for m in bundle if m.id.name == "a")["spec"]["tasks"]
    limits = [t["template"]["spec"]["containers"][0]["resources"]["limits"] for t in (master, worker)]
    assert limits == [{"cpu": "1", "memory": "1Gi"}, {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": 2}]
    words = master["template"]["spec"]["containers"][0]["command"]
    assert words[words.index("launch") + 1 :][:2] == ["2", "2"]


@pytest.mark.parametrize(
    ("resources", "worker", "words"),
    [
        ({"cpu": "1", "gpu": 2}, {}, ["6", "2"]),
        ({"cpu": "1"}, {"resources": {"gpu": 4}}, ["12", "4"]),
        ({"cpu": "1", "gpu": 1}, {"resources": {"gpu": 4}, "replicas": 2}, ["8", "4"]),
        ({"gpu": {"count": 2, "resource": "nvidia.com/mig-1g.5gb"}}, {}, ["6", "2"]),
        ({"gpu": {"count": 2, "resource": "amd.com/gpu"}}, {}, ["6", "2"]),
        ({"limits": {"memory": "1Gi", "rdma/hca": 2}}, {}, ["3", "1"]),
    ],
)
@pytest.mark.parametrize("backend", ["VolcanoJob", "HorovodJob"])
def test_every_gpu_of_a_worker_gets_a_process(
    backend: str, resources: dict[str, Any], worker: dict[str, Any], words: list[str]
) -> None:
    """Of any vendor, and those that only the role has: else they are paid for and stand idle."""
    own = worker if "replicas" in worker else {**worker, "replicas": 3}
    job = {**yaml.safe_load(JOB), "backend": backend, "resources": resources, "roles": {"worker": own}}
    job["framework"] = "horovod"
    bundle, found = compile_text(stack_text(EVERYTHING, {"assumes": {"secrets": ["hykufe/s3"]}, "jobs": [job]}))
    assert errors(found) == []
    spec = next(m.body for m in bundle if m.id.name == "a" and m.id.kind in ("Job", "HorovodJob"))["spec"]
    template = spec["tasks"][0]["template"] if "tasks" in spec else spec["master"]["template"]
    said = template["spec"]["containers"][0]["command"]
    assert said[said.index("launch") + 1 :][:2] == words


@pytest.mark.parametrize("backend", ["VolcanoJob", "HorovodJob"])
def test_placement_of_a_role_takes_the_place_of_the_jobs_field_by_field(backend: str) -> None:
    """A selector of the workers is theirs alone; what they do not say is the job's."""
    toleration = {"key": "gpu", "operator": "Exists"}
    job = {
        **yaml.safe_load(JOB),
        "backend": backend,
        "framework": "mpi",
        "placement": {"nodeSelector": {"pool": "cpu"}, "tolerations": [toleration]},
        "roles": {"worker": {"placement": {"nodeSelector": {"accelerator": "a100"}}}},
    }
    bundle, found = compile_text(stack_text(EVERYTHING, {"assumes": {"secrets": ["hykufe/s3"]}, "jobs": [job]}))
    assert errors(found) == []
    spec = next(m.body for m in bundle if m.id.name == "a" and m.id.kind in ("Job", "HorovodJob"))["spec"]
    roles = spec["tasks"] if "tasks" in spec else [spec["master"], spec["worker"]]
    pods = [role["template"]["spec"] for role in roles]
    assert [p["nodeSelector"] for p in pods] == [{"pool": "cpu"}, {"accelerator": "a100"}]
    assert [p["tolerations"] for p in pods] == [[toleration], [toleration]]


PLACES = """
inputs: [{name: x, nfs: {server: 10.0.0.1, path: /in}, mountPath: /x}]
outputs:
- {name: x, pvc: {size: 2Gi, accessModes: [ReadWriteMany]}, mountPath: "/y/"}
- {name: bucket, s3: {bucket: train, prefix: d, secretRef: {name: s3}}, mountPath: /y}
- {name: odd, s3: {bucket: train, prefix: e, secretRef: {name: s3}}, mountPath: "/Some Where/@1/"}
volumes: [{name: x, mountPath: /z, emptyDir: {}}]
"""


@pytest.mark.parametrize("backend", ["VolcanoJob", "Job"])
def test_inputs_outputs_and_volumes_may_share_names_and_places(backend: str) -> None:
    """Three volumes called `x`, a new claim that is also copied to S3, and a path no volume could be named after."""
    job = {**yaml.safe_load(JOB), **yaml.safe_load(PLACES), "backend": backend}
    bundle, found = compile_text(stack_text(EVERYTHING, {"assumes": {"secrets": ["hykufe/s3"]}, "jobs": [job]}))
    assert errors(found) == []
    mine = [m.body for m in bundle if m.origin.instance == "jobs.a"]
    assert [b["metadata"]["name"] for b in mine if b["kind"] == "PersistentVolumeClaim"] == ["a-output-x"]
    spec = next(b for b in mine if b["kind"] == "Job")["spec"]
    pod = (spec["tasks"][0] if "tasks" in spec else spec)["template"]["spec"]
    volumes = [v["name"] for v in pod["volumes"]]
    assert volumes == ["x", "input-x", "output-x", "scratch-0", "output-bucket", "output-odd", "stackc"]
    assert {"name": "output-x", "persistentVolumeClaim": {"claimName": "a-output-x"}} in pod["volumes"]
    paths = [m["mountPath"] for m in pod["containers"][0]["volumeMounts"]]
    assert paths == ["/z", "/x", "/y", "/Some Where/@1", "/run/stackc"]


S3 = {"bucket": "train", "prefix": "d", "secretRef": {"name": "s3"}}
CLAIM = {"name": "data", "mountPath": "/data", "pvc": {"size": "1Gi", "accessModes": ["ReadWriteMany"]}}

RULES: dict[str, tuple[str, dict[str, Any]]] = {
    # facts on the operator's crashes
    "1.5.1 no data source": ("HOROVODJOB001", {"inputs": []}),
    "1.5.2 no volume": ("HOROVODJOB002", {"volumes": []}),
    "1.5.3 no claim": ("HOROVODJOB003", {"volumes": [{"name": "data", "mountPath": "/data", "emptyDir": {}}]}),
    "1.5.7 webhook": ("HOROVODJOB028", {}),
    "1.5.8 uploads for ever": ("HOROVODJOB029", {}),
    "1.5.9 waits for ever": ("HOROVODJOB030", {}),
    # validation rules
    "H1": ("HOROVODJOB001", {"inputs": []}),
    "H2": ("HOROVODJOB003", {"volumes": [{"name": "data", "mountPath": "/data", "pvc": {"name": "old"}}]}),
    "H3 volume": ("HOROVODJOB002", {"volumes": [{"name": "d", "mountPath": "/d", "pvc": {"size": "1Gi"}}]}),
    "H3 path": ("HOROVODJOB007", {"inputs": [{"name": "d", "s3": S3, "mountPath": "/in"}]}),
    "H4 twice": ("SC342", {"volumes": [CLAIM, {"name": "two", "mountPath": "/data", "emptyDir": {}}]}),
    "H4 input": ("SC342", {"inputs": [{"name": "d", "nfs": {"server": "s", "path": "/"}, "mountPath": "/data/"}]}),
    "H4 colon": ("SC308", {"volumes": [CLAIM, {"name": "two", "mountPath": "/a:b", "emptyDir": {}}]}),
    "H5 keys": (
        "HOROVODJOB005",
        {"inputs": [{"name": "d", "s3": {**S3, "secretRef": {"name": "odd"}}, "mountPath": "/data"}]},
    ),
    "H5 bucket": (
        "HOROVODJOB032",
        {"inputs": [{"name": "d", "s3": {**S3, "secretRef": {"name": "odd"}}, "mountPath": "/data"}]},
    ),
    "H6": (
        "HOROVODJOB015",
        {"inputs": [{"name": "d", "s3": {**S3, "secretRef": {"name": "s.3"}}, "mountPath": "/data"}]},
    ),
    "H7 Jobs": ("HOROVODJOB016", {"name": "a" * 45}),
    "H7 pods": ("HOROVODJOB017", {"name": "a" * 44}),
    "H8 worker": ("HOROVODJOB021", {"roles": {"worker": {"replicas": 0}}}),
    "H8 master": ("HOROVODJOB020", {"roles": {"master": {"replicas": 2}}}),
    "H9 limits": ("SC320", {"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}),
    "H9 gpu": ("SC317", {"resources": {"limits": {"gpu": 1}}}),
    "H10": ("HOROVODJOB023", {"launcher": "none", "command": ["sh", "-c", "mpirun -np 3 x"], "replicas": 2}),
    "H11": ("SC305", {"restartPolicy": "Always"}),
    "H12 maxRetry": ("SC309", {"backoffLimit": -1}),
    "H12 ttl": ("SC309", {"ttlSecondsAfterFinished": -1}),
    "H13": ("SC334", {"priorityClassName": "nowhere"}),
    "H14": ("SC301", {"maxTries": 3}),
    "H15": (
        "HOROVODJOB026",
        {"options": {"aws": {"instanceType": "t", "replicas": 1}}, "placement": {"nodeSelector": {"a": "b"}}},
    ),
    "H16": ("HOROVODJOB024", {"namespace": "default"}),
    "H17": ("HOROVODJOB027", {"options": {"nfsMode": {"ipAddress": "nfs"}}}),
    "H17 placeholder": ("SC315", {"options": {"nfsMode": {"ipAddress": "???"}}}),
    "H18 mode": (
        "SC305",
        {"volumes": [{"name": "d", "mountPath": "/data", "pvc": {"size": "1Gi", "volumeMode": "FileSystem"}}]},
    ),
    "H18 access": ("HOROVODJOB013", {"volumes": [{"name": "d", "mountPath": "/data", "pvc": {"size": "1Gi"}}]}),
    "H19": ("SC316", {"image": "acme/train"}),
    "H20": ("SC325", {"env": {"TOKEN": {"value": "s3cr3t"}}}),
}
"""What the facts ask for → the code that says it, and the fields of a job that break it."""


@pytest.mark.parametrize("rule", RULES)
def test_rule_of_the_facts_is_held(rule: str) -> None:
    """A stack that breaks the rule gets the code; the same stack without the fault does not."""
    code, change = RULES[rule]
    job = {**yaml.safe_load(JOB), "backend": "HorovodJob"}
    odd = {"name": "odd", "keys": {"id": {"fromEnv": "ID"}}, "namespaces": ["hykufe"]}
    more = {"assumes": {"secrets": ["hykufe/s3", "hykufe/s.3"]}, "secrets": [odd]}
    _, found = compile_text(stack_text(EVERYTHING, more, {"jobs": [{**job, **change}]}))
    assert code in {d.code for d in found}, found
    if change:
        _, found = compile_text(stack_text(EVERYTHING, more, {"jobs": [job]}))
        assert code not in {d.code for d in found}


LOST = {
    "HOROVODJOB007": {"inputs": [{"name": "d", "s3": S3, "mountPath": "/in"}]},
    "HOROVODJOB008": {"outputs": [{"name": "m", "s3": {**S3, "prefix": "models"}, "mountPath": "/out"}]},
    "HOROVODJOB024": {"namespace": "default"},
}
"""What the operator can not say → the fields of a job that ask for it."""


@pytest.mark.parametrize("code", LOST)
def test_what_the_operator_loses_is_an_error_of_the_job_and_a_warning_of_the_defaults(code: str) -> None:
    """Defaults are for jobs of all backends; what a job itself says has to hold."""
    change = LOST[code]
    job = {**yaml.safe_load(JOB), "backend": "HorovodJob"}
    rest = {key: value for key, value in job.items() if key not in change}
    shared = {"assumes": {"secrets": ["hykufe/s3", "default/s3"]}}
    for more, severity in (
        ({"jobs": [{**job, **change}]}, "error"),
        ({"jobs": [rest], "defaults": {"jobs": change}}, "warning"),
    ):
        _, found = compile_text(stack_text(EVERYTHING, shared, more))
        assert [d.severity.value for d in found if d.code == code] == [severity]


def test_fields_table_names_every_field_of_the_job_shape() -> None:
    """Each backend says of every field whether it is kept, changed or lost."""
    shared = yaml.safe_load((ROOT / "schemas" / "types.yaml").read_text())["Job"]["properties"]
    for name in ("horovod-job", "volcano-job", "job"):
        said = catalog().get(name).meta["fields"]
        assert set(said) == set(shared) - {"enabled", "backend"}
        assert all(text == "kept" or text.startswith(("changed: ", "lost: ")) for text in said.values())


@pytest.mark.parametrize("backend", ["HorovodJob", "VolcanoJob", "Job"])
def test_object_names_hold_the_namespace_of_the_job(backend: str) -> None:
    """Everything a job makes is in its namespace."""
    job = {**yaml.safe_load(JOB), "backend": backend}
    text = stack_text(EVERYTHING, {"assumes": {"secrets": ["hykufe/s3"]}}, {"jobs": [job]})
    bundle, found = compile_text(text)
    assert errors(found) == []
    made = [m for m in bundle if m.origin.instance == "jobs.a"]
    assert made
    assert {m.id.namespace for m in made} == {spec_of(text)["jobs"][0]["namespace"]}


def fields_of(schema: Any, definitions: Any, path: str = "", depth: int = 0) -> set[str]:
    """Return the paths of all fields of a schema; references are followed, metadata is left out."""
    while isinstance(schema, dict) and "$ref" in schema:
        if schema["$ref"].endswith("ObjectMeta"):
            return set()
        schema = definitions[schema["$ref"].rsplit("/", 1)[-1]]
    if not isinstance(schema, dict) or depth > 40:
        return set()
    made: set[str] = set()
    for key, child in schema.get("properties", {}).items():
        if key != "metadata":
            made |= {f"{path}/{key}"} | fields_of(child, definitions, f"{path}/{key}", depth + 1)
    for key in ("items", "additionalProperties"):
        made |= fields_of(schema.get(key), definitions, f"{path}/*", depth + 1)
    return made


@pytest.mark.parametrize("role", ["master", "worker"])
def test_crd_holds_every_field_of_a_pod_template_of_its_core_types(role: str) -> None:
    """What the CRD does not name a server prunes: nothing of a pod template is missing, nothing newer is there."""
    component = catalog().get("hykufe")
    (crd,) = component.crds
    spec = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    pack = load_pack(int(str(component.meta["coreTypes"]).split(".")[1]))
    wanted = fields_of(pack.definitions["io.k8s.api.core.v1.PodTemplateSpec"], pack.definitions)
    assert len(wanted) > 500
    assert fields_of(spec["properties"][role]["properties"]["template"], {}) == wanted
    metadata = spec["properties"][role]["properties"]["template"]["properties"]["metadata"]["properties"]
    assert set(metadata) >= {"name", "labels", "annotations"}


def test_a_pod_field_that_the_operator_would_drop_is_refused_where_it_is_written() -> None:
    """The operator was built against 1.13, and hands on no field that it does not know."""
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    job = {**yaml.safe_load(JOB), "backend": "HorovodJob", "placement": {"topologySpreadConstraints": [spread]}}
    text = stack_text(EVERYTHING, {"assumes": {"secrets": ["hykufe/s3"]}, "jobs": [job]})
    _, found = compile_text(text)
    lines = {text.splitlines()[d.span.line - 1].strip() for d in found if d.is_error and d.span}
    assert {d.code for d in found if d.is_error} == {"SC601"}
    assert lines == {"topologySpreadConstraints:"}


RAW = """
apiVersion: hykufe.com/v1alpha1
kind: HorovodJob
metadata: {name: a, namespace: hykufe}
spec:
  dataSources: [{name: s3, s3Source: {s3SecretName: s3, directory: d}}]
  volumes: [{mountPath: /data, volumeClaimName: c, volumeClaim: {accessModes: [ReadWriteMany]}}]
  master: {name: master, template: {spec: {containers: [{name: m, image: "i:1"}]}}}
  worker: {name: worker, replicas: 1, template: {spec: {containers: [{name: w, image: "i:1"}]}}}
"""
FAULTS: dict[str, tuple[str, str, str]] = {
    "1.5.1 no data source": ("  dataSources: [{name: s3, s3Source: {s3SecretName: s3, directory: d}}]\n", "", "SC603"),
    "1.5.1 empty": ("[{name: s3, s3Source: {s3SecretName: s3, directory: d}}]", "[]", "SC6"),
    "1.5.2 no volume": ("  volumes: [{mountPath", "  # [{mountPath", "SC603"),
    "1.5.4 no containers": ('{containers: [{name: m, image: "i:1"}]}', "{}", "SC603"),
    "1.5.4 no template": (', template: {spec: {containers: [{name: m, image: "i:1"}]}}', "", "SC603"),
    "1.5.5 no Secret": ("name: s3, s3Source", "name: other, s3Source", "SC502"),
    "H8": ("replicas: 1", "replicas: 0", "SC6"),
    "H12": ("  master:", "  maxRetry: -1\n  master:", "SC6"),
    "H14 minAvailable": ("  master:", "  minAvailable: 3\n  master:", "SC601"),
    "H14 schedulerName": ("  master:", "  schedulerName: volcano\n  master:", "SC601"),
    "H14 plugins": ("  master:", "  plugins: {ssh: []}\n  master:", "SC601"),
    "H14 policies": ("{name: master,", "{name: master, policies: [],", "SC601"),
    "H14 size": ("  master:", "  size: 3\n  master:", "SC601"),
    "H14 MaxTries": ("  master:", "  MaxTries: 3\n  master:", "SC601"),
}
"""What is wrong with a HorovodJob that a user wrote himself → what to change in RAW, and the code that says it."""


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_in_a_horovodjob_of_the_users_own_is_refused(fault: str) -> None:
    """A manifest is judged like what the catalog makes, at its own line."""
    text = stack_text(EVERYTHING, {"manifests": ["job.yaml"], "assumes": {"secrets": ["hykufe/s3"]}})
    old, new, code = FAULTS[fault]
    assert old in RAW
    _, found = compile_text(text, more={"job.yaml": RAW.replace(old, new)})
    hits = [d for d in found if d.code.startswith(code) and d.is_error]
    assert hits, found
    assert {d.span.file for d in hits} == {"job.yaml"}
    _, found = compile_text(text, more={"job.yaml": RAW})
    assert errors(found) == []
