"""The forms of names that Kubernetes knows: each function returns what is wrong, or the empty string.

Source: k8s.io/apimachinery pkg/util/validation and pkg/api/validate/content at v0.36.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_is_label = re.compile(_LABEL).fullmatch
_is_subdomain = re.compile(rf"{_LABEL}(?:\.{_LABEL})*").fullmatch
_is_1035 = re.compile("[a-z](?:[-a-z0-9]*[a-z0-9])?").fullmatch
_is_wildcard = re.compile(rf"\*\.{_LABEL}(?:\.{_LABEL})*").fullmatch
_SEARCH = "_?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?"
_is_search_domain = re.compile(rf"{_SEARCH}(?:\.{_SEARCH})*").fullmatch
_is_name_part = re.compile("(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]").fullmatch
_is_config_key = re.compile("[-._a-zA-Z0-9]+").fullmatch
_is_env_name = re.compile("[-._a-zA-Z][-._a-zA-Z0-9]*").fullmatch
_is_relaxed_env_name = re.compile("[ -<>-~]+").fullmatch
_is_port_name = re.compile("[-a-z0-9]+").fullmatch
_is_percent = re.compile("[0-9]+%").fullmatch
_is_header = re.compile("[-A-Za-z0-9]+").fullmatch
_is_http_path = re.compile(r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+").fullmatch

_LABEL_FORM = "lower case letters, digits and `-` only, a letter or digit at both ends"
_1035_FORM = "lower case letters, digits and `-` only, a letter first and a letter or digit last"
_SUBDOMAIN_FORM = "lower case letters, digits, `-` and `.` only, a letter or digit at both ends of every part"
_PART_FORM = "letters, digits, `-`, `_` and `.` only, a letter or digit at both ends"


def _too_long(value: str, limit: int) -> str:
    return f"must be no more than {limit} characters, it has {len(value)}"


def dns_label(value: str) -> str:
    """Check a DNS-1123 label (containers, volumes, namespaces)."""
    if len(value) > 63:
        return _too_long(value, 63)
    return "" if _is_label(value) else f"a DNS-1123 label has {_LABEL_FORM}"


def dns_1035_label(value: str) -> str:
    """Check a DNS-1035 label (Services before 1.36, versions, CRD names)."""
    if len(value) > 63:
        return _too_long(value, 63)
    return "" if _is_1035(value) else f"a DNS-1035 label has {_1035_FORM}"


def dns_subdomain(value: str) -> str:
    """Check a DNS-1123 subdomain (most object names)."""
    if len(value) > 253:
        return _too_long(value, 253)
    return "" if _is_subdomain(value) else f"a DNS-1123 subdomain has {_SUBDOMAIN_FORM}"


def wildcard_subdomain(value: str) -> str:
    """Check a host such as `*.example.com`."""
    if len(value) > 253:
        return _too_long(value, 253)
    return "" if _is_wildcard(value) else "a wildcard host is `*.` followed by a DNS-1123 subdomain"


def search_domain(value: str) -> str:
    """Check a DNS search domain, whose parts may start with `_` (1.33 and later)."""
    if len(value) > 253:
        return _too_long(value, 253)
    return "" if _is_search_domain(value) else f"a search domain has {_SUBDOMAIN_FORM}, or `_` inside"


def fully_qualified_name(value: str) -> str:
    """Check a DNS subdomain of at least three parts (webhook names)."""
    return dns_subdomain(value) or ("" if value.count(".") >= 2 else "must have at least three parts with dots between")


@lru_cache(maxsize=8192)
def qualified_name(value: str) -> str:
    """Check a label key: `name` or `prefix/name`."""
    prefix, slash, name = value.rpartition("/")
    if slash:
        if "/" in prefix:
            return f"a qualified name is `name` or `prefix/name`; the name has {_PART_FORM}"
        if not prefix:
            return "the part before `/` must not be empty"
        why = dns_subdomain(prefix)
        if why:
            return f"the part before `/`: {why}"
    if not name:
        return "the name must not be empty"
    if len(name) > 63:
        return _too_long(name, 63)
    return "" if _is_name_part(name) else f"a qualified name has {_PART_FORM}"


def label_value(value: str) -> str:
    """Check a label's value; empty is allowed."""
    if len(value) > 63:
        return _too_long(value, 63)
    return "" if not value or _is_name_part(value) else f"a label value has {_PART_FORM}"


def _no_parent(value: str) -> str:
    if value in (".", ".."):
        return f"must not be `{value}`"
    return "must not start with `..`" if value.startswith("..") else ""


def config_key(value: str) -> str:
    """Check a key of a ConfigMap or a Secret."""
    if len(value) > 253:
        return _too_long(value, 253)
    if not _is_config_key(value):
        return "a key has letters, digits, `-`, `_` and `.` only"
    return _no_parent(value)


def env_name(value: str, minor: int) -> str:
    """Check the name of an environment variable; from 1.32 on every printable character but `=` is allowed."""
    if minor >= 32:
        return (
            "" if _is_relaxed_env_name(value) else "a variable name has printable ASCII characters other than `=` only"
        )
    if not _is_env_name(value):
        return "a variable name has letters, digits, `_`, `-` and `.` only, and no digit first"
    return _no_parent(value)


def port_name(value: str) -> str:
    """Check an IANA service name, as ports have (at most 15 characters)."""
    if len(value) > 15:
        return _too_long(value, 15)
    if not _is_port_name(value):
        return "a port name has lower case letters, digits and `-` only"
    if not any("a" <= c <= "z" for c in value):
        return "a port name has at least one letter"
    if "--" in value or value[0] == "-" or value[-1] == "-":
        return "a port name has no `-` at its ends and never two in a row"
    return ""


def port_number(value: int) -> str:
    """Check a port number."""
    return "" if 0 < value < 65536 else "must be between 1 and 65535"


def port(value: object) -> str:
    """Check a port given by number or by name."""
    return (
        port_name(value) if isinstance(value, str) else port_number(value) if isinstance(value, int) else "not a port"
    )


def path_segment(value: str) -> str:
    """Check a name that only has to fit into a URL path (RBAC, custom metrics)."""
    if value in (".", ".."):
        return f"must not be `{value}`"
    for c in "/%":
        if c in value:
            return f"must not contain `{c}`"
    return ""


def percent(value: str) -> str:
    """Check a percentage such as `25%`."""
    return "" if _is_percent(value) else "a percentage is digits and `%`, such as `25%`"


def header_name(value: str) -> str:
    """Check an HTTP header's name."""
    return "" if _is_header(value) else "a header name has letters, digits and `-` only"


def domain_prefixed_path(value: str) -> str:
    """Check `domain/path`, as controllers are named."""
    host, _, rest = value.partition("/")
    if not host or not rest:
        return "must be a domain and a path, such as `acme.io/foo`"
    why = dns_subdomain(host)
    return why or ("" if _is_http_path(rest) else "the part after `/` has characters that no path may have")


def user_id(value: int) -> str:
    """Check a numeric user or group id."""
    return "" if 0 <= value <= 2147483647 else "must be between 0 and 2147483647"


def relative_path(value: str) -> str:
    """Check a path that must stay below its root."""
    if value.startswith("/"):
        return "must be a relative path"
    return no_backsteps(value)


def no_backsteps(value: str) -> str:
    """Check that no part of a path is `..`."""
    return "must not contain `..`" if ".." in value.split("/") else ""


def projected_path(value: str) -> str:
    """Check the path of a file that a volume makes."""
    return relative_path(value) or ("must not start with `..`" if value.startswith("..") else "")
