"""Put pods where the stack wants them: the nearest word wins, field by field."""

from __future__ import annotations

from compiler.build.places import edit_pod_specs
from compiler.build.transforms.context import Fields, TransformContext
from compiler.model.diagnostic import Outcome
from compiler.model.manifest import Body, Manifest


def set_placement(manifests: tuple[Manifest, ...], context: TransformContext) -> Outcome[tuple[Manifest, ...]]:
    """Add the placement of the instance, then of the stack, to pod specs that do not say the field themselves.

    Shape: a field (nodeSelector, tolerations, affinity, topologySpreadConstraints) is taken whole. The stack-wide
    placement is for the platform: the user's own manifests, jobs and functions (`own_pods`) do not get it.
    """
    if not context.placement and not any(context.placements.values()):
        return Outcome(manifests)
    return Outcome(tuple(_place(manifest, context) for manifest in manifests))


def _place(manifest: Manifest, context: TransformContext) -> Manifest:
    fields = _fields(manifest, context)
    return edit_pod_specs(manifest, context.places, lambda spec: _under(spec, fields)) if fields else manifest


def _fields(manifest: Manifest, context: TransformContext) -> Fields:
    origin = manifest.origin
    own = context.placements.get(origin.instance, {})
    if not origin.component or origin.instance in context.own_pods or origin.component in context.own_pods:
        return own
    return {**context.placement, **own}


def _under(spec: Body, fields: Fields) -> Body:
    missing = {key: value for key, value in fields.items() if key not in spec}
    return {**spec, **missing} if missing else spec
