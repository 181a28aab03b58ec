"""Ready edges that follow from `requires:`."""

from __future__ import annotations

from compiler.formats.files import MemoryFiles
from compiler.model.graph import EdgeKind
from compiler.pipeline import build

STACK = """
apiVersion: stackc.dev/v1alpha1
kind: Stack
metadata: {name: lab}
spec:
  kubernetes: "1.34"
  preset: dev
  components: [{name: metrics-server, version: "0.7.2"}]
  openfx:
    version: "0.1.0"
    imageRepository: registry.example.com/openfx
    functions: [{name: hello, runtime: go, image: "registry.example.com/openfx/hello:1.0.0"}]
"""


def test_workloads_wait_for_the_provider_of_what_they_require() -> None:
    """OpenFx requires the metrics API, so its Deployments come after the Deployment of the metrics server is ready."""
    built = build(MemoryFiles({"stack.yaml": STACK.encode()}), "stack.yaml", (), ()).value
    assert built is not None
    graph = built.bundle.graph
    waiting = {e.source.name for e in graph.edges if e.target.name == "metrics-server" and e.kind is EdgeKind.READY}
    assert {"fxgateway", "prometheus", "grafana-core", "hello"} <= waiting
    order = [id.name for id in graph.order if id.kind == "Deployment"]
    assert order[0] == "metrics-server"


def test_an_assumed_provider_makes_no_edges() -> None:
    """What exists already is waited for by nobody."""
    text = STACK.replace("components: [{name:", "assumes: {components: {").replace(
        'metrics-server, version: "0.7.2"}]', 'metrics-server: "0.7.2"}}'
    )
    built = build(MemoryFiles({"stack.yaml": text.encode()}), "stack.yaml", (), ()).value
    assert built is not None
    ready = [e for e in built.bundle.graph.edges if e.kind is EdgeKind.READY and e.target.kind == "Deployment"]
    assert {e.source.kind for e in ready} == {"Job"}  # the import waits for Grafana, nobody for the metrics server
