"""Shorthand types to JSON Schema."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.formats.shorthand import SCALARS, read_type
from compiler.formats.template_ir import Refused
from compiler.formats.yaml_read import compose_all

KNOWN: dict[str, dict[str, Any]] = {
    "Resources": {"$ref": "Resources"},
    "=Resources": {"type": "object", "properties": {"cpu": {"type": "string"}}, "x-union": ["cpu"]},
    "Pair": {
        "type": "object",
        "properties": {"host": {"type": "string"}, "port": {"type": "integer", "default": 1}, "x": {}},
        "required": ["host"],
    },
    "core/v1.PodSpec": {"x-core": "core/v1.PodSpec"},
}


def schema(text: str) -> Any:
    (node,) = compose_all("t.yaml", text.encode(), aliases=True).value or ()
    return read_type(node, KNOWN.get)


def refused(text: str) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        schema(text)
    return caught.value.diagnostics[0].code, str(caught.value.diagnostics[0].span)


@pytest.mark.parametrize("name", sorted(SCALARS))
def test_scalars(name: str) -> None:
    """Every scalar word is a type, alone and as the item of a list."""
    assert schema(name) == SCALARS[name]
    assert schema(f"[{name}]") == {"type": "array", "items": SCALARS[name], "x-list": "atomic"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("int32 = 3", {"type": "integer", "format": "int32", "default": 3}),
        ("number = 0.5", {"type": "number", "default": 0.5}),
        ("boolean = false", {"type": "boolean", "default": False}),
        ("string = a b", {"type": "string", "default": "a b"}),
        ("string = '1'", {"type": "string", "default": "1"}),
        ("string = true", {"type": "string", "default": "true"}),
        ("a | b | c = b", {"type": "string", "enum": ["a", "b", "c"], "default": "b"}),
        ("quantity = 1Gi", {**SCALARS["quantity"], "default": "1Gi"}),
        ("object = {}", {**SCALARS["object"], "default": {}}),
        ('"[string] = []"', {"type": "array", "items": {"type": "string"}, "x-list": "atomic", "default": []}),
        ('"[string] set"', {"type": "array", "items": {"type": "string"}, "x-list": "set"}),
        ('{"*": int32}', {"type": "object", "additionalProperties": SCALARS["int32"]}),
        ("Resources", {"$ref": "Resources"}),
        ("core/v1.PodSpec", {"x-core": "core/v1.PodSpec"}),
        ("{$schema: {type: integer, minimum: 1}}", {"type": "integer", "minimum": 1}),
    ],
)
def test_types(text: str, wanted: Any) -> None:
    """Types, enums and defaults, one word each."""
    assert schema(text) == wanted


def test_maps_have_required_optional_and_shared_fields() -> None:
    """`!` is required, `?` unset unless given, `a, b` two fields of one type; a default takes the need away."""
    found = schema("{name: string!, 'tls?': {host: string}, 'a, b': int32, 'must!': boolean, d: string! = x}")
    assert list(found["properties"]) == ["name", "tls", "a", "b", "must", "d"]
    assert found["required"] == ["must", "name"]
    assert found["properties"]["tls"]["x-optional"] is True
    assert found["properties"]["a"] == found["properties"]["b"] == SCALARS["int32"]
    assert schema("{active, failed: int32}")["properties"] == {"active": SCALARS["int32"], "failed": SCALARS["int32"]}


def test_lists_of_named_maps_merge_by_name() -> None:
    """A required `name` makes a list map; `by` says other keys; without, a list is one value."""
    assert schema("[{name: string!}]")["x-keys"] == ["name"]
    assert schema("[{name: string}]")["x-list"] == "atomic"
    assert schema('"[Pair] by host, port"')["x-keys"] == ["host", "port"]
    assert refused('"[Pair] by hots"') == ("SC424", "t.yaml:1:1")
    assert refused('"[Pair] by x"') == ("SC424", "t.yaml:1:1")


def test_extends_takes_over_the_fields_of_a_shared_type() -> None:
    """One's own fields come on top; what makes the shared type a one-of stays."""
    found = schema("{$extends: Resources, extra: string!}")
    assert set(found["properties"]) == {"cpu", "extra"}
    assert found["required"] == ["extra"]
    assert found["x-union"] == ["cpu"]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("a: [string, int32]", "SC421", "1:4"),
        ("a: []", "SC421", "1:4"),
        ("a:\n", "SC422", "1:3"),
        ("'!': string", "SC422", "1:1"),
        ("a: strin", "SC423", "1:4"),
        ("a: {b: [strin]}", "SC423", "1:9"),
        ("a: core/v1.PodSpek", "SC423", "1:4"),
        ("a: int32 = x", "SC424", "1:4"),
        ("a: boolean = yes", "SC424", "1:4"),
        ("a: x | y = z", "SC424", "1:4"),
        ("a: object = x", "SC424", "1:4"),
    ],
)
def test_wrong_types_are_told_at_their_place(text: str, code: str, place: str) -> None:
    """A typo of a type is an error at its line and column, with the near word."""
    assert refused(text) == (code, f"t.yaml:{place}")


def test_a_near_miss_is_named() -> None:
    """`strin` was meant to be `string`."""
    with pytest.raises(Refused, match="did you mean `string`"):
        schema("strin")
