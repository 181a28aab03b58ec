"""When an object that was applied counts as ready, and why it doesn't: kstatus, plus what only the cluster knows.

A Job is ready when it is complete; one of the stack's `jobs:` that nothing else waits for only has to start.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from compiler.live.port import ClusterError, ClusterPort
from compiler.live.retry import retried
from compiler.live.status import NOT_LOOKED_AT, status_of
from compiler.model.ids import ObjectId
from compiler.model.manifest import Body, Manifest
from compiler.model.status import STARTED, Health, Status

_CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"})
_MOST_EVENTS = 3
# the other conditions are good when they are true; those of a namespace say what keeps it from going
_BAD_WHEN_TRUE = frozenset({"ReplicaFailure", "Failed", "NamespaceDeletionDiscoveryFailure",
    "NamespaceDeletionGroupVersionParsingFailure", "NamespaceDeletionContentFailure", "NamespaceContentRemaining",
    "NamespaceFinalizersRemaining"})  # fmt: skip


def check(manifest: Manifest, port: ClusterPort, *, awaited: bool, body: Body | None = None) -> Status:
    """Return whether an object is ready; `awaited` where others of the bundle can't start before it is.

    Errors: raises ClusterError.
    """
    live = body if body is not None else retried(lambda: port.get(manifest.api_version, manifest.id))
    status = status_of(live)
    if live is None and manifest.id.kind == "Job" and "ttlSecondsAfterFinished" in (manifest.body.get("spec") or {}):
        return Status(Health.CURRENT, "Finished", "finished, and gone by its time to live")
    if live is None or status.health is not Health.IN_PROGRESS:
        return _served(live, port) if live and status.health is Health.CURRENT else status
    kind = manifest.id.kind
    if kind == "PersistentVolumeClaim" and _binds_late(live, port):
        return Status(Health.CURRENT, "WaitForFirstConsumer", "bound when a pod first uses it")
    if kind == "APIService" and not awaited and status.reason != NOT_LOOKED_AT:
        return Status(Health.UNKNOWN, status.reason, f"stored, but its backend does not answer: {status.message}")
    if kind == "Job" and not awaited and manifest.origin.instance.startswith("jobs.") and status.reason == "Running":
        return Status(Health.CURRENT, STARTED, status.message)  # a user's own job may run for days
    return status


def is_plain(body: Body) -> bool:
    """Tell whether an object is ready by its own words: as it was sent, when nothing of it can be awaited."""
    return status_of(body).health is Health.CURRENT and not _is_crd(body)


def is_done(status: Status) -> bool:
    """Tell whether waiting for an object is over: it is ready, or nothing will ever say so."""
    return status.health in (Health.CURRENT, Health.UNKNOWN)


def _served(body: Body, port: ClusterPort) -> Status:
    """A CRD is ready when its kind is in discovery too: Established comes a moment earlier."""
    if not _is_crd(body):
        return status_of(body)
    spec = body["spec"]
    kinds = [(f"{spec['group']}/{v['name']}", spec["names"]["kind"]) for v in spec["versions"] if v.get("served")]
    for fresh in (False, True):
        known = port.discovery(fresh=fresh).resources
        missing = [api_version for api_version, kind in kinds if (api_version, kind) not in known]
        if not missing:
            return Status(Health.CURRENT)
    return Status(Health.IN_PROGRESS, "NotServed", f"`{missing[0]}` is not in discovery yet")


def _is_crd(body: Body) -> bool:
    return (body["apiVersion"].rpartition("/")[0], body["kind"]) == _CRD


def _binds_late(claim: Body, port: ClusterPort) -> bool:
    name = (claim.get("spec") or {}).get("storageClassName")
    try:
        if name:
            found = [port.get("storage.k8s.io/v1", ObjectId("storage.k8s.io", "StorageClass", "", name))]
        else:
            listed = port.list("storage.k8s.io/v1", "StorageClass")
            found = [c for c in listed if (c["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"]
    except ClusterError:
        return False  # not allowed to look: then the claim itself has to say it
    return any(c is not None and c.get("volumeBindingMode") == "WaitForFirstConsumer" for c in found)


def explain(manifest: Manifest, port: ClusterPort, status: Status) -> str:
    """Say why an object is not ready: its status, its conditions, its pods by reason, the last warnings about them."""
    parts = [status.message or status.reason]
    try:
        live = port.get(manifest.api_version, manifest.id)
        if live is None:
            return parts[0]
        pods = _pods(live, port)
        reasons = sorted(Counter(map(_why, pods)).items())
        parts += [f"{count} pod{'s' if count > 1 else ''}: {why}" for why, count in reasons if why]
        # conditions of a workload only repeat that pods are missing; the pods themselves say why
        parts += [] if len(parts) > 1 else _bad_conditions(live)
        # what the scheduler says now stands with the pods, its events may be old
        skip = "FailedScheduling" if any("Unschedulable" in part for part in parts) else "\0"
        parts += [said for said in _warnings(live, pods, port) if not said.startswith(skip)]
    except ClusterError as error:
        parts.append(f"(more can't be read: {error.message})")
    return "; ".join(_once(parts))


def _once(parts: list[str]) -> list[str]:
    """Drop what another part says already, without the full stops that messages of a cluster end with."""
    said: list[str] = []
    for part in (part.strip().rstrip(".") for part in parts):
        if part and not any(part in other or _detail(part) in other for other in said):
            said.append(part)
    return said


def _detail(part: str) -> str:
    """Return the text after a reason: events and conditions tell the same under different names."""
    return part.partition(": ")[2] or part


def _bad_conditions(body: Body) -> list[str]:
    conditions = (body.get("status") or {}).get("conditions") or ()
    bad = [c for c in conditions if (c.get("status") == "False") != (c.get("type") in _BAD_WHEN_TRUE)]
    return [
        f"{c.get('type')}={c.get('status')} {c.get('reason', '')}: {c.get('message', '')}"
        for c in bad
        if c.get("message")
    ]


def _pods(body: Body, port: ClusterPort) -> tuple[Body, ...]:
    labels = ((body.get("spec") or {}).get("selector") or {}).get("matchLabels")
    if body["kind"] not in _WORKLOADS or not labels:
        return ()
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    return port.list("v1", "Pod", body["metadata"].get("namespace", ""), labels=selector)


def _why(pod: Body) -> str:
    """Return what a pod waits for, empty when it is fine."""
    status = pod.get("status") or {}
    for container in [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]:
        waiting: dict[str, Any] = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"{waiting['reason']} (container {container.get('name')}, image {container.get('image')})"
    conditions = {c.get("type"): c for c in status.get("conditions") or ()}
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return f"{scheduled.get('reason')}: {str(scheduled.get('message', '')).rstrip('.')}"
    if status.get("phase") in ("Running", "Succeeded") and conditions.get("Ready", {}).get("status") != "False":
        return ""
    return str(conditions.get("Ready", {}).get("reason") or status.get("phase") or "Pending")


def _warnings(body: Body, pods: tuple[Body, ...], port: ClusterPort) -> list[str]:
    metadata = body["metadata"]
    about = {metadata["name"], *(pod["metadata"]["name"] for pod in pods)}
    children = tuple(f"{metadata['name']}-" for _ in (0,) if body["kind"] in _WORKLOADS)
    events = port.list("v1", "Event", metadata.get("namespace") or "default", fields="type=Warning")
    ours = [e for e in events if _subject(e) in about or _subject(e).startswith(children or ("\0",))]
    ours.sort(key=lambda e: str(e.get("lastTimestamp") or e.get("eventTime") or ""))
    said = dict.fromkeys(f"{e.get('reason')}: {e.get('message')}" for e in ours)
    return list(said)[-_MOST_EVENTS:]


def _subject(event: Body) -> str:
    return str((event.get("involvedObject") or {}).get("name") or "")
