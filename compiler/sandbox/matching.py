"""Whether a fake node takes a pod by labels, taints and name, and what a node needs so that it does.

Source: k8s.io/component-helpers scheduling/corev1/nodeaffinity, k8s.io/api core/v1 Toleration.ToleratesTaint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from compiler.check.sets.capacity import tolerated
from compiler.sandbox.nodes import FakeNode, node_labels

Pod = Mapping[str, Any]
Tolerations = Sequence[Mapping[str, Any]]
Requirement = Mapping[str, Any]

_HOSTNAME = "kubernetes.io/hostname"
_REPELS = ("NoSchedule", "NoExecute")


def fits(node: FakeNode, pod: Pod) -> bool:
    """Tell whether the scheduler may put a pod on a node, were it large enough."""
    if pod.get("nodeName"):
        return bool(pod["nodeName"] == node.name)
    labels = node_labels(node)
    if any(labels.get(key) != value for key, value in (pod.get("nodeSelector") or {}).items()):
        return False
    terms = _terms(pod)
    if terms and not any(_matches(term, node.name, labels) for term in terms):
        return False
    return all(_tolerated(taint, pod.get("tolerations") or ()) for taint in node.taints)


def labels_wanted(pod: Pod) -> dict[str, str]:
    """Return the labels that a node needs for a pod: its selector, and the first term of its node affinity."""
    wanted = dict(pod.get("nodeSelector") or {})
    for requirement in _requirements(pod, "matchExpressions"):
        if requirement.get("operator") in ("In", "Exists"):
            wanted.setdefault(requirement["key"], str((requirement.get("values") or [""])[0]))
        elif requirement.get("operator") in ("Gt", "Lt"):
            bound = int((requirement.get("values") or ["0"])[0])
            wanted.setdefault(requirement["key"], str(bound + (1 if requirement["operator"] == "Gt" else -1)))
    return wanted


def node_wanted(pod: Pod) -> str:
    """Return the name of the one node that a pod wants, empty when any will do."""
    named = [r["values"][0] for r in _requirements(pod, "matchFields") if r.get("operator") == "In" and r.get("values")]
    return str(pod.get("nodeName") or labels_wanted(pod).get(_HOSTNAME) or next(iter(named), ""))


def taints_tolerated(tolerations: Tolerations) -> tuple[Mapping[str, str], ...]:
    """Return the taints that a pod expects on its nodes: those it names, but for the ones that nodes get by trouble."""
    taints: list[dict[str, str]] = []
    for item in tolerations:
        if item.get("key") and not item["key"].startswith("node.kubernetes.io/"):
            taint = {"key": item["key"], "effect": item.get("effect") or "NoSchedule"}
            if item.get("operator") != "Exists" and item.get("value"):
                taint["value"] = item["value"]
            if taint["effect"] in _REPELS and not any(_same_place(taint, other) for other in taints):
                taints.append(taint)
    return tuple(taints)


def _same_place(taint: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return (taint["key"], taint["effect"]) == (other["key"], other["effect"])


def _tolerated(taint: Mapping[str, str], tolerations: Tolerations) -> bool:
    return taint.get("effect") not in _REPELS or tolerated(taint, tolerations)


def _terms(pod: Pod) -> Sequence[Mapping[str, Any]]:
    affinity = ((pod.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    return (affinity or {}).get("nodeSelectorTerms") or ()


def _requirements(pod: Pod, field: str) -> Iterator[Requirement]:
    terms = _terms(pod)
    yield from (terms[0].get(field) or ()) if terms else ()


def _matches(term: Mapping[str, Any], name: str, labels: Mapping[str, str]) -> bool:
    fields: Iterable[Requirement] = term.get("matchFields") or ()
    expressions: Iterable[Requirement] = term.get("matchExpressions") or ()
    return all(_holds(item, {"metadata.name": name}) for item in fields) and all(
        _holds(item, labels) for item in expressions
    )


def _holds(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement["key"])
    operator, values = requirement.get("operator"), requirement.get("values") or ()
    if operator in ("Gt", "Lt"):
        if value is None or not value.lstrip("-").isdecimal() or not values:
            return False
        return int(value) > int(values[0]) if operator == "Gt" else int(value) < int(values[0])
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }.get(str(operator), False)
