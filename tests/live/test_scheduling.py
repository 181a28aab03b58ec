"""The order of apply, retries and failures, on a cluster that is played."""

from __future__ import annotations

from collections import Counter
from time import sleep
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.live import retry
from compiler.live.apply import apply_bundle
from compiler.live.port import Cause, ClusterError
from compiler.live.schedule import Schedule
from compiler.live.settings import Settings
from compiler.model.event import Event, EventKind
from compiler.model.graph import EdgeKind
from compiler.model.manifest import Body, Bundle, object_id
from tests.live.bundles import body, bundle, config, crd, deployment
from tests.live.played import Answer, PlayedCluster

ENDS = (EventKind.READY, EventKind.FAILED, EventKind.SKIPPED)


def run(wanted: Bundle, cluster: PlayedCluster, timeout_s: float = 20, **options: Any) -> list[Event]:
    return list(apply_bundle(wanted, cluster, Settings(timeout_s=timeout_s), **options))


def told(events: list[Event], kind: EventKind) -> list[str]:
    return [event.object.name for event in events if event.kind is kind and event.object is not None]


def refuse(name: str, error: ClusterError, times: int = 1 << 30) -> Answer:
    def answer(body: Body, attempt: int) -> None:
        if body["metadata"]["name"] == name and attempt <= times:
            raise error

    return answer


def chain(*names: str) -> list[Any]:
    pairs = zip(names[1:], names, strict=False)
    return [(f"ConfigMap/{after}", f"ConfigMap/{before}", EdgeKind.AFTER) for after, before in pairs]


def test_apply_bundle_follows_the_graph() -> None:
    """Predecessors are stored first, and the last event says what was done."""
    cluster = PlayedCluster()
    events = run(bundle([config("n", name) for name in "abcd"], chain("a", "b", "c", "d")), cluster)
    assert cluster.applied == ["a", "b", "c", "d"]
    assert events[-1].kind is EventKind.DONE
    assert events[-1].message == "4 created"
    assert (events[-1].done, events[-1].total) == (4, 4)


@pytest.mark.parametrize(
    "error",
    [
        ClusterError(429, "TooManyRequests", "slow down", retry_after_s=0.01),
        ClusterError(500, "InternalError", 'failed calling webhook "w": no endpoints available'),
        ClusterError(503, "ServiceUnavailable", "starting"),
        ClusterError(409, "Conflict", "the object has been modified"),
        ClusterError(0, "Unreachable", "connection refused"),
    ],
    ids=lambda error: f"{error.code}",
)
def test_apply_bundle_transient_errors_are_tried_again(error: ClusterError) -> None:
    """Busy servers, lost races, webhooks that start and short outages do not fail an object."""
    cluster = PlayedCluster(refuse("b", error, times=2))
    events = run(bundle([config("n", "a"), config("n", "b")]), cluster)
    assert cluster.attempts["b"] == 3
    assert told(events, EventKind.FAILED) == []
    assert told(events, EventKind.RETRY) == ["b"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (
            ClusterError(500, "", "failed to create typed patch object (n/b): .dat: field not declared in schema"),
            "SC805",
        ),
        (ClusterError(422, "Invalid", "data: Invalid value"), "SC805"),
        (ClusterError(403, "Forbidden", 'configmaps "b" is forbidden: User "u" cannot patch resource'), "SC806"),
        (ClusterError(403, "Forbidden", 'configmaps "b" is forbidden: exceeded quota: few'), "SC805"),
        (
            ClusterError(
                409, "Conflict", "1 conflict", (Cause("FieldManagerConflict", ".data.a", 'conflict with "x"'),)
            ),
            "SC701",
        ),
        (ClusterError(404, "NotFound", 'namespaces "n" not found'), "SC805"),
    ],
    ids=["typed", "422", "403", "quota", "409", "404"],
)
def test_apply_bundle_final_errors_stop_descendants_alone(error: ClusterError, code: str) -> None:
    """A refusal is asked once; what depends on it is left out, all else goes on."""
    cluster = PlayedCluster(refuse("b", error))
    bodies = [config("n", name) for name in ("a", "b", "c", "d", "e")]
    events = run(bundle(bodies, chain("a", "b", "c", "d")), cluster)
    assert cluster.attempts == {"a": 1, "b": 1, "e": 1}
    assert told(events, EventKind.SKIPPED) == ["c", "d"]
    (failed,) = (event for event in events if event.kind is EventKind.FAILED)
    assert failed.diagnostic is not None
    assert failed.diagnostic.code == code


def test_apply_bundle_long_outage_fails_truthfully(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stays away ends the run with SC801 for what could not be written."""
    monkeypatch.setattr(retry, "_UNREACHABLE_S", 0.5)
    cluster = PlayedCluster(refuse("b", ClusterError(0, "Unreachable", "connection refused")))
    events = run(bundle([config("n", "a"), config("n", "b")]), cluster)
    assert [event.diagnostic.code for event in events if event.diagnostic] == ["SC801"]


def test_apply_bundle_objects_of_a_changed_crd_outlast_its_old_schema() -> None:
    """For a moment the server judges by the schema that was; objects of a new CRD are refused at once."""
    error = ClusterError(
        500, "", "failed to create typed patch object (n/w; g.example.com/v1): .spec.color: not declared"
    )
    bodies = [crd("Widget", "g.example.com"), body("g.example.com/v1", "Widget", "n", "w", spec={"color": "red"})]
    wanted = bundle(bodies, [("Widget/w", "CustomResourceDefinition/widgets.g.example.com", EdgeKind.NEEDS)])
    established = {"conditions": [{"type": "Established", "status": "True"}]}
    for was_there, tries in ((True, 3), (False, 1)):
        cluster = PlayedCluster(refuse("w", error, times=2), lambda body, look: established)
        cluster.objects.update({object_id(bodies[0]): bodies[0]} if was_there else {})
        events = run(wanted, cluster)
        assert cluster.attempts["w"] == tries
        assert [event.diagnostic.code for event in events if event.diagnostic] == ([] if was_there else ["SC805"])


def ready(body: Body, look: int) -> Any:
    one = {name: 1 for name in ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")}
    return {**one, "conditions": [{"type": "Available", "status": "True"}]} if look >= 2 else {}


def test_apply_bundle_waits_for_ready_where_an_edge_asks_for_it() -> None:
    """An edge `ready` waits until its target is ready, an edge `after` only until it is stored."""
    cluster = PlayedCluster(status=lambda body, look: ready(body, look) if body["kind"] == "Deployment" else {})
    relations = [
        ("ConfigMap/soon", "Deployment/web", EdgeKind.AFTER),
        ("ConfigMap/later", "Deployment/web", EdgeKind.READY),
    ]
    events = run(bundle([deployment("n", "web"), config("n", "soon"), config("n", "later")], relations), cluster)
    order = [(event.kind, event.object.name) for event in events if event.object]
    assert order.index((EventKind.CREATED, "soon")) < order.index((EventKind.READY, "web"))
    assert order.index((EventKind.READY, "web")) < order.index((EventKind.CREATED, "later"))
    assert cluster.looks["web"] == 2


def test_apply_bundle_timeout_fails_waits_and_skips_the_rest() -> None:
    """At the end of its time a run says what is not ready and what was not begun."""
    cluster = PlayedCluster(status=lambda body, look: {})
    wanted = bundle(
        [deployment("n", "web"), config("n", "later")], [("ConfigMap/later", "Deployment/web", EdgeKind.READY)]
    )
    events = run(wanted, cluster, timeout_s=0.5)
    assert [event.diagnostic.code for event in events if event.diagnostic] == ["SC822", "SC820"]
    assert "later" not in cluster.objects


def test_apply_bundle_timeout_tells_refusals_as_such() -> None:
    """What the server refused up to the end is no object that is not ready: it was never written."""
    error = ClusterError(500, "InternalError", 'failed calling webhook "w": no endpoints available')
    events = run(bundle([config("n", "a"), config("n", "b")]), PlayedCluster(refuse("b", error)), timeout_s=0.5)
    (problem,) = (event.diagnostic for event in events if event.diagnostic)
    assert problem.code == "SC805"
    assert 'failed calling webhook "w"' in problem.message
    assert events[-1].message == "1 created, 1 refused"


def test_apply_bundle_timeout_tells_each_object_once() -> None:
    """A run that is cut off tells each object as done, as failed or, where it was not begun, as left out."""
    names = [f"c-{number}" for number in range(30)]
    relations = [("ConfigMap/c-29", "ConfigMap/c-0", EdgeKind.AFTER)]
    slow = PlayedCluster(lambda body, attempt: sleep(0.6))
    events = run(bundle([config("n", name) for name in names], relations), slow, timeout_s=0.55)
    ended = Counter(name for kind in ENDS for name in told(events, kind))
    assert ended == Counter(names)
    assert (events[-1].done, events[-1].total) == (30, 30)
    assert len(told(events, EventKind.FAILED)) <= Settings().threads  # what was not begun did not fail


def test_apply_bundle_unchanged_objects_are_not_written() -> None:
    """What a diff found equal is looked at, not written; what is gone meanwhile is written after all."""
    cluster = PlayedCluster()
    wanted = bundle([config("n", "a"), deployment("n", "gone")])
    events = run(wanted, cluster, unchanged=frozenset(m.id for m in wanted.manifests), timeout_s=1)
    assert told(events, EventKind.UNCHANGED) == ["a"]
    assert cluster.applied == ["gone"]


def test_apply_bundle_late_binding_claim_does_not_hang() -> None:
    """A claim that waits for its first pod is settled when its class binds late."""
    cluster = PlayedCluster(status=lambda body, look: {"phase": "Pending"})
    late = body("storage.k8s.io/v1", "StorageClass", "", "late", volumeBindingMode="WaitForFirstConsumer")
    cluster.objects[object_id(late)] = late
    claim = body("v1", "PersistentVolumeClaim", "n", "c", spec={"storageClassName": "late"})
    events = run(bundle([claim]), cluster, timeout_s=5)
    assert told(events, EventKind.FAILED) == []
    assert [event.message for event in events if event.kind is EventKind.READY] == ["bound when a pod first uses it"]


def test_apply_bundle_failed_job_is_told_at_once() -> None:
    """A Job that failed ends its wait; nothing waits for the timeout."""
    failed = {
        "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "no luck"}]
    }
    cluster = PlayedCluster(status=lambda body, look: failed)
    events = run(bundle([body("batch/v1", "Job", "n", "j", spec={})]), cluster)
    (event,) = (event for event in events if event.diagnostic)
    assert event.diagnostic is not None
    assert event.diagnostic.code == "SC821"
    assert "no luck" in event.message


GRAPHS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.sampled_from(list(EdgeKind))), max_size=20)


@given(GRAPHS, st.sets(st.integers(0, 7), max_size=2))
def test_schedule_any_graph_settles_every_object_once(edges: list[Any], broken: set[int]) -> None:
    """Every object is taken once or lost once; nothing goes before its predecessors or after a lost one."""
    wanted = bundle(
        [config("n", f"c{n}") for n in range(8)],
        [(f"ConfigMap/c{source}", f"ConfigMap/c{target}", kind) for source, target, kind in edges],
    )
    schedule = Schedule(wanted)
    ids = [manifest.id for manifest in wanted.manifests]
    needed = {(source, target) for source, target, _ in edges if target < source}
    taken: list[int] = []
    lost: list[int] = []
    while batch := schedule.take():
        for id in batch:
            number = ids.index(id)
            taken.append(number)
            assert all(target in taken and target not in broken for source, target in needed if source == number)
            if number in broken:
                lost += [ids.index(gone) for gone in schedule.lost(id, stored=False)]
            else:
                schedule.stored(id)
                schedule.settled(id)
    assert sorted([*taken, *lost]) == list(range(8))
    assert schedule.rest() == ()
