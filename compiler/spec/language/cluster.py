"""Checks against the facts of the cluster: version, subnets, nodes, registry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from compiler.model.diagnostic import Diagnostic, error, warning
from compiler.model.source import Path
from compiler.spec.language.survey import Context, maps, member
from compiler.spec.words import clip

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

OLDEST_MINOR = 15
NEWEST_MINOR = 37
"""The minors that have a schema pack."""


def check_kubernetes(context: Context) -> Iterator[Diagnostic]:
    """Refuse a target that no schema pack has (SC345)."""
    version = context.spec.get("kubernetes")
    if not isinstance(version, str):
        return
    match = re.fullmatch(r"v?1\.([0-9]{1,2})(\.[0-9]{1,3})?", version)
    if match and not OLDEST_MINOR <= int(match[1]) <= NEWEST_MINOR:
        yield error(
            "SC345",
            f"Kubernetes `{version}` is not known",
            help=f"write a version from `1.{OLDEST_MINOR}` to `1.{NEWEST_MINOR}`",
            span=context.span(("spec", "kubernetes")),
        )


def check_subnets(context: Context) -> Iterator[Diagnostic]:
    """Refuse ranges that are none (SC346) or overlap (SC347); warn of public addresses for pods (SC348)."""
    places = [place for place in context.typed("Cidr") if isinstance(place.value, str)]
    if not places:
        return
    networks: list[tuple[Path, IPv4Network | IPv6Network]] = []
    for place in places:
        network, problem = _network(place.value)
        if network is None:
            yield error("SC346", problem, help="write a range as `10.244.0.0/16`", span=context.span(place.path))
        else:
            networks.append((place.path, network))
    for index, (path, network) in enumerate(networks):
        if path[-1] == "podSubnet" and not network.is_private:
            yield warning(
                "SC348",
                f"`{network}` are public addresses",
                help="use a private range, as `10.244.0.0/16`",
                span=context.span(path),
            )
        for other_path, other in networks[:index]:
            if path[:-1] == other_path[:-1] and network.version == other.version and network.overlaps(other):
                yield error(
                    "SC347",
                    f"`{path[-1]}` overlaps with `{other_path[-1]}` `{other}`",
                    help="choose ranges that have no address in common",
                    span=context.span(path),
                )


def _network(text: str) -> tuple[IPv4Network | IPv6Network | None, str]:
    from ipaddress import ip_network  # 3 ms that most stacks need not pay

    if "/" not in text:
        return None, f"`{clip(text)}` has no prefix length"
    try:
        return ip_network(text), ""
    except ValueError as fault:
        if "host bits" in str(fault):
            return (
                None,
                f"`{clip(text)}` has bits set behind its prefix; the range is `{ip_network(text, strict=False)}`",
            )
        return None, f"`{clip(text)}` is no address range"


def check_selectors(context: Context) -> Iterator[Diagnostic]:
    """Refuse a nodeSelector that no node of `cluster.nodes` has (SC349)."""
    nodes = [node for _, node in maps(member(context.spec, "cluster", "nodes"), ())]
    if not nodes:
        return
    labels = [_labels_of(node) for node in nodes]
    for place in context.typed("Placement"):
        selector = member(place.value, "nodeSelector")
        if not isinstance(selector, dict) or not selector:
            continue
        if any(all(have.get(key) == value for key, value in selector.items()) for have in labels):
            continue
        said = ", ".join(f"{key}={value}" for key, value in selector.items())
        yield error(
            "SC349",
            f"no node of `cluster.nodes` has `{clip(said)}`",
            help="give a node these labels, or change the selector",
            span=context.span((*place.path, "nodeSelector")),
        )


def _labels_of(node: dict[str, Any]) -> dict[str, Any]:
    """Return the labels that a node will carry: its own, and those that kubeadm and the kubelet set."""
    own = node.get("labels")
    labels = {"kubernetes.io/hostname": node.get("name"), "kubernetes.io/os": "linux"}
    roles = node.get("roles")
    if isinstance(roles, list) and "control-plane" in roles:
        labels["node-role.kubernetes.io/control-plane"] = ""
    return {**labels, **(own if isinstance(own, dict) else {})}


def check_registry(context: Context) -> Iterator[Diagnostic]:
    """Warn of an insecure registry in production (SC352), refuse to require a mirror that nothing names (SC358)."""
    if member(context.spec, "registry", "requireMirror") is True and not member(context.spec, "registry", "mirror"):
        yield error(
            "SC358",
            "a mirror is required, but `registry.mirror` is not set",
            help="write `mirror: HOST:PORT` beside it",
            span=context.key(("spec", "registry", "requireMirror")),
        )
    if context.preset == "production" and member(context.spec, "registry", "insecure") is True:
        yield warning(
            "SC352",
            "production takes images from an insecure registry",
            help="give the registry a certificate that the nodes trust",
            span=context.key(("spec", "registry", "insecure")),
        )
