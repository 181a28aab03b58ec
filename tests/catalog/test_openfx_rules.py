"""Every validation rule of OpenFx refuses, at the word that is wrong, and lets the good neighbour pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.formats.files import MemoryFiles
from compiler.pipeline import build
from tests.catalog.openfx_stack import EVERYTHING, function, made
from tests.catalog.support import compile_text, errors, stack_text

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


def test_size_of_the_cluster_is_judged_where_every_node_says_it() -> None:
    """In production it is an error, elsewhere a warning; a node that says nothing may be large."""
    for second, preset, said in (
        ({"memory": "3Gi"}, "standard", "warning"),
        ({"memory": "3Gi"}, "production", "error"),
        ({"memory": "4Gi"}, "standard", ""),
        ({"cpu": 1}, "standard", ""),
    ):
        nodes = [
            {"name": "a", "roles": ["worker"], "capacity": {"cpu": 2, "memory": "4Gi"}},
            {"name": "b", "roles": ["worker"], "capacity": second},
        ]
        _, found = compile_text(
            stack_text(EVERYTHING, {"preset": preset, "cluster": {"provider": "existing", "nodes": nodes}})
        )
        assert [d.severity.value for d in found if d.code in ("OPENFX036", "SC441")] == ([said] if said else [])


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
