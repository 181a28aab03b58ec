"""Apply the user's `workloads:` to the workloads of an instance: resources first of all, and all else of a Workload."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from compiler.build.places import edit_pod_specs
from compiler.build.transforms.context import Override, TransformContext
from compiler.build.transforms.hpa import autoscaler, scales
from compiler.build.transforms.workload import Refused, override_pod, override_template
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome, warning
from compiler.model.manifest import Manifest
from compiler.spec.words import did_you_mean, listed

WORKLOAD_KINDS = frozenset(
    {
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("batch", "Job"),
        ("batch", "CronJob"),
    }
)


class _Run(NamedTuple):
    context: TransformContext
    found: list[Diagnostic]
    dropped: list[Manifest]
    made: list[Manifest]
    replaced: list[Manifest]


def set_workloads(manifests: tuple[Manifest, ...], context: TransformContext) -> Outcome[tuple[Manifest, ...]]:
    """Apply the overrides of every instance, by workload name.

    Errors: SC512 for a name that the instance has no workload of (a warning where parts of it are off) · SC513 when it
    is not clear which container is meant · SC514 for a pod label that the workload's selector uses.
    """
    if not any(context.workloads.values()):
        return Outcome(manifests)
    run = _Run(context, [], [], [], [])
    hit: set[tuple[str, str]] = set()
    done = []
    for manifest in manifests:
        override = _override(manifest, context)
        if override is None:
            done.append(manifest)
            continue
        hit.add((manifest.origin.instance, manifest.id.name))
        done.extend(_apply(manifest, override, run))
    run.found.extend(_misses(manifests, hit, context))
    if run.dropped or run.replaced:
        done = [m for m in done if not _goes_too(m, run)]
    return outcome((*done, *run.made), run.found)


def _override(manifest: Manifest, context: TransformContext) -> Override | None:
    if manifest.id[:2] not in WORKLOAD_KINDS:
        return None
    return context.workloads.get(manifest.origin.instance, {}).get(manifest.id.name)


def _apply(manifest: Manifest, override: Override, run: _Run) -> Iterable[Manifest]:
    fields = override.fields
    if fields.get("enabled") is False:
        run.dropped.append(manifest)
        return ()
    try:
        changed = edit_pod_specs(
            manifest, run.context.places, lambda spec: override_pod(spec, fields, manifest.id.name)
        )
        changed = override_template(changed, fields)
    except Refused as reason:
        run.found.append(error(reason.code, str(reason), help=reason.help, span=override.span))
        return (manifest,)
    if "replicas" in fields:
        old = changed.body.get("spec")
        spec = {**(old if type(old) is dict else {}), "replicas": fields["replicas"]}
        run.replaced.append(changed)
        return (changed._replace(body={**changed.body, "spec": spec}),)
    if "autoscaling" in fields:
        run.replaced.append(changed)
        run.made.append(autoscaler(changed, fields["autoscaling"]))
    return (changed,)


def _goes_too(manifest: Manifest, run: _Run) -> bool:
    """Tell whether a manifest is the autoscaler of a workload that is off, or scaled another way now."""
    return any(scales(manifest, workload) for workload in (*run.dropped, *run.replaced))


def _misses(
    manifests: tuple[Manifest, ...], hit: set[tuple[str, str]], context: TransformContext
) -> Iterable[Diagnostic]:
    for instance, overrides in sorted(context.workloads.items()):
        for name, override in overrides.items():
            if (instance, name) not in hit:
                names = _names(manifests, instance)
                help = did_you_mean(
                    name, names, f"its workloads are {listed(names)}" if names else "it has no workloads"
                )
                make, when = (warning, " while parts of it are off") if override.may_miss else (error, "")
                yield make("SC512", f"`{instance}` has no workload `{name}`{when}", help=help, span=override.span)


def _names(manifests: tuple[Manifest, ...], instance: str) -> list[str]:
    return sorted({m.id.name for m in manifests if m.origin.instance == instance and m.id[:2] in WORKLOAD_KINDS})
