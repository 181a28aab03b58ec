"""One object against the cluster: what a forced server-side dry run would change, and who else owns it."""

from __future__ import annotations

from typing import Any, NamedTuple

from compiler.diff.classes import classify
from compiler.diff.merge import applied, with_stored_lists, without_dropped
from compiler.diff.objects import diff_objects
from compiler.live.mask import mask_pair
from compiler.live.port import FIELD_MANAGER, Cause, ClusterError, ClusterPort
from compiler.live.retry import retried
from compiler.live.settings import Settings
from compiler.model.change import Action, Change, Conflict, FieldChange
from compiler.model.manifest import Body, Manifest

# what a server writes on its own; `status` is not ours to change
_SERVERS = frozenset({"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"})
_FRESH_READS = 3
_SHORT, _FREE = 40, "-stackc-dry-run"
_NO_CHANGE = ("immutable", "updates to ", "may not be changed", "cannot be changed", "can not be changed")


class DryRun(NamedTuple):
    """Shape: `result` is the object as it would be stored; `others` are the fields that other managers own."""

    result: Body
    created: bool
    others: tuple[Cause, ...]


def judge(manifest: Manifest, port: ClusterPort, live: Body | None, settings: Settings) -> Change:
    """Return what applying one object would do; `live` is a recent read of it, or None where there is none.

    Errors: raises the ClusterError of a refused dry run.
    """
    try:
        run = _dry_run(port, manifest.body)
    except ClusterError as error:
        if error.code != 422:
            raise
        return _refused_update(manifest, port, live, settings, error)
    if run.created:
        return Change(manifest.id, Action.CREATE, api_version=manifest.api_version)
    for _ in range(_FRESH_READS):
        if live is not None and _version(live) == _version(run.result):
            break
        # the object changed between our read and the dry run
        live = retried(lambda: port.get(manifest.api_version, manifest.id))
        if live is None or _version(live) == _version(run.result):
            break
        run = _dry_run(port, manifest.body)
    if live is None:
        return Change(manifest.id, Action.CREATE, api_version=manifest.api_version)
    change = compare(manifest, live, run.result, settings)
    conflicts = tuple(Conflict(manifest.id, cause.field, cause.manager) for cause in run.others)
    return change._replace(conflicts=conflicts, claims=_owners(live) != _owners(run.result))


def judge_offline(manifest: Manifest, live: Body, settings: Settings, reason: str) -> Change:
    """Return what applying an object would do, from its live form alone."""
    shape = settings.shapes(manifest.api_version, manifest.id.kind)
    owned = next((entry.get("fieldsV1") or {} for entry in _managed(live) if _is_ours(entry)), {})
    others = tuple(entry.get("fieldsV1") or {} for entry in _managed(live) if not _is_ours(entry))
    kept = without_dropped(live, manifest.body, owned, others, shape)
    change = compare(manifest, live, applied(kept, manifest.body, shape), settings)
    return change._replace(reason="; ".join(filter(None, (change.reason, reason))), claims=True)


def compare(manifest: Manifest, live: Body, result: Body, settings: Settings) -> Change:
    """Return the change between two forms of an object; Secrets are masked before anything is compared."""
    before, after = mask_pair(_ours(live), _ours(result))
    found = diff_objects(before, after, settings.shapes(manifest.api_version, manifest.id.kind))
    action, reason = classify(manifest.id, before, found, settings.rows)
    fields = tuple(_redacted(field, settings) for field in found)
    return Change(manifest.id, action, fields, reason, api_version=manifest.api_version)


def _dry_run(port: ClusterPort, body: Body) -> DryRun:
    """Dry-run without force first: without conflicts the result is the same, and conflicts show themselves."""
    try:
        result, created = retried(lambda: port.apply(body, dry_run=True))
        return DryRun(result, created, ())
    except ClusterError as error:
        if not error.conflicts:
            raise
        others = error.conflicts
    result, created = retried(lambda: port.apply(body, dry_run=True, force=True))
    return DryRun(result, created, others)


def _refused_update(
    manifest: Manifest, port: ClusterPort, live: Body | None, settings: Settings, error: ClusterError
) -> Change:
    """Tell a change that needs a new object from one that is wrong: 422 says both."""
    live = live or retried(lambda: port.get(manifest.api_version, manifest.id))
    if live is None:
        raise error
    change = judge_offline(_with_defaults(manifest, port, settings, error), live, settings, "")
    if change.action in (Action.RECREATE, Action.DATA_RISK):
        return change._replace(blocked=True)
    if any(words in error.message for words in _NO_CHANGE):
        fields = ", ".join(dict.fromkeys(f"`{cause.field}`" for cause in error.causes if cause.field))
        return change._replace(action=Action.RECREATE, reason=f"{fields or 'a field'} is immutable", blocked=True)
    raise error


def _with_defaults(manifest: Manifest, port: ClusterPort, settings: Settings, error: ClusterError) -> Manifest:
    """Fill the lists that an update would replace as the server would, so that its defaults are no difference.

    The update is refused, so a dry run makes the object under a name that is free. Where that is refused too, for its
    name or for want of rights, the schema's defaults have to do; for the same cause, the object itself is wrong.
    """
    body = manifest.body
    name = body["metadata"]["name"][:_SHORT].rstrip("-.") + _FREE
    try:
        stored, created = port.apply({**body, "metadata": {**body["metadata"], "name": name}}, dry_run=True)
    except ClusterError as refusal:
        if set(refusal.causes) & set(error.causes):
            raise error from None
        return manifest
    shape = settings.shapes(manifest.api_version, manifest.id.kind)
    return manifest._replace(body=with_stored_lists(body, stored, shape)) if created else manifest


def _ours(body: Body) -> Body:
    metadata = {key: value for key, value in body["metadata"].items() if key not in _SERVERS}
    return {**{key: value for key, value in body.items() if key != "status"}, "metadata": metadata}


def _redacted(field: FieldChange, settings: Settings) -> FieldChange:
    return field._replace(old=settings.redact.value(field.old), new=settings.redact.value(field.new))


def _version(body: Body) -> object:
    return body["metadata"].get("resourceVersion")


def _managed(body: Body) -> list[dict[str, Any]]:
    return body["metadata"].get("managedFields") or []


def _is_ours(entry: dict[str, Any]) -> bool:
    return entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply"


def _owners(body: Body) -> list[dict[str, Any]]:
    """Return what we own, without the time at which we last said so."""
    ours = filter(_is_ours, _managed(body))
    return [{key: value for key, value in entry.items() if key != "time"} for entry in ours]
