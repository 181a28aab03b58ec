"""Every semantic rule of the catalog refuses its bad example and lets its good one pass."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.model.component import Component, Rule
from tests.catalog.support import FILE, catalog, expand_text, stack_of_params

CATALOG = Path(__file__).parents[2] / "compiler" / "catalog"
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


def pointed() -> list[tuple[Component, Rule, str, str]]:
    """Return the rules that name a field which their bad example writes, with the field and the example's stack."""
    made = []
    for component, rule in RULES:
        rows = yaml.safe_load((CATALOG / component.name / "rules.yaml").read_text())
        at = next(row for row in rows if row["code"] == rule.code).get("at", "")
        field, text = at.rpartition(".")[2], stack_of_params(component, rule.bad)
        if ("." in at or at in component.params["properties"]) and f" {field}:" in text:
            made.append((component, rule, field, text))
    return made


@pytest.mark.parametrize(("component", "rule", "field", "text"), pointed(), ids=name)
def test_rule_points_at_the_field_that_it_names(component: Component, rule: Rule, field: str, text: str) -> None:
    """Line and column are those of the key."""
    _, found = expand_text(text)
    spans = [d.span for d in found if d.code == rule.code and d.span]
    assert spans, component.name
    for span in spans:
        assert text.splitlines()[span.line - 1][span.column - 1 :].startswith(f"{field}:")


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
