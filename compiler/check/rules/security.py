"""Security contexts of pods and containers.

Source: kubernetes pkg/apis/core/validation/validation.go at v1.36 (ValidateSecurityContext and what it calls).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.view import POD_KINDS, View
from compiler.model.source import Path

Map = dict[str, Any]

_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_is_sysctl = re.compile(r"(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?").fullmatch


def check_pod_security(view: View) -> Iterator[Problem]:
    """Refuse ids out of range, profiles that are incomplete, and settings that contradict each other."""
    pod = view.pod
    context = pod.spec.get("securityContext") if pod else None
    if pod is None or not context:
        return
    path = (*pod.path, "securityContext")
    yield from _common(context, path)
    for field in ("fsGroup",):
        if context.get(field) is not None and (why := syntax.user_id(context[field])):
            yield invalid((*path, field), context[field], why)
    for i, group in enumerate(context.get("supplementalGroups") or ()):
        if why := syntax.user_id(group or 0):
            yield invalid((*path, "supplementalGroups", i), group, why)
    for field, allowed in (
        ("fsGroupChangePolicy", ("OnRootMismatch", "Always")),
        ("supplementalGroupsPolicy", ("Merge", "Strict")),
        ("seLinuxChangePolicy", ("Recursive", "MountOption")),
    ):
        if context.get(field) is not None and context[field] not in allowed:
            yield unsupported((*path, field), context[field], allowed)
    if pod.spec.get("shareProcessNamespace") and pod.spec.get("hostPID"):
        yield Problem((*pod.path, "shareProcessNamespace"), "`shareProcessNamespace` and `hostPID` can't both be true")
    yield from _sysctls(context.get("sysctls") or (), path)


def _sysctls(sysctls: Any, path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for i, item in enumerate(sysctls):
        name = item.get("name") or ""
        if not name:
            yield required((*path, "sysctls", i), "name")
        elif len(name) > 253 or not _is_sysctl(name):
            yield invalid((*path, "sysctls", i, "name"), name, "a sysctl has lower case parts with `.` or `/` between")
        elif name in seen:
            yield Problem((*path, "sysctls", i, "name"), f"sysctl `{name}` is there twice")
        seen.add(name)


def _common(context: Map, path: Path) -> Iterator[Problem]:
    for field in ("runAsUser", "runAsGroup"):
        if context.get(field) is not None and (why := syntax.user_id(context[field])):
            yield invalid((*path, field), context[field], why)
    for field in ("seccompProfile", "appArmorProfile"):
        profile = context.get(field)
        if profile is not None:
            yield from _profile(profile, (*path, field))


def _profile(profile: Map, path: Path) -> Iterator[Problem]:
    kind, local = profile.get("type") or "", profile.get("localhostProfile")
    if not kind:
        yield required(path, "type")
    elif kind not in _PROFILES:
        yield unsupported((*path, "type"), kind, _PROFILES)
    if kind == "Localhost":
        if local is None or (path[-1] == "appArmorProfile" and not local.strip()):
            yield required(path, "localhostProfile", "type is `Localhost`")
        elif path[-1] == "seccompProfile" and (why := syntax.relative_path(local)):
            yield invalid((*path, "localhostProfile"), local, why)
    elif local is not None:
        yield Problem(
            (*path, "localhostProfile"), "is for type `Localhost` only", "remove `localhostProfile`", on_key=True
        )


def check_container_security(view: View) -> Iterator[Problem]:
    """Refuse the same in containers, and privileges that are both asked for and forbidden."""
    for container in view.containers():
        context = container.body.get("securityContext")
        if not context:
            continue
        path = (*container.path, "securityContext")
        yield from _common(context, path)
        if context.get("allowPrivilegeEscalation") is False:
            if context.get("privileged"):
                yield Problem(
                    (*path, "allowPrivilegeEscalation"),
                    "can't be false when `privileged` is true",
                    "remove one of them",
                )
            if "CAP_SYS_ADMIN" in ((context.get("capabilities") or {}).get("add") or ()):
                yield Problem((*path, "allowPrivilegeEscalation"), "can't be false with capability `CAP_SYS_ADMIN`")
        mount = context.get("procMount")
        if mount is not None and mount not in ("Default", "Unmasked"):
            yield unsupported((*path, "procMount"), mount, ("Default", "Unmasked"))


RULES = (
    Rule("SC634", POD_KINDS, check_pod_security),
    Rule("SC635", POD_KINDS, check_container_security),
)
