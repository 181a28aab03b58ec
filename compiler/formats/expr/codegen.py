"""One expression: its syntax tree in, a checked Python expression out.

Everything outside the allow-list is refused here, once, when the expression is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from inspect import CO_VARARGS
from typing import Any, NamedTuple

from jinja2 import nodes as J

from compiler.formats.expr.grammar import parse
from compiler.formats.expr.library import FILTERS, FUNCTIONS, TESTS
from compiler.formats.expr.runtime import ExpressionError, suggestion

OPEN: Mapping[str, Any] = {}
"""The shape of a value whose fields are not declared."""
VERSION: Mapping[str, Any] = {"x-shape": "version"}
"""The shape of a version: it compares with text like "1.25" part by part."""

_ARITHMETIC = {J.Sub: "-", J.Mul: "*", J.Div: "/", J.FloorDiv: "//", J.Mod: "%"}
_ORDER = {"gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "in": "in", "notin": "not in"}


class Scope(NamedTuple):
    """The names an expression may use.

    Shape: `names` maps a name to (Python expression, shape); `functions` are the extra functions of a component.
    """

    names: Mapping[str, tuple[str, Mapping[str, Any]]]
    functions: Mapping[str, str] = {}

    def bind(self, name: str, python: str, shape: Mapping[str, Any]) -> Scope:
        """Return the scope with one more name."""
        return Scope({**self.names, name: (python, shape)}, self.functions)


class Code(NamedTuple):
    """A Python expression and the shape of its value."""

    python: str
    shape: Mapping[str, Any]


def generate(source: str, scope: Scope) -> Code:
    """Return the Python of an expression. Errors: ExpressionError with the offset of the name at fault."""
    tree = parse(source)
    try:
        return _node(tree, scope)
    except ExpressionError as e:
        match = re.search(r"`([^`]+)`", e.message)
        found = re.search(r"(?<![\w.])" + re.escape(match[1]) + r"\b", source) if match else None
        found = found or (re.search(re.escape(match[1]), source) if match else None)
        raise ExpressionError(e.message, e.help, found.start() if found else 0) from None
    except RecursionError:
        raise ExpressionError("nested too deep") from None


def _node(node: Any, scope: Scope) -> Code:
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise ExpressionError(f"{type(node).__name__.lower()} is not allowed in an expression")
    return handler(node, scope)


def _const(node: Any, scope: Scope) -> Code:
    value = node.value
    if value is None:
        raise ExpressionError("null is not a value here", "leave the key out, or use an optional parameter")
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ExpressionError("a number beyond 64 bits")
    return Code(repr(value), OPEN)


def _name(node: Any, scope: Scope) -> Code:
    name = node.name
    if name == "unset":
        return Code("UNSET", OPEN)
    if name in scope.names:
        return Code(*scope.names[name])
    if name in ("None", "none", "null"):
        raise ExpressionError("null is not a value here", "leave the key out, or use `unset`")
    raise ExpressionError(f"unknown name `{name}`{suggestion(name, scope.names)}")


def _getattr(node: Any, scope: Scope) -> Code:
    return _field(_node(node.node, scope), node.attr)


def _getitem(node: Any, scope: Scope) -> Code:
    owner = _node(node.node, scope)
    if isinstance(node.arg, J.Slice):
        raise ExpressionError("slices are not allowed")
    if isinstance(node.arg, J.Const) and isinstance(node.arg.value, str):
        return _field(owner, node.arg.value)
    return Code(f"field({owner.python}, {_node(node.arg, scope).python})", item_shape(owner.shape))


def _field(owner: Code, key: str) -> Code:
    if key.startswith("_"):
        raise ExpressionError(f"`{key}` is not a field")
    declared = owner.shape.get("properties")
    if declared is None:
        extra = owner.shape.get("additionalProperties")
        if isinstance(extra, Mapping):
            return Code(f"soft({owner.python}, {key!r})", extra)
        return Code(f"field({owner.python}, {key!r})", OPEN)
    if key in declared:
        return Code(f"soft({owner.python}, {key!r})", declared[key])
    raise ExpressionError(f"no field `{key}`{suggestion(key, declared)}")


def item_shape(shape: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the shape of a list's items."""
    items = shape.get("items")
    return items if isinstance(items, Mapping) else OPEN


def _call(node: Any, scope: Scope) -> Code:
    if not isinstance(node.node, J.Name):
        raise ExpressionError("only functions are called, never values")
    if node.dyn_args or node.dyn_kwargs or node.kwargs:
        raise ExpressionError("arguments are given by position")
    name = node.node.name
    arguments = ", ".join(_node(a, scope).python for a in node.args)
    if name in scope.functions and len(node.args) != 1:
        raise ExpressionError(f"`{name}` takes one argument, found {len(node.args)}")
    if name in scope.functions:
        return Code(f"{scope.functions[name]}({arguments})", OPEN)
    if name not in FUNCTIONS:
        raise ExpressionError(f"unknown function `{name}`{suggestion(name, [*FUNCTIONS, *scope.functions])}")
    _check_count(name, FUNCTIONS[name], len(node.args))
    return Code(f"FUNCTIONS[{name!r}]({arguments})", OPEN)


def _filter(node: Any, scope: Scope) -> Code:
    if node.name not in FILTERS:
        raise ExpressionError(f"unknown filter `{node.name}`{suggestion(node.name, FILTERS)}")
    if node.node is None or node.dyn_args or node.dyn_kwargs or node.kwargs:
        raise ExpressionError("arguments are given by position")
    _check_count(node.name, FILTERS[node.name], len(node.args), piped=1)
    value = _node(node.node, scope)
    arguments = "".join(", " + _node(a, scope).python for a in node.args)
    keeps = node.name in ("default", "unique", "where", "sort")
    shape = value.shape if keeps else item_shape(value.shape) if node.name == "first" else OPEN
    return Code(f"FILTERS[{node.name!r}]({value.python}{arguments})", shape)


def _check_count(name: str, function: Callable[..., Any], given: int, piped: int = 0) -> None:
    """Refuse a call with arguments that the function does not take; `piped` is one for the value of a filter."""
    code = function.__code__
    most = code.co_argcount - piped
    least = most - len(function.__defaults__ or ())
    if code.co_flags & CO_VARARGS or least <= given <= most:
        return
    wanted = str(most) if least == most else f"{least} to {most}"
    raise ExpressionError(f"`{name}` takes {wanted} argument{'' if wanted == '1' else 's'}, found {given}")


def _test(node: Any, scope: Scope) -> Code:
    if node.name == "defined":
        raise ExpressionError("`defined` is not a test", "write `is set`")
    if node.name not in TESTS:
        raise ExpressionError(f"unknown test `{node.name}`{suggestion(node.name, TESTS)}")
    if node.args or node.kwargs:
        raise ExpressionError(f"the test `{node.name}` takes no arguments")
    value = _node(node.node, scope).python
    return Code(f"({value} is not UNSET)" if node.name == "set" else f"TESTS[{node.name!r}]({value})", OPEN)


def _conditional(node: Any, scope: Scope) -> Code:
    yes = _node(node.expr1, scope)
    no = _node(node.expr2, scope) if node.expr2 else Code("UNSET", yes.shape)
    test = _node(node.test, scope).python
    return Code(f"({yes.python} if truth({test}) else {no.python})", yes.shape if yes.shape == no.shape else OPEN)


def _and(node: Any, scope: Scope) -> Code:
    return Code(f"(truth({_node(node.left, scope).python}) and truth({_node(node.right, scope).python}))", OPEN)


def _or(node: Any, scope: Scope) -> Code:
    return Code(f"(truth({_node(node.left, scope).python}) or truth({_node(node.right, scope).python}))", OPEN)


def _not(node: Any, scope: Scope) -> Code:
    return Code(f"(not truth({_node(node.node, scope).python}))", OPEN)


def _negative(node: Any, scope: Scope) -> Code:
    return Code(f"arithmetic('-', 0, {_node(node.node, scope).python})", OPEN)


def _positive(node: Any, scope: Scope) -> Code:
    return Code(f"arithmetic('-', {_node(node.node, scope).python}, 0)", OPEN)


def _add(node: Any, scope: Scope) -> Code:
    left = _node(node.left, scope)
    return Code(f"add({left.python}, {_node(node.right, scope).python})", left.shape)


def _arithmetic(node: Any, scope: Scope) -> Code:
    left, right = _node(node.left, scope).python, _node(node.right, scope).python
    return Code(f"arithmetic({_ARITHMETIC[type(node)]!r}, {left}, {right})", OPEN)


def _concat(node: Any, scope: Scope) -> Code:
    return Code("concat([" + ", ".join(f"text({_node(n, scope).python})" for n in node.nodes) + "])", OPEN)


def _compare(node: Any, scope: Scope) -> Code:
    if len(node.ops) != 1:
        raise ExpressionError("one comparison at a time", "join them with `and`")
    left, operator, right = _node(node.expr, scope), node.ops[0].op, _node(node.ops[0].expr, scope)
    a, b = left.python, right.python
    if VERSION in (left.shape, right.shape) and operator not in ("in", "notin"):
        a, b = f"version({a})", f"version({b})"
        sign = {"eq": "==", "ne": "!="}.get(operator) or _ORDER[operator]
        return Code(f"({a} {sign} {b})", OPEN)
    if operator in ("eq", "ne"):
        return Code(f"({a} {'==' if operator == 'eq' else '!='} {b})", OPEN)
    return Code(f"compare({_ORDER[operator]!r}, {a}, {b})", OPEN)


def _list(node: Any, scope: Scope) -> Code:
    items = [_node(i, scope) for i in node.items]
    same = items[0].shape if items and all(i.shape == items[0].shape for i in items) else OPEN
    return Code("items([" + ", ".join(i.python for i in items) + "])", {"items": same} if same else OPEN)


def _dict(node: Any, scope: Scope) -> Code:
    pairs = (f"(text({_node(p.key, scope).python}), {_node(p.value, scope).python})" for p in node.items)
    return Code("mapping([" + ", ".join(pairs) + "])", OPEN)


_HANDLERS: Mapping[type, Callable[[Any, Scope], Code]] = {
    J.Const: _const,
    J.Name: _name,
    J.Getattr: _getattr,
    J.Getitem: _getitem,
    J.Call: _call,
    J.Filter: _filter,
    J.Test: _test,
    J.CondExpr: _conditional,
    J.And: _and,
    J.Or: _or,
    J.Not: _not,
    J.Neg: _negative,
    J.Pos: _positive,
    J.Add: _add,
    J.Sub: _arithmetic,
    J.Mul: _arithmetic,
    J.Div: _arithmetic,
    J.FloorDiv: _arithmetic,
    J.Mod: _arithmetic,
    J.Concat: _concat,
    J.Compare: _compare,
    J.List: _list,
    J.Tuple: _list,
    J.Dict: _dict,
}
