"""Whatever a stack or an overlay holds: diagnostics or a stack, never an exception."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler.formats.files import MemoryFiles
from compiler.model.source import Document, Path, Span
from compiler.spec.check import check_stack
from compiler.spec.load import load_document
from compiler.spec.overlay import merge
from compiler.spec.params import substitute
from compiler.spec.schemas import core_schema

CORE = core_schema()


def _words(schema: dict[str, Any]) -> set[str]:
    words = set(schema.get("properties", {}))
    for child in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(child, dict):
            words |= _words(child)
    return words


WORDS = sorted(
    {*_words(CORE), *(word for shared in CORE["definitions"].values() for word in _words(shared))}
    | {"$append", "$replace", "$delete", "$ifPresent", "openfx", "kubeflow", "a"}
)
TEXTS = st.sampled_from(
    [
        "a",
        "",
        "1.34",
        "v1",
        "${{ params.a }}",
        "${{",
        "dev",
        "512",
        "1Gi",
        "10.0.0.0/8",
        "10.0.0.1/8",
        "x/y:z",
        "<a>",
        "* * * * *",
        "99 * * * *",
        "é\n",
    ]
)
LEAVES = st.one_of(TEXTS, st.integers(-1, 10**12), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)),
    max_leaves=30,
)
SPECS = st.dictionaries(st.sampled_from(WORDS), TREES, max_size=6)


def _document(file: str, spec: Any) -> Document:
    data = {"apiVersion": "stackc.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "a"}, "spec": spec}
    spans: dict[Path, Span] = {}
    keys: dict[Path, Span] = {}

    def note(value: Any, path: Path) -> None:
        spans[path] = Span(file, len(spans) + 1, 1, len(spans) + 1, 2)
        if isinstance(value, dict):
            for key, child in value.items():
                keys[(*path, key)] = spans[path]
                note(child, (*path, key))
        elif isinstance(value, list):
            for index, child in enumerate(value):
                note(child, (*path, index))

    note(data, ())
    return Document(file, data, spans, keys)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(base=SPECS, above=SPECS)
def test_nothing_raises_and_input_stays_as_it_was(base: Any, above: Any) -> None:
    """Merge, params and check take any tree, with places for every error, and change no input."""
    before = json.dumps([base, above])
    stack, overlay = _document("s.yaml", base), _document("o.yaml", above)
    for overlays in ((), (overlay,)):
        merged = merge(stack, overlays, (), None, CORE)
        result = merged.then(lambda tree: substitute(tree, CORE)).then(lambda tree: check_stack(tree, CORE, "s.yaml"))
        assert result.value is not None or result.diagnostics
        assert all(d.span is not None and d.message and d.help for d in result.diagnostics)
    assert json.dumps([base, above]) == before


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(spec=SPECS, sets=st.lists(st.text(alphabet='abjos.[]="{}:, 1', max_size=20), max_size=3))
def test_set_takes_any_text(spec: Any, sets: list[str]) -> None:
    """`--set` refuses with a place or gives a tree."""
    result = merge(_document("s.yaml", spec), (), tuple(sets), None, CORE)
    assert result.value is not None or all(d.span is not None for d in result.diagnostics)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=TREES)
def test_load_takes_any_document(data: Any) -> None:
    """The envelope of any JSON document is judged."""
    result = load_document(MemoryFiles({"s.yaml": json.dumps(data).encode()}), "s.yaml")
    assert result.value is not None or result.diagnostics


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(below=SPECS, above=SPECS)
def test_merging_twice_gives_the_same(below: Any, above: Any) -> None:
    """Merging is a function: same layers, same tree, same findings in the same order."""
    first, second = (merge(_document("s.yaml", below), (_document("o.yaml", above),), (), None, CORE) for _ in range(2))
    assert first == second
