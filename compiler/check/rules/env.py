"""Environment variables of containers and where their values come from.

Source: kubernetes pkg/apis/core/validation/validation.go at v1.36 (ValidateEnv, ValidateEnvFrom).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from compiler.check import quantity, syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.view import POD_KINDS, View
from compiler.model.source import Path

_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
ENV_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP",
    "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
VOLUME_FIELDS = ("metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid")
RESOURCES = (
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
)
_DIVISORS = frozenset(
    quantity.parse(f"1{unit}") for unit in ("", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
)
_CPU_DIVISORS = frozenset((quantity.parse("1m"), quantity.parse("1")))
_subscript = re.compile(r"(.+)\['(.*)'\]").fullmatch


def check_env(view: View) -> Iterator[Problem]:
    """Refuse variables without a name, with a value and a source at once, or with a source that can't be read."""
    for container in view.containers():
        for i, item in enumerate(container.body.get("env") or ()):
            name, source = item.get("name") or "", item.get("valueFrom")
            if not name:
                yield required((*container.path, "env", i), "name")
            elif why := syntax.env_name(name, view.minor):
                yield invalid((*container.path, "env", i, "name"), name, why)
            if source is not None:
                yield from _source(item, source, (*container.path, "env", i, "valueFrom"), view.minor)


def _source(item: dict[str, Any], source: dict[str, Any], path: Path, minor: int) -> Iterator[Problem]:
    given = [s for s in _SOURCES if source.get(s) is not None]
    if not given:
        yield Problem(
            path, f"one of {', '.join(f'`{s}`' for s in _SOURCES[:4])} is required", "set one source, or use `value`"
        )
    elif item.get("value"):
        yield Problem(
            path,
            "`value` and `valueFrom` are both set: a variable has one of them",
            "remove `value` or `valueFrom`",
            on_key=True,
        )
    elif len(given) > 1:
        yield Problem(
            (*path, given[1]),
            f"`{given[0]}` and `{given[1]}` are both set: a variable has one source",
            f"remove `{given[1]}`",
            on_key=True,
        )
    for name in given:
        yield from _SOURCE_CHECKS[name](source[name], (*path, name))


def _key_ref(ref: dict[str, Any], path: Path) -> Iterator[Problem]:
    name, key = ref.get("name") or "", ref.get("key") or ""
    if why := syntax.dns_subdomain(name):
        yield required(path, "name") if not name else invalid((*path, "name"), name, why)
    if not key:
        yield required(path, "key")
    elif why := syntax.config_key(key):
        yield invalid((*path, "key"), key, why)


def _env_field(ref: dict[str, Any], path: Path) -> Iterator[Problem]:
    yield from check_field_ref(ref, ENV_FIELDS, path)


def check_field_ref(ref: dict[str, Any], allowed: tuple[str, ...], path: Path) -> Iterator[Problem]:
    """Refuse a `fieldRef` to a field that can't be projected."""
    field = ref.get("fieldPath") or ""
    if not field:
        yield required(path, "fieldPath")
        return
    version = ref.get("apiVersion")
    if version not in (None, "", "v1"):
        yield unsupported((*path, "apiVersion"), version, ("v1",))
        return
    match = _subscript(field)
    if match:
        root, key = match.groups()
        why = "only metadata.labels and metadata.annotations have keys"
        if root in ("metadata.labels", "metadata.annotations"):
            why = syntax.qualified_name(key.lower() if root == "metadata.annotations" else key)
        if why:
            yield invalid((*path, "fieldPath"), field, why)
    elif field not in allowed:
        yield unsupported((*path, "fieldPath"), field, allowed)


def _env_resource(ref: dict[str, Any], path: Path) -> Iterator[Problem]:
    yield from check_resource_ref(ref, path)


def check_resource_ref(ref: dict[str, Any], path: Path, *, in_volume: bool = False) -> Iterator[Problem]:
    """Refuse a `resourceFieldRef` to a resource that can't be projected, or with a divisor that the kubelet lacks."""
    resource = ref.get("resource") or ""
    if in_volume and not ref.get("containerName"):
        yield required(path, "containerName")
    elif not resource:
        yield required(path, "resource")
    elif resource not in RESOURCES and not resource.startswith(("limits.hugepages-", "requests.hugepages-")):
        yield unsupported((*path, "resource"), resource, RESOURCES)
    divisor = quantity.parse(ref["divisor"]) if ref.get("divisor") else 0
    allowed = _CPU_DIVISORS if resource.endswith(".cpu") else _DIVISORS
    if divisor and divisor not in allowed:
        yield invalid(
            (*path, "divisor"),
            ref["divisor"],
            f"a divisor for {resource} is {'1m or 1' if allowed is _CPU_DIVISORS else '1 with a unit, such as 1Mi'}",
        )


def _file_key(ref: dict[str, Any], path: Path) -> Iterator[Problem]:
    for field in ("key", "volumeName", "path"):
        if not ref.get(field):
            yield required(path, field)


_SOURCE_CHECKS = {
    "fieldRef": _env_field,
    "resourceFieldRef": _env_resource,
    "configMapKeyRef": _key_ref,
    "secretKeyRef": _key_ref,
    "fileKeyRef": _file_key,
}


def check_env_from(view: View) -> Iterator[Problem]:
    """Refuse `envFrom` entries without exactly one source."""
    for container in view.containers():
        for i, item in enumerate(container.body.get("envFrom") or ()):
            path = (*container.path, "envFrom", i)
            prefix = item.get("prefix")
            if prefix and (why := syntax.env_name(prefix, view.minor)):
                yield invalid((*path, "prefix"), prefix, why)
            given = [s for s in ("configMapRef", "secretRef") if item.get(s) is not None]
            if len(given) != 1:
                yield Problem(path, f"exactly one of `configMapRef` and `secretRef` is required, {len(given)} are set")
            for source in given:
                name = item[source].get("name") or ""
                if not name:
                    yield required((*path, source), "name")
                elif why := syntax.dns_subdomain(name):
                    yield invalid((*path, source, "name"), name, why)


RULES = (
    Rule("SC626", POD_KINDS, check_env),
    Rule("SC627", POD_KINDS, check_env_from),
)
