"""Kinds that the target does not serve: removed, not yet there, misspelt, or without their CRD."""

from __future__ import annotations

from functools import cache

from compiler.check.rule import Problem
from compiler.formats.packs import NEWEST, OLDEST, Pack, load_pack, version_order
from compiler.formats.suggest import nearest


def unknown_kind(pack: Pack, group: str, version: str, kind: str) -> tuple[str, Problem]:
    """Return code and problem of a kind that the target does not serve."""
    served = pack.versions(group, kind)
    name = f"{group}/{version}" if group else version
    if served:
        replacement = f"{group}/{served[0]}" if group else served[0]
        return _versioned(pack.minor, group, version, kind, name, replacement)
    moved = _new_home(pack, group, version, kind)
    if moved:
        return _versioned(pack.minor, group, version, kind, name, moved)
    first, last = served_in(group, version, kind)
    if first:
        when = f"until 1.{last}" if last < pack.minor else f"from 1.{first} on"
        return "SC611", Problem(
            ("apiVersion",), f"{name} {kind} is not served by Kubernetes 1.{pack.minor}: it is {when}"
        )
    if _is_builtin(pack, group):
        kinds = sorted({k for g, _, k in pack.kinds if g == group})
        meant = nearest(kind, kinds)
        return "SC612", Problem(("kind",), f"{name} has no kind `{kind}`", f"write `{meant}`" if meant else "")
    home = _group_of(pack, kind)
    if home:
        return "SC612", Problem(("apiVersion",), f"{name} has no kind `{kind}`", f"write `apiVersion: {home}`")
    return "SC613", Problem(
        ("kind",),
        f"the server does not know {name} {kind}: its CRD is not here",
        "give a stack without `-f`" if group == "stackc.dev" else "give its CRD with `-f`, too",
    )


def _versioned(minor: int, group: str, version: str, kind: str, name: str, replacement: str) -> tuple[str, Problem]:
    first, last = served_in(group, version, kind)
    if first and last < minor:
        why = f"{name} {kind} was removed in Kubernetes 1.{last + 1}"
    elif first > minor:
        why = f"{name} {kind} comes with Kubernetes 1.{first}; the target is 1.{minor}"
    else:
        why = f"{name} is not served for {kind} by Kubernetes 1.{minor}"
    return "SC611", Problem(("apiVersion",), why, f"write `apiVersion: {replacement}`")


def _is_builtin(pack: Pack, group: str) -> bool:
    return any(g == group for g, _, _ in pack.kinds) or (group in ("", "apps", "batch", "extensions"))


def _group_of(pack: Pack, kind: str) -> str:
    """Return the API version of a built-in kind that was written with a group that nobody has."""
    homes = [(version_order(v), g, v) for g, v, k in pack.kinds if k == kind]
    if not homes:
        return ""
    _, group, version = min(homes)
    return f"{group}/{version}" if group else version


_MOVED = {("extensions", kind): group for kind, group in (
    ("Deployment", "apps"), ("DaemonSet", "apps"), ("ReplicaSet", "apps"), ("Ingress", "networking.k8s.io"),
    ("NetworkPolicy", "networking.k8s.io"), ("PodSecurityPolicy", "policy"),
)} | {("", "Event"): "events.k8s.io"}  # fmt: skip


def _new_home(pack: Pack, group: str, version: str, kind: str) -> str:
    home = _MOVED.get((group, kind))
    if home is None:
        return ""
    served = pack.versions(home, kind)
    return f"{home}/{served[0]}" if served else ""


def later_home(group: str, version: str, kind: str) -> str:
    """Return the API version in which the newest Kubernetes serves a kind, empty when it does not."""
    newest = load_pack(NEWEST)
    served = newest.versions(group, kind)
    return f"{group}/{served[0]}" if served else _new_home(newest, group, version, kind)


@cache
def served_in(group: str, version: str, kind: str) -> tuple[int, int]:
    """Return the first and the last minor that serve a kind in a version, (0, 0) for none."""
    minors = [m for m in range(OLDEST, NEWEST + 1) if (group, version, kind) in load_pack(m).kinds]
    return (minors[0], minors[-1]) if minors else (0, 0)
