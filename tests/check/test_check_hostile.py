"""Whatever stands in a manifest, the answer is a diagnostic or none: never a traceback, never a hang."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from work import calls

from compiler.check.stream import Source, check_stream, masked, read_items

ROOT = Path(__file__).parents[2]
ROWS = yaml.safe_load((ROOT / "compiler" / "rules" / "codes" / "manifests.yaml").read_text())
BODIES = [
    body for row in ROWS.values() for key in ("bad", "good") for body in yaml.safe_load_all(row.get(key, "")) if body
]
ODD: list[Any] = [
    None, True, 0, -1, 1.5, 2.0, 1 << 70, float("1e300"), "", "x", "a/b/c", "\u202e", "é" * 300, "1" * 400, "$(x)",
    [], [None], [[]], [{}], ["x", 1], {}, {"": None}, {"x": {"x": []}}, {"name": 5}, {"matchLabels": 3},
]  # fmt: skip


def _mutated(value: Any, dice: random.Random) -> Any:
    """Return a value with something wrong somewhere in it; a text of the original is never changed in place."""
    if isinstance(value, dict) and value and dice.random() < 0.8:
        key = dice.choice(list(value))
        changed = {**value, key: _mutated(value[key], dice)}
        if dice.random() < 0.1:
            changed[dice.choice(["", "x", "name", "spec", "items", key + "s"])] = dice.choice(ODD)
        return changed
    if isinstance(value, list) and value and dice.random() < 0.8:
        at = dice.randrange(len(value))
        item = _mutated(value[at], dice)
        return [*value[:at], item, *value[at + 1 :], *([item] if dice.random() < 0.2 else [])]
    return dice.choice(ODD)


def _judge(bodies: list[Any], minor: int) -> None:
    text = yaml.safe_dump_all(bodies, allow_unicode=False).encode()
    result = check_stream([Source("m.yaml", text)], minor)
    for diagnostic in result.diagnostics:
        assert diagnostic.message and diagnostic.code.startswith("SC")
        assert diagnostic.document is not None and 0 <= diagnostic.document < result.documents


@pytest.mark.parametrize("seed", range(40))
def test_mutated_manifests_get_an_answer(seed: int):
    """A thousand manifests with one to three things broken are judged for four minors without a fault of ours."""
    dice = random.Random(seed)
    bodies = []
    for body in dice.sample(BODIES, 25):
        for _ in range(dice.randint(1, 3)):
            body = _mutated(body, dice)
        bodies.append(body)
    _judge(bodies, dice.choice([15, 22, 28, 36]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(["Pod", "Service", "ConfigMap", "List", "Gizmo", ""]), spec=JSON, metadata=JSON)
def test_anything_in_place_of_an_object_gets_an_answer(kind: str, spec: Any, metadata: Any):
    """Any JSON under metadata and spec of any kind is judged."""
    _judge([{"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec, "items": [spec]}], 36)


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\xff\xfe", b"---\n---\n", b"a: b: c", b"[1, 2]", b"just text", b"{", b"\x00", b"kind: List\nitems: {}",
        b"apiVersion: v1\nkind: List\nitems: [{}, null, 3, {kind: List, items: [{kind: List, items: []}]}]",
        b"a: &x [*x]", b"a: &a [1,1]\nb: &b [*a,*a]\nc: &c [*b,*b]", b"apiVersion: v1\nkind: Pod\nmetadata: [a]",
    ],
)  # fmt: skip
def test_any_bytes_get_an_answer(raw: bytes):
    """Broken encodings, scalars, loops and odd lists are told, not raised."""
    result = check_stream([Source("-", raw)], 36)
    assert result.documents >= 0


def _crowded(items: int) -> bytes:
    names = "\n".join(f"  - {{name: v{i % 100}, emptyDir: {{}}}}" for i in range(items))
    labels = "\n".join(f"    k{i}: {'a' * 63}" for i in range(items // 5))
    head = f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n{labels}\n"
    return f"{head}spec:\n  containers: [{{name: a, image: b}}]\n  volumes:\n{names}\n".encode()


def test_the_work_for_a_large_hostile_object_grows_with_its_size():
    """Thousands of equal items are each told, and four times as many take four times the work, not sixteen."""

    def judge(items: int) -> None:
        assert len(check_stream([Source("-", _crowded(items))], 36, each=True).diagnostics) >= items - 100

    judge(200)  # what is loaded once
    assert calls(lambda: judge(8_000)) < 5 * calls(lambda: judge(2_000))


def test_values_of_secrets_are_never_said():
    """A finding about a Secret's data shows neither the value in its message nor the line in the text."""
    text = b"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  token: hunter2-not-base64!\n"
    source = Source("s.yaml", text)
    result = check_stream([source], 36)
    assert [d.code for d in result.diagnostics] == ["SC606"]
    assert not any("hunter2" in d.message + d.help for d in result.diagnostics)
    assert b"hunter2" not in masked(source, result.hidden)
    assert b"  token: (not shown)" in masked(source, result.hidden)


def test_documents_are_counted_over_the_whole_call():
    """Empty documents do not count, broken ones do, and a List is one document."""
    maps = b"".join(b"- {apiVersion: v1, kind: ConfigMap, metadata: {name: %s}}\n" % name for name in (b"a", b"b"))
    one = b"---\n\n---\napiVersion: v1\nkind: List\nitems:\n" + maps + b"---\na: b: c\n"
    two = b"{apiVersion: v1, kind: ConfigMap, metadata: {name: C_c}}"
    items, total, _ = read_items([Source("1", one), Source("2", two)])
    assert (total, [item.document for item in items]) == (3, [0, 0, 2])
    found = check_stream([Source("1", one), Source("2", two)], 36).diagnostics
    assert [(d.code, d.document) for d in found] == [("SC101", 1), ("SC615", 2)]


OPEN = "x-kubernetes-preserve-unknown-fields: true"
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ws.acme.io}
spec:
  group: acme.io
  scope: Namespaced
  names: {kind: W, plural: ws}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: SCHEMA}}]
"""
OBJECT = {"apiVersion": "acme.io/v1", "kind": "W", "metadata": {"name": "w"}, "a": "x", "l": [{"b": 1}], "m": {"c": 1}}


def errors(crd: str, body: dict[str, Any]) -> list[str]:
    raw = f"{crd}\n---\n{json.dumps(body)}\n".encode()
    return [d.path for d in check_stream([Source("m.yaml", raw)], 36).diagnostics if d.document == 1 and d.is_error]


@pytest.mark.parametrize(
    "schema",
    [
        "{type: object, properties: {a: null, l: null, m: null}}",
        "{type: object, required: null, properties: {a: {type: string, minLength: null, enum: null}}, OPEN}",
        '{type: object, properties: {a: {$ref: "#/a"}}, OPEN}',
        "{type: object, OPEN, oneOf: [{required: [null]}, {required: [c]}], not: null}",
        "{type: object, properties: {l: {type: array, items: null}}, OPEN}",
        "{type: object, properties: {l: {type: array, items: [{}, null]}}, OPEN}",
        "{type: object, properties: {l: {type: array, x-kubernetes-list-type: map,"
        " x-kubernetes-list-map-keys: [b]}}, OPEN}",
        "{type: object, properties: {m: {type: object, additionalProperties: null}}, OPEN}",
        "{type: object, properties: {a: {type: string, multipleOf: 0},"
        " m: {type: object, properties: {c: {type: integer, multipleOf: 0}}}}, OPEN}",
    ],
)  # fmt: skip
def test_a_broken_schema_judges_no_object_wrongly(schema: str):
    assert [
        path
        for path in errors(CRD.replace("SCHEMA", schema.replace("OPEN", OPEN)), OBJECT)
        if path not in ("/oneOf", "/m/c", "")
    ] == []


@pytest.mark.parametrize("versions", ["1.5", "{a: b}", "x", "[1, x, {}]", "null"])
def test_versions_that_are_none(versions: str):
    errors(CRD.partition("  versions:")[0] + f"  versions: {versions}\n", OBJECT)


@pytest.mark.parametrize("metadata", [{"name": 1.5}, {"name": {}}, {"name": "w", "namespace": 3}, {"labels": [1]}])
@pytest.mark.parametrize("schema", ["{type: 5}", "{type: object, properties: {}}"])
def test_metadata_is_decoded_whatever_the_schema_says(metadata: dict[str, Any], schema: str):
    field = next(key for key in metadata if not isinstance(metadata[key], str))
    assert errors(CRD.replace("SCHEMA", schema), OBJECT | {"metadata": metadata})[:1] == [f"/metadata/{field}"]
