"""Give every pod and every ServiceAccount the pull secrets of the registry and of its instance."""

from __future__ import annotations

from typing import Any

from compiler.build.places import edit_pod_specs
from compiler.build.transforms.context import TransformContext
from compiler.model.diagnostic import Outcome
from compiler.model.manifest import Body, Manifest


def set_pull_secrets(manifests: tuple[Manifest, ...], context: TransformContext) -> Outcome[tuple[Manifest, ...]]:
    """Add imagePullSecrets to pod specs and ServiceAccounts; those that are there stay, none comes twice."""
    if not context.registry.image_pull_secrets and not any(context.pull_secrets.values()):
        return Outcome(manifests)
    by_instance: dict[str, tuple[str, ...]] = {}
    done = []
    for manifest in manifests:
        instance = manifest.origin.instance
        names = by_instance.get(instance)
        if names is None:
            own = context.pull_secrets.get(instance, ())
            names = by_instance[instance] = tuple(dict.fromkeys((*context.registry.image_pull_secrets, *own)))
        done.append(_add(manifest, names, context) if names else manifest)
    return Outcome(tuple(done))


def _add(manifest: Manifest, names: tuple[str, ...], context: TransformContext) -> Manifest:
    if manifest.id.kind == "ServiceAccount" and manifest.id.group == "":
        body = with_pull_secrets(manifest.body, names)
        return manifest if body is manifest.body else manifest._replace(body=body)
    return edit_pod_specs(manifest, context.places, lambda spec: with_pull_secrets(spec, names))


def with_pull_secrets(holder: Body, names: tuple[str, ...]) -> Body:
    """Return a pod spec or ServiceAccount that has these pull secrets besides its own."""
    old: Any = holder.get("imagePullSecrets")
    if old is not None and type(old) is not list:
        return holder
    present = [item.get("name") for item in old or () if type(item) is dict]  # a name may be anything here
    missing = [{"name": name} for name in names if name not in present]
    return {**holder, "imagePullSecrets": [*(old or ()), *missing]} if missing else holder
