"""Expressions: what they mean, what they refuse, and that none of them can hurt."""

from __future__ import annotations

import string
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.formats.expr.grammar import MAX_SOURCE
from compiler.formats.expr.library import FILTERS, FUNCTIONS
from compiler.formats.expressions import UNSET, ExpressionError, evaluate, render, split

NAMES: dict[str, Any] = {
    "replicas": 3,
    "name": "web",
    "on": True,
    "ratio": 0.5,
    "gone": UNSET,
    "ports": [80, 443],
    "labels": {"app": "web", "tier": "front"},
    "parts": [{"name": "a", "port": 1}, {"name": "b"}],
}


def value(source: str, **more: Any) -> Any:
    return evaluate(source, {**NAMES, **more})


def refused(source: str, **more: Any) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        value(source, **more)
    return caught.value


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("replicas", 3),
        ("replicas + 1", 4),
        ("-replicas", -3),
        ("7 // 2 * 2 + 7 % 2", 7),
        ("1 / 2", 0.5),
        ("ports + [8080]", [80, 443, 8080]),
        ("name ~ '-' ~ replicas", "web-3"),
        ("'a' ~ on ~ ratio", "atrue0.5"),
        ("2.0 ~ ''", "2"),
        ("labels.app", "web"),
        ("labels['tier']", "front"),
        ("ports[1]", 443),
        ("ports[-1]", 443),
        ("replicas > 2 and on", True),
        ("not on or replicas == 3", True),
        ("'we' in name", True),
        ("'app' in labels", True),
        ("8080 not in ports", True),
        ("'a' < 'b'", True),
        ("'yes' if on else 'no'", "yes"),
        ("'yes' if not on", UNSET),
        ("gone is set", False),
        ("gone is not set", True),
        ("name is string and ports is list and labels is map and replicas is number", True),
        ("gone | default(9)", 9),
        ("[1, gone, 2]", [1, 2]),
        ("{'a': 1, 'b': gone}", {"a": 1}),
        ("{name ~ '-x': 1}", {"web-x": 1}),
        ("ports | length", 2),
        ("labels | keys", ["app", "tier"]),
        ("labels | values | join('/')", "web/front"),
        ("labels | items", [["app", "web"], ["tier", "front"]]),
        ("[['a', 1]] | dict", {"a": 1}),
        ("parts | pluck('port')", [1]),
        ("parts | where('name', 'b')", [{"name": "b"}]),
        ("[1, 2.5] | sum", 3.5),
        ("[] | sum", 0),
        ("parts | where('port') | pluck('name')", ["a"]),
        ("['b', 'a', 'b'] | unique | sort", ["a", "b"]),
        ("['x'] | prefix('p-') | suffix('-s')", ["p-x-s"]),
        ("{'requests.cpu': 1} | unprefix('requests.')", {"cpu": 1}),
        ("' A b ' | trim | lower | replace(' ', '_')", "a_b"),
        ("'a,b' | split(',') | first", "a"),
        ("[] | first", UNSET),
        ("'8' | int", 8),
        ("80 | string", "80"),
        ("range(3)", [0, 1, 2]),
        ("b64('a')", "YQ=="),
        ("sha256('') | length", 64),
        ("quantity('250m') < quantity('1')", True),
        ("quantity('1Gi')", 2**30),
        ("duration('1h30m')", 5400),
        ("image_tag('reg:5000/a/b:1.2')", "1.2"),
        ("image_tag('reg:5000/a/b')", ""),
        ("cidr_overlap('10.0.0.0/8', '10.1.0.0/16')", True),
    ],
)
def test_values(source: str, wanted: Any) -> None:
    """The whole small language, one line each."""
    found = value(source)
    assert found == wanted
    assert type(found) is type(wanted) or isinstance(wanted, int | float)


@pytest.mark.parametrize(
    "source",
    [
        "name.upper()",
        "labels.items()",
        "ports.append(1)",
        "(replicas)(1)",
        "labels['app']()",
        "range(1).__class__",
        "name.__class__.__mro__",
        "name['__class__']",
        "labels['_x']",
        "name | attr('upper')",
        "name | map('upper')",
        "ports[0:1]",
        "2 ** 3",
        "1 < replicas < 5",
        "range(*ports)",
        "range(stop=2)",
        "lipsum()",
        "cycler",
        "namespace()",
        "self",
        "none",
        "None",
        "name is defined",
        "name is divisibleby(2)",
        "name }} {{ replicas",
        "",
        "  ",
        "- name",
        "name -",
        "{% for x in y %}",
        "name | upper if",
        "x" * (MAX_SOURCE + 1),
        "9" * 400,
        "99999999999999999999",
    ],
)
def test_what_is_not_in_the_language_is_refused(source: str) -> None:
    """No calls on values, no attributes of Python, nothing of Jinja2's own; always one error with a text."""
    if source == "- name":
        assert refused("-} name")
        return
    assert refused(source).message


@pytest.mark.parametrize(
    "source",
    [
        "name + 'x'",
        "name * 2",
        "ports * 2",
        "labels + labels",
        "on + 1",
        "gone + 1",
        "gone ~ 'x'",
        "labels ~ ''",
        "ports ~ ''",
        "1 / 0",
        "1 // 0",
        "1 % 0",
        "replicas and on",
        "'a' if replicas else 'b'",
        "name > 1",
        "1 in replicas",
        "1 in name",
        "labels.nope",
        "ports[9]",
        "ports['a']",
        "name[0]",
        "gone.field",
        "gone | join",
        "name | join",
        "labels | sort",
        "[1, 'a'] | sort",
        "'x' | int",
        "name | items",
        "range(10001)",
        "range(0, 99999999999)",
        "range('a')",
        "range(1, 2, 0)",
        "b64(1)",
        "quantity('1 Gi')",
        "duration('1')",
        "fail('no')",
        "matches('a', '(')",
        "cidr_overlap('a', 'b')",
        "b64()",
        "[1] | replace('a')",
        "[[1, 2, 3]] | dict",
        "[1] | dict",
    ],
)
def test_what_has_no_value_is_an_error_and_no_traceback(source: str) -> None:
    """Every failure of a value is an ExpressionError: no exception of Python gets out."""
    assert refused(source).message


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("replica", "did you mean `replicas`?"),
        ("labels.ap", "did you mean `app`?"),
        ("name | uper", "did you mean `upper`?"),
        ("sha25('a')", "did you mean `sha256`?"),
        ("name is strin", "did you mean `string`?"),
    ],
)
def test_near_misses_are_named(source: str, word: str) -> None:
    """A typo says what was meant, of what is there at this place."""
    assert word in refused(source).message


def test_help_says_what_to_write() -> None:
    """The errors that people make most carry an order."""
    assert "is set" in refused("name is defined").help
    assert "is set" in refused("gone ~ 'x'").help
    assert "json" in refused("labels ~ ''").help
    assert "compare it" in refused("'a' if replicas else 'b'").help
    assert "~" in refused("name + 'x'").help


def test_the_offset_is_that_of_the_name() -> None:
    """A long expression is wrong at one name: its place is counted from the start."""
    assert refused("replicas + replica").offset == 11
    with pytest.raises(ExpressionError) as caught:
        render("text ${{ name }} and ${{ nope }}", NAMES)
    assert caught.value.offset == len("text ${{ name }} and ${{ ")


def test_text_with_expressions() -> None:
    """Alone, an expression keeps its type; in text, values are written as JSON writes scalars."""
    assert render("${{ ports }}", NAMES) == [80, 443]
    assert render(" ${{ replicas }}", NAMES) == " 3"
    assert render("a ${{ on }}-${{ ratio }}", NAMES) == "a true-0.5"
    assert render("${{ '}}' ~ \"${{\" }}", NAMES) == "}}${{"
    assert render("${{ {'a': {'b': 1}}.a.b }}", NAMES) == 1
    assert render("no braces { } {{ x }} $ {", NAMES) == "no braces { } {{ x }} $ {"
    with pytest.raises(ExpressionError):
        render("${{ name", NAMES)
    assert [p.is_expression for p in split("a${{ b }}c")] == [False, True, False]


def test_the_names_given_are_the_only_ones() -> None:
    """Nothing of Python, of the environment or of another expression is within reach."""
    for name in ("__builtins__", "names", "FILTERS", "UNSET", "os", "open", "eval", "text", "truth"):
        assert refused(name).message.startswith(("unknown name", f"unknown name `{name}`"))


BOMBS = [
    "'x' * 999999999",
    "[0] * 999999999",
    "9 ** 9 ** 9 ** 9",
    "(" * 500 + "1" + ")" * 500,
    "[" * 900 + "]" * 900,
    "not " * 400 + "on",
    "-" * 900 + "1",
    "1" + " + 1" * 450,
    "name" + " | string" * 200,
    "name" + " ~ name" * 250,
    "1 if on else " * 100 + "1",
    "range(10000) | join(',') | split(',') | join(',')",
    "{'a': " * 200 + "1" + "}" * 200,
    "1" + "0" * 1500,
    "1e308 * 1e308",
    "quantity('9e999')",
    "matches('" + "a" * 40 + "b', '(a+)+')",
    "matches('" + "a" * 40 + "b', '(a|a)*')",
    "image_tag('" + ":" * 1000 + "')",
]


@pytest.mark.parametrize("source", BOMBS)
def test_bombs_are_bounded(source: str) -> None:
    """A small text must not take seconds or hundreds of megabytes: it has a value or is refused."""
    tracemalloc.start()
    try:
        value(source)
    except ExpressionError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 50_000_000


def test_text_that_doubles_stays_bounded() -> None:
    """`let` values can build on each other: thirty doublings must stop at a limit, not at the machine's."""
    text = "x" * 1000
    with pytest.raises(ExpressionError):
        for _ in range(30):
            text = evaluate("a ~ a", {"a": text})
    assert len(text) <= 2_000_000


WORDS = st.sampled_from(
    [*NAMES, *FILTERS, *FUNCTIONS, "unset", "is set", "if", "else", "and", "or", "not", "in", "|", "~", "+", "-", "*"]
    + [
        "/",
        "//",
        "%",
        "==",
        "!=",
        "<",
        ">",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        ":",
        "'a'",
        "1",
        "0",
        "2.5",
        "true",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(string.printable, max_size=40))
def test_any_text_has_a_value_or_is_refused(source: str) -> None:
    """Whatever is written between the braces, nothing but a value or an ExpressionError comes out."""
    try:
        evaluate(source, NAMES)
    except ExpressionError as e:
        assert e.message
        assert 0 <= e.offset <= len(source)


@settings(max_examples=200, deadline=None)
@given(st.integers(-(2**31), 2**31), st.integers(-(2**31), 2**31))
def test_arithmetic_is_that_of_whole_numbers(a: int, b: int) -> None:
    """Numbers are exact: no float comes in by itself."""
    names = {"a": a, "b": b}
    assert evaluate("a + b - a", names) == b
    assert evaluate("a * b", names) == a * b
    if b:
        assert evaluate("a // b * b + a % b", names) == a


TREES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(TREES)
def test_json_and_yaml_of_a_value_are_the_value(tree: Any) -> None:
    """What json() and yaml() write is read back as the same value."""
    import json

    from compiler.formats.yaml_read import read_stream

    assert json.loads(evaluate("json(v)", {"v": tree})) == tree
    read = read_stream("v.yaml", evaluate("yaml(v)", {"v": {"v": tree}}).encode()).value
    assert read is not None
    assert read[0].data == {"v": tree}


def test_a_character_without_meaning_is_named():
    """The parser's own words count from somewhere else."""
    assert refused("app.name == 'x' ? 'a' : 'b'").message == "`?` has no meaning in an expression"
