"""The grammar of expressions is Jinja2's: text in, its syntax tree out, bounded in every direction.

Jinja2 parses and nothing more: its evaluation is slow and wrong for data (methods hide keys, `True` for `true`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from jinja2 import Environment, TemplateSyntaxError
from jinja2 import nodes as J

from compiler.formats.expr.runtime import ExpressionError

MAX_SOURCE = 2_000
MAX_DEPTH = 30
MAX_TREE = 60
"""Python reads at most 200 brackets within each other, and a node becomes up to three."""

_ENVIRONMENT = Environment(autoescape=False)  # noqa: S701 (parses only, never renders)


@lru_cache(4096)
def parse(source: str) -> J.Expr:
    """Return the syntax tree of one expression. Errors: ExpressionError for anything but one expression."""
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"an expression of {len(source)} characters; at most {MAX_SOURCE} are allowed")
    if not source.strip():
        raise ExpressionError("an empty expression")
    if source.lstrip()[0] == "-" and source.lstrip()[1:2] in "%} " or source.rstrip()[-1] == "-":
        raise ExpressionError("`-` beside the braces has no meaning here", "write `${{ x }}`")
    if max_nesting(source) > MAX_DEPTH:
        raise ExpressionError(f"nested deeper than {MAX_DEPTH}")
    try:
        body = _ENVIRONMENT.parse("{{ " + source + " }}").body
    except TemplateSyntaxError as e:
        raise ExpressionError(_in_our_words(e.message or "syntax error")) from None
    except (RecursionError, ValueError, OverflowError, MemoryError):
        raise ExpressionError("too deep or too large to read") from None
    if len(body) != 1 or not isinstance(body[0], J.Output) or len(body[0].nodes) != 1:
        raise ExpressionError("more than one expression")
    tree: J.Expr = body[0].nodes[0]
    if depth_of(tree) > MAX_TREE:
        raise ExpressionError(f"more than {MAX_TREE} operators in a row", "cut it into pieces under `let:`")
    return tree


def _in_our_words(message: str) -> str:
    char = re.fullmatch(r"unexpected char '(.+)' at \d+", message)
    if char:
        return f"`{char[1]}` has no meaning in an expression"
    return message.replace("'end of print statement'", "end of expression")


def depth_of(tree: J.Node) -> int:
    """Return how many nodes of a syntax tree lie below each other; a chain of operators is as deep as it is long."""
    depth, level = 0, [tree]
    while level:
        depth, level = depth + 1, [child for node in level for child in node.iter_child_nodes()]
    return depth


def max_nesting(source: str) -> int:
    """Return how deep brackets nest; unary operators and filters in a row count as nesting too."""
    depth = deepest = 0
    for char in source:
        if char in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in ")]}":
            depth -= 1
    chained = max((len(m) for m in re.findall(r"(?:not\s+|[-+]\s*){4,}", source)), default=0)
    return max(deepest, chained // 2, source.count("|") // 4, source.count(" if ") // 1, source.count("~") // 8)
