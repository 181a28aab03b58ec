"""The example stacks, overlays and the smallest stacks load, merge and pass; errors of many kinds come out at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
STACKS = sorted(path.parent.name for path in ROOT.glob("stacks/*/stack.yaml"))
OVERLAYS = sorted(path.name for path in (ROOT / "overlays").glob("*.yaml"))
LABS = ("hykufe-lab", "openfx-lab")

SMALLEST = {
    "job": (
        '  kubernetes: "1.34"\n  jobs:\n'
        "    - {name: hello, namespace: default, image: busybox:1.36, command: [echo, hi]}\n"
    ),
    "cluster": (
        "  kubernetes: 1.32.5\n  cluster:\n    provider: kubespray\n    version: 2.28.0\n"
        "    nodes:\n      - {name: n1, address: 10.0.0.1, roles: [control-plane, etcd, worker]}\n"
    ),
    "hykufe": (
        '  kubernetes: "1.34"\n  assumes: {components: {volcano: "1.10.0"}}\n  hykufe:\n    version: 0.0.1\n'
        "    namespace: hykufe\n    operator: {image: acme/hykufe-operator:v0.0.1}\n"
    ),
    "openfx": (
        "  kubernetes: 1.31.0\n  preset: dev\n  cluster: {provider: minikube, addons: [metrics-server]}\n"
        '  openfx:\n    version: "0.1.0"\n    imageRepository: 10.0.0.255:5000\n    functions:\n'
        "      - {name: hello, runtime: go, image: 10.0.0.255:5000/hello:1.0.0}\n"
    ),
}


def _text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(SMALLEST))
def test_smallest_stack_passes(name: str, run: Callable[..., Any]) -> None:
    """The smallest useful stacks of the documentation are right as they stand."""
    assert run(SMALLEST[name]).diagnostics == []


@pytest.mark.parametrize("name", ["kubeflow", "vk8s"])
def test_smallest_stack_of_a_missing_component_says_so(name: str, run: Callable[..., Any]) -> None:
    """A section without a component is an error that says so."""
    found = run(f'  kubernetes: "1.34"\n  {name}: {{version: 1.0.0}}\n').only("SC310")
    assert found.message == f"no component brings the section `{name}`"


@pytest.mark.parametrize("name", LABS)
def test_lab_passes(name: str, run_texts: Callable[..., Any]) -> None:
    """The labs give no diagnostic in circle 1, not even a warning."""
    assert run_texts({"stack.yaml": _text(f"stacks/{name}/stack.yaml")}).diagnostics == []


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("name", LABS)
def test_lab_passes_with_each_shared_overlay(name: str, overlay: str, run_texts: Callable[..., Any]) -> None:
    """Shared overlays work on every stack, whatever sections it has."""
    files = {"stack.yaml": _text(f"stacks/{name}/stack.yaml"), "x.yaml": _text(f"overlays/{overlay}")}
    result = run_texts(files)
    assert [d for d in result.diagnostics if d.is_error] == []
    assert set(result.spec) <= {
        *run_texts({"stack.yaml": files["stack.yaml"]}).spec,
        "preset",
        "registry",
        "tls",
        "defaults",
        "secrets",
    }


def test_every_shared_overlay_and_lab_is_here() -> None:
    """The examples that the tests speak of exist."""
    assert set(LABS) <= set(STACKS)
    assert {"air-gapped.yaml", "dev.yaml", "prod.yaml"} <= set(OVERLAYS)


def test_prod_takes_the_node_ports_of_the_lab_away(run_texts: Callable[..., Any]) -> None:
    """The overlay for production reaches into a section and deletes."""
    files = {"stack.yaml": _text("stacks/openfx-lab/stack.yaml"), "x.yaml": _text("overlays/prod.yaml")}
    gateway = run_texts(files).spec["openfx"]["gateway"]
    assert gateway["expose"] == {"type": "ClusterIP"}
    assert (gateway["replicas"], gateway["timeouts"]["read"]) == (2, "5s")


def test_errors_of_every_kind_come_out_at_once(run: Callable[..., Any]) -> None:
    """One run names all faults of a stack, each at its place."""
    result = run(
        "  kubernetes: 1.34\n"
        "  prset: dev\n"
        "  storage: {storageClass: nfs}\n"
        "  kubeflow: {}\n"
        "  jobs:\n"
        "    - {name: Train, namespace: nowhere, image: busybox, replicas: two, queue: gpu}\n"
        "    - {name: b, namespace: default}\n"
    )
    assert {d.code: str(d.span) for d in result.diagnostics} == {
        "SC303": "stack.yaml:5:15",
        "SC301": "stack.yaml:7:13",
        "SC310": "stack.yaml:8:3",
        "SC306": "stack.yaml:10:14",
        "SC302": "stack.yaml:10:67",
        "SC304": "stack.yaml:11:7",
        "SC316": "stack.yaml:10:48",
        "SC333": "stack.yaml:10:79",
        "SC337": "stack.yaml:10:32",
    }
