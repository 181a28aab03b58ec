"""Formats of strings and numbers, by name: predicates that say whether a value has the form."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Predicate = Callable[[object], bool]


class Format(NamedTuple):
    """A named form: how to tell it, and what to call it in a message ("expected …")."""

    accepts: Predicate
    expected: str


def _form(pattern: str) -> Callable[[str], bool]:
    """Make a test of a whole text; it is compiled at the first use, which few runs come to."""
    made: list[Callable[[str], object]] = []

    def fits(text: str) -> bool:
        if not made:
            made.append(re.compile(pattern, re.ASCII).fullmatch)
        return made[0](text) is not None

    return fits


def _text(pattern: str) -> Predicate:
    """Make a predicate that holds for other types, too: `type` speaks about those."""
    fits = _form(pattern)
    return lambda value: not isinstance(value, str) or fits(value)


def _between(low: int, high: int) -> Predicate:
    return lambda value: not isinstance(value, (int, float)) or low <= value <= high


_QUANTITY = re.compile(
    r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,9})?", re.ASCII
).fullmatch


def is_quantity(value: object) -> bool:
    """Tell whether a value is a resource quantity. Source: apimachinery pkg/api/resource/quantity.go, ParseQuantity."""
    if isinstance(value, str):
        return _QUANTITY(value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_int_or_string(value: object) -> bool:
    if isinstance(value, float):
        return value.is_integer() and -(2**31) <= value < 2**31
    return isinstance(value, str) or (
        isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31
    )


def is_base64(value: object) -> bool:
    """Tell whether a text is standard base64 with padding; line breaks are allowed, as in Go's decoder."""
    if not isinstance(value, str):
        return True
    import binascii

    text = value.replace("\r", "").replace("\n", "")
    try:
        binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        return False
    return len(text) % 4 == 0


_is_date_time_text = _form(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if len(value) != 10 or value[4] + value[7] != "--" or not (value[:4] + value[5:7] + value[8:]).isdecimal():
        return False
    year, month, day = int(value[:4]), int(value[5:7]), int(value[8:])
    if not 1 <= month <= 12:
        return False
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= day <= _MONTHS[month - 1] + leap


def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or (_is_date_time_text(value) and _is_date(value[:10]))


def _is_ip(value: object, *, versions: tuple[int, ...] = (4, 6)) -> bool:
    if not isinstance(value, str):
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(value).version in versions
    except ValueError:
        return False


def is_cidr(value: object) -> bool:
    """Tell whether a text is a network: address, slash, prefix length."""
    if not isinstance(value, str):
        return True
    import ipaddress

    try:
        ipaddress.ip_interface(value)
    except ValueError:
        return False
    return "/" in value and value.rpartition("/")[2].isdecimal()


_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = (
    r"(?:(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?/)?"
    rf"{_COMPONENT}(?:/{_COMPONENT})*(?::[A-Za-z0-9_][-A-Za-z0-9_.]{{0,127}})?(?:@[a-z0-9]+(?:[-.+_][a-z0-9]+)*:[0-9a-fA-F]{{32,}})?"
)
"""Source: distribution/reference regexp.go, ReferenceRegexp. Its parts cannot overlap, so matching stays linear."""

_is_image = _text(_IMAGE)
_is_host = _form(_HOST)
_is_duration = _text(r"[0-9]+(?:d|h|m|s|ms)(?:[0-9]+(?:h|m|s|ms))*")


def _is_name(value: object) -> bool:
    return not isinstance(value, str) or (len(value) <= 253 and _is_host(value))


def _is_label(value: object) -> bool:
    return not isinstance(value, str) or (len(value) <= 63 and _is_host(value) and "." not in value)


def _is_host_port(value: object) -> bool:
    if not isinstance(value, str):
        return True
    host, _, port = value.rpartition(":") if ":" in value else (value, "", "1")
    return _is_host(host.lower()) and port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535


INTEGERS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
"""Bounds of the integer formats, both inclusive."""

FORMATS: dict[str, Format] = {
    # Kubernetes: built-in types, and the formats that apiextensions checks in custom resources.
    "quantity": Format(is_quantity, "a quantity such as `500m` or `1Gi`"),
    "int-or-string": Format(_is_int_or_string, "a 32-bit integer or a string"),
    "int32": Format(_between(*INTEGERS["int32"]), "a 32-bit integer"),
    "int64": Format(_between(*INTEGERS["int64"]), "a 64-bit integer"),
    "byte": Format(is_base64, "base64"),
    "date-time": Format(_is_date_time, "a time such as `2026-01-31T12:00:00Z`"),
    "date": Format(_is_date, "a date such as `2026-01-31`"),
    "ipv4": Format(lambda value: _is_ip(value, versions=(4,)), "an IPv4 address"),
    "ipv6": Format(lambda value: _is_ip(value, versions=(6,)), "an IPv6 address"),
    "cidr": Format(is_cidr, "a network such as `10.0.0.0/16`"),
    # Shared types of the stack language.
    "Quantity": Format(is_quantity, "a quantity such as `500m` or `1Gi`"),
    "Duration": Format(_is_duration, "a duration such as `30s`, `5m` or `30d`"),
    "Cidr": Format(is_cidr, "a network such as `10.0.0.0/16`"),
    "Image": Format(_is_image, "an image such as `ghcr.io/acme/train:1.4.2`"),
    "HostPort": Format(_is_host_port, "a host, or `host:port`"),
    "Host": Format(lambda value: not isinstance(value, str) or (len(value) <= 253 and _is_host(value)), "a host name"),
    "Ip": Format(_is_ip, "an IP address"),
    "Name": Format(_is_name, "lower-case letters, digits, `-` and `.`, with a letter or digit at both ends"),
    "Label": Format(_is_label, "at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends"),
    "Version": Format(_text(r"[0-9]+(?:\.[0-9]+)*(?:[-+.][0-9A-Za-z]+)*"), "a version such as `1.4.2`, without `v`"),
}
"""Forms by name: `format:` in every schema, `x-type:` (a shared type's name) in the stack's own.

Unknown names hold for every value, as in JSON Schema.
"""
