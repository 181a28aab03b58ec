"""Plain scalars mean what kubectl makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.formats.yaml_read import read_stack, read_stream
from compiler.formats.yaml_scalars import NOT_FINITE, json_number, key_text, number, overflows, plain

# what sigs.k8s.io/yaml v1.6.0 makes of each, read again as Kubernetes reads JSON (int64 where it fits, else a double)
GO: dict[str, Any] = {
    "0b-11": -3,
    "-0b11": -3,
    "0B11": 3,
    "0O17": 15,
    "0XfF": 255,
    "-0x1F": -31,
    "0xFFFFFFFFFFFFFFFFFF": "0xFFFFFFFFFFFFFFFFFF",
    "0xFFFFFFFFFFFFFFFF": 1.8446744073709552e19,
    "+0xFFFFFFFFFFFFFFFF": "+0xFFFFFFFFFFFFFFFF",
    "0777777777777777777777777": 7.777777777777778e23,
    "0o8": "0o8",
    "0x": "0x",
    "09": 9,
    "00": 0,
    "-": "-",
    "+": "+",
    ".": ".",
    "1_": 1,
    "1_e_3": 1000,
    "_1": "_1",
    ".5_0": 0.5,
    "._5": "._5",
    ".5.": ".5.",
    "+.5": 0.5,
    "-.5_0": -0.5,
    "1.5_0": 1.5,
    "5.e1": 50,
    ".1e400": ".1e400",
    "1e-400": 0,
    "-0.0": 0,
    "9223372036854775808": 9.223372036854775807e18,
    "1234567890123456789.0": 1234567890123456800,
    "1e18": 10**18,
    "1e19": 1e19,
    "9.2233720368547758e18": 9.2233720368547758e18,
    "1e21": 1e21,
    "2026-01-01": "2026-01-01",
    "0b-" + "1" * 63: -(2**63 - 1),
    "0b-" + "1" * 64: "0b-" + "1" * 64,
    "9" * 400: "9" * 400,
    "0." + "1" * 400: 0.1111111111111111,
}


@pytest.mark.parametrize("text", GO)
def test_plain_reads_as_go_does(text: str) -> None:
    """Value and type are those of kubectl's YAML library."""
    value = plain(text)

    assert value == GO[text]
    assert type(value) is type(GO[text])


def _go_json(value: Any) -> str:
    """Write a number as Go's encoding/json does."""
    if isinstance(value, float):
        digits = repr(value) if abs(value) < 1e21 else repr(value)
        mantissa, _, exponent = digits.partition("e+")
        if exponent and abs(value) < 1e21:
            whole, _, fraction = mantissa.partition(".")
            return whole + fraction.ljust(int(exponent), "0")
        return digits
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


@pytest.mark.upstream
def test_scalars_of_the_published_list_are_read_as_kubectl_reads_them_or_refused(published: Path) -> None:
    """All 65 are the same JSON text as kubectl's, or an error at the place of the scalar."""
    rows = json.loads((published / "yaml" / "scalars.json").read_text("utf-8"))
    refused = []
    for row in rows:
        raw = f"a: {row['yaml']}\n".encode()
        found = read_stream("m.yaml", raw)
        if found.value is None:
            refused.append(row["yaml"])
            assert [(str(d.span), d.is_error) for d in found.diagnostics] == [("m.yaml:1:4", True)]
        else:
            assert _go_json(found.value[0].data["a"]) == row["json"], row
    assert len(rows) == 65
    assert refused == [".inf", ".NaN", "!!binary aGk=", "+.inf"]


@pytest.mark.upstream
def test_scalars_of_the_published_list_in_a_stack_keep_their_value_or_are_refused(published: Path) -> None:
    """A stack never reads a scalar differently from a stream: it only refuses more."""
    for row in json.loads((published / "yaml" / "scalars.json").read_text("utf-8")):
        raw = f"a: {row['yaml']}\n".encode()
        strict, stream = read_stack("s.yaml", raw), read_stream("s.yaml", raw)
        if strict.value is None:
            assert strict.diagnostics[0].span is not None
            assert strict.diagnostics[0].span.line == 1
        else:
            assert stream.value is not None
            assert strict.value.data == stream.value[0].data


def test_number_not_finite_is_told_apart() -> None:
    """Infinity and not-a-number are no values of JSON."""
    assert {text for text in (".inf", "-.Inf", "+.INF", ".nan", ".NaN") if number(text) is NOT_FINITE} == {
        ".inf",
        "-.Inf",
        "+.INF",
        ".nan",
        ".NaN",
    }


def test_number_with_a_million_digits_is_read_in_no_time() -> None:
    """Neither Python's limit on digits nor its quadratic conversion is met."""
    assert number("9" * 1_000_000) == "9" * 1_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12345678901234567890", True),
        ("1e400", True),
        ("0x" + "f" * 17, True),
        ("1.5", False),
        ("12", False),
        ("1:2", False),
    ],
)
def test_overflows_tells_numbers_that_kubectl_cannot_keep(text: str, expected: bool) -> None:
    """True for what is read as something else than it looks like."""
    assert overflows(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name", "name"),
        ("80", "80"),
        ("0x10", "16"),
        ("y", "true"),
        ("off", "false"),
        ("~", None),
        ("1.5", None),
        ("1e3", None),
    ],
)
def test_key_text_is_the_json_key_or_none(text: str, expected: str | None) -> None:
    """Keys that kubectl rounds or refuses have none."""
    assert key_text(text) == expected


def test_json_number_keeps_shortest_digits() -> None:
    """A large integral double is the integer of its shortest digits, as a JSON reader sees it."""
    assert json_number(1234567890123456789.0) == 1234567890123456800
    assert json_number(0.5) == 0.5
    assert isinstance(json_number(1e300), float)
