"""IP addresses and ranges as the server reads them.

Source: kubernetes pkg/apis/core/validation (IsValidIPForLegacyField, ValidateEndpointIP) at v1.36: from 1.36 on new
objects may not write octets with leading zeros or IPv4 addresses inside IPv6 (gate StrictIPCIDRValidation).
"""

from __future__ import annotations

import re

_V4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}", re.ASCII).fullmatch


def _sloppy(value: str) -> str:
    """Drop the leading zeros of octets, as the server's parser does."""
    return ".".join(str(int(part)) for part in value.split(".")) if _V4(value) else value


def _parse(value: str, *, network: bool) -> object:
    import ipaddress  # the import costs more than most checks: only where an address is used

    try:
        if not network:
            return None if "%" in value else ipaddress.ip_address(_sloppy(value))
        address, slash, bits = value.partition("/")
        if not slash or not bits.isascii() or not bits.isdigit() or "%" in address:
            return None
        return ipaddress.ip_network(f"{_sloppy(address)}/{int(bits)}", strict=False)
    except ValueError:
        return None


def ip_problem(value: str, minor: int) -> str:
    """Return what is wrong with an IP address, or the empty string."""
    if _parse(value, network=False) is None:
        return "must be an IP address, such as 10.9.8.7 or 2001:db8::ffff"
    if minor >= 36 and _V4(value) and _sloppy(value) != value:
        return "must not have leading zeros"
    return (
        "must not be an IPv4-mapped IPv6 address"
        if minor >= 36 and value.lower().startswith("::ffff:") and "." in value
        else ""
    )


def cidr_problem(value: str, minor: int) -> str:
    """Return what is wrong with a CIDR range, or the empty string."""
    network = _parse(value, network=True)
    if network is None:
        return "must be a CIDR range, such as 10.9.8.0/24 or 2001:db8::/64"
    if minor < 36:
        return ""
    address, _, bits = value.partition("/")
    if (_V4(address) and _sloppy(address) != address) or (len(bits) > 1 and bits[0] == "0"):
        return "must not have leading zeros"
    if _parse(address, network=False) != getattr(network, "network_address", None):
        return f"must not have bits set beyond the prefix: write {network}"
    return ""


def is_subset(inner: str, outer: str) -> bool:
    """Tell whether a CIDR range lies strictly inside another; both must be valid."""
    a, b = _parse(inner, network=True), _parse(outer, network=True)
    import ipaddress

    if isinstance(a, ipaddress.IPv4Network) and isinstance(b, ipaddress.IPv4Network):
        return a != b and a.subnet_of(b)
    if isinstance(a, ipaddress.IPv6Network) and isinstance(b, ipaddress.IPv6Network):
        return a != b and a.subnet_of(b)
    return False


def family(value: str) -> str:
    """Return `IPv4`, `IPv6`, or the empty string for no address."""
    address = _parse(value, network=False)
    return "" if address is None else f"IPv{getattr(address, 'version', 4)}"


def endpoint_problem(value: str) -> str:
    """Return why an address can't be an endpoint or an external IP, or the empty string."""
    import ipaddress

    address = _parse(value, network=False)
    if not isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address):
        return ""
    if address.is_unspecified:
        return "must not be unspecified"
    if address.is_loopback:
        return "must not be in the loopback range"
    return "must not be in the link-local range" if address.is_link_local else ""
