"""Settings of a whole pod: restart and DNS policy, names it refers to, host names.

Source: kubernetes pkg/apis/core/validation/validation.go at v1.36 (ValidatePodSpec).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.addresses import ip_problem
from compiler.check.rules.labels import check_labels
from compiler.check.view import POD_KINDS, View, items
from compiler.model.source import Path

Map = dict[str, Any]

_DNS_POLICIES = ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")
_NAMES = (
    ("serviceAccountName", syntax.dns_subdomain),
    ("nodeName", syntax.dns_subdomain),
    ("priorityClassName", syntax.dns_subdomain),
    ("runtimeClassName", syntax.dns_subdomain),
    ("hostname", syntax.dns_label),
    ("subdomain", syntax.dns_label),
)


def check_names(view: View) -> Iterator[Problem]:
    """Refuse names of other objects, and host names, that no object can have."""
    pod = view.pod
    if pod is None:
        return
    spec = pod.spec
    for field, form in _NAMES:
        value = spec.get(field)
        if value and (why := form(value)):
            yield invalid((*pod.path, field), value, why)
    if spec.get("nodeSelector"):
        yield from check_labels(spec["nodeSelector"], (*pod.path, "nodeSelector"))
    for i, gate in enumerate(spec.get("readinessGates") or ()):
        if why := syntax.qualified_name(gate.get("conditionType") or ""):
            yield invalid((*pod.path, "readinessGates", i, "conditionType"), gate.get("conditionType") or "", why)
    yield from _resource_claims(spec, pod.path)
    for at, gate in items(spec, "schedulingGates", pod.path):
        if why := syntax.qualified_name(gate.get("name") or ""):
            yield invalid((*at, "name"), gate.get("name") or "", why)
    yield from _host_aliases(spec, pod.path, view.minor)


def _host_aliases(spec: Map, path: Path, minor: int) -> Iterator[Problem]:
    for at, alias in items(spec, "hostAliases", path):
        if why := ip_problem(alias.get("ip") or "", minor):
            yield invalid((*at, "ip"), alias.get("ip") or "", why)
        for place, host in items(alias, "hostnames", at):
            if why := syntax.dns_subdomain(host or ""):
                yield invalid(place, host, why)


def _resource_claims(spec: Map, path: Path) -> Iterator[Problem]:
    fields = ("resourceClaimName", "resourceClaimTemplateName")
    for at, claim in items(spec, "resourceClaims", path):
        if why := syntax.dns_label(claim.get("name") or ""):
            yield invalid((*at, "name"), claim.get("name") or "", why)
        said = [field for field in fields if claim.get(field) is not None]
        if len(said) != 1:
            yield Problem(at, "exactly one of `resourceClaimName` and `resourceClaimTemplateName` is required")
        for field in said:
            if why := syntax.dns_subdomain(claim[field]):
                yield invalid((*at, field), claim[field], why)


def check_policies(view: View) -> Iterator[Problem]:
    """Refuse policies outside their lists, and a deadline below one second."""
    pod = view.pod
    if pod is None:
        return
    spec = pod.spec
    for field, allowed in (
        ("dnsPolicy", _DNS_POLICIES),
        ("preemptionPolicy", ("PreemptLowerPriority", "Never")),
        ("restartPolicy", ("Always", "OnFailure", "Never")),
    ):
        value = spec.get(field)
        if value not in (None, *allowed) and (value or field == "preemptionPolicy"):
            yield unsupported((*pod.path, field), value, allowed)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= 2147483647:
        yield invalid((*pod.path, "activeDeadlineSeconds"), deadline, "must be between 1 and 2147483647")
    if spec.get("ephemeralContainers"):
        yield Problem(
            (*pod.path, "ephemeralContainers"),
            "ephemeral containers can't be created with a pod",
            "remove `ephemeralContainers`",
            on_key=True,
        )
    if spec.get("os") is not None and (spec["os"].get("name") or "") not in ("linux", "windows"):
        yield unsupported((*pod.path, "os", "name"), spec["os"].get("name") or "", ("linux", "windows"))


def check_dns(view: View) -> Iterator[Problem]:
    """Refuse a DNS configuration that no resolver can use."""
    pod = view.pod
    if pod is None:
        return
    config, path = pod.spec.get("dnsConfig"), (*pod.path, "dnsConfig")
    if pod.spec.get("dnsPolicy") == "None" and not (config or {}).get("nameservers"):
        yield required(path, "nameservers", "`dnsPolicy` is None")
    if config:
        yield from _dns(config, path, view.minor)


def _dns(config: Map, path: Path, minor: int) -> Iterator[Problem]:
    if len(config.get("nameservers") or ()) > 3:
        yield Problem((*path, "nameservers"), "must not have more than 3 name servers")
    for at, server in items(config, "nameservers", path):
        if why := ip_problem(server or "", minor):
            yield invalid(at, server, why)
    searches = config.get("searches") or ()
    most, characters = (32, 2048) if minor >= 26 else (6, 256)
    if len(searches) > most or len(" ".join(s or "" for s in searches)) > characters:
        yield Problem((*path, "searches"), f"must not have more than {most} search paths or {characters} characters")
    for at, search in items(config, "searches", path):
        name = (search or "").removesuffix(".")
        form = syntax.search_domain if minor >= 33 else syntax.dns_subdomain
        why = "" if search == "." and minor >= 33 else form(name)
        if why:
            yield invalid(at, search, why)
    for at, option in items(config, "options", path):
        if not option.get("name"):
            yield required(at, "name")


RULES = (
    Rule("SC641", POD_KINDS, check_names),
    Rule("SC642", POD_KINDS, check_policies),
    Rule("SC643", POD_KINDS, check_dns),
)
