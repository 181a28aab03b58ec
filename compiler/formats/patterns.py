"""Regular expressions from users and CRDs, run in linear time and with Go's syntax, as the API server runs them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

LIMIT = 2_000
"""Characters of one pattern; the API server's own limit is the size of the object."""


class PatternRefused(Exception):
    """A pattern that Go would not compile either; the text says why."""


@cache
def linear(pattern: str) -> Callable[[str], bool]:
    """Return a predicate: does the pattern occur in the text? Its time is linear in the text, whatever the pattern.

    Errors: PatternRefused for what RE2 does not have (lookaround, backreferences), or a pattern that is too big.
    Source: JSON Schema's `pattern` is a search; apiextensions compiles it with Go's regexp, which is RE2's syntax.
    """
    if len(pattern) > LIMIT:
        raise PatternRefused(f"longer than {LIMIT} characters")
    from importlib import import_module  # google-re2 costs 5 ms, and most stacks bring no pattern

    re2 = import_module("re2")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        search = re2.compile(pattern, options).search
    except re2.error as problem:
        reason = problem.args[0] if problem.args else "not a regular expression"
        raise PatternRefused(reason.decode() if isinstance(reason, bytes) else str(reason)) from None
    return lambda text: search(text) is not None


@cache
def own(pattern: str) -> Callable[[str], bool]:
    """Return the same predicate for a pattern of stackc itself, with the standard library's engine."""
    import re

    search = re.compile(pattern).search
    return lambda text: search(text) is not None
