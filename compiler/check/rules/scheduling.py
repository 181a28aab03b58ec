"""Where pods may run: affinity, tolerations, spread constraints; also PriorityClass and RuntimeClass.

Source: kubernetes pkg/apis/core/validation/validation.go (validateAffinity, ValidateTolerations,
validateTopologySpreadConstraints), pkg/apis/scheduling, pkg/apis/node at v1.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.labels import OPERATORS, check_labels, check_requirement, check_selector
from compiler.check.rules.resources import check_requirements
from compiler.check.view import POD_KINDS, View, items
from compiler.model.source import Path

Map = dict[str, Any]

_NODE_OPERATORS = (*OPERATORS, "Gt", "Lt")
TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_REQUIRED, _PREFERRED = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)
_SYSTEM_PRIORITIES = {"system-node-critical": 2000001000, "system-cluster-critical": 2000000000}


def check_affinity(view: View) -> Iterator[Problem]:
    """Refuse affinity terms without what they compare, and weights outside 1 to 100."""
    pod = view.pod
    affinity = pod.spec.get("affinity") if pod else None
    if pod is None or not affinity:
        return
    path = (*pod.path, "affinity")
    node = affinity.get("nodeAffinity") or {}
    if node.get(_REQUIRED) is not None:
        yield from check_node_selector(node[_REQUIRED], (*path, "nodeAffinity", _REQUIRED))
    for at, item in items(node, _PREFERRED, (*path, "nodeAffinity")):
        yield from _weight(item, at)
        yield from _node_term(item.get("preference") or {}, (*at, "preference"), are_labels=False)
    for name in ("podAffinity", "podAntiAffinity"):
        terms = affinity.get(name) or {}
        for at, item in items(terms, _REQUIRED, (*path, name)):
            yield from _pod_term(item or {}, at)
        for at, item in items(terms, _PREFERRED, (*path, name)):
            yield from _weight(item or {}, at)
            yield from _pod_term(item.get("podAffinityTerm") or {}, (*at, "podAffinityTerm"))


def _weight(item: Map, path: Path) -> Iterator[Problem]:
    if not 1 <= (item.get("weight") or 0) <= 100:
        yield invalid((*path, "weight"), item.get("weight") or 0, "must be in the range 1 to 100")


def check_node_selector(selector: Map, path: Path) -> Iterator[Problem]:
    """Refuse a node selector without terms, or with terms that can't be compared."""
    if not selector.get("nodeSelectorTerms"):
        yield required(path, "nodeSelectorTerms", "at least one term")
    for at, term in items(selector, "nodeSelectorTerms", path):
        yield from _node_term(term or {}, at)


def _node_term(term: Map, path: Path, *, are_labels: bool = True) -> Iterator[Problem]:
    """Refuse a term that can't be compared; a preference may name values that no label can have."""
    for at, item in items(term, "matchExpressions", path):
        yield from check_requirement(item or {}, at, _NODE_OPERATORS, are_labels=are_labels)
    for at, item in items(term, "matchFields", path):
        if item.get("operator") not in ("In", "NotIn"):
            yield unsupported((*at, "operator"), item.get("operator") or "", ("In", "NotIn"))
        elif len(item.get("values") or ()) != 1:
            yield required(at, "values", "exactly one value")
        for i, value in enumerate(item.get("values") or ()):
            if why := syntax.dns_subdomain(value or ""):
                yield invalid((*at, "values", i), value or "", why)
        if item.get("key") != "metadata.name":
            yield unsupported((*at, "key"), item.get("key") or "", ("metadata.name",))


def _pod_term(term: Map, path: Path) -> Iterator[Problem]:
    yield from check_selector(term.get("labelSelector"), (*path, "labelSelector"))
    yield from check_selector(term.get("namespaceSelector"), (*path, "namespaceSelector"))
    for at, name in items(term, "namespaces", path):
        if why := syntax.dns_label(name or ""):
            yield invalid(at, name, why)
    key = term.get("topologyKey") or ""
    if not key:
        yield required(path, "topologyKey")
    elif why := syntax.qualified_name(key):
        yield invalid((*path, "topologyKey"), key, why)
    for name in ("matchLabelKeys", "mismatchLabelKeys"):
        yield from _label_keys(term, name, path)
    for i, label in enumerate(term.get("matchLabelKeys") or ()):
        if label in (term.get("mismatchLabelKeys") or ()):
            yield Problem((*path, "matchLabelKeys", i), f"`{label}` stands in `mismatchLabelKeys`, too")


def _label_keys(holder: Map, name: str, path: Path) -> Iterator[Problem]:
    """Refuse keys of labels that are none, or that nothing selects."""
    for i, key in enumerate(holder.get(name) or ()):
        if why := syntax.qualified_name(key or ""):
            yield invalid((*path, name, i), key or "", why)
    if holder.get(name) and holder.get("labelSelector") is None:
        yield Problem((*path, name), f"`{name}` needs a `labelSelector`", "set `labelSelector`", on_key=True)


def check_tolerations(view: View) -> Iterator[Problem]:
    """Refuse tolerations that match nothing the server knows."""
    pod = view.pod
    if pod:
        for at, item in items(pod.spec, "tolerations", pod.path):
            yield from check_toleration(item or {}, at)


def check_toleration(item: Map, path: Path) -> Iterator[Problem]:
    """Refuse one toleration."""
    key, operator, value = item.get("key") or "", item.get("operator") or "", item.get("value") or ""
    effect = item.get("effect") or ""
    if key and (why := syntax.qualified_name(key)):
        yield invalid((*path, "key"), key, why)
    if operator not in ("", "Equal", "Exists"):
        yield unsupported((*path, "operator"), operator, ("Equal", "Exists"))
    elif not key and operator != "Exists":
        yield Problem(
            (*path, "operator"),
            "must be `Exists` when `key` is empty: it then matches every taint",
            "set `key`, or write `operator: Exists`",
        )
    elif operator == "Exists" and value:
        yield Problem((*path, "value"), "must be empty when `operator` is `Exists`", "remove `value`", on_key=True)
    elif why := syntax.label_value(value):
        yield invalid((*path, "value"), value, why)
    if effect and effect not in TAINT_EFFECTS:
        yield unsupported((*path, "effect"), effect, TAINT_EFFECTS)
    elif item.get("tolerationSeconds") is not None and effect != "NoExecute":
        yield Problem(
            (*path, "effect"), "must be `NoExecute` when `tolerationSeconds` is set", "write `effect: NoExecute`"
        )


def check_spread(view: View) -> Iterator[Problem]:
    """Refuse spread constraints without a key, a skew or an action, and two alike."""
    pod = view.pod
    constraints = pod.spec.get("topologySpreadConstraints") if pod else None
    if pod is None or not constraints:
        return
    for i, item in enumerate(constraints):
        path = (*pod.path, "topologySpreadConstraints", i)
        if (item.get("maxSkew") or 0) <= 0:
            yield invalid((*path, "maxSkew"), item.get("maxSkew") or 0, "must be greater than zero")
        if not item.get("topologyKey"):
            yield required(path, "topologyKey")
        action = item.get("whenUnsatisfiable") or ""
        if action not in ("DoNotSchedule", "ScheduleAnyway"):
            yield unsupported((*path, "whenUnsatisfiable"), action, ("DoNotSchedule", "ScheduleAnyway"))
        domains = item.get("minDomains")
        if domains is not None and (domains <= 0 or action != "DoNotSchedule"):
            yield invalid(
                (*path, "minDomains"),
                domains,
                "must be greater than zero, and needs `whenUnsatisfiable: DoNotSchedule`",
            )
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if item.get(field) is not None and item[field] not in ("Honor", "Ignore"):
                yield unsupported((*path, field), item[field], ("Honor", "Ignore"))
        yield from check_selector(item.get("labelSelector"), (*path, "labelSelector"))
        yield from _label_keys(item, "matchLabelKeys", path)


def check_priority_class(view: View) -> Iterator[Problem]:
    """Refuse priorities above what users may give, and reserved names."""
    value = view.body.get("value") or 0
    if view.name.startswith("system-"):
        if _SYSTEM_PRIORITIES.get(view.name) != value:
            yield Problem(("metadata", "name"), "names with `system-` in front are reserved")
    elif value > 1_000_000_000:
        yield invalid(("value",), value, "the highest priority that users may give is 1000000000")
    policy = view.body.get("preemptionPolicy")
    if policy is not None and policy not in ("Never", "PreemptLowerPriority"):
        yield unsupported(("preemptionPolicy",), policy, ("Never", "PreemptLowerPriority"))


def check_runtime_class(view: View) -> Iterator[Problem]:
    """Refuse a runtime class without a handler."""
    spec, path = (view.body, ()) if "spec" not in view.body else (view.spec, ("spec",))
    field = "handler" if not path else "runtimeHandler"
    handler = spec.get(field) or ""
    if not handler:
        yield required(path, field)
    elif why := syntax.dns_label(handler):
        yield invalid((*path, field), handler, why)
    fixed = (spec.get("overhead") or {}).get("podFixed")
    if fixed:
        for problem in check_requirements({"limits": fixed}, (*path, "overhead", "podFixed")):
            yield problem._replace(path=tuple(p for p in problem.path if p != "limits"))
    scheduling = spec.get("scheduling") or {}
    yield from check_labels(scheduling.get("nodeSelector") or {}, (*path, "scheduling", "nodeSelector"))
    seen: list[Map] = []
    for at, item in items(scheduling, "tolerations", (*path, "scheduling")):
        yield from check_toleration(item or {}, at)
        if item in seen:
            yield Problem(at, "this toleration is there twice", "remove one of them")
        seen.append(item)


RULES = (
    Rule("SC636", POD_KINDS, check_affinity),
    Rule("SC637", POD_KINDS, check_tolerations),
    Rule("SC638", POD_KINDS, check_spread),
    Rule("SC639", ("PriorityClass.scheduling.k8s.io",), check_priority_class),
    Rule("SC640", ("RuntimeClass.node.k8s.io",), check_runtime_class),
)
