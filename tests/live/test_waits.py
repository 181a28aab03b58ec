"""What a wait says, and when: on a cluster that is played."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.live import apply as apply_module
from compiler.live.apply import apply_bundle
from compiler.live.port import ClusterError
from compiler.live.settings import Settings
from compiler.live.wait import explain
from compiler.model.event import Event, EventKind
from compiler.model.ids import ObjectId
from compiler.model.manifest import Body, object_id
from compiler.model.status import Health, Status
from compiler.report.progress import lines
from tests.live.bundles import body, bundle, config, deployment
from tests.live.played import PlayedCluster

NO_NODE = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
UNAVAILABLE = {"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable", "message": "Too few."}


def pending(name: str) -> Body:
    scheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": NO_NODE}
    return {**body("v1", "Pod", "n", name), "status": {"phase": "Pending", "conditions": [scheduled]}}


def warning(subject: str, reason: str, message: str) -> Body:
    about = {"involvedObject": {"name": subject}, "type": "Warning", "reason": reason, "message": message}
    return body("v1", "Event", "n", f"{subject}.{reason.lower()}", **about)


def cluster_with(*bodies: Body, status: Any = None) -> PlayedCluster:
    cluster = PlayedCluster(status=status)
    cluster.objects.update({object_id(each): each for each in bodies})
    return cluster


def explained(cluster: PlayedCluster, wanted: Body) -> str:
    (manifest,) = bundle([wanted]).manifests
    return explain(manifest, cluster, Status(Health.IN_PROGRESS, "Less", "0 of 2 replicas available"))


def test_explain_counts_pods_by_reason_and_says_each_once() -> None:
    """What the pods say stands alone: conditions and the scheduler's events would only repeat it."""
    web = {**deployment("n", "web", 2), "status": {"conditions": [UNAVAILABLE]}}
    events = [warning("web-1", "FailedScheduling", "an older reason"), warning("web-1", "FailedMount", "no such key")]
    cluster = cluster_with(web, pending("web-1"), pending("web-2"), *events)
    assert explained(cluster, web) == (
        f"0 of 2 replicas available; 2 pods: Unschedulable: {NO_NODE.rstrip('.')}; FailedMount: no such key"
    )


def test_explain_without_pods_tells_the_conditions() -> None:
    """Where no pod was ever made, the object's own conditions and events say why."""
    quota = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota"}
    web = {**deployment("n", "web", 2), "status": {"conditions": [quota]}}
    cluster = cluster_with(web, warning("web-5d4", "FailedCreate", "exceeded quota"))
    assert explained(cluster, web) == "0 of 2 replicas available; ReplicaFailure=True FailedCreate: exceeded quota"


def test_explain_says_what_keeps_a_namespace_from_going() -> None:
    """The conditions of a deletion are bad when they are true."""
    found = {"type": "NamespaceDeletionDiscoveryFailure", "status": "True", "message": "1 group fails"}
    fine = {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "All content is deleted"}
    home = body("v1", "Namespace", "", "home")
    said = explained(cluster_with(home, status=lambda body, look: {"conditions": [found, fine]}), home)
    assert said.endswith("NamespaceDeletionDiscoveryFailure=True : 1 group fails")
    assert "All content" not in said


def test_long_wait_says_why_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first word comes with the first look, the next when it takes long; the same words are not said again."""
    monkeypatch.setattr(apply_module, "_FIRST_LOOK_S", 0.01)
    monkeypatch.setattr(apply_module, "_SLOWEST_LOOK_S", 0.02)
    cluster = cluster_with(pending("web-1"), status=lambda body, look: {"replicas": 1, "updatedReplicas": 1})
    events = list(apply_bundle(bundle([deployment("n", "web")]), cluster, Settings(timeout_s=1)))
    said = [event.message for event in events if event.kind is EventKind.WAITING]
    assert len(said) == 2
    assert NO_NODE.rstrip(".") not in said[0]
    assert said[1] == f"{said[0]}; 1 pod: Unschedulable: {NO_NODE.rstrip('.')}"
    assert cluster.looks["web"] > 12
    assert events[-1].message == "1 created; not ready: 1"


def test_long_wait_without_news_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that waits for long is never silent, even when there is no more to say than at first."""
    monkeypatch.setattr(apply_module, "_FIRST_LOOK_S", 0.01)
    monkeypatch.setattr(apply_module, "_SLOWEST_LOOK_S", 0.02)
    cluster = cluster_with(status=lambda body, look: {})
    events = list(apply_bundle(bundle([deployment("n", "web")]), cluster, Settings(timeout_s=1)))
    printed = [line for line in lines(events, color=False) if " waiting " in line]
    assert printed == ["[0/1] waiting    Deployment.apps n/web: 0 of 1 replicas made"]


class Lost(PlayedCluster):
    """A cluster that stops to answer once it has stored a Deployment."""

    def get(self, api_version: str, id: ObjectId) -> Body | None:
        raise ClusterError(0, "Unreachable", "connection refused")


def test_summary_after_an_outage_calls_nothing_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects that no answer came for are unreachable; of those that were stored the state is unknown."""
    monkeypatch.setattr("compiler.live.retry._UNREACHABLE_S", 0.0)

    def lose(wanted: Body, attempt: int) -> None:
        if wanted["kind"] == "ConfigMap":
            raise ClusterError(0, "Unreachable", "connection refused")

    wanted = bundle([deployment("n", "web"), config("n", "a"), config("n", "b")])
    *_, end = apply_bundle(wanted, Lost(lose))
    assert end.message == "1 created, 2 unreachable; state unknown: 1"


def api_service(*looks: dict[str, Any]) -> list[Event]:
    """Apply an APIService whose conditions are these at each look, the last one from then on."""
    wanted = body("apiregistration.k8s.io/v1", "APIService", "", "v1.metrics.example.com", spec={})
    cluster = PlayedCluster(status=lambda _, look: {"conditions": [c for c in [looks[min(look, len(looks) - 1)]] if c]})
    return list(apply_bundle(bundle([wanted]), cluster, Settings(timeout_s=3)))


def test_api_service_is_unknown_once_the_server_has_tried_its_backend() -> None:
    """No answer is told in the server's words and is no failure; before it has tried there is nothing to tell."""
    refused = {
        "type": "Available",
        "status": "False",
        "reason": "FailedDiscoveryCheck",
        "message": "503 from 10.96.0.9",
    }
    events = api_service({}, {}, refused)
    (ended,) = (event for event in events if event.kind is EventKind.READY)
    assert ended.message == "stored, but its backend does not answer: 503 from 10.96.0.9"
    assert ended.status is not None and ended.status.health is Health.UNKNOWN
    assert events[-1].message == "1 created; state unknown: 1"
    (ended,) = (e for e in api_service({}, {"type": "Available", "status": "True"}) if e.kind is EventKind.READY)
    assert ended.status is not None and ended.status.health is Health.CURRENT


def test_api_service_that_nobody_looks_at_is_not_ready_in_time() -> None:
    """A server without an aggregator never judges it: that ends with the time, not with a guess."""
    events = api_service({})
    assert [event.diagnostic.code for event in events if event.diagnostic] == ["SC820"]


class Leaving(PlayedCluster):
    """A cluster whose namespace is on its way out, and gone at the third look."""

    def __init__(self) -> None:
        super().__init__(self.refuse, lambda body, look: {"phase": "Terminating" if self.is_leaving else "Active"})
        self.is_leaving = True

    def refuse(self, body: Body, attempt: int) -> None:
        assert body["kind"] == "Namespace" or not self.is_leaving

    def get(self, api_version: str, id: ObjectId) -> Body | None:
        found = super().get(api_version, id)
        if self.is_leaving and self.looks[id.name] == 3:
            self.is_leaving = False
            del self.objects[id]
            return None
        return found


@pytest.mark.parametrize("was_equal", [True, False])
def test_object_that_is_being_deleted_is_awaited_and_made_again(was_equal: bool) -> None:
    """Nothing goes into a namespace on its way out; once it is gone it is made again, and the rest follows."""
    home = body("v1", "Namespace", "", "home")
    cluster = Leaving()
    cluster.objects[object_id(home)] = home
    wanted = bundle([home, config("home", "a")])
    unchanged = frozenset(manifest.id for manifest in wanted.manifests) if was_equal else frozenset()
    events = list(apply_bundle(wanted, cluster, Settings(timeout_s=20), unchanged=unchanged))
    assert [event.diagnostic for event in events if event.diagnostic] == []
    assert any(event.message == "it is being deleted" for event in events if event.kind is EventKind.WAITING)
    assert events[-1].message == "2 created"
    assert set(cluster.objects) == {manifest.id for manifest in wanted.manifests}
