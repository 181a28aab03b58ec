"""How an object is doing, from the object alone: the rules of kstatus, and `unknown` where it has none.

Source: sigs.k8s.io/cli-utils pkg/kstatus/status (core.go, generic.go); Jobs as fluxcd/pkg/runtime/statusreaders, which
waits for their end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from compiler.model.ids import split_api_version
from compiler.model.manifest import Body
from compiler.model.status import SUSPENDED, Health, Status

_CURRENT = Status(Health.CURRENT)
NO_CONDITION = "NoReadyCondition"
"""The reason of a custom object that has no state to tell."""
NOT_LOOKED_AT = "NotLookedAt"
"""The reason of an APIService that the server has not judged yet."""
_MAX_INT32 = 2147483647

# built-in kinds without a state of their own: there is nothing to wait for once they are stored
_STATELESS_GROUPS = frozenset({"rbac.authorization.k8s.io", "storage.k8s.io", "scheduling.k8s.io", "node.k8s.io",
    "admissionregistration.k8s.io", "policy", "autoscaling", "networking.k8s.io", "coordination.k8s.io",
    "discovery.k8s.io", "flowcontrol.apiserver.k8s.io", "extensions"})  # fmt: skip
_STATELESS_CORE = frozenset({"ConfigMap", "Secret", "ServiceAccount", "LimitRange", "ResourceQuota", "Endpoints",
    "Event", "PodTemplate", "PersistentVolume", "Node", "ComponentStatus", "Binding"})  # fmt: skip


def status_of(body: Body | None) -> Status:
    """Return how an object is doing; None is an object that isn't there."""
    if body is None:
        return Status(Health.NOT_FOUND, "NotFound", "it does not exist")
    metadata = body.get("metadata") or {}
    if metadata.get("deletionTimestamp"):
        return Status(Health.TERMINATING, "Deleting", "it is being deleted")
    seen = _status(body).get("observedGeneration")
    if seen is not None and "generation" in metadata and seen != metadata["generation"]:
        return _progress("LatestGenerationNotObserved", "its controller has not seen the latest change")
    return _general(body) or _by_kind(body)


def _general(body: Body) -> Status | None:
    for condition in _conditions(body).values():
        if condition.get("status") == "True":
            if condition.get("type") == "Reconciling":
                return _progress(condition.get("reason", ""), condition.get("message", ""))
            if condition.get("type") == "Stalled":
                return _failed(condition.get("reason", ""), condition.get("message", ""))
    return None


def _by_kind(body: Body) -> Status:
    group, _ = split_api_version(str(body.get("apiVersion", "")))
    kind = str(body.get("kind", ""))
    rule = _RULES.get((group, kind))
    if rule is not None:
        return rule(body)
    if group in _STATELESS_GROUPS or (group == "" and kind in _STATELESS_CORE) or kind == "CronJob":
        return _CURRENT
    ready = _conditions(body).get("Ready")
    if ready is None:
        return Status(Health.UNKNOWN, NO_CONDITION, f"a {kind} without condition Ready says nothing")
    if ready.get("status") == "True":
        return _CURRENT
    return _progress(ready.get("reason") or "NotReady", ready.get("message") or "condition Ready is not True")


def _status(body: Body) -> Mapping[str, Any]:
    status = body.get("status")
    return status if isinstance(status, Mapping) else {}


def _spec(body: Body) -> Mapping[str, Any]:
    spec = body.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _conditions(body: Body) -> dict[str, Mapping[str, Any]]:
    found = _status(body).get("conditions")
    listed = found if isinstance(found, list) else []
    return {str(c.get("type")): c for c in listed if isinstance(c, Mapping)}


def _is_true(body: Body, condition: str) -> bool:
    return _conditions(body).get(condition, {}).get("status") == "True"


def _progress(reason: str, message: str) -> Status:
    return Status(Health.IN_PROGRESS, reason, message)


def _failed(reason: str, message: str) -> Status:
    return Status(Health.FAILED, reason, message)


def _counts(body: Body, *names: str) -> tuple[int, ...]:
    status = _status(body)
    return tuple(int(status.get(name) or 0) for name in names)


def _wanted(body: Body) -> int:
    replicas = _spec(body).get("replicas")
    return 1 if replicas is None else int(replicas)


def _deployment(body: Body) -> Status:
    wanted = _wanted(body)
    progressing = _conditions(body).get("Progressing", {})
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return _failed("ProgressDeadlineExceeded", str(progressing.get("message") or "no progress in time"))
    total, updated, available, ready = _counts(
        body, "replicas", "updatedReplicas", "availableReplicas", "readyReplicas"
    )
    lacks = (
        (total < wanted, "LessReplicas", f"{total} of {wanted} replicas made"),
        (updated < wanted, "LessUpdated", f"{updated} of {wanted} replicas updated"),
        (total > wanted, "ExtraPods", f"{total - wanted} old replicas still run"),
        (available < updated, "LessAvailable", f"{available} of {updated} replicas available"),
        (ready < wanted, "LessReady", f"{ready} of {wanted} replicas ready"),
    )
    for lacking, reason, message in lacks:
        if lacking:
            return _progress(reason, message)
    limit = _spec(body).get("progressDeadlineSeconds")
    through = progressing.get("status") == "True" and progressing.get("reason") == "NewReplicaSetAvailable"
    if not through and limit not in (None, _MAX_INT32):
        return _progress("ReplicaSetNotAvailable", "the new ReplicaSet is not available")
    return _CURRENT if _is_true(body, "Available") else _progress("NotAvailable", "condition Available is not True")


def _stateful_set(body: Body) -> Status:
    strategy = _spec(body).get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return _CURRENT
    wanted = _wanted(body)
    total, ready, current, updated = _counts(body, "replicas", "readyReplicas", "currentReplicas", "updatedReplicas")
    if total < wanted:
        return _progress("LessReplicas", f"{total} of {wanted} replicas made")
    if ready < wanted:
        return _progress("LessReady", f"{ready} of {wanted} replicas ready")
    if total > wanted:
        return _progress("ExtraPods", f"{total - wanted} replicas too many")
    partition = (strategy.get("rollingUpdate") or {}).get("partition")
    if partition:
        enough = updated >= wanted - int(partition)
        return _CURRENT if enough else _progress("PartitionRollout", f"{updated} replicas updated")
    if current < wanted:
        return _progress("LessCurrent", f"{current} of {wanted} replicas are of the current revision")
    status = _status(body)
    if status.get("currentRevision") != status.get("updateRevision"):
        return _progress("RevisionMismatch", "replicas of the old revision still run")
    return _CURRENT


def _daemon_set(body: Body) -> Status:
    if "generation" not in (body.get("metadata") or {}) or "observedGeneration" not in _status(body):
        return _progress("NoObservedGeneration", "its controller has not seen it yet")
    if "desiredNumberScheduled" not in _status(body):
        return _progress("NoDesiredNumber", "its controller has not counted nodes yet")
    wanted, scheduled, updated, available, ready = _counts(
        body,
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberReady",
    )
    for count, word in ((scheduled, "scheduled"), (updated, "updated"), (available, "available"), (ready, "ready")):
        if count < wanted:
            return _progress(f"Less{word.capitalize()}", f"{count} of {wanted} pods {word}")
    return _CURRENT


def _replica_set(body: Body) -> Status:
    if _is_true(body, "ReplicaFailure"):
        return _progress("ReplicaFailure", str(_conditions(body)["ReplicaFailure"].get("message", "")))
    wanted = _wanted(body)
    total, labelled, available, ready = _counts(
        body, "replicas", "fullyLabeledReplicas", "availableReplicas", "readyReplicas"
    )
    for count, word in ((labelled, "labelled"), (available, "available"), (ready, "ready")):
        if count < wanted:
            return _progress(f"Less{word.capitalize()}", f"{count} of {wanted} replicas {word}")
    return _CURRENT if total <= wanted else _progress("ExtraPods", f"{total - wanted} replicas too many")


def _job(body: Body) -> Status:
    failed = _conditions(body).get("Failed", {})
    if failed.get("status") == "True":
        return _failed(failed.get("reason", "Failed"), failed.get("message", ""))
    if _is_true(body, "Complete"):
        return _CURRENT
    if _spec(body).get("suspend") and _is_true(body, "Suspended"):
        return Status(Health.CURRENT, SUSPENDED, "no pod runs until it is resumed")
    if not _status(body).get("startTime"):
        return _progress("NotStarted", "the Job has not started")
    active, done = _counts(body, "active", "succeeded")
    return _progress("Running", f"pods: {active} active, {done} succeeded")


def _pod(body: Body) -> Status:
    phase = _status(body).get("phase")
    if phase == "Succeeded":
        return _CURRENT
    if phase == "Failed":
        return _failed(str(_status(body).get("reason") or "PodFailed"), str(_status(body).get("message") or ""))
    for container in _status(body).get("containerStatuses") or ():
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") == "CrashLoopBackOff":
            return _failed("CrashLoopBackOff", f"container {container.get('name')} crashes again and again")
    if phase == "Running" and _is_true(body, "Ready"):
        return _CURRENT
    return _progress(str(phase or "Pending"), "the pod is not ready")


def _claim(body: Body) -> Status:
    phase = _status(body).get("phase")
    if phase == "Bound":
        return _CURRENT
    if phase == "Lost":
        return _failed("Lost", "its volume is gone")
    return _progress(str(phase or "Pending"), "the claim is not bound")


def _service(body: Body) -> Status:
    spec = _spec(body)
    if spec.get("type") == "LoadBalancer" and not spec.get("clusterIP"):
        return _progress("NoIPAssigned", "no cluster IP yet")
    return _CURRENT


def _crd(body: Body) -> Status:
    conditions = _conditions(body)
    names = conditions.get("NamesAccepted", {})
    if names.get("status") == "False":
        return _failed(str(names.get("reason", "")), str(names.get("message", "")))
    established = conditions.get("Established", {})
    if established.get("status") == "True":
        return _CURRENT
    if established.get("status") == "False" and established.get("reason") != "Installing":
        return _failed(str(established.get("reason", "")), str(established.get("message", "")))
    return _progress("Installing", "the CRD is not established")


def _namespace(body: Body) -> Status:
    """Nothing can be made in a namespace that is being deleted, so what was sent says too little.

    Source: k8s.io/kubernetes pkg/registry/core/namespace/strategy.go, which sets the phase of every new one.
    """
    phase = _status(body).get("phase")
    if phase == "Terminating":
        return Status(Health.TERMINATING, "Terminating", "it is being deleted")
    return _CURRENT if phase == "Active" else _progress("NoPhase", "the server has not said that it is active")


def _api_service(body: Body) -> Status:
    available = _conditions(body).get("Available", {})
    if available.get("status") == "True":
        return _CURRENT
    if not available:
        return _progress(NOT_LOOKED_AT, "the server has not tried its backend yet")
    return _progress(str(available.get("reason") or "NotAvailable"), str(available.get("message") or "no answer yet"))


_RULES: Mapping[tuple[str, str], Callable[[Body], Status]] = {
    ("apps", "Deployment"): _deployment,
    ("extensions", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
    ("apps", "DaemonSet"): _daemon_set,
    ("extensions", "DaemonSet"): _daemon_set,
    ("apps", "ReplicaSet"): _replica_set,
    ("batch", "Job"): _job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Service"): _service,
    ("", "Namespace"): _namespace,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _crd,
    ("apiregistration.k8s.io", "APIService"): _api_service,
}
