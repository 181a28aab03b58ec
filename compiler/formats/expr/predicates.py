"""The yes-or-no functions that expressions may use: is this text a name, an address, a quantity, a duration."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from compiler.formats.expr.runtime import ExpressionError, want
from compiler.formats.patterns import PatternRefused, linear

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?\Z")
_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\Z")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
QUANTITY = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:([KMGTPE]i|[numkMGTPE])|[eE]([+-]?[0-9]{1,3}))?\Z")
"""Number, suffix and exponent of a Kubernetes quantity."""

_GO_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|ms|s|m|h))+\Z")

_SHORT = 300
_SLOW, _MANY = re.compile(r"\)[*+?{]|\\[0-9]|\(\?"), re.compile(r"[*+{]")
"""Short texts and simple patterns are for the standard library, which is loaded; all else for RE2, which is safe."""


def is_dns_label(value: Any) -> bool:
    """Tell whether text is a DNS-1123 label of at most 63 characters."""
    return value.__class__ is str and len(value) <= 63 and bool(_DNS_LABEL.match(value))


def is_dns_subdomain(value: Any) -> bool:
    """Tell whether text is a DNS-1123 subdomain of at most 253 characters."""
    return value.__class__ is str and len(value) <= 253 and bool(_DNS_SUBDOMAIN.match(value))


def is_label_value(value: Any) -> bool:
    """Tell whether text may be the value of a label."""
    return value.__class__ is str and len(value) <= 63 and bool(_LABEL_VALUE.match(value))


def is_label_key(value: Any) -> bool:
    """Tell whether text may be the key of a label."""
    return value.__class__ is str and bool(_LABEL_KEY.match(value))


def is_env_name(value: Any) -> bool:
    """Tell whether text is a C identifier, as shells read environment names."""
    return value.__class__ is str and bool(_ENV_NAME.match(value))


def is_ip(value: Any) -> bool:
    """Tell whether text is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(want(value, str, "is_ip"))
    except ValueError:
        return False
    return True


def is_cidr(value: Any) -> bool:
    """Tell whether text is a network in CIDR form without host bits."""
    try:
        ipaddress.ip_network(want(value, str, "is_cidr"))
    except ValueError:
        return False
    return True


def cidr_overlap(a: Any, b: Any) -> bool:
    """Tell whether two networks share an address."""
    try:
        first, second = ipaddress.ip_network(a), ipaddress.ip_network(b)
    except ValueError as e:
        raise ExpressionError(str(e)) from None
    return first.version == second.version and first.overlaps(second)


def is_quantity(value: Any) -> bool:
    """Tell whether a value is a Kubernetes quantity."""
    return value.__class__ in (str, int, float) and bool(QUANTITY.match(str(value)))


def is_duration(value: Any) -> bool:
    """Tell whether text is a Go duration such as `90s` or `1h30m`."""
    return value.__class__ is str and bool(_GO_DURATION.match(value))


def matches(value: Any, pattern: Any) -> bool:
    """Tell whether all of a text matches a pattern. Errors: a pattern that Go would not compile either."""
    source = want(pattern, str, "matches")
    if value.__class__ is not str:
        return False
    if len(value) <= _SHORT and not _SLOW.search(source) and len(_MANY.findall(source)) <= 3:
        try:
            return re.fullmatch(source, value) is not None
        except re.error as e:
            raise ExpressionError(f"the pattern `{source}`: {e}") from None
    try:
        return linear(rf"\A(?:{source})\z")(value)
    except PatternRefused as e:
        raise ExpressionError(f"the pattern `{source}`: {e}") from None
