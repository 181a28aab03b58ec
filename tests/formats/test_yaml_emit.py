"""Writing YAML: every reader gets back what was written."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.formats.yaml_emit import canonical_json, emit, emit_stream
from compiler.formats.yaml_read import read_stack, read_stream
from compiler.formats.yaml_scalars import json_number, plain
from compiler.model.diagnostic import Bug

STRINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
# what careless emitters get wrong: short texts of the characters that mean something to a reader
TRICKY = st.text(
    st.sampled_from("0123456789abefnoxyNOYT_+-.:,?|>#&*!%@`'\"{}[]=~<\\/ \t\n\r\u2028\x85\xa0"), max_size=12
)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False).map(json_number)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | STRINGS | TRICKY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STRINGS | TRICKY, inner, max_size=4),
    max_leaves=15,
)


def read(text: str) -> Any:
    found = read_stream("out.yaml", text.encode())
    assert found.value is not None, found.diagnostics
    return found.value[0].data if found.value else None


def strings(published: Path) -> list[str]:
    rows: list[str] = json.loads((published / "yaml" / "strings.json").read_text("utf-8"))
    assert len(rows) == 82
    return rows


def everywhere(texts: list[str]) -> dict[str, Any]:
    """Put texts where emitters treat them differently: values, keys, items, maps in lists."""
    return {
        "values": {f"k{index}": text for index, text in enumerate(texts)},
        "keys": dict.fromkeys(texts, 1),
        "items": texts,
        "deep": [[{text: text, "after": [text]}] for text in texts],
    }


@pytest.mark.upstream
def test_strings_of_the_published_list_survive_our_reader_and_pyyaml(published: Path) -> None:
    """All 82, as values, keys and items, in our reader and in both of PyYAML's parsers."""
    body = everywhere(strings(published))
    text = emit(body)

    assert read(text) == body
    assert yaml.safe_load(text) == body
    assert yaml.load(text, yaml.CSafeLoader) == body


@pytest.mark.upstream
def test_strings_of_the_published_list_are_plain_strings_in_a_stack(published: Path) -> None:
    """A stack with our output in it has no fault."""
    found = read_stack("s.yaml", emit({"a": strings(published)}).encode())

    assert found.diagnostics == ()


@given(VALUES)
@settings(max_examples=400, deadline=None)
def test_emit_then_read_gives_the_same_value(value: Any) -> None:
    """Our reader, and PyYAML's C parser, which is the one of most tools."""
    body = {"v": value}
    text = emit(body)

    assert read(text) == body
    assert emit(read(text)) == text
    assert yaml.load(text, yaml.CSafeLoader) == body


@given(STRINGS | TRICKY)
@settings(max_examples=400, deadline=None)
def test_emit_never_writes_a_string_plain_that_a_reader_retypes(text: str) -> None:
    """Where there are no quotes, YAML 1.1, YAML 1.2 and kubectl all see text."""
    written = emit({"k": text}).removeprefix("k: ").removesuffix("\n")
    if written[:1] in ('"', "|"):
        return

    assert written == text
    assert plain(text) == text
    assert yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False)) == "tag:yaml.org,2002:str"
    core_schema = r"~?|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"  # noqa: E501
    assert not re.fullmatch(core_schema, text)


@given(st.lists(VALUES, max_size=4))
@settings(max_examples=100, deadline=None)
def test_emit_stream_then_read_gives_the_same_documents(values: list[Any]) -> None:
    """Documents stay apart."""
    bodies = [{"v": value} for value in values]
    found = read_stream("out.yaml", emit_stream(bodies).encode())

    assert found.value is not None
    assert [document.data for document in found.value] == bodies


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": {"b": 1, "c": []}, "d": {}}, "a:\n  b: 1\n  c: []\nd: {}\n"),
        ({"a": [{"b": 1, "c": [2]}, "x", [], [[3]]]}, "a:\n- b: 1\n  c:\n  - 2\n- x\n- []\n-\n  -\n    - 3\n"),
        ({"a": "b\nc\n", "d": ["e\n\nf"]}, "a: |\n  b\n  c\nd:\n- |-\n  e\n\n  f\n"),
        ({"a": "b\n\n\n"}, "a: |+\n  b\n\n\n"),
        ({"a": True, "b": None, "c": -0.5, "d": 1e22}, "a: true\nb: null\nc: -0.5\nd: 1.0e+22\n"),
        ({"e": 1e-7, "f": 3.0, "g": -0.0}, "e: 1.0e-07\nf: 3\ng: 0\n"),
        ({"i": "nginx:1.27", "u": "10m", "c": "a: b", "p": "/data", "name": "no"}, 'i: nginx:1.27\nu: 10m\nc: "a: b"\np: /data\nname: "no"\n'),  # noqa: E501
        ({}, "{}\n"),
        ([], "[]\n"),
        (["a"], "- a\n"),
        ("x\ny", "|-\n  x\n  y\n"),
        (None, "null\n"),
    ],
)  # fmt: skip
def test_emit_writes_block_style_in_the_given_order(value: Any, text: str) -> None:
    """What a person would write, too."""
    assert emit(value) == text
    assert yaml.safe_load(text) == value


def test_emit_key_longer_than_a_simple_key_is_written_out() -> None:
    """YAML looks for the `:` of a key at most 1024 characters far."""
    body = {"a": {"k" * 2000: 1, "é" * 900: {"x": ["y"]}, "\x07" * 300: ["z"]}, "l": [{"k" * 1500: "v"}]}
    text = emit(body)

    assert read(text) == body
    assert yaml.safe_load(text) == body


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), b"x", {1, 2}, object()])
def test_emit_value_that_json_cannot_hold_is_a_bug(value: object) -> None:
    """Nothing that was read can be such a value."""
    with pytest.raises(Bug):
        emit({"a": value})


def test_emit_lone_surrogate_is_replaced_as_in_go() -> None:
    """It could not be written to a file."""
    assert emit({"a": "x\ud800"}) == 'a: "x\ufffd"\n'


def test_canonical_json_is_independent_of_key_order() -> None:
    """ASCII, no blanks, sorted keys."""
    assert canonical_json({"b": [1, None], "a": "é"}) == '{"a":"\\u00e9","b":[1,null]}'
    with pytest.raises(Bug):
        canonical_json(float("nan"))
