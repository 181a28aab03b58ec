"""What generated code calls: the unset value, text, conditions, repetition, merging, field access.

Generated modules import this and nothing else, so that a compile from generated code never loads Jinja2.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from compiler.formats.suggest import nearest


class ExpressionError(Exception):
    """An expression that can't be evaluated; `offset` counts characters from the expression's start."""

    def __init__(self, message: str, help: str = "", offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.offset = offset


class Unset:
    """The value of an optional parameter that was not given: its key, item or document drops out."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "unset"


UNSET = Unset()

MAX_RANGE = 10_000
MAX_TURNS = 500_000
"""Turns of all loops of one instance, first of its rules, then of its templates: more would fill the memory."""
TURNS = "$turns"
MAX_TEXT = 1_000_000
"""Characters of one text, and items of one list or one value, that an expression may make."""


def kind_of(value: object) -> str:
    """Return the word for a value's type as a stack author knows it."""
    if value is UNSET:
        return "unset"
    names = {bool: "a boolean", str: "text", int: "a number", float: "a number", dict: "a map", list: "a list"}
    return names.get(type(value), "null" if value is None else type(value).__name__)


def want(value: Any, kind: type, name: str) -> Any:
    """Return a value of the right class. Errors: ExpressionError that names the function."""
    if value.__class__ is not kind:
        wanted = {str: "text", list: "a list", dict: "a map", int: "a number"}[kind]
        raise ExpressionError(f"`{name}` wants {wanted}, found {kind_of(value)}")
    return value


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `, did you mean …?` for a near miss, else the empty string."""
    near = nearest(word, known)
    return f", did you mean `{near}`?" if near else ""


def text(value: Any) -> str:
    """Return a scalar as it stands in text. Errors: maps, lists, null and unset have no text."""
    if value.__class__ is str:
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value.__class__ is int:
        return str(value)
    if value.__class__ is float:
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if value is UNSET:
        raise ExpressionError("the value is not set", "test it with `is set`, or give a default with `| default(…)`")
    raise ExpressionError(f"{kind_of(value)} inside text", "use json(x) or yaml(x)")


def bounded(characters: int) -> None:
    """Refuse a text or a list before it is made. Errors: more than MAX_TEXT characters or items."""
    if characters > MAX_TEXT:
        raise ExpressionError(f"a value of {characters} characters or items; at most {MAX_TEXT} are allowed")


def concat(parts: list[str]) -> str:
    """Return texts as one."""
    bounded(sum(map(len, parts)))
    return "".join(parts)


def truth(value: Any) -> bool:
    """Return a condition. Errors: a number is no condition, 0 replicas is a value."""
    if value is True or value is False:
        return value
    if value.__class__ in (int, float):
        raise ExpressionError("a number as a condition", "compare it: `replicas > 0`")
    return bool(value)


def soft(value: Any, key: str) -> Any:
    """Return a declared field; one that was not given reads as unset."""
    if value.__class__ is dict:
        return value.get(key, UNSET)
    if value is UNSET:
        return UNSET
    raise ExpressionError(f"{kind_of(value)} has no field `{key}`")


def field(value: Any, key: Any) -> Any:
    """Return a field of a value whose fields are not declared. Errors: a field that is not there."""
    if value.__class__ is dict:
        if key in value:
            return value[key]
        raise ExpressionError(f"no field `{key}`{suggestion(str(key), map(str, value))}")
    if value.__class__ is list and key.__class__ is int:
        if -len(value) <= key < len(value):
            return value[key]
        raise ExpressionError(f"no item {key} in a list of {len(value)}")
    if value is UNSET:
        raise ExpressionError(f"field `{key}` of a value that is not set", "test it with `is set`")
    raise ExpressionError(f"{kind_of(value)} has no field `{key}`")


def pairs(value: Any, names: int, ctx: dict[str, Any]) -> Iterable[Any]:
    """Return what `$for` repeats over: items of a list, or keys and values of a map; nothing for unset.

    Errors: more than MAX_TURNS turns of all loops of an instance together, which `ctx` counts.
    """
    if value is UNSET:
        return ()
    left = ctx.get(TURNS, MAX_TURNS) - (len(value) if value.__class__ in (dict, list) else 0)
    if left < 0:
        raise ExpressionError(f"loops of more than {MAX_TURNS} turns", "give it shorter lists")
    ctx[TURNS] = left
    if value.__class__ is dict:
        if names != 2:
            raise ExpressionError("the value is a map", "write `$for: key, value in …`")
        return value.items()
    if value.__class__ is list:
        if names == 2:
            raise ExpressionError("the value is a list", "write `$for: item in …`")
        return value
    raise ExpressionError(f"can't repeat over {kind_of(value)}")


def deep_merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return two maps as one: maps merge, everything else is replaced; nothing is changed in place."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = deep_merge(old, value) if old.__class__ is dict and value.__class__ is dict else value
    return merged


def merge(bases: list[Any], written: dict[str, Any]) -> dict[str, Any]:
    """Return the written keys over the bases of a `$merge`, later bases over earlier ones."""
    result: dict[str, Any] = {}
    for base in bases:
        if base is UNSET:
            continue
        if base.__class__ is not dict:
            raise ExpressionError(f"$merge wants a map, found {kind_of(base)}")
        result = deep_merge(result, base)
    return deep_merge(result, written)


def add(a: Any, b: Any) -> Any:
    """Return the sum of two numbers or the joined list of two lists."""
    if a.__class__ is list and b.__class__ is list:
        bounded(len(a) + len(b))
        return a + b
    return _in_range(_number(a, "+") + _number(b, "+"))


def arithmetic(operator: str, a: Any, b: Any) -> Any:
    """Return a number from two numbers. Errors: anything else, a division by zero."""
    x, y = _number(a, operator), _number(b, operator)
    if operator in ("/", "//", "%") and y == 0:
        raise ExpressionError("division by zero")
    if operator == "-":
        return _in_range(x - y)
    if operator == "*":
        return _in_range(x * y)
    if operator == "/":
        return x / y
    return x // y if operator == "//" else x % y


def _in_range(number: Any) -> Any:
    if not abs(number) < (2**63 if number.__class__ is int else float("inf")):
        raise ExpressionError("a number beyond 64 bits")
    return number


def compare(operator: str, a: Any, b: Any) -> bool:
    """Return an ordering of two numbers or two texts, or membership."""
    if operator in ("in", "not in"):
        if b.__class__ not in (list, dict, str):
            raise ExpressionError(f"`{operator}` wants a list, a map or text, found {kind_of(b)}")
        if b.__class__ is str and a.__class__ is not str:
            raise ExpressionError(f"`{operator}` text wants text, found {kind_of(a)}")
        return (a in b) == (operator == "in")
    numbers = a.__class__ in (int, float) and b.__class__ in (int, float)
    if not numbers and not (a.__class__ is str and b.__class__ is str):
        raise ExpressionError(f"can't compare {kind_of(a)} with {kind_of(b)}")
    if operator == "<":
        return bool(a < b)
    if operator == "<=":
        return bool(a <= b)
    return bool(a > b) if operator == ">" else bool(a >= b)


def version(value: Any) -> tuple[int, ...]:
    """Return a version as numbers that compare: `v1.10.2-rc1` gives (1, 10, 2)."""
    if value.__class__ is not str:
        raise ExpressionError(f"a version is text like '1.25', found {kind_of(value)}")
    parts = value.lstrip("v").split("-")[0].split("+")[0].split(".")
    if not all(p.isdigit() for p in parts):
        raise ExpressionError(f"`{value}` is not a version")
    numbers = [int(p) for p in parts]
    return tuple(numbers + [0] * (3 - len(numbers)))


def emptied(key: str) -> Any:
    """Refuse a selector or a peer list whose entries all dropped out: there, absent does not mean empty."""
    raise ExpressionError(f"every entry under `{key}` dropped out, and without it `{key}` would match everything")


def _number(value: Any, operator: str) -> Any:
    if value.__class__ in (int, float):
        return value
    if value is UNSET:
        raise ExpressionError("the value is not set", "test it with `is set`, or give a default with `| default(…)`")
    raise ExpressionError(f"`{operator}` wants numbers, found {kind_of(value)}", "text is joined with `~`")


def items(values: list[Any]) -> list[Any]:
    """Return a list literal without its unset items."""
    return [v for v in values if v is not UNSET]


def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a map literal without its unset values."""
    return {k: v for k, v in pairs if v is not UNSET}
