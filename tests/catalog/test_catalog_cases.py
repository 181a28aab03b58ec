"""The cases of every component: parameters give exactly these objects, or exactly these diagnostics.

A case is `compiler/catalog/<component>/cases/<sentence>.case`: header lines `# key: value`, parameters in YAML, a line
`+++`, and what comes out: a stream of objects as the templates give them, before the transforms, or lines
`ERR: CODE LINE:COLUMN` and `WARN: …` with places in the stack that the parameters are put into. Keys of the header:
`kubernetes`, `stack` (the rest of the spec, in flow style), `without` (kinds that are left out of the stream).
STACKC_UPDATE=1 writes what comes out now.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from compiler.formats.yaml_emit import emit_stream
from tests.catalog.support import catalog, expand_text, stack_of_params

CATALOG = Path(__file__).parents[2] / "compiler" / "catalog"
CASES = sorted(CATALOG.glob("*/cases/*.case"))
UPDATE = os.environ.get("STACKC_UPDATE") == "1"


class Case(NamedTuple):
    """A case file in parts."""

    head: dict[str, str]
    params: dict[str, Any]
    top: str
    expected: str


def read_case(path: Path) -> Case:
    """Read one case file."""
    top, _, expected = path.read_text().partition("+++\n")
    lines = [line[1:].partition(":") for line in top.splitlines() if line.startswith("#")]
    head = {key.strip(): value.strip() for key, _, value in lines}
    return Case(head, yaml.safe_load(top) or {}, top, expected)


def outcome(case: Case, component: str) -> str:
    """Return what a case gives now, in the form of its second half."""
    more = yaml.safe_load(case.head.get("stack", "{}"))
    params = {**case.params, **({"$stack": more} if more else {})}
    found_component = catalog().get(component)
    assert found_component is not None
    manifests, found = expand_text(stack_of_params(found_component, params, case.head.get("kubernetes", "")))
    words = {"error": "ERR", "warning": "WARN"}
    said = sorted({f"{words[d.severity.value]}: {d.code} {d.span.line}:{d.span.column}\n" for d in found if d.span})
    if any(d.is_error for d in found):
        return "".join(said)
    without = [kind.strip() for kind in case.head.get("without", "").split(",")]
    mine = [
        m.body
        for m in manifests
        if m.origin.component == component or m.origin.instance == instance_of(case, component)
    ]
    return "".join(said) + emit_stream([body for body in mine if body["kind"] not in without])


def instance_of(case: Case, component: str) -> str:
    """Return the name of the instance that a case makes."""
    made = catalog().get(component)
    assert made is not None
    return f"{made.section}.{case.params['name']}" if "name" in case.params and made.section else made.section


def parts(text: str) -> tuple[list[str], list[Any]]:
    """Return diagnostics and objects of a case's second half: how the emitter quotes is not the case's matter."""
    lines = text.splitlines(keepends=True)
    said = [line for line in lines if line.startswith(("ERR: ", "WARN: "))]
    return said, list(yaml.safe_load_all("".join(lines[len(said) :])))


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parts[-3]}/{p.stem}")
def test_case_gives_what_it_says(path: Path) -> None:
    """The second half of the file is what comes out."""
    case = read_case(path)
    given = outcome(case, path.parts[-3])
    if UPDATE:
        path.write_text(f"{case.top}+++\n{given}")
    assert parts(given) == parts(read_case(path).expected)


def test_every_component_that_makes_objects_has_cases() -> None:
    """A component without a case is not tested; building blocks are tested by those that use them."""
    with_cases = {path.parts[-3] for path in CASES}
    made = {c.name for c in catalog().all() if not c.meta.get("abstract") and not c.meta.get("assumable")}
    assert sorted(made - with_cases) == []
