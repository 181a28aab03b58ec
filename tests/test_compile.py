"""Whole compiles: the labs on every promised minor, the same bytes everywhere, layers, and what users add."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.build.emit import emit_stream
from compiler.formats.files import MemoryFiles
from compiler.formats.packs import NEWEST, OLDEST, load_pack
from compiler.model.diagnostic import Diagnostic
from compiler.model.ids import split_api_version
from compiler.model.manifest import Bundle
from compiler.pipeline import Compiled, build, compile_stack

ROOT = Path(__file__).parents[1]
LABS = ("openfx-lab", "hykufe-lab")
OVERLAYS = ("dev", "prod", "air-gapped")
MINORS = (16, 22, 28, 34, NEWEST)
TARGETS = [(lab, minor) for lab in LABS for minor in MINORS] + [("openfx-lab", 15)]
HEAD = 'apiVersion: stackc.dev/v1alpha1\nkind: Stack\nmetadata: {name: lab}\nspec:\n  kubernetes: "1.34"\n'


def lab(name: str, *overlays: str, sets: tuple[str, ...] = ()) -> Compiled:
    """Compile one of the repository's stacks with overlays of the repository."""
    layers = tuple(str(ROOT / "overlays" / f"{overlay}.yaml") for overlay in overlays)
    return compile_stack(str(ROOT / "stacks" / name / "stack.yaml"), layers, sets)


def bundle_of(compiled: Compiled) -> Bundle:
    """Return the bundle; whatever is wrong fails the test."""
    assert [d for d in compiled.outcome.diagnostics if d.is_error] == []
    assert compiled.outcome.value is not None
    return compiled.outcome.value


def compile_text(spec: str, more: Mapping[str, str] | None = None) -> tuple[list[dict[str, Any]], list[Diagnostic]]:
    """Compile the text of a spec with files beside it; return the objects, and what was found."""
    files = {"stack.yaml": HEAD + spec, **(more or {})}
    built = build(MemoryFiles({path: text.encode() for path, text in files.items()}), "stack.yaml", (), ())
    return [m.body for m in built.value.bundle.manifests] if built.value else [], list(built.diagnostics)


def only(bodies: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """Return the one object of a kind and name."""
    (body,) = [b for b in bodies if b["kind"] == kind and b["metadata"]["name"] == name]
    return body


def run(*args: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command as users do, with nothing of this process's environment but what is given."""
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "compiler", *args]
    return subprocess.run(command, cwd=cwd, env=base | env, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize(("name", "minor"), TARGETS)
def test_labs_compile_for_a_minor_with_kinds_that_it_serves(name: str, minor: int) -> None:
    """No error; every kind that Kubernetes has is written in a version that the target's own pack has."""
    bundle = bundle_of(lab(name, sets=(f"kubernetes=1.{minor}",)))
    pack = load_pack(minor)
    built_in = {(group, kind) for known in range(OLDEST, NEWEST + 1) for group, _, kind in load_pack(known).kinds}
    assert len(bundle.manifests) >= 20
    for manifest in bundle.manifests:
        group, version = split_api_version(manifest.api_version)
        if (group, manifest.id.kind) in built_in:
            assert pack.schema(group, version, manifest.id.kind) is not None, manifest
        else:
            assert group in ("batch.volcano.sh", "scheduling.volcano.sh", "hykufe.com"), manifest


def test_components_that_were_not_tested_on_the_target_are_named() -> None:
    """1.15 is older than what HyKuFe and its backends were tested on: a warning for each instance, and for no other."""
    compiled = lab("hykufe-lab", sets=("kubernetes=1.15",))
    named = {d.message.split("`")[1] for d in compiled.outcome.diagnostics if d.code == "SC465"}
    jobs = {"jobs.mnist-operator", "jobs.mnist-native", "jobs.mnist-hybrid"}
    assert named == {"hykufe", "queues.training", *jobs}
    assert not [d for d in lab("hykufe-lab").outcome.diagnostics if d.code == "SC465"]


def test_metrics_server_warns_on_a_minor_that_its_release_was_not_made_for() -> None:
    """The lab's release is for 1.27 and newer: on 1.16 it compiles, and says so at the version's line."""
    found = lab("openfx-lab", sets=("kubernetes=1.16",)).outcome.diagnostics
    (warned,) = [d for d in found if d.code == "METRICSSERVER001"]
    assert not warned.is_error
    assert warned.span is not None
    text = (ROOT / "stacks/openfx-lab/stack.yaml").read_text("utf-8").splitlines()[warned.span.line - 1]
    assert "metrics-server" in text


ENVIRONMENTS: list[dict[str, str]] = [
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati"},
    {"PYTHONHASHSEED": "4242", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "America/Caracas"},
    {"LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.ISO-8859-1", "HOME": "/nonexistent", "REGISTRY_PASSWORD": "hunter2"},
    {"KUBECONFIG": "/nonexistent", "COLUMNS": "20", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"},
]


@pytest.mark.parametrize("name", LABS)
def test_the_same_bytes_in_every_environment(name: str, tmp_path: Path) -> None:
    """Stream, tree and diagnostics depend on the files alone: not on hash seed, locale, time zone, home or folder."""
    stack = f"stacks/{name}/stack.yaml"
    first = run("compile", stack)
    assert first.returncode == 0, first.stderr
    assert first.stdout
    tree = tmp_path / "first"
    assert run("compile", stack, "--out", str(tree)).returncode == 0
    wanted = contents(tree)
    for number, env in enumerate(ENVIRONMENTS):
        out = tmp_path / str(number)
        made = run("compile", str(ROOT / stack), "--out", str(out), cwd=tmp_path, **env)
        assert made.returncode == 0, made.stderr
        assert contents(out) == wanted
        again = run("compile", stack, **env)
        assert again.stdout == first.stdout
        assert again.stderr == first.stderr


def contents(tree: Path) -> dict[str, bytes]:
    """Return the files of a tree by path."""
    return {str(p.relative_to(tree)): p.read_bytes() for p in sorted(tree.rglob("*")) if p.is_file()}


def test_a_copy_of_the_repository_gives_the_same_bytes(tmp_path: Path) -> None:
    """No path of the machine is in what is made."""
    for folder in ("stacks", "overlays"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    here = run("compile", "stacks/openfx-lab/stack.yaml", "--out", str(tmp_path / "a"))
    there = run("compile", "stacks/openfx-lab/stack.yaml", "--out", "b", "--root", ".", cwd=tmp_path)
    assert here.returncode == there.returncode == 0, there.stderr
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert all(
        str(tmp_path).encode() not in raw and str(ROOT).encode() not in raw for raw in contents(tmp_path / "a").values()
    )


def test_check_tells_whether_a_tree_is_current(tmp_path: Path) -> None:
    """Right after a compile nothing differs; an edited, a missing and a stale file each make it differ, and stay."""
    stack, out = "stacks/openfx-lab/stack.yaml", tmp_path / "out"
    assert run("compile", stack, "--out", str(out)).returncode == 0
    before = contents(out)
    assert run("compile", stack, "--out", str(out), "--check").returncode == 0
    path = next(p for p in sorted(out.rglob("*.yaml")))

    path.write_bytes(path.read_bytes() + b"# edited\n")
    edited = run("compile", stack, "--out", str(out), "--check")
    assert edited.returncode == 1
    assert path.name.encode() in edited.stderr
    assert contents(out) != before, "a check must write nothing"

    path.unlink()
    assert run("compile", stack, "--out", str(out), "--check").returncode == 1
    assert run("compile", stack, "--out", str(out)).returncode == 0
    assert contents(out) == before

    fewer = run("compile", stack, "--out", str(out), "--check", "--set", "openfx.grafana.enabled=false")
    assert fewer.returncode == 1
    assert b"stale: manifests/" in fewer.stderr
    changed = run("compile", stack, "--out", str(out), "--check", "--set", "openfx.functions[hello].replicas=2")
    assert changed.returncode == 1


def test_index_lists_every_object_in_apply_order_with_the_digests_of_all_inputs(tmp_path: Path) -> None:
    """The index is what other programs read: objects as files that are there, inputs that were read."""
    stack = "stacks/openfx-lab/stack.yaml"
    assert run("compile", stack, "--out", str(tmp_path), "-O", "overlays/prod.yaml").returncode == 0
    index = json.loads((tmp_path / "index.json").read_text("utf-8"))
    paths = {row["file"] for row in index["objects"]}
    assert paths == {path for path in contents(tmp_path) if path.startswith("manifests/")}
    assert {row["path"] for row in index["inputs"]} == {"stack.yaml", "../../overlays/prod.yaml"}
    waves = [row["wave"] for row in index["objects"]]
    assert waves[0] == 0
    assert max(waves) > 0


def test_another_root_changes_no_byte_of_the_tree(tmp_path: Path) -> None:
    """A checkout without `.git` has another root than the repository: `--check` holds there, too."""
    folder = ROOT / "stacks" / "openfx-lab"
    trees = []
    for root in (ROOT, folder):
        out = tmp_path / str(len(trees))
        assert run("compile", str(folder / "stack.yaml"), "--root", str(root), "--out", str(out)).returncode == 0
        trees.append(contents(out))
    assert trees[0] == trees[1]


@pytest.mark.parametrize("name", LABS)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_overlays_lie_over_both_labs(name: str, overlay: str) -> None:
    """Every overlay compiles with every lab, but for the operator whose images cannot be mirrored."""
    compiled = lab(name, overlay)
    errors = {d.code for d in compiled.outcome.diagnostics if d.is_error}
    if (name, overlay) == ("hykufe-lab", "air-gapped"):
        assert errors == {"HYKUFE007"}
        return
    bundle = bundle_of(compiled)
    assert bundle.preset == {"dev": "dev", "prod": "production"}.get(overlay, "standard")


def test_hykufe_without_its_operator_goes_behind_an_air_gap() -> None:
    """What the refusal advises works: the same training as a Volcano Job."""
    sets = (
        "hykufe.enabled=false",
        "jobs[mnist-operator].backend=VolcanoJob",
        "jobs[mnist-hybrid].enabled=false",
        'namespaces=[{"name": "hykufe"}]',
    )
    bundle = bundle_of(lab("hykufe-lab", "air-gapped", sets=sets))
    jobs = [m for m in bundle.manifests if m.id.kind == "Job" and m.id.group == "batch.volcano.sh"]
    assert {m.id.name.split("-")[1] for m in jobs} == {"operator", "native"}


def test_production_has_more_than_one_gateway_and_no_node_port() -> None:
    """The overlay's words are in the objects."""
    by_id = {(m.id.kind, m.id.name): m.body for m in bundle_of(lab("openfx-lab", "prod")).manifests}
    gateway = next(b for (kind, name), b in by_id.items() if kind == "Deployment" and "gateway" in name)
    assert gateway["spec"]["replicas"] == 2
    assert not [b for (kind, _), b in by_id.items() if kind == "Service" and b["spec"].get("type") == "NodePort"]


def test_behind_an_air_gap_every_image_is_the_mirrors() -> None:
    """Every image field of the bundle names the registry of the overlay."""

    def images(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [node["image"]] if isinstance(node.get("image"), str) else []
            return own + [i for v in node.values() for i in images(v)]
        return [i for v in node for i in images(v)] if isinstance(node, list) else []

    bundle = bundle_of(lab("openfx-lab", "air-gapped"))
    found = [image for m in bundle.manifests for image in images(m.body)]
    assert len(found) >= 8
    assert {image.partition("/")[0] for image in found} <= {"registry.inside.example.com:5000", "10.0.0.255:5000"}


OWN = {
    "components/guestbook/component.yaml": """\
summary: a page with a counter
namespace: guests
images: {page: "docker.io/acme/page:1.2.0"}
params:
  replicas: int32 = 1
  title: string!
  resources: Resources
  ports: "[int32] = []"
""",
    "components/guestbook/rules.yaml": """\
- code: GUESTBOOK001
  assert: replicas <= 3
  at: replicas
  message: "`replicas` is ${{ replicas }}, and the counter is in memory"
  help: "write 3 at most"
""",
    "components/guestbook/manifests/page.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: "${{ self.name }}"}
spec:
  replicas: ${{ replicas }}
  selector: {matchLabels: {app: "${{ self.name }}"}}
  template:
    metadata: {labels: {app: "${{ self.name }}"}}
    spec:
      containers:
      - name: page
        image: ${{ image('page') }}
        env: [{name: TITLE, value: "${{ title }}"}]
        resources: ${{ resources }}
        ports:
        - {$for: p in ports, containerPort: "${{ p }}"}
---
apiVersion: v1
kind: Service
metadata: {name: "${{ self.name }}"}
$if: ports | length > 0
spec:
  selector: {app: "${{ self.name }}"}
  ports:
  - {$for: p in ports, name: "p${{ p }}", port: "${{ p }}"}
""",
}


def test_a_users_own_component_is_one_like_the_built_in_ones() -> None:
    """Params with types and defaults, labels, namespace, mirror and resources come as for every component."""
    spec = """\
  registry: {mirror: "10.0.0.255:5000"}
  components:
    - {name: guestbook, params: {title: Hello, ports: [80, 81], resources: {cpu: 100m, memory: 64Mi}}}
"""
    bodies, found = compile_text(spec, OWN)
    assert not [d for d in found if d.is_error]
    deployment, service = only(bodies, "Deployment", "guestbook"), only(bodies, "Service", "guestbook")
    assert deployment["metadata"]["namespace"] == "guests"
    assert deployment["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "stackc"
    assert deployment["spec"]["replicas"] == 1
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "10.0.0.255:5000/acme/page:1.2.0"
    assert container["resources"] == {s: {"cpu": "100m", "memory": "64Mi"} for s in ("requests", "limits")}
    assert [p["containerPort"] for p in container["ports"]] == [80, 81]
    assert [p["port"] for p in service["spec"]["ports"]] == [80, 81]
    assert only(bodies, "Namespace", "guests")


def test_a_users_own_component_drops_what_is_not_set_and_asks_its_own_rules() -> None:
    """No ports, no Service and no empty list; four replicas break the folder's own rule, at the parameter."""
    bodies, found = compile_text("  components: [{name: guestbook, params: {title: Hello}}]\n", OWN)
    assert not [d for d in found if d.is_error]
    (container,) = only(bodies, "Deployment", "guestbook")["spec"]["template"]["spec"]["containers"]
    assert set(container) & {"ports", "resources"} == set()
    assert not [b for b in bodies if b["kind"] == "Service"]
    _, found = compile_text("  components:\n    - name: guestbook\n      params: {title: Hello, replicas: 4}\n", OWN)
    (broken,) = [d for d in found if d.is_error]
    assert (broken.code, str(broken.span)) == ("GUESTBOOK001", "stack.yaml:8:30")
    assert "4" in broken.message


def test_a_component_of_ones_own_takes_the_place_of_a_built_in_one() -> None:
    """The folder in components/ wins over the catalog's, in everything that uses it."""
    own = {
        "components/priority-class/component.yaml": "summary: mine\nsection: priorityClasses\n",
        "components/priority-class/manifests/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\n",
    }
    spec = (
        "  priorityClasses: [{name: high, value: 10}]\n  jobs:\n"
        '    - {name: j, namespace: default, image: "busybox:1.36", priorityClassName: high}\n'
    )
    with_built_in, _ = compile_text(spec)
    assert only(with_built_in, "PriorityClass", "high")["value"] == 10
    bodies, _ = compile_text(spec.replace(", priorityClassName: high", ""), own)
    assert [b["kind"] for b in bodies if b["kind"] in ("PriorityClass", "ConfigMap")] == ["ConfigMap"]


MINE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: web}
data: {a: b}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web, namespace: web}
  spec: {ports: [{port: 80}], selector: {app: web}}
"""


def test_own_manifests_and_patches_are_part_of_the_bundle() -> None:
    """A file, a folder and a List are read in order; patches change them like everything else."""
    spec = """\
  manifests: [one.yaml, more]
  namespaces: [{name: web}]
  patches:
    - {name: port, target: {kind: Service, name: web}, set: {/spec/ports/0/port: 8080}}
    - {name: data, target: {kind: ConfigMap}, merge: {data: {c: d}}, expect: 2}
"""
    second = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, namespace: web}\ndata: {p: q}\n"
    bodies, found = compile_text(spec, {"one.yaml": MINE, "more/b.yml": second, "more/notes.txt": "not YAML: ["})
    assert not [d for d in found if d.is_error]
    assert only(bodies, "Service", "web")["spec"]["ports"] == [{"port": 8080}]
    assert only(bodies, "ConfigMap", "settings")["data"] == {"a": "b", "c": "d"}
    assert only(bodies, "ConfigMap", "other")["data"] == {"p": "q", "c": "d"}


def test_what_is_wrong_in_own_manifests_is_told_at_its_own_line_and_column() -> None:
    """The place is the field in the user's file, not the entry in the stack."""
    wrong = MINE.replace("port: 80", "port: 808080")
    _, found = compile_text("  manifests: [one.yaml]\n  namespaces: [{name: web}]\n", {"one.yaml": wrong})
    assert [str(d.span) for d in found if d.is_error] == ["one.yaml:12:25"]


def test_a_second_instance_of_openfx_has_namespaces_and_objects_of_its_own() -> None:
    """Same component, other name, namespace and node ports: nothing of the first is shared or changed."""
    lab_spec = yaml.safe_load((ROOT / "stacks/openfx-lab/stack.yaml").read_text("utf-8"))["spec"]
    text = (ROOT / "stacks/openfx-lab/stack.yaml").read_text("utf-8")
    second = """\
    - name: openfx-eu
      use: openfx
      version: "0.1.0"
      namespace: fx-eu
      params:
        imageRepository: 10.0.0.255:5000/openfx
        functionNamespace: fx-eu-fn
        gateway: {expose: {type: ClusterIP}}
        prometheus: {expose: {type: ClusterIP}}
        grafana: {enabled: false}
        functions:
          - {name: bonjour, runtime: go, image: "10.0.0.255:5000/openfx/bonjour:1.0.0"}
"""
    assert "openfx" in lab_spec
    marker = "  components:\n"
    both = text.replace(marker, marker + second)

    def built(content: str) -> dict[Any, Any]:
        outcome = build(MemoryFiles({"stack.yaml": content.encode()}), "stack.yaml", (), ())
        assert [d for d in outcome.diagnostics if d.is_error] == []
        assert outcome.value
        return {m.id: m.body for m in outcome.value.bundle.manifests}

    alone, together = built(text), built(both)
    assert {id: together[id] for id in alone} == alone
    added = {id: body for id, body in together.items() if id not in alone}
    assert {id.namespace for id in added} == {"", "fx-eu", "fx-eu-fn"}
    assert {id.name for id in added if id.kind == "Namespace"} == {"fx-eu", "fx-eu-fn"}
    assert any(id.kind == "Deployment" and id.name == "bonjour" and id.namespace == "fx-eu-fn" for id in added)
    assert any(id.kind == "Secret" and id.namespace == "fx-eu-fn" for id in added), "the pull secret follows"


SECRET = """\
  preset: {preset}
  secrets:
    - {{name: token, keys: {{key: {source}}}, namespaces: [default]}}
"""


@pytest.mark.parametrize("preset", ["standard", "production"])
def test_secret_values_are_never_in_a_bundle_outside_dev(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value in the stack is refused; one of the environment is left to diff and apply, and listed to be filled."""
    monkeypatch.setenv("TOKEN", "t0psecret")
    _, found = compile_text(SECRET.format(preset=preset, source="{value: t0psecret}"))
    assert [d.code for d in found if d.is_error]
    files = MemoryFiles({"stack.yaml": (HEAD + SECRET.format(preset=preset, source="{fromEnv: TOKEN}")).encode()})
    built = build(files, "stack.yaml", (), ()).value
    assert built is not None
    text = emit_stream(built.bundle)
    assert "t0psecret" not in text
    assert base64.b64encode(b"t0psecret").decode() not in text
    assert [dict(fill.keys) for fill in built.bundle.fill] == [{"key": "env TOKEN"}]


def test_secret_values_of_the_stack_are_written_in_dev() -> None:
    """Preset dev is for laptops: there a value may stand in the stack, and is in the Secret."""
    bodies, found = compile_text(SECRET.format(preset="dev", source="{value: t0psecret}"))
    assert not [d for d in found if d.is_error]
    secret = only(bodies, "Secret", "token")
    values = {**secret.get("data", {}), **secret.get("stringData", {})}
    assert values["key"] in ("t0psecret", base64.b64encode(b"t0psecret").decode())


@pytest.mark.parametrize("name", LABS)
def test_labs_hold_no_secret_text(name: str) -> None:
    """What the labs make of their Secrets has keys to fill, and no value."""
    bundle = bundle_of(lab(name))
    secrets = [m.body for m in bundle.manifests if m.id.kind == "Secret"]
    assert secrets
    assert not [s for s in secrets if any((s.get("data") or {}).values()) and not _public(s)]
    assert bundle.fill


def _public(secret: Mapping[str, Any]) -> bool:
    """Tell whether every value of a Secret stands in the stack in plain sight: a bucket's name is no secret."""
    public = {base64.b64encode(v.encode()).decode() for v in ("hykufe-train", "ap-northeast-2", "data")}
    return set(secret["data"].values()) <= public
