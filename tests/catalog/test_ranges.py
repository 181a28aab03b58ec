"""The `kubernetes:` range of a component is what is tested here: every minor in it compiles, and no other is in it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import yaml

from compiler.build.assume import in_range
from compiler.formats.packs import NEWEST, OLDEST
from compiler.model.component import Component
from tests.catalog.support import catalog, compile_text, errors, stack_of_params
from tests.catalog.test_catalog_cases import CASES, read_case

MINORS = range(OLDEST, NEWEST + 1)
TURNS = (OLDEST, 16, 22, 25, 26, NEWEST)
"""The ends, and the minors that served no more what the one before did. Source: the deprecation guide of Kubernetes."""


def range_of(component: Component) -> str:
    """Return the range that component.yaml says."""
    return str(component.meta.get("kubernetes", ""))


def stacks_of(component: Component) -> list[str]:
    """Return the stacks of a component's cases that give objects, the simplest first."""
    cases = [read_case(path) for path in CASES if path.parts[-3] == component.name]
    more = [yaml.safe_load(case.head.get("stack", "{}")) for case in cases]
    texts = (
        stack_of_params(component, {**case.params, **({"$stack": rest} if rest else {})})
        for case, rest in zip(cases, more, strict=True)
        if not case.expected.startswith("ERR")
    )
    return sorted(texts, key=len)


WITH_CASES = [c for c in catalog().all() if stacks_of(c)]


@pytest.mark.parametrize("component", WITH_CASES, ids=lambda c: c.name)
def test_the_minors_of_the_range_that_took_kinds_away_compile(component: Component) -> None:
    """An example of the component passes every check at the ends of its range and where APIs went."""
    check(component, TURNS)


@pytest.mark.long
@pytest.mark.parametrize("component", WITH_CASES, ids=lambda c: c.name)
def test_every_minor_of_the_range_compiles(component: Component) -> None:
    """The same for all of them."""
    check(component, MINORS)


def check(component: Component, minors: Iterable[int]) -> None:
    """Compile the simplest example that each minor takes: no error, and no `not tested`."""
    stacks = stacks_of(component)
    for minor in minors:
        if in_range(f"1.{minor}", range_of(component)):
            tried = (compile_text(text, f"1.{minor}")[1] for text in stacks)
            good = next((found for found in tried if not errors(found)), None)
            assert good is not None, minor
            assert [d.message for d in good if d.code == "SC465"] == [], minor


def test_every_range_is_closed_and_within_the_packs() -> None:
    """A minor that comes later is not tested: it is a warning until the range, and this test, have been there."""
    for component in catalog().all():
        if not component.meta.get("abstract"):
            assert not in_range(f"1.{NEWEST + 1}", range_of(component)), component.name
            assert not in_range(f"1.{OLDEST - 1}", range_of(component)), component.name
            assert any(in_range(f"1.{minor}", range_of(component)) for minor in MINORS), component.name


def test_components_with_a_range_and_without_a_case_are_parts_or_assumed() -> None:
    """What no case compiles is compiled by the components that take it in, and has no wider range than they."""
    without = [c for c in catalog().all() if c not in WITH_CASES and range_of(c)]
    assert [c.name for c in without if not c.meta.get("abstract") and not c.meta.get("assumable")] == []
