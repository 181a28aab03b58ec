"""Change one workload as the user's Workload fields say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.build.places import CONTAINER_LISTS
from compiler.build.transforms.pull_secrets import with_pull_secrets
from compiler.model.manifest import Body, Manifest
from compiler.spec.words import did_you_mean, listed

CONTAINER_FIELDS = ("image", "resources", "env", "args")


class Refused(Exception):
    """The user's fields do not fit this workload."""

    def __init__(self, code: str, message: str, help: str) -> None:
        """Take the code, what is wrong and what to write."""
        super().__init__(message)
        self.code = code
        self.help = help


def override_pod(spec: Body, fields: Mapping[str, Any], workload: str) -> Body:
    """Return a pod spec with the user's fields: the user's word replaces the template's.

    Raises Refused: SC513.
    """
    done = {**spec, **fields.get("placement", {})}
    secrets = tuple(item["name"] for item in fields.get("imagePullSecrets", ()))
    done = with_pull_secrets(done, secrets)
    own = {key: fields[key] for key in CONTAINER_FIELDS if key in fields}
    if own:
        done = _in_container(done, _main_container(done, workload), own)
    for name, changes in fields.get("containers", {}).items():
        done = _in_container(done, _named_container(done, name, workload), changes)
    return done


def _main_container(spec: Body, workload: str) -> tuple[str, int]:
    names = _names(spec, "containers")
    if len(names) == 1 and names[0] is not None:
        return "containers", 0
    if workload in names:
        return "containers", names.index(workload)
    message = f"workload `{workload}` has {len(names)} containers, and none has its name"
    raise Refused("SC513", message, f"write the fields under `containers`, for {listed(map(str, names))}")


def _named_container(spec: Body, name: str, workload: str) -> tuple[str, int]:
    for field in CONTAINER_LISTS:
        names = _names(spec, field)
        if name in names:
            return field, names.index(name)
    known = [str(found) for field in CONTAINER_LISTS for found in _names(spec, field)]
    raise Refused("SC513", f"workload `{workload}` has no container `{name}`", did_you_mean(name, known))


def _names(spec: Body, field: str) -> list[Any]:
    items = spec.get(field)
    return [item.get("name") if type(item) is dict else None for item in items] if type(items) is list else []


def _in_container(spec: Body, place: tuple[str, int], changes: Mapping[str, Any]) -> Body:
    field, index = place
    containers = list(spec[field])
    old = containers[index]
    new = {**old, **{key: changes[key] for key in ("image", "args") if key in changes}}
    if "resources" in changes:
        new["resources"] = _merged(old.get("resources"), changes["resources"])
    if "env" in changes:
        new["env"] = _env(old.get("env"), changes["env"])
    containers[index] = new
    return {**spec, field: containers}


def _merged(old: Any, new: Mapping[str, Any]) -> Body:
    """Merge resources: requests and limits by resource name."""
    done: Body = dict(old) if type(old) is dict else {}
    for key, value in new.items():
        below = done.get(key)
        done[key] = {**below, **value} if type(below) is dict and isinstance(value, Mapping) else value
    return done


def _env(old: Any, new: list[Body]) -> list[Any]:
    """Replace variables of the same name where they stand, so that `$(VAR)` still sees them; new ones go last."""
    below = old if type(old) is list else []
    ours = {item["name"]: item for item in new}
    kept = [ours.pop(item.get("name"), item) if type(item) is dict else item for item in below]
    return [*kept, *ours.values()]


def override_template(manifest: Manifest, fields: Mapping[str, Any]) -> Manifest:
    """Return a workload with the user's podLabels and podAnnotations on its pod template.

    Raises Refused: SC514.
    """
    labels, annotations = fields.get("podLabels", {}), fields.get("podAnnotations", {})
    if not labels and not annotations:
        return manifest
    spec = _map(manifest.body.get("spec"))
    selector = _map(_map(spec.get("selector")).get("matchLabels"))
    used = sorted(key for key in labels if key in selector and selector[key] != labels[key])
    if used:
        message = f"pod label {listed(used)} of `{manifest.id.name}` is the workload's selector"
        raise Refused("SC514", message, "take another label; the selector has to find the pods")
    if manifest.id.kind == "CronJob":
        job = _map(spec.get("jobTemplate"))
        job = {**job, "spec": _labelled(_map(job.get("spec")), labels, annotations)}
        return manifest._replace(body={**manifest.body, "spec": {**spec, "jobTemplate": job}})
    return manifest._replace(body={**manifest.body, "spec": _labelled(spec, labels, annotations)})


def _labelled(spec: Body, labels: Mapping[str, str], annotations: Mapping[str, str]) -> Body:
    template = _map(spec.get("template"))
    metadata = dict(_map(template.get("metadata")))
    for key, added in (("labels", labels), ("annotations", annotations)):
        if added:
            metadata[key] = {**_map(metadata.get(key)), **added}
    return {**spec, "template": {**template, "metadata": metadata}}


def _map(value: Any) -> Body:
    return value if type(value) is dict else {}
