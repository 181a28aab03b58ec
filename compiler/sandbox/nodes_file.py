"""Fake nodes as a user writes them: `sandbox up --nodes FILE`, and a stack's `cluster.nodes`.

A row is `{name, roles, labels, taints, capacity}`. `capacity` takes the short words `gpu` (a number, or
`{count, resource}`) and `storage`, and any resource name of Kubernetes; taints have Kubernetes' own form.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from compiler.check.rules.scheduling import TAINT_EFFECTS
from compiler.check.syntax import dns_subdomain, label_value, qualified_name
from compiler.diff.quantities import quantity
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome
from compiler.model.source import Path
from compiler.sandbox.nodes import FakeNode

_KEYS = ("name", "address", "roles", "labels", "taints", "capacity")
_EXAMPLE = "write `- {name: worker-1, labels: {}, taints: [], capacity: {cpu: 8, memory: 32Gi, gpu: 1}}`"
_ROLE = "node-role.kubernetes.io/"
_SHORT = {"storage": "ephemeral-storage"}


class _Fault(NamedTuple):
    path: Path
    message: str
    is_key: bool = False


def read_nodes(file: str, raw: bytes) -> Outcome[tuple[FakeNode, ...]]:
    """Return the nodes of a YAML or JSON file that holds one list.

    Errors: SC1xx where it is no YAML, SC857 for each thing that is no node.
    """
    from compiler.formats.yaml_read import locate, read_stream

    read = read_stream(file, raw)
    if read.value is None:
        return Outcome(None, read.diagnostics)

    def diagnose(fault: _Fault) -> Diagnostic:
        return error("SC857", fault.message, help=_EXAMPLE, span=locate(raw, file, 0, fault.path, key=fault.is_key))

    documents = [document.data for document in read.value]
    if len(documents) != 1 or not isinstance(documents[0], list) or not documents[0]:
        return outcome((), (error("SC857", f"`{file}` is not one list of nodes", help=_EXAMPLE),))
    faults = [*_faults(documents[0])]
    if faults:
        return outcome((), map(diagnose, faults))
    return Outcome(nodes_of(documents[0]))


def nodes_of(rows: Sequence[Mapping[str, Any]]) -> tuple[FakeNode, ...]:
    """Return the fake nodes of well-formed rows; a role becomes the label `node-role.kubernetes.io/<role>`.

    A control plane that is no worker as well gets the taint that kubeadm gives it.
    """
    return tuple(
        FakeNode(
            row["name"],
            {**{f"{_ROLE}{role}": "" for role in row.get("roles", ())}, **row.get("labels", {})},
            (*row.get("taints", ()), *_role_taints(row)),
            _resources(row.get("capacity", {})),
        )
        for row in rows
        if row.get("enabled", True)
    )


def _role_taints(row: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    roles = row.get("roles", ())
    if "control-plane" not in roles or "worker" in roles:
        return ()
    taint = {"key": f"{_ROLE}control-plane", "effect": "NoSchedule"}
    said = {(other["key"], other.get("effect")) for other in row.get("taints", ())}
    return () if (taint["key"], taint["effect"]) in said else (taint,)


def _resources(capacity: Mapping[str, Any]) -> dict[str, str]:
    resources = {_SHORT.get(key, key): str(value) for key, value in capacity.items() if key != "gpu"}
    gpu = capacity.get("gpu")
    if isinstance(gpu, Mapping):
        resources[gpu.get("resource", "nvidia.com/gpu")] = str(gpu["count"])
    elif gpu is not None:
        resources["nvidia.com/gpu"] = str(gpu)
    return resources


def _faults(rows: Sequence[Any]) -> Iterator[_Fault]:
    names: set[str] = set()
    for index, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            yield _Fault((index,), "a node is a map with a `name`")
            continue
        if row["name"] in names:
            yield _Fault((index, "name"), f"a second node `{row['name']}`")
        elif wrong := dns_subdomain(row["name"]):
            yield _Fault((index, "name"), f"`{row['name']}` is not a node name: {wrong}")
        names.add(row["name"])
        yield from _row_faults(index, row)


def _row_faults(index: int, row: Mapping[Any, Any]) -> Iterator[_Fault]:
    for key in row:
        if key not in _KEYS:
            yield _Fault((index, key), f"unknown key `{key}` of a node", is_key=True)
    yield from _label_faults(index, row)
    taints = row.get("taints", [])
    if not isinstance(taints, list) or not all(_is_text_map(taint) and "key" in taint for taint in taints):
        yield _Fault((index, "taints"), "`taints` is a list of `{key, value, effect}`")
    else:
        yield from (fault for at, taint in enumerate(taints) for fault in _taint_faults((index, "taints", at), taint))
    capacity = row.get("capacity", {})
    if not isinstance(capacity, dict):
        yield _Fault((index, "capacity"), "`capacity` is a map of resources")
        return
    for key, value in capacity.items():
        if not (_is_gpu(value) if key == "gpu" else _is_amount(value)):
            yield _Fault((index, "capacity", key), f"`{value}` is no amount of `{key}`")


def _label_faults(index: int, row: Mapping[Any, Any]) -> Iterator[_Fault]:
    labels, roles = row.get("labels", {}), row.get("roles", [])
    if not _is_text_map(labels):
        yield _Fault((index, "labels"), "`labels` is a map of strings")
        labels = {}
    for key, value in labels.items():
        if wrong := qualified_name(key):
            yield _Fault((index, "labels", key), f"`{key}` is not a label key: {wrong}", is_key=True)
        if wrong := label_value(value):
            yield _Fault((index, "labels", key), f"`{value}` is not a label value: {wrong}")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        yield _Fault((index, "roles"), "`roles` is a list of strings")
        return
    for at, role in enumerate(roles):
        if wrong := qualified_name(f"{_ROLE}{role}"):
            yield _Fault((index, "roles", at), f"`{role}` is not a role: {wrong}")


def _taint_faults(path: Path, taint: Mapping[str, str]) -> Iterator[_Fault]:
    for key, value in taint.items():
        if key not in _TAINT:
            yield _Fault((*path, key), f"unknown key `{key}` of a taint", is_key=True)
        elif wrong := _TAINT[key](value):
            yield _Fault((*path, key), f"`{value}` is not a taint {key}: {wrong}")
    if "effect" not in taint:
        yield _Fault(path, f"a taint has an `effect`, one of {', '.join(TAINT_EFFECTS)}")


def _effect(value: str) -> str:
    return "" if value in TAINT_EFFECTS else f"it is one of {', '.join(TAINT_EFFECTS)}"


_TAINT: Mapping[str, Callable[[str], str]] = {"key": qualified_name, "value": label_value, "effect": _effect}


def _is_text_map(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(part, str) for pair in value.items() for part in pair)


def _is_amount(value: object) -> bool:
    amount = quantity(value)
    return amount is not None and amount >= 0


def _is_gpu(value: object) -> bool:
    if isinstance(value, dict):
        return _is_gpu(value.get("count")) and isinstance(value.get("resource", ""), str)
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
