"""Words that people bring from elsewhere, and what the language calls them."""

from __future__ import annotations

from compiler.formats.suggest import nearest
from compiler.spec.schemas import Schema
from compiler.spec.shapes import Shapes
from compiler.spec.words import listed

SPELLINGS = {
    "access_modes": "accessModes",
    "accessMode": "accessModes",
    "annotation": "annotations",
    "autoscale": "autoscaling",
    "cidr": "podSubnet",
    "data": "keys",
    "environment": "env",
    "gpus": "gpu",
    "hpa": "autoscaling",
    "imagePullSecret": "imagePullSecrets",
    "ingress": "expose",
    "kubernetesVersion": "kubernetes",
    "label": "labels",
    "limit": "limits",
    "maxRetry": "backoffLimit",
    "maxTries": "backoffLimit",
    "minAvailable": "replicas",
    "ns": "namespace",
    "parameters": "params",
    "patch": "merge",
    "podCIDR": "podSubnet",
    "podCidr": "podSubnet",
    "priorityClass": "priorityClassName",
    "profile": "preset",
    "pullPolicy": "imagePullPolicy",
    "pullSecrets": "imagePullSecrets",
    "release": "version",
    "request": "requests",
    "retries": "backoffLimit",
    "schedulerName": "queue",
    "secret": "secretRef",
    "secretName": "secretRef",
    "serviceAccount": "serviceAccountName",
    "serviceCIDR": "serviceSubnet",
    "serviceType": "type",
    "storageClass": "storageClassName",
    "stringData": "keys",
    "ttl": "ttlSecondsAfterFinished",
    "values": "params",
    "workers": "replicas",
}
"""Left: a word of Kubernetes, Helm, an upstream project or another section; right: the word that means it here."""

REFUSED = {
    "tag": "write the tag into `image`, as `image: REPOSITORY:TAG`",
    "repository": "write one string, as `image: REPOSITORY:TAG`",
    "extraArgs": "use the field that means it, or `patches`",
    "values": "use the fields of the section, or `patches` as the last resort",
}
"""Words that the language does not have on purpose, and what to do instead."""


def help_for(key: str, allowed: list[str], shapes: Shapes, here: Schema) -> str:
    """Return what to write in place of an unknown key: here, or where it belongs.

    Shape: `allowed` are the keys of this place, `here` its schema.
    """
    known = SPELLINGS.get(key)
    if known in allowed:
        return f"write `{known}`"
    near = nearest(key, allowed) or _longer(key, allowed)
    if near:
        return f"write `{near}`"
    if key in REFUSED:
        return REFUSED[key]
    for word, what in ((key, "it"), (known, f"`{known}`")):
        if word and (below := _below(word, shapes, here)):
            return f"write {what} under {listed(below, 3)}"
    homes = _homes(shapes)
    if homes.get(key) == ["spec"]:
        return "it is a section: write it in `spec`, beside the other sections"
    for word in (key, known, nearest(key, homes)):
        if word and word in homes:
            spelled = "" if word == key else f" `{word}`,"
            return (
                f"write it as{spelled} under {listed(homes[word], 3)}"
                if spelled
                else f"write it under {listed(homes[word], 3)}"
            )
    return f"write one of {listed(allowed)}" if allowed else "take it out"


def _longer(key: str, allowed: list[str]) -> str:
    """Return the only key that begins or ends with this one: `min` is `minReplicas`, `env` is `fromEnv`."""
    word = key.lower()
    found = [name for name in allowed if name.lower().startswith(word) or name.lower().endswith(word)]
    return found[0] if len(found) == 1 and len(key) > 2 else ""


def _below(key: str, shapes: Shapes, here: Schema) -> list[str]:
    """Return the maps of this place that have the key."""
    if here is shapes.of(shapes.member(shapes.root, "spec").schema):
        return []
    parts = here.get("properties", {}).items()
    return [name for name, part in parts if key in shapes.of(part).get("properties", {})]


def _homes(shapes: Shapes) -> dict[str, list[str]]:
    """Return for every key of the sections the places that have it; only asked for when a key is wrong."""
    homes: dict[str, list[str]] = {}
    sections = shapes.of(shapes.member(shapes.root, "spec").schema).get("properties", {})
    for name, section in sections.items():
        homes.setdefault(name, []).append("spec")
        resolved = shapes.of(section)
        inner = shapes.of(resolved["items"]) if "items" in resolved else resolved
        place = f"{name}[]" if "items" in resolved else name
        for key in inner.get("properties", {}):
            homes.setdefault(key, []).append(place)
    for common in ("name", "enabled", "labels", "annotations"):
        homes.pop(common, None)
    return homes
