"""Status rules: pure, from one object, and unknown where nothing says anything."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.live.status import status_of
from compiler.model.status import Health

CURRENT, PROGRESS, FAILED, UNKNOWN = Health.CURRENT, Health.IN_PROGRESS, Health.FAILED, Health.UNKNOWN


def condition(type: str, status: str = "True", reason: str = "R", message: str = "m") -> dict[str, str]:
    return {"type": type, "status": status, "reason": reason, "message": message}


def counts(total: int, updated: int, available: int, ready: int, **more: Any) -> dict[str, Any]:
    said = {"replicas": total, "updatedReplicas": updated, "availableReplicas": available, "readyReplicas": ready}
    return {
        **said,
        "conditions": [condition("Available"), condition("Progressing", reason="NewReplicaSetAvailable")],
        **more,
    }


DEPLOYMENTS = [
    ({"replicas": 2}, counts(2, 2, 2, 2), CURRENT, ""),
    ({}, counts(1, 1, 1, 1), CURRENT, ""),
    ({"replicas": 0}, counts(0, 0, 0, 0), CURRENT, ""),
    ({"replicas": 2}, {}, PROGRESS, "LessReplicas"),
    ({"replicas": 2}, counts(2, 1, 2, 2), PROGRESS, "LessUpdated"),
    ({"replicas": 2}, counts(3, 2, 2, 2), PROGRESS, "ExtraPods"),
    ({"replicas": 2}, counts(2, 2, 1, 2), PROGRESS, "LessAvailable"),
    ({"replicas": 2}, counts(2, 2, 2, 1), PROGRESS, "LessReady"),
    ({"replicas": 1}, counts(1, 1, 1, 1, conditions=[]), PROGRESS, "NotAvailable"),
    (
        {"replicas": 1, "progressDeadlineSeconds": 600},
        counts(1, 1, 1, 1, conditions=[condition("Available")]),
        PROGRESS,
        "ReplicaSetNotAvailable",
    ),
    (
        {"replicas": 1},
        counts(1, 1, 0, 0, conditions=[condition("Progressing", "False", "ProgressDeadlineExceeded")]),
        FAILED,
        "ProgressDeadlineExceeded",
    ),
]
STATEFUL_SETS = [
    ({"replicas": 1}, {"replicas": 1, "readyReplicas": 1, "currentReplicas": 1}, CURRENT, ""),
    ({"replicas": 2}, {"replicas": 1}, PROGRESS, "LessReplicas"),
    ({"replicas": 1}, {"replicas": 1}, PROGRESS, "LessReady"),
    ({"replicas": 1}, {"replicas": 2, "readyReplicas": 1}, PROGRESS, "ExtraPods"),
    (
        {"replicas": 1},
        {"replicas": 1, "readyReplicas": 1, "currentReplicas": 1, "currentRevision": "a", "updateRevision": "b"},
        PROGRESS,
        "RevisionMismatch",
    ),
    ({"replicas": 3, "updateStrategy": {"type": "OnDelete"}}, {}, CURRENT, ""),
    (
        {"replicas": 3, "updateStrategy": {"rollingUpdate": {"partition": 2}}},
        {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 1},
        CURRENT,
        "",
    ),
]
JOBS = [
    ({}, {}, PROGRESS, "NotStarted"),
    ({}, {"startTime": "t", "active": 1}, PROGRESS, "Running"),
    ({}, {"conditions": [condition("Complete")]}, CURRENT, ""),
    ({}, {"conditions": [condition("Failed", reason="BackoffLimitExceeded")]}, FAILED, "BackoffLimitExceeded"),
    ({"suspend": True}, {"conditions": [condition("Suspended")]}, CURRENT, "Suspended"),
]
CRDS = [
    ({}, {}, PROGRESS, "Installing"),
    ({}, {"conditions": [condition("Established")]}, CURRENT, ""),
    ({}, {"conditions": [condition("NamesAccepted", "False", "PluralConflict")]}, FAILED, "PluralConflict"),
    ({}, {"conditions": [condition("Established", "False", "Installing")]}, PROGRESS, "Installing"),
    ({}, {"conditions": [condition("Established", "False", "Broken")]}, FAILED, "Broken"),
]
OTHERS: list[tuple[str, str, dict[str, Any], dict[str, Any], Health, str]] = [
    ("v1", "ConfigMap", {}, {}, CURRENT, ""),
    ("rbac.authorization.k8s.io/v1", "Role", {}, {}, CURRENT, ""),
    ("batch/v1", "CronJob", {}, {}, CURRENT, ""),
    ("v1", "Service", {"type": "ClusterIP"}, {}, CURRENT, ""),
    ("v1", "Service", {"type": "LoadBalancer"}, {}, PROGRESS, "NoIPAssigned"),
    ("v1", "PersistentVolumeClaim", {}, {"phase": "Bound"}, CURRENT, ""),
    ("v1", "PersistentVolumeClaim", {}, {"phase": "Pending"}, PROGRESS, "Pending"),
    ("v1", "PersistentVolumeClaim", {}, {"phase": "Lost"}, FAILED, "Lost"),
    ("v1", "Pod", {}, {"phase": "Running", "conditions": [condition("Ready")]}, CURRENT, ""),
    ("v1", "Pod", {}, {"phase": "Running"}, PROGRESS, "Running"),
    ("v1", "Pod", {}, {"phase": "Succeeded"}, CURRENT, ""),
    ("v1", "Pod", {}, {"phase": "Failed", "reason": "Evicted"}, FAILED, "Evicted"),
    (
        "v1",
        "Pod",
        {},
        {
            "phase": "Running",
            "containerStatuses": [{"name": "c", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
        },
        FAILED,
        "CrashLoopBackOff",
    ),
    ("apps/v1", "DaemonSet", {}, {}, PROGRESS, "NoObservedGeneration"),
    ("example.com/v1", "Widget", {}, {}, UNKNOWN, "NoReadyCondition"),
    ("example.com/v1", "Widget", {}, {"conditions": [condition("Ready")]}, CURRENT, ""),
    ("example.com/v1", "Widget", {}, {"conditions": [condition("Ready", "False", "Down")]}, PROGRESS, "Down"),
    ("example.com/v1", "Widget", {}, {"conditions": [condition("Reconciling", reason="New")]}, PROGRESS, "New"),
    ("example.com/v1", "Widget", {}, {"conditions": [condition("Stalled", reason="Stuck")]}, FAILED, "Stuck"),
    ("example.com/v1", "Widget", {}, {"conditions": "nonsense"}, UNKNOWN, "NoReadyCondition"),
]
CASES = [
    *(("apps/v1", "Deployment", *case) for case in DEPLOYMENTS),
    *(("apps/v1", "StatefulSet", *case) for case in STATEFUL_SETS),
    *(("batch/v1", "Job", *case) for case in JOBS),
    *(("apiextensions.k8s.io/v1", "CustomResourceDefinition", *case) for case in CRDS),
    *OTHERS,
]


@pytest.mark.parametrize(("api_version", "kind", "spec", "status", "health", "reason"), CASES)
def test_status_of_follows_kstatus(
    api_version: str, kind: str, spec: dict[str, Any], status: dict[str, Any], health: Health, reason: str
) -> None:
    """Every rule of kstatus gives its health and reason."""
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, "spec": spec, "status": status}
    found = status_of(body)
    assert (found.health, found.reason) == (health, reason)


def test_status_of_absent_deleted_and_unobserved() -> None:
    """What isn't there, is going, or was not seen by its controller is told before any rule of its kind."""
    done = {"apiVersion": "batch/v1", "kind": "Job", "status": {"conditions": [condition("Complete")]}}
    assert status_of(None).health is Health.NOT_FOUND
    assert status_of({**done, "metadata": {"deletionTimestamp": "t"}}).health is Health.TERMINATING
    stale = {**done, "metadata": {"generation": 2}, "status": {**done["status"], "observedGeneration": 1}}  # type: ignore[dict-item]
    assert status_of(stale).reason == "LatestGenerationNotObserved"


def test_status_of_daemon_set_counts() -> None:
    """A DaemonSet is current when every count reaches the number of nodes it wants."""
    full = {
        "observedGeneration": 1,
        "desiredNumberScheduled": 2,
        "currentNumberScheduled": 2,
        "updatedNumberScheduled": 2,
        "numberAvailable": 2,
        "numberReady": 2,
    }
    body = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"generation": 1}}
    assert status_of({**body, "status": full}).health is Health.CURRENT
    for name in ("currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"):
        assert status_of({**body, "status": {**full, name: 1}}).health is Health.IN_PROGRESS


def test_a_running_job_counts_its_pods_in_any_number() -> None:
    """The words fit one pod and many."""
    job = {"apiVersion": "batch/v1", "kind": "Job", "status": {"startTime": "t", "active": 1}}
    assert status_of(job).message == "pods: 1 active, 0 succeeded"
