"""Label every object with who made it: on the object's own metadata only, never in pod templates or selectors."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from compiler.build.transforms.context import TransformContext
from compiler.model.diagnostic import Outcome
from compiler.model.manifest import Manifest

STACK = "stackc.dev/stack"
COMPONENT = "stackc.dev/component"

LABEL_LENGTH = 63
_DIGEST_LENGTH = 8


def set_labels(manifests: tuple[Manifest, ...], context: TransformContext) -> Outcome[tuple[Manifest, ...]]:
    """Add the three labels of stackc to every object."""
    return Outcome(tuple(labelled(manifest, context.stack) for manifest in manifests))


def labelled(manifest: Manifest, stack: str) -> Manifest:
    """Return a manifest with the three labels of stackc; what the object says itself stays, but for these keys."""
    metadata = manifest.body["metadata"]
    old = metadata.get("labels")
    ours = (
        ("app.kubernetes.io/managed-by", "stackc"),
        (STACK, label_value(stack)),
        (COMPONENT, label_value(manifest.origin.instance)),
    )
    if type(old) is dict:
        if all(old.get(key) == value for key, value in ours):
            return manifest
        labels = {**old, **dict(ours)}
    elif old is None:
        labels = dict(ours)
    else:
        return manifest  # labels that are no map are refused by the checks
    return Manifest(manifest.id, {**manifest.body, "metadata": {**metadata, "labels": labels}}, manifest.origin)


@lru_cache(4096)
def label_value(name: str) -> str:
    """Return a name as a label value: one that is too long is cut, and ends in a digest so that it stays its own."""
    if len(name) <= LABEL_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: LABEL_LENGTH - _DIGEST_LENGTH - 1].rstrip('-_.')}-{digest}"
