"""APIs that the target serves and a later Kubernetes does not."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.check.kinds import later_home, served_in
from compiler.check.rule import Problem
from compiler.check.sets.scene import Finding, Scene, SetRule
from compiler.formats.packs import NEWEST, load_pack
from compiler.model.ids import split_api_version


def check_deprecated(scene: Scene) -> Iterator[Finding]:
    """Warn of an API version that is removed after the target, once for each.

    What a component writes, and what the compiler moved, follows the target: nobody has anything to do.
    """
    told: set[tuple[str, str]] = set()
    for actor in scene.actors:
        api_version, kind = actor.view.body["apiVersion"], actor.view.body["kind"]
        origin = actor.manifest.origin
        if (api_version, kind) in told or origin.component or origin.moved:
            continue
        told.add((api_version, kind))
        group, version = split_api_version(api_version)
        if (group, version, kind) in load_pack(NEWEST).kinds:
            continue
        _, last = served_in(group, version, kind)
        if scene.minor <= last < NEWEST:
            message = f"{api_version} {kind} is removed in Kubernetes 1.{last + 1}"
            yield actor, Problem(("apiVersion",), message, _help(scene.minor, group, version, kind), warning=True)


def _help(minor: int, group: str, version: str, kind: str) -> str:
    home = later_home(group, version, kind)
    if not home:
        return "nothing takes its place: plan what to do before the upgrade"
    first, _ = served_in(*split_api_version(home), kind)
    if first <= minor:
        return f"write `apiVersion: {home}`"
    return f"`{home}` takes its place from Kubernetes 1.{first} on"


RULES = (SetRule("SC689", check_deprecated),)
