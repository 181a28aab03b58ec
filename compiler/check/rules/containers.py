"""Containers: names, images, ports, probes and lifecycle handlers.

Source: kubernetes pkg/apis/core/validation/validation.go at v1.36 (validateContainers, validateProbe, validateHandler).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.view import POD_KINDS, Container, View
from compiler.model.source import Path

PROTOCOLS = ("TCP", "UDP", "SCTP")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_TIMES = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def check_names(view: View) -> Iterator[Problem]:
    """Refuse a pod without containers, and container names that are missing, bad or used twice."""
    pod = view.pod
    if pod is None:
        return
    if not pod.spec.get("containers"):
        yield required(pod.path, "containers", "a pod has at least one container")
    seen: set[str] = set()
    for container in pod.containers:
        name = container.body.get("name") or ""
        if not name:
            yield required(container.path, "name")
        elif why := syntax.dns_label(name):
            yield invalid((*container.path, "name"), name, why)
        elif name in seen:
            yield Problem(
                (*container.path, "name"), f"container `{name}` is there twice", "give every container its own name"
            )
        seen.add(name)


def check_images(view: View) -> Iterator[Problem]:
    """Refuse a container without an image, or with spaces around it."""
    for container in view.containers():
        image = container.body.get("image") or ""
        if not image:
            yield required(container.path, "image")
        elif image != image.strip() and view.kind == "Pod.":
            yield invalid(
                (*container.path, "image"), image, "must not have spaces around it", f"write `{image.strip()}`"
            )
        policy = container.body.get("imagePullPolicy")
        if policy and policy not in ("Always", "IfNotPresent", "Never"):
            yield unsupported((*container.path, "imagePullPolicy"), policy, ("Always", "IfNotPresent", "Never"))
        message = container.body.get("terminationMessagePolicy")
        if message and message not in ("File", "FallbackToLogsOnError"):
            yield unsupported((*container.path, "terminationMessagePolicy"), message, ("File", "FallbackToLogsOnError"))


def check_ports(view: View) -> Iterator[Problem]:
    """Refuse container ports out of range, with bad names, or given twice."""
    for container in view.containers():
        ports = container.body.get("ports")
        if ports:
            yield from _ports(container, ports)
    pod = view.pod
    if pod and pod.spec.get("hostNetwork"):
        yield from _host_network_ports(view)


def _ports(container: Container, ports: list[dict[str, Any]]) -> Iterator[Problem]:
    names: set[str] = set()
    hosts: set[tuple[object, ...]] = set()
    for i, port in enumerate(ports):
        path = (*container.path, "ports", i)
        name, number, host = port.get("name"), port.get("containerPort"), port.get("hostPort")
        if name and (why := syntax.port_name(name)):
            yield invalid((*path, "name"), name, why)
        elif name and name in names:
            yield Problem(
                (*path, "name"), f"port name `{name}` is there twice", "give every port of a container its own name"
            )
        names.add(name or "")
        if not number:
            yield required(path, "containerPort")
        elif why := syntax.port_number(number):
            yield invalid((*path, "containerPort"), number, why)
        protocol = port.get("protocol") or "TCP"
        if protocol not in PROTOCOLS:
            yield unsupported((*path, "protocol"), protocol, PROTOCOLS)
        if not host:
            continue
        if why := syntax.port_number(host):
            yield invalid((*path, "hostPort"), host, why)
        key = (host, protocol, port.get("hostIP") or "")
        if key in hosts:
            yield Problem((*path, "hostPort"), f"host port {host}/{protocol} is there twice")
        hosts.add(key)


def _host_network_ports(view: View) -> Iterator[Problem]:
    for container in view.containers():
        for i, port in enumerate(container.body.get("ports") or ()):
            host, number = port.get("hostPort"), port.get("containerPort")
            if host and host != number:
                yield Problem(
                    (*container.path, "ports", i, "hostPort"),
                    "must equal `containerPort` when `hostNetwork` is true",
                    f"write `{number}`",
                )


def check_probes(view: View) -> Iterator[Problem]:
    """Refuse probes without exactly one handler, with a bad port, or with times below zero."""
    for container in view.containers():
        body = container.body
        sidecar = body.get("restartPolicy") == "Always"
        for name in _PROBES:
            probe = body.get(name)
            if probe is None:
                continue
            path = (*container.path, name)
            if container.list == "initContainers" and not sidecar:
                yield Problem(
                    path,
                    f"`{name}` is for init containers with `restartPolicy: Always` only",
                    f"remove `{name}`",
                    on_key=True,
                )
                continue
            yield from _probe(probe, name, path)


def _probe(probe: dict[str, Any], name: str, path: Path) -> Iterator[Problem]:
    yield from _handler(probe, path)
    for time in _TIMES:
        if (probe.get(time) or 0) < 0:
            yield invalid((*path, time), probe[time], "must be greater than or equal to 0")
    if name != "readinessProbe" and (probe.get("successThreshold") or 1) > 1:
        yield invalid((*path, "successThreshold"), probe["successThreshold"], f"must be 1 in a {name}")
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is not None and (name == "readinessProbe" or grace <= 0):
        why = "must not be set for readiness probes" if name == "readinessProbe" else "must be greater than 0"
        yield invalid((*path, "terminationGracePeriodSeconds"), grace, why)


def _handler(probe: dict[str, Any], path: Path) -> Iterator[Problem]:
    given = [h for h in _HANDLERS if probe.get(h) is not None]
    if not given:
        yield Problem(
            path,
            f"one of {', '.join(f'`{h}`' for h in _HANDLERS[:4])} is required: what is to be asked",
            "set one handler",
        )
        return
    if len(given) > 1:
        yield Problem(
            (*path, given[1]),
            f"`{given[0]}` and `{given[1]}` are both set: a probe has one handler",
            f"remove `{given[1]}`",
            on_key=True,
        )
        return
    kind, handler = given[0], probe[given[0]]
    path = (*path, kind)
    if kind == "exec" and not handler.get("command"):
        yield required(path, "command")
    if kind in ("httpGet", "tcpSocket", "grpc"):
        port = handler.get("port")
        if port is None:
            yield required(path, "port")
        elif port == "" or (why := syntax.port(port)):
            yield invalid((*path, "port"), port, why if port != "" else "a port name must not be empty")
    if kind == "httpGet":
        yield from _http(handler, path)


def _http(handler: dict[str, Any], path: Path) -> Iterator[Problem]:
    scheme = handler.get("scheme") or "HTTP"
    if scheme not in ("HTTP", "HTTPS"):
        yield unsupported((*path, "scheme"), scheme, ("HTTP", "HTTPS"))
    for i, header in enumerate(handler.get("httpHeaders") or ()):
        if why := syntax.header_name(header.get("name") or ""):
            yield invalid((*path, "httpHeaders", i, "name"), header.get("name") or "", why)


def check_lifecycle(view: View) -> Iterator[Problem]:
    """Refuse lifecycle hooks without a handler, on init containers, or that sleep past the grace period."""
    for container in view.containers():
        lifecycle = container.body.get("lifecycle")
        if lifecycle is None:
            continue
        path = (*container.path, "lifecycle")
        if container.list == "initContainers" and container.body.get("restartPolicy") != "Always":
            yield Problem(
                path,
                "`lifecycle` is for init containers with `restartPolicy: Always` only",
                "remove `lifecycle`",
                on_key=True,
            )
            continue
        for hook in ("postStart", "preStop"):
            if lifecycle.get(hook) is not None:
                yield from _handler(lifecycle[hook], (*path, hook))
                yield from _sleep(view, lifecycle[hook], (*path, hook))


def _sleep(view: View, hook: dict[str, Any], path: Path) -> Iterator[Problem]:
    seconds = (hook.get("sleep") or {}).get("seconds")
    grace = (view.pod.spec if view.pod else {}).get("terminationGracePeriodSeconds")
    grace = 30 if grace is None else grace
    if seconds is not None and not 0 <= seconds <= grace:
        yield invalid(
            (*path, "sleep", "seconds"), seconds, f"must be between 0 and terminationGracePeriodSeconds ({grace})"
        )


RULES = (
    Rule("SC621", POD_KINDS, check_names),
    Rule("SC622", POD_KINDS, check_images),
    Rule("SC623", POD_KINDS, check_ports),
    Rule("SC624", POD_KINDS, check_probes),
    Rule("SC625", POD_KINDS, check_lifecycle),
)
