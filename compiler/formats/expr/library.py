"""The functions, filters and tests that expressions may use: pure, bounded, without environment or time."""

from __future__ import annotations

import base64
import hashlib
import json as _json
from collections.abc import Callable, Mapping
from typing import Any

from compiler.formats.expr.predicates import (
    cidr_overlap,
    is_cidr,
    is_dns_label,
    is_dns_subdomain,
    is_duration,
    is_env_name,
    is_ip,
    is_label_key,
    is_label_value,
    is_quantity,
    matches,
)
from compiler.formats.expr.runtime import (
    MAX_RANGE,
    MAX_TEXT,
    UNSET,
    ExpressionError,
    bounded,
    kind_of,
    text,
    version,
    want,
)
from compiler.formats.expr.units import duration, quantity


def canonical(value: Any) -> str:
    """Return the one JSON text of a value, keys sorted."""
    weigh(value)
    return _json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def weigh(value: Any) -> None:
    """Refuse a value whose text would be too long: parts that are shared in memory count each time they are written."""
    left, waiting = MAX_TEXT, [value]
    while waiting:
        node = waiting.pop()
        left -= len(node) if node.__class__ is str else 1
        bounded(MAX_TEXT - left)
        if node.__class__ is dict:
            waiting += [*node, *node.values()]
        elif node.__class__ is list:
            waiting += node


def b64(value: Any) -> str:
    """Return text in base64, as Secret data wants it."""
    return base64.b64encode(want(value, str, "b64").encode()).decode()


def sha256(value: Any) -> str:
    """Return the hex digest of text, or of the canonical JSON of anything else."""
    raw = value if value.__class__ is str else canonical(value)
    return hashlib.sha256(raw.encode()).hexdigest()


def json(value: Any) -> str:
    """Return a value as indented JSON text."""
    weigh(value)
    return _json.dumps(value, indent=2, ensure_ascii=False)


def yaml(value: Any) -> str:
    """Return a value as YAML text."""
    from compiler.formats.yaml_emit import emit

    weigh(value)
    return emit(value)


def numbers(*bounds: Any) -> list[int]:
    """Return the list of a Python range. Errors: more than 10,000 items."""
    made = range(*[want(b, int, "range") for b in bounds])
    if len(made) > MAX_RANGE:
        raise ExpressionError(f"a range of {len(made)} items; at most {MAX_RANGE} are allowed")
    return list(made)


def fail(message: Any) -> Any:
    """Refuse the parameters with a message."""
    raise ExpressionError(text(message))


def image_tag(value: Any) -> str:
    """Return the tag of an image, its digest when it has one, or empty text."""
    name = want(value, str, "image_tag")
    if "@" in name:
        return str(name.partition("@")[2])
    last = name.rpartition("/")[2]
    return str(last.partition(":")[2])


def default(value: Any, fallback: Any) -> Any:
    """Return the value, or the fallback when it is not set."""
    return fallback if value is UNSET or value is None else value


def replace(value: Any, old: Any, new: Any) -> str:
    """Return text with every `old` replaced by `new`. Errors: an empty `old`."""
    given, before, after = (str(want(v, str, "replace")) for v in (value, old, new))
    if not before:
        raise ExpressionError("`replace` wants a text to look for, found an empty one")
    bounded(len(given) + given.count(before) * len(after))
    return given.replace(before, after)


def split(value: Any, separator: Any) -> list[str]:
    """Return the parts of a text between separators. Errors: an empty separator."""
    between: str = want(separator, str, "split")
    if not between:
        raise ExpressionError("`split` wants a separator, found an empty text")
    return list(want(value, str, "split").split(between))


def join(value: Any, separator: Any = "") -> str:
    """Return the items of a list as one text, with a separator between them."""
    texts = [text(x) for x in want(value, list, "join")]
    between: str = want(separator, str, "join")
    bounded(sum(map(len, texts)) + len(texts) * len(between))
    return between.join(texts)


def affix(value: Any, before: str, after: str) -> list[str]:
    """Return the items of a list with text before and after each of them."""
    texts = [text(x) for x in want(value, list, "prefix" if before else "suffix")]
    bounded(sum(map(len, texts)) + len(texts) * len(before + after))
    return [before + x + after for x in texts]


def sort(value: Any) -> list[Any]:
    """Return a list of numbers or of texts in order."""
    items = want(value, list, "sort")
    if len({i.__class__ for i in items}) > 1 or (items and items[0].__class__ not in (str, int, float)):
        raise ExpressionError("`sort` wants a list of texts or of numbers")
    return sorted(items)


def unique(value: Any) -> list[Any]:
    """Return a list without its repeated items, in the order of their first appearance."""
    seen: dict[str, Any] = {}
    for item in want(value, list, "unique"):
        seen.setdefault(canonical(item), item)
    return list(seen.values())


def pluck(value: Any, key: Any) -> list[Any]:
    """Return one field of every map in a list; maps without it are passed over."""
    return [i[key] for i in want(value, list, "pluck") if i.__class__ is dict and key in i]


def where(value: Any, key: Any, wanted: Any = UNSET) -> list[Any]:
    """Return the maps of a list that have the field, or have it with that value."""
    items = [i for i in want(value, list, "where") if i.__class__ is dict and key in i]
    return items if wanted is UNSET else [i for i in items if i[key] == wanted]


def first(value: Any) -> Any:
    """Return the first item of a list; unset when it is empty."""
    items = want(value, list, "first")
    return items[0] if items else UNSET


def total(value: Any) -> Any:
    """Return the sum of a list of numbers. Errors: an item that is no number."""
    items = want(value, list, "sum")
    for item in items:
        if item.__class__ not in (int, float):
            raise ExpressionError(f"`sum` wants numbers, found {kind_of(item)}")
    return sum(items)


def length(value: Any) -> int:
    """Return the number of items, keys or characters."""
    if value.__class__ not in (list, dict, str):
        raise ExpressionError(f"`length` wants a list, a map or text, found {kind_of(value)}")
    return len(value)


def take(value: Any, count: Any) -> Any:
    """Return the first items of a list, or the first characters of text."""
    if value.__class__ not in (list, str):
        raise ExpressionError(f"`take` wants a list or text, found {kind_of(value)}")
    return value[: max(0, want(count, int, "take"))]


def unprefix(value: Any, prefix: Any) -> Any:
    """Return the items of a list, or the keys of a map, without a prefix where they have it."""
    start = want(prefix, str, "unprefix")
    if value.__class__ is dict:
        return {k.removeprefix(start): v for k, v in value.items()}
    return [text(x).removeprefix(start) for x in want(value, list, "unprefix")]


def to_int(value: Any) -> int:
    """Return a number from text or a number. Errors: text that is no whole number."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ExpressionError(f"`{value}` is not a whole number") from None


def to_dict(value: Any) -> dict[str, Any]:
    """Return a map from a list of [key, value] pairs."""
    try:
        return {text(k): v for k, v in want(value, list, "dict")}
    except (TypeError, ValueError):
        raise ExpressionError("`dict` wants a list of [key, value] pairs") from None


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "b64": b64,
    "cidr_overlap": cidr_overlap,
    "duration": duration,
    "fail": fail,
    "image_tag": image_tag,
    "is_cidr": is_cidr,
    "is_dns_label": is_dns_label,
    "is_dns_subdomain": is_dns_subdomain,
    "is_duration": is_duration,
    "is_env_name": is_env_name,
    "is_ip": is_ip,
    "is_label_key": is_label_key,
    "is_label_value": is_label_value,
    "is_quantity": is_quantity,
    "json": json,
    "matches": matches,
    "quantity": quantity,
    "range": numbers,
    "sha256": sha256,
    "yaml": yaml,
}
"""Called as `name(…)`. `image` and `file` are added by the template compiler: they belong to the component."""

FILTERS: Mapping[str, Callable[..., Any]] = {
    "default": default,
    "dict": to_dict,
    "first": first,
    "int": to_int,
    "items": lambda v: [[k, x] for k, x in want(v, dict, "items").items()],
    "join": join,
    "keys": lambda v: list(want(v, dict, "keys")),
    "length": length,
    "lower": lambda v: want(v, str, "lower").lower(),
    "pluck": pluck,
    "prefix": lambda v, p: affix(v, text(p), ""),
    "replace": replace,
    "sort": sort,
    "split": split,
    "string": text,
    "sum": total,
    "suffix": lambda v, s: affix(v, "", text(s)),
    "take": take,
    "trim": lambda v: want(v, str, "trim").strip(),
    "unique": unique,
    "unprefix": unprefix,
    "upper": lambda v: want(v, str, "upper").upper(),
    "values": lambda v: list(want(v, dict, "values").values()),
    "where": where,
}
"""Called as `value | name(…)`."""

TESTS: Mapping[str, Callable[[Any], bool]] = {
    "list": lambda v: v.__class__ is list,
    "map": lambda v: v.__class__ is dict,
    "number": lambda v: v.__class__ in (int, float),
    "set": lambda v: v is not UNSET,
    "string": lambda v: v.__class__ is str,
}
"""Called as `value is name`, `value is not name`."""

__all__ = ["FILTERS", "FUNCTIONS", "TESTS", "version"]
