"""Semantic comparison of two Kubernetes objects: what differs, as paths of leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

OURS = ("app.kubernetes.io/managed-by", "stackc.dev/")
"""Labels and annotations that the compiler puts on every object."""
_KEYS = ("name", "containerPort", "mountPath", "key", "port")


def normal(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without what has no meaning: nulls, our labels, the namespace; rules and versions unfolded."""
    made: dict[str, Any] = dict(_bare(body))
    metadata = made["metadata"]
    metadata.pop("namespace", None)
    for key in ("labels", "annotations"):
        kept = {k: v for k, v in metadata.pop(key, {}).items() if not k.startswith(OURS)}
        made["metadata"] = metadata = {**metadata, **({key: kept} if kept else {})}
    if made["kind"] in ("Role", "ClusterRole"):
        made["rules"] = {grant: True for rule in made["rules"] for grant in _grants(rule)}
    if made["kind"] == "CustomResourceDefinition":
        made["spec"] = _crd(made["spec"])
    return made


def _bare(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _bare(v) for k, v in value.items() if v is not None}
    return [_bare(v) for v in value] if isinstance(value, list) else value


def _grants(rule: Mapping[str, Any]) -> Iterator[str]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            for name in rule.get("resourceNames", ["*"]):
                for verb in rule["verbs"]:
                    yield f"{group or 'core'}:{resource}:{name}:{verb}"


def _crd(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a CRD's spec with schema, columns and subresources in each version, as v1 has it, without descriptions."""
    shared = {
        "schema": spec.get("validation"),
        "subresources": spec.get("subresources"),
        "additionalPrinterColumns": spec.get("additionalPrinterColumns"),
    }
    rest = {
        k: v for k, v in spec.items() if k not in ("version", "validation", "subresources", "additionalPrinterColumns")
    }
    versions = [{**{k: v for k, v in shared.items() if v}, **version} for version in spec["versions"]]
    return {**rest, "versions": [{**v, "schema": _schema(v["schema"]["openAPIV3Schema"])} for v in versions]}


def _schema(schema: Any) -> Any:
    if not isinstance(schema, Mapping):
        return schema
    made = {k: v for k, v in schema.items() if k not in ("description", "properties", "items", "additionalProperties")}
    if "required" in made:
        made["required"] = {name: True for name in made["required"]}
    if "properties" in schema:
        made["properties"] = {k: _schema(v) for k, v in schema["properties"].items()}
        made.setdefault("type", "object")
    for key in ("items", "additionalProperties"):
        if key in schema:
            made[key] = _schema(schema[key])
    return made


def differences(theirs: Any, ours: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every leaf that is on one side only or not equal; lists of named items go by name."""
    if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
        for key in sorted({*theirs, *ours}):
            if key in theirs and key in ours:
                yield from differences(theirs[key], ours[key], (*path, key))
            else:
                yield from leaves(theirs.get(key, ours.get(key)), (*path, key))
    elif isinstance(theirs, list) and isinstance(ours, list) and (key := _list_key([*theirs, *ours])):
        yield from differences({str(i[key]): i for i in theirs}, {str(i[key]): i for i in ours}, path)
    elif theirs != ours:
        yield path


def leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the path of every leaf below a value."""
    if isinstance(value, Mapping) and value:
        for key in value:
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list) and (key := _list_key(value)):
        yield from leaves({str(i[key]): i for i in value}, path)
    else:
        yield path


def _list_key(items: list[Any]) -> str:
    if not items or not all(isinstance(i, Mapping) for i in items):
        return ""
    return next((key for key in _KEYS if all(key in i for i in items)), "")
