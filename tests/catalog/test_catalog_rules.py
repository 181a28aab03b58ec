"""Every semantic rule of the catalog refuses its bad example and lets its good one pass."""

from __future__ import annotations

import re
from typing import Any

import pytest

from compiler.model.component import Component, Rule
from tests.catalog.support import FILE, catalog, expand_text, stack_of_params

RULES = [(component, rule) for component in catalog().all() for rule in component.rules]
UPSTREAMS_FAULTS = {"HOROVODJOB028", "HOROVODJOB029", "HOROVODJOB030"}
"""Warnings that nearly every HorovodJob gets."""


def name(value: Any) -> str:
    """Return a rule's code as the name of its test."""
    return value.code if isinstance(value, Rule) else ""


@pytest.mark.parametrize(("component", "rule"), RULES, ids=name)
def test_rule_refuses_its_bad_example_at_a_place_of_the_stack(component: Component, rule: Rule) -> None:
    """The code is found, with the severity of the rule, at a line of the user's file, with a help that is an order."""
    _, found = expand_text(stack_of_params(component, rule.bad))
    hits = [d for d in found if d.code == rule.code]
    assert hits, [(d.code, d.message) for d in found]
    for d in hits:
        assert d.severity.value == rule.severity[""]
        assert d.span is not None
        assert d.span.file == FILE
        assert d.help
        assert re.match(r"[a-z`$]|[A-Z][A-Za-z]*[A-Z a-z]", d.message)


@pytest.mark.parametrize(("component", "rule"), RULES, ids=name)
def test_rule_lets_its_good_example_pass(component: Component, rule: Rule) -> None:
    """The good example has no error at all, and not this code."""
    _, found = expand_text(stack_of_params(component, rule.good))
    assert [d for d in found if d.is_error] == []
    assert rule.code not in {d.code for d in found}


def test_codes_are_unique_and_named_after_their_component() -> None:
    """A code is its component's name in capitals without dashes, and three digits counted from 001."""
    codes: set[str] = set()
    for component in catalog().all():
        prefix = component.name.replace("-", "").upper()
        assert [r.code for r in component.rules] == [f"{prefix}{n:03}" for n in range(1, len(component.rules) + 1)]
        assert not codes & {r.code for r in component.rules}
        codes |= {r.code for r in component.rules}


def test_every_rule_says_where_it_is_from() -> None:
    """A rule without source can't be judged."""
    assert [rule.code for _, rule in RULES if not rule.source or len(rule.source) < 5] == []
