"""Ingresses, ingress classes and network policies.

Source: kubernetes pkg/apis/networking/validation/validation.go at v1.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.addresses import cidr_problem, family, is_subset
from compiler.check.rules.containers import PROTOCOLS
from compiler.check.rules.labels import check_selector
from compiler.check.view import View, items
from compiler.model.source import Path

Map = dict[str, Any]

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_BAD_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_BAD_ENDS = ("/..", "/.")


def check_ingress(view: View) -> Iterator[Problem]:
    """Refuse an Ingress without rules, or with hosts and TLS entries that no host has."""
    spec = view.spec
    old = view.body["apiVersion"] != "networking.k8s.io/v1"
    backend = spec.get("backend" if old else "defaultBackend")
    if not spec.get("rules") and backend is None:
        yield Problem(("spec",), "either `defaultBackend` or `rules` must be specified", "set `rules`")
    if backend is not None and not old:
        yield from _backend(backend, ("spec", "defaultBackend"), view.minor)
    for path, rule in items(spec, "rules", ("spec",)):
        host = rule.get("host") or ""
        if host and (why := _host_problem(host)):
            yield invalid((*path, "host"), host, why)
        if not old:
            yield from _http(rule.get("http"), (*path, "http"), view.minor)
    for path, tls in items(spec, "tls", ("spec",)):
        for at, host in items(tls, "hosts", path):
            if why := _host_problem(host or ""):
                yield invalid(at, host, why)
        name = tls.get("secretName")
        if name and (why := syntax.dns_subdomain(name)):
            yield invalid((*path, "secretName"), name, why)
    name = spec.get("ingressClassName")
    if name is not None and (why := syntax.dns_subdomain(name)):
        yield invalid(("spec", "ingressClassName"), name, why)


def _host_problem(host: str) -> str:
    if "*" in host:
        return syntax.wildcard_subdomain(host)
    return syntax.dns_subdomain(host) or ("must be a DNS name, not an IP address" if family(host) else "")


def _http(http: Map | None, path: Path, minor: int) -> Iterator[Problem]:
    if http is None:
        return
    if not http.get("paths"):
        yield required(path, "paths")
    for at, item in items(http, "paths", path):
        kind, where = item.get("pathType"), item.get("path") or ""
        if kind is None:
            yield required(at, "pathType")
            continue
        if kind not in _PATH_TYPES:
            yield unsupported((*at, "pathType"), kind, _PATH_TYPES)
        elif not where.startswith("/") and (where or kind != "ImplementationSpecific"):
            yield invalid((*at, "path"), where, "must be an absolute path", f"write `/{where}`")
        elif kind != "ImplementationSpecific":
            bad = next((s for s in _BAD_SEQUENCES if s in where), "") or next(
                (s for s in _BAD_ENDS if where.endswith(s)), ""
            )
            if bad:
                yield invalid((*at, "path"), where, f"must not contain `{bad}`")
        yield from _backend(item.get("backend") or {}, (*at, "backend"), minor)


def _backend(backend: Map, path: Path, minor: int) -> Iterator[Problem]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        yield Problem(path, "`service` and `resource` are both set", "remove one of them")
        return
    if resource is not None:
        yield from _object_reference(resource, (*path, "resource"))
        return
    if service is None:
        yield required(path, "service", "a backend is a service or a resource")
        return
    yield from _service(service, (*path, "service"), minor)


def _service(service: Map, path: Path, minor: int) -> Iterator[Problem]:
    name, port = service.get("name") or "", service.get("port") or {}
    form = syntax.dns_label if minor >= 36 else syntax.dns_1035_label
    if not name:
        yield required(path, "name")
    elif why := form(name):
        yield invalid((*path, "name"), name, why)
    if port.get("name") and port.get("number"):
        yield Problem((*path, "port"), "`name` and `number` are both set", "remove one of them")
    elif port.get("name"):
        if why := syntax.port_name(port["name"]):
            yield invalid((*path, "port", "name"), port["name"], why)
    elif port.get("number"):
        if why := syntax.port_number(port["number"]):
            yield invalid((*path, "port", "number"), port["number"], why)
    else:
        yield required(path, "port", "its name or its number")


def check_ingress_class(view: View) -> Iterator[Problem]:
    """Refuse an ingress class without a controller."""
    controller = view.spec.get("controller") or ""
    if not controller:
        yield required(("spec",), "controller")
    elif len(controller) > 250:
        yield invalid(("spec", "controller"), controller, "must be no more than 250 characters")
    elif why := syntax.domain_prefixed_path(controller):
        yield invalid(("spec", "controller"), controller, why)
    parameters = view.spec.get("parameters")
    if parameters is not None:
        yield from _object_reference(parameters, ("spec", "parameters"))
        namespace = parameters.get("namespace")
        if namespace and (why := syntax.dns_label(namespace)):
            yield invalid(("spec", "parameters", "namespace"), namespace, why)
        scope = parameters.get("scope") or "Cluster"
        if scope not in ("Cluster", "Namespace"):
            yield unsupported(("spec", "parameters", "scope"), scope, ("Cluster", "Namespace"))
        elif (scope == "Namespace") != bool(parameters.get("namespace")):
            yield Problem(("spec", "parameters", "namespace"), "goes with `scope: Namespace`, and only with it")


def _object_reference(ref: Map, path: Path) -> Iterator[Problem]:
    group = ref.get("apiGroup")
    if group is not None and (why := syntax.dns_subdomain(group)):
        yield invalid((*path, "apiGroup"), group, why)
    for field in ("kind", "name"):
        value = ref.get(field) or ""
        if not value:
            yield required(path, field)
        elif why := syntax.path_segment(value):
            yield invalid((*path, field), value, why)


def check_network_policy(view: View) -> Iterator[Problem]:
    """Refuse policies with bad ports, peers or types."""
    spec = view.spec
    yield from check_selector(spec.get("podSelector"), ("spec", "podSelector"))
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for path, rule in items(spec, direction, ("spec",)):
            for at, port in items(rule or {}, "ports", path):
                yield from _port(port or {}, at)
            for at, peer in items(rule or {}, peers, path):
                yield from _peer(peer or {}, at, view.minor)
    types = spec.get("policyTypes") or ()
    if len(types) > 2:
        yield Problem(("spec", "policyTypes"), "must not have more than two types")
    for path, kind in items(spec, "policyTypes", ("spec",)):
        if kind not in ("Ingress", "Egress"):
            yield unsupported(path, kind or "", ("Ingress", "Egress"))


def _port(port: Map, path: Path) -> Iterator[Problem]:
    protocol, number, end = port.get("protocol"), port.get("port"), port.get("endPort")
    if protocol is not None and protocol not in PROTOCOLS:
        yield unsupported((*path, "protocol"), protocol, PROTOCOLS)
    if number is not None and (why := syntax.port(number) if number != "" else "a port name must not be empty"):
        yield invalid((*path, "port"), number, why)
    if end is None:
        return
    if not isinstance(number, int):
        yield invalid((*path, "endPort"), end, "needs a `port` that is a number")
    elif end < number:
        yield invalid((*path, "endPort"), end, "must be greater than or equal to `port`")
    elif why := syntax.port_number(end):
        yield invalid((*path, "endPort"), end, why)


def _peer(peer: Map, path: Path, minor: int) -> Iterator[Problem]:
    block = peer.get("ipBlock")
    selectors = [s for s in ("podSelector", "namespaceSelector") if peer.get(s) is not None]
    if block is None and not selectors:
        yield Problem(path, "must specify a peer: `podSelector`, `namespaceSelector` or `ipBlock`", "set one of them")
    elif block is not None and selectors:
        yield Problem((*path, "ipBlock"), f"can't stand beside `{selectors[0]}`", "write two peers", on_key=True)
    for name in selectors:
        yield from check_selector(peer[name], (*path, name))
    if block is None:
        return
    at, cidr = (*path, "ipBlock"), block.get("cidr") or ""
    if not cidr:
        yield required(at, "cidr")
        return
    if why := cidr_problem(cidr, minor):
        yield invalid((*at, "cidr"), cidr, why)
        return
    for inner, value in items(block, "except", at):
        if why := cidr_problem(value or "", minor):
            yield invalid(inner, value, why)
        elif not is_subset(value, cidr):
            yield invalid(inner, value, f"must lie inside `{cidr}`, and be smaller")


_NET = "networking.k8s.io"

RULES = (
    Rule("SC674", (f"Ingress.{_NET}", "Ingress.extensions"), check_ingress),
    Rule("SC675", (f"IngressClass.{_NET}",), check_ingress_class),
    Rule("SC676", (f"NetworkPolicy.{_NET}", "NetworkPolicy.extensions"), check_network_policy),
)
