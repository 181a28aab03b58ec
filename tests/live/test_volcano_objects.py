"""Volcano's kinds on a real API server: the compact CRDs are accepted, and so is what jobs and queues become."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from compiler.build.catalog import Catalog
from tests.catalog.support import errors, expand_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.conftest import Eventually, Kubectl

pytestmark = pytest.mark.live
LAB = Path(__file__).parents[2] / "stacks" / "hykufe-lab" / "stack.yaml"


@pytest.fixture(scope="module")
def crds(kubectl: Kubectl, eventually: Eventually) -> Iterator[list[dict[str, Any]]]:
    """Install the CRDs that the component says Volcano has."""
    component = Catalog().get("volcano")
    assert component is not None
    bodies = [dict(body) for body in component.crds]
    names = [body["metadata"]["name"] for body in bodies]
    for body in bodies:
        kubectl.run("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=body)
    eventually(lambda: all(kubectl.attempt("get", name).returncode == 0 for name in names))
    yield bodies
    kubectl.run("delete", "crd", *names, "--wait=false")


def test_crds_of_volcano_are_established(kubectl: Kubectl, crds: list[dict[str, Any]]) -> None:
    """The server finds nothing wrong with a schema, as NonStructuralSchema would say."""
    for body in crds:
        conditions = kubectl.get("crd", body["metadata"]["name"])["status"]["conditions"]
        states = {c["type"]: c["status"] for c in conditions}
        assert states["Established"] == "True"
        assert states.get("NonStructuralSchema", "False") == "False"


@pytest.mark.usefixtures("crds")
def test_jobs_and_queues_of_the_lab_are_stored_as_written(kubectl: Kubectl, namespace: str) -> None:
    """Nothing is unknown to the server and nothing is pruned."""
    manifests, found = expand_text(LAB.read_text())
    assert errors(found) == []
    mine = [m.body for m in manifests if m.id.group.endswith("volcano.sh")]
    assert sorted(body["kind"] for body in mine) == ["Job", "Queue"]
    for body in mine:
        metadata = {**body["metadata"], "namespace": namespace} if body["kind"] == "Job" else {"name": "lab-queue"}
        kind = f"{body['kind'].lower()}s.{body['apiVersion'].partition('/')[0]}"
        kubectl.run("create", "-n", namespace, "--validate=strict", "-f", "-", stdin={**body, "metadata": metadata})
        stored = kubectl.get(kind, metadata["name"], "-n", namespace)["spec"]
        assert without_defaults(stored) == without_defaults(body["spec"])


def without_defaults(value: Any) -> Any:
    """Return a spec without what the CRD fills in."""
    if isinstance(value, dict):
        return {k: without_defaults(v) for k, v in value.items() if (k, v) != ("protocol", "TCP")}
    return [without_defaults(v) for v in value] if isinstance(value, list) else value
