"""metrics-server: every version on every target."""

from __future__ import annotations

import pytest

from tests.catalog.openfx_stack import TARGETS
from tests.catalog.support import compile_text, errors, stack_text


@pytest.mark.parametrize("version", ["0.7.2", "0.6.4", "0.5.2"])
@pytest.mark.parametrize("kubernetes", TARGETS)
def test_metrics_server_compiles_for_every_target(version: str, kubernetes: str) -> None:
    """Every version has objects that every target takes; a target that upstream never meant is a warning."""
    params = {"replicas": 2, "kubeletInsecureTLS": True}
    spec = {"components": [{"name": "metrics-server", "version": version, "params": params}]}
    bundle, found = compile_text(stack_text(spec), kubernetes)
    assert errors(found) == []
    (server,) = [m.body for m in bundle if m.id.kind == "Deployment"]
    container = server["spec"]["template"]["spec"]["containers"][0]
    port = container["ports"][0]["containerPort"]
    assert f"--secure-port={port}" in container["args"]
    assert ("--authorization-always-allow-paths=/livez,/readyz" in container["args"]) == (kubernetes == "1.15")
    minor = int(kubernetes.split(".")[1])
    since = {"0.7.2": 27, "0.6.4": 25, "0.5.2": 15}[version]
    assert ("METRICSSERVER001" in {d.code for d in found}) == (minor < since)


def test_it_stands_in_another_namespace() -> None:
    """Everything but the binding that the API server wants in kube-system goes along."""
    spec = {"components": [{"name": "metrics-server", "version": "0.7.2", "namespace": "metrics"}]}
    bundle, found = compile_text(stack_text(spec))
    assert errors(found) == []
    objects = {(m.id.kind, m.id.name): m for m in bundle}
    assert {m.id.name for m in bundle if m.id.namespace == "kube-system"} == {"metrics-server-auth-reader"}
    assert objects[("APIService", "v1beta1.metrics.k8s.io")].body["spec"]["service"]["namespace"] == "metrics"
    subjects = [s for m in bundle for s in m.body.get("subjects", ())]
    assert {s["namespace"] for s in subjects} == {"metrics"}
