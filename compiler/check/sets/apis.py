"""APIs that the target serves and a later Kubernetes does not."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.check.kinds import served_in
from compiler.check.rule import Problem
from compiler.check.sets.scene import Finding, Scene, SetRule
from compiler.formats.packs import NEWEST, load_pack
from compiler.model.ids import split_api_version


def check_deprecated(scene: Scene) -> Iterator[Finding]:
    """Warn of an API version that is removed after the target, once for each; the catalog's follow the target."""
    told: set[tuple[str, str]] = set()
    for actor in scene.actors:
        kind = (actor.view.body["apiVersion"], actor.view.body["kind"])
        if kind in told or actor.manifest.origin.component:
            continue
        told.add(kind)
        group, version = split_api_version(kind[0])
        if (group, version, kind[1]) in load_pack(NEWEST).kinds:
            continue
        _, last = served_in(group, version, kind[1])
        if scene.minor <= last < NEWEST:
            served = load_pack(scene.minor).versions(group, kind[1])
            better = next((v for v in served if v != version and "alpha" not in v), "")
            message = f"{kind[0]} {kind[1]} is removed in Kubernetes 1.{last + 1}"
            help = f"write `apiVersion: {group}/{better}`" if better else "plan the move before the upgrade"
            yield actor, Problem(("apiVersion",), message, help, warning=True)


RULES = (SetRule("SC689", check_deprecated),)
