"""Services, Endpoints and EndpointSlices.

Source: kubernetes pkg/apis/core/validation/validation.go (validateService), pkg/apis/discovery at v1.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.addresses import cidr_problem, endpoint_problem, family, ip_problem
from compiler.check.rules.containers import PROTOCOLS
from compiler.check.rules.labels import check_labels
from compiler.check.view import View, items
from compiler.model.source import Path

Map = dict[str, Any]

_TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
_POLICIES = ("Cluster", "Local")
NODE_PORTS = (30000, 32767)
"""The range of node ports that a server hands out unless `--service-node-port-range` says otherwise."""


def service_type(spec: Map) -> str:
    """Return the type of a Service, which may be defaulted."""
    return spec.get("type") or "ClusterIP"


def is_headless(spec: Map) -> bool:
    """Tell whether a Service has no address of its own."""
    return spec.get("clusterIP") == "None" or (spec.get("clusterIPs") or [""])[0] == "None"


def check_service(view: View) -> Iterator[Problem]:
    """Refuse a type that is unknown, or that contradicts the other fields."""
    spec, kind, path = view.spec, service_type(view.spec), ("spec",)
    if kind not in _TYPES:
        yield unsupported(("spec", "type"), kind, _TYPES)
        return
    if spec.get("selector"):
        yield from check_labels(spec["selector"], ("spec", "selector"))
    if kind == "ExternalName":
        yield from _external_name(spec, path)
        return
    if is_headless(spec) and kind in ("NodePort", "LoadBalancer"):
        yield Problem(("spec", "clusterIP"), f"must not be `None` in a {kind} Service", "remove `clusterIP`")
    if not spec.get("ports") and not is_headless(spec):
        yield required(path, "ports")
    if kind != "LoadBalancer":
        for field in ("allocateLoadBalancerNodePorts", "loadBalancerClass", "loadBalancerSourceRanges"):
            if spec.get(field) not in (None, []):
                yield Problem(("spec", field), "is for type `LoadBalancer` only", f"remove `{field}`", on_key=True)
    for at, value in items(spec, "loadBalancerSourceRanges", path):
        if why := cidr_problem((value or "").strip(), view.minor):
            yield invalid(at, value, why)
    name = spec.get("loadBalancerClass")
    if name is not None and kind == "LoadBalancer" and (why := syntax.qualified_name(name)):
        yield invalid(("spec", "loadBalancerClass"), name, why)
    yield from _addresses(spec, view.minor)


def _external_name(spec: Map, path: Path) -> Iterator[Problem]:
    name = (spec.get("externalName") or "").removesuffix(".")
    if not name:
        yield required(path, "externalName", "the type is ExternalName")
    elif why := syntax.dns_subdomain(name):
        yield invalid(("spec", "externalName"), name, why)
    if spec.get("clusterIP"):
        yield Problem(
            ("spec", "clusterIP"), "must not be set for type `ExternalName`", "remove `clusterIP`", on_key=True
        )


def _addresses(spec: Map, minor: int) -> Iterator[Problem]:
    first, ips = spec.get("clusterIP") or "", spec.get("clusterIPs") or ()
    if ips and first != ips[0]:
        yield Problem(("spec", "clusterIPs"), "the first of `clusterIPs` must equal `clusterIP`")
    path: Path = ("spec", "clusterIP")
    if first and first != "None" and (why := ip_problem(first, minor)):
        yield invalid(path, first, why)
    for at, ip in items(spec, "externalIPs", ("spec",)):
        if why := ip_problem(ip or "", minor) or endpoint_problem(ip or ""):
            yield invalid(at, ip, why)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in ("SingleStack", "PreferDualStack", "RequireDualStack"):
        yield unsupported(("spec", "ipFamilyPolicy"), policy, ("SingleStack", "PreferDualStack", "RequireDualStack"))
    seen: set[str] = set()
    for at, name in items(spec, "ipFamilies", ("spec",)):
        if name not in ("IPv4", "IPv6"):
            yield unsupported(at, name or "", ("IPv4", "IPv6"))
        elif name in seen:
            yield Problem(at, f"`{name}` is there twice")
        seen.add(name)


def check_traffic(view: View) -> Iterator[Problem]:
    """Refuse session affinity and traffic policies that the type does not have."""
    spec, kind = view.spec, service_type(view.spec)
    affinity, config = spec.get("sessionAffinity") or "None", spec.get("sessionAffinityConfig")
    if affinity not in ("ClientIP", "None"):
        yield unsupported(("spec", "sessionAffinity"), affinity, ("ClientIP", "None"))
    elif affinity == "None" and config is not None:
        yield Problem(
            ("spec", "sessionAffinityConfig"),
            "is dropped by the server without `sessionAffinity: ClientIP`",
            "write `sessionAffinity: ClientIP`",
            on_key=True,
            warning=True,
        )
    timeout = ((config or {}).get("clientIP") or {}).get("timeoutSeconds")
    if affinity == "ClientIP" and timeout is not None and not 0 < timeout <= 86400:
        yield invalid(
            ("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"), timeout, "must be between 1 and 86400"
        )
    external = spec.get("externalTrafficPolicy")
    reachable = kind in ("NodePort", "LoadBalancer") or (kind == "ClusterIP" and spec.get("externalIPs"))
    if external and not reachable:
        yield Problem(
            ("spec", "externalTrafficPolicy"),
            "is for Services that are reached from outside only",
            "remove `externalTrafficPolicy`",
            on_key=True,
        )
    elif external and external not in _POLICIES:
        yield unsupported(("spec", "externalTrafficPolicy"), external, _POLICIES)
    yield from _inside(spec, view.minor)
    health = spec.get("healthCheckNodePort")
    if health and not (kind == "LoadBalancer" and external == "Local"):
        yield Problem(
            ("spec", "healthCheckNodePort"),
            "needs type `LoadBalancer` and `externalTrafficPolicy: Local`",
            "remove `healthCheckNodePort`",
            on_key=True,
        )
    elif health and (why := syntax.port_number(health)):
        yield invalid(("spec", "healthCheckNodePort"), health, why)


def _inside(spec: Map, minor: int) -> Iterator[Problem]:
    internal = spec.get("internalTrafficPolicy")
    if internal is not None and internal not in _POLICIES:
        yield unsupported(("spec", "internalTrafficPolicy"), internal, _POLICIES)
    spread = spec.get("trafficDistribution")
    choices = ("PreferClose", "PreferSameZone", "PreferSameNode") if minor >= 34 else ("PreferClose",)
    if spread is not None and spread not in choices:
        yield unsupported(("spec", "trafficDistribution"), spread, choices)


def check_service_ports(view: View) -> Iterator[Problem]:
    """Refuse ports out of range, without names where there are several, or given twice."""
    ports = view.spec.get("ports") or ()
    kind = service_type(view.spec)
    names: set[str] = set()
    keys: set[tuple[object, ...]] = set()
    for i, port in enumerate(ports):
        path = ("spec", "ports", i)
        name, protocol = port.get("name") or "", port.get("protocol") or "TCP"
        if not name and len(ports) > 1:
            yield required(path, "name", "the Service has several ports")
        elif name and (why := syntax.dns_label(name)):
            yield invalid((*path, "name"), name, why)
        elif name and name in names:
            yield Problem((*path, "name"), f"port name `{name}` is there twice", "give every port its own name")
        names.add(name)
        yield from _port(port, protocol, kind, path)
        for field in ("port", "nodePort"):
            key = (field, protocol, port.get(field))
            if port.get(field) and key in keys:
                yield Problem((*path, field), f"{field} {port[field]}/{protocol} is there twice")
            keys.add(key)


def _port(port: Map, protocol: str, kind: str, path: Path) -> Iterator[Problem]:
    if protocol not in PROTOCOLS:
        yield unsupported((*path, "protocol"), protocol, PROTOCOLS)
    number, target, node = port.get("port") or 0, port.get("targetPort"), port.get("nodePort")
    if why := syntax.port_number(number):
        yield invalid((*path, "port"), number, why)
    if target not in (None, 0, "") and (why := syntax.port(target)):
        yield invalid((*path, "targetPort"), target, why)
    if port.get("appProtocol") is not None and (why := syntax.qualified_name(port["appProtocol"])):
        yield invalid((*path, "appProtocol"), port["appProtocol"], why)
    if node and kind in ("ClusterIP", "ExternalName"):
        yield Problem(
            (*path, "nodePort"),
            f"must not be set for type `{kind}`",
            "remove `nodePort`, or write `type: NodePort`",
            on_key=True,
        )


def check_endpoints(view: View) -> Iterator[Problem]:
    """Refuse endpoints without addresses, or at addresses that no endpoint can have."""
    for path, subset in items(view.body, "subsets", ()):
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            yield Problem(path, "`addresses` or `notReadyAddresses` is required", "set `addresses`")
        for field in ("addresses", "notReadyAddresses"):
            for at, address in items(subset, field, path):
                ip = address.get("ip") or ""
                if why := ip_problem(ip, view.minor) or endpoint_problem(ip):
                    yield invalid((*at, "ip"), ip, why)
                if address.get("hostname") and (why := syntax.dns_label(address["hostname"])):
                    yield invalid((*at, "hostname"), address["hostname"], why)
                if address.get("nodeName") is not None and (why := syntax.dns_subdomain(address["nodeName"])):
                    yield invalid((*at, "nodeName"), address["nodeName"], why)
        ports = subset.get("ports") or ()
        for i, port in enumerate(ports):
            yield from _endpoint_port(port, len(ports) > 1, (*path, "ports", i))


def _endpoint_port(port: Map, named: bool, path: Path) -> Iterator[Problem]:
    name, protocol = port.get("name") or "", port.get("protocol") or "TCP"
    if named and not name:
        yield required(path, "name", "there are several ports")
    elif name and (why := syntax.dns_label(name)):
        yield invalid((*path, "name"), name, why)
    if why := syntax.port_number(port.get("port") or 0):
        yield invalid((*path, "port"), port.get("port") or 0, why)
    if protocol not in PROTOCOLS:
        yield unsupported((*path, "protocol"), protocol, PROTOCOLS)


def check_endpoint_slice(view: View) -> Iterator[Problem]:
    """Refuse a slice without a type, or whose addresses are not of it."""
    kind = view.body.get("addressType") or ""
    if kind not in ("IPv4", "IPv6", "FQDN"):
        yield required((), "addressType") if not kind else unsupported(("addressType",), kind, ("IPv4", "IPv6", "FQDN"))
        return
    for path, endpoint in items(view.body, "endpoints", ()):
        addresses = endpoint.get("addresses") or ()
        if not addresses:
            yield required(path, "addresses", "at least one address")
        for at, address in items(endpoint, "addresses", path):
            if why := _address_problem(address or "", kind, view.minor):
                yield invalid(at, address, why)
        for field, form in (("hostname", syntax.dns_label), ("nodeName", syntax.dns_subdomain)):
            if endpoint.get(field) is not None and (why := form(endpoint[field])):
                yield invalid((*path, field), endpoint[field], why)
        yield from _hints(endpoint.get("hints") or {}, (*path, "hints"))
    yield from _slice_ports(view.body)


def _slice_ports(body: Map) -> Iterator[Problem]:
    names: set[str] = set()
    for path, port in items(body, "ports", ()):
        name, protocol = port.get("name") or "", port.get("protocol", "TCP")
        if name and (why := syntax.dns_label(name)):
            yield invalid((*path, "name"), name, why)
        elif name in names:
            yield Problem((*path, "name"), f"port name `{name}` is there twice")
        names.add(name)
        if protocol not in PROTOCOLS:
            yield unsupported((*path, "protocol"), protocol or "", PROTOCOLS)
        if port.get("appProtocol") is not None and (why := syntax.qualified_name(port["appProtocol"])):
            yield invalid((*path, "appProtocol"), port["appProtocol"], why)


def _hints(hints: Map, path: Path) -> Iterator[Problem]:
    for field, form in (("forZones", syntax.label_value), ("forNodes", syntax.dns_subdomain)):
        seen: set[str] = set()
        for at, item in items(hints, field, path):
            name = item.get("name") or ""
            if why := form(name):
                yield invalid((*at, "name"), name, why)
            elif name in seen:
                yield Problem((*at, "name"), f"`{name}` is there twice")
            seen.add(name)


def _address_problem(address: str, kind: str, minor: int) -> str:
    if kind == "FQDN":
        name = address.removesuffix(".")
        return syntax.dns_subdomain(name) or ("" if "." in name else "must have at least two parts with a dot between")
    why = ip_problem(address, minor)
    if why:
        return why
    return endpoint_problem(address) if family(address) == kind else f"must be an {kind} address"


RULES = (
    Rule("SC655", ("Service.",), check_service),
    Rule("SC656", ("Service.",), check_traffic),
    Rule("SC657", ("Service.",), check_service_ports),
    Rule("SC658", ("Endpoints.",), check_endpoints),
    Rule("SC659", ("EndpointSlice.discovery.k8s.io",), check_endpoint_slice),
)
