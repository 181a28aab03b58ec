"""Structural templates: what `$for`, `$if`, `$merge`, `$value` and `$raw` mean, what drops out, where errors stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.build.catalog import Catalog
from compiler.formats.expr.runtime import UNSET, ExpressionError
from compiler.formats.files import MemoryFiles
from compiler.model.component import Component
from compiler.model.diagnostic import Diagnostic

HEAD = """\
summary: a test
params:
  replicas: int32
  port: int32
  shown: boolean
  title: string
  names: [string]
  labels: {"*": string}
  parts: [{name: string, ports: [int32]}]
  extra: object
  tls?: {secretRef: {name: string}}
"""
TOP = "apiVersion: v1\nkind: X\n"


def load(text: str, head: str = HEAD) -> tuple[Component | None, list[Diagnostic]]:
    """Make a component of one manifest file."""
    files = {"components/web/component.yaml": head, "components/web/manifests/m.yaml": text}
    catalog = Catalog(MemoryFiles({path: raw.encode() for path, raw in files.items()}))
    return catalog.get("web"), catalog.found


def documents(text: str, head: str = HEAD, **values: Any) -> list[Any]:
    """Return the documents that a manifest file gives for values of its params; what is not given is unset."""
    component, found = load(text, head)
    assert component is not None, found
    ctx: dict[str, Any] = {
        **dict.fromkeys(component.params["properties"], UNSET),
        "self": {"name": "web", "namespace": "default", "version": "1.7"},
        "stack": {"name": "lab", "kubernetes": "1.34", "preset": "dev"},
        "k8s": "1.34",
        "$image": lambda name: f"image/{name}",
        "$file": lambda name: f"text of {name}",
        **values,
    }
    component.code.lets(ctx)
    out: list[Any] = []
    component.code.render(ctx, out)
    return [body for _, body in out]


def made(text: str, **values: Any) -> Any:
    """Return the value under `v` of one document."""
    (body,) = documents(f"{TOP}v: {text}" if not text.startswith("\n") else f"{TOP}v:{text}", **values)
    return body.get("v", UNSET)


def refused(text: str, head: str = HEAD) -> Diagnostic:
    """Return the one error of a manifest file that does not load."""
    component, found = load(text, head)
    assert component is None
    (one,) = found
    return one


def test_a_scalar_that_is_one_expression_keeps_its_type() -> None:
    """Types come from the values, never from how the YAML looks."""
    assert made('"${{ replicas }}"', replicas=3) == 3
    assert made("${{ shown }}", shown=False) is False
    assert made('"${{ names }}"', names=["a"]) == ["a"]
    assert made('" ${{ replicas }}"', replicas=3) == " 3"
    assert made('"${{ replicas | string }}"', replicas=3) == "3"
    assert made("\n  >-\n  ${{ replicas +\n  1 }}", replicas=3) == 4
    assert made("\n  |\n  a ${{ shown }}\n", shown=True) == "a true\n"


def test_unset_drops_keys_items_and_documents() -> None:
    """An optional parameter that is not given takes its key, item or document along; nothing has to ask for it."""
    assert made("{a: '${{ port }}', b: 1}") == {"b": 1}
    assert made("['${{ port }}', 1]") == [1]
    assert made("'${{ port }}'") is UNSET
    assert made("'${{ tls.secretRef.name }}'") is UNSET
    assert documents(TOP + "$if: tls is set\nv: 1\n") == []
    assert documents(TOP + "v: '${{ title if shown }}'\n", shown=False) == [{"apiVersion": "v1", "kind": "X"}]
    assert documents("$if: names\n" + TOP, names=[]) == []


def test_unset_in_text_is_an_error() -> None:
    """Half a text is never written."""
    with pytest.raises(ExpressionError, match="not set"):
        made("'a ${{ title }}'")


def test_containers_that_lose_their_last_entry_drop_and_literal_empty_ones_stay() -> None:
    """`ports:` without ports is not a field; `emptyDir: {}` is one."""
    assert made("{a: {b: {c: '${{ port }}'}}, d: 1}") == {"d": 1}
    assert made("[{a: '${{ port }}'}, ['${{ port }}']]") is UNSET
    assert made("{a: {}, b: []}") == {"a": {}, "b": []}
    assert made("{a: '${{ labels }}', b: '${{ names }}'}", labels={}, names=[]) == {"a": {}, "b": []}
    assert made("[{$for: n in names, $value: '${{ n }}'}]", names=[]) is UNSET


@pytest.mark.parametrize("key", ["selector", "podSelector", "namespaceSelector", "objectSelector", "from", "to"])
def test_an_emptied_selector_is_an_error(key: str) -> None:
    """Where absent means everything, dropping would open what was closed."""
    with pytest.raises(ExpressionError, match="match everything"):
        made(f"{{{key}: {{matchLabels: {{app: '${{{{ title }}}}'}}}}}}")
    assert made(f"{{{key}: {{app: '${{{{ title }}}}'}}}}", title="a") == {key: {"app": "a"}}
    assert made(f"{{{key}: {{}}}}") == {key: {}}


def test_for_repeats_items_and_documents() -> None:
    """Lists by item, maps by key and value in the order of the file, several clauses nested and flat."""
    assert made("[{$for: n in names, x: '${{ n }}'}, last]", names=["a", "b"]) == [{"x": "a"}, {"x": "b"}, "last"]
    assert made("[{$for: 'k, v in labels', $value: '${{ k }}=${{ v }}'}]", labels={"b": "1", "a": "2"}) == [
        "b=1",
        "a=2",
    ]
    parts = [{"name": "a", "ports": [1, 2]}, {"name": "b", "ports": []}, {"name": "c", "ports": [3]}]
    text = "[{$for: [p in parts, q in p.ports], $value: '${{ p.name }}${{ q }}'}]"
    assert made(text, parts=parts) == ["a1", "a2", "c3"]
    assert documents("$for: n in names\n" + TOP + "v: '${{ n }}'\n", names=["a", "b"]) == [
        {"apiVersion": "v1", "kind": "X", "v": "a"},
        {"apiVersion": "v1", "kind": "X", "v": "b"},
    ]
    assert made("[{$for: n in names, $value: '${{ n }}'}]") is UNSET, "nothing to repeat over"


def test_if_filters_every_turn_and_the_order_of_keys_has_no_meaning() -> None:
    """$for binds, then $if asks, whatever stands first."""
    for text in ("$if: n != 'b', $for: n in names", "$for: n in names, $if: n != 'b'"):
        assert made(f"[{{x: '${{{{ n }}}}', {text}}}]", names=["a", "b", "c"]) == [{"x": "a"}, {"x": "c"}]
    assert made("{a: {$if: shown, b: 1}, c: 2}", shown=False) == {"c": 2}
    assert made("{a: {$if: title is not set, $value: 7}}") == {"a": 7}
    assert made("{a: {$if: title is not set, $value: 7}, b: 1}", title="x") == {"b": 1}


def test_merge_is_the_base_under_the_written_keys() -> None:
    """Later bases win over earlier ones, what is written wins over all; maps deep, lists whole; nothing is mutated."""
    base = {"a": {"x": 1, "w": 2}, "l": [1, 2], "z": 0}
    assert made("{a: {w: 3}, l: [9], $merge: extra}", extra=base) == {"a": {"x": 1, "w": 3}, "l": [9], "z": 0}
    assert base == {"a": {"x": 1, "w": 2}, "l": [1, 2], "z": 0}
    assert made("{$merge: [extra, labels]}", extra={"a": 1, "b": 1}, labels={"b": 2}) == {"a": 1, "b": 2}
    assert made("{$merge: labels, a: 1}") == {"a": 1}, "an unset base adds nothing"
    assert made("{a: '${{ title }}', $merge: labels}", labels={"a": "base"}) == {"a": "base"}
    with pytest.raises(ExpressionError, match="wants a map"):
        made("{$merge: names}", names=["a"])


def test_raw_and_doubled_dollars_are_verbatim() -> None:
    """Rules, JSON Schema and Argo's braces pass through."""
    assert made("{$raw: {a: '${{ nope }}', $ref: x, $if: z}}") == {"a": "${{ nope }}", "$ref": "x", "$if": "z"}
    assert made("{$$ref: 'a ${{ title }}'}", title="t") == {"$ref": "a t"}
    assert made("'{{ .Values.x }} $(POD) ${HOME} {% if %} {# #}'") == "{{ .Values.x }} $(POD) ${HOME} {% if %} {# #}"


def test_let_names_are_read_in_their_order() -> None:
    """A let may use params and the lets before it, and a version's row may give another value."""
    head = HEAD + "let:\n  both: \"${{ names + ['z'] }}\"\n  count: ${{ both | length }}\n"
    assert documents(TOP + "v: ${{ count }}\n", head, names=["a"])[0]["v"] == 2
    rows = 'versions:\n  "1.6": {let: {count: 4}}\n  "1.7": {let: {count: "${{ (both | length) + 7 }}"}}\n'
    assert documents(TOP + "v: ${{ count }}\n", head + rows, names=["a"])[0]["v"] == 9
    assert refused(TOP, HEAD + "let:\n  count: ${{ both }}\n  both: 1\n").code == "SC417"


def test_functions_of_the_component() -> None:
    """image() and file() answer for the component's own table and folder."""
    assert made("'${{ image(title) }}'", title="x") == "image/x"
    assert made("'${{ sha256(file(title)) | length }}'", title="x") == 64


def test_versions_compare_by_their_numbers() -> None:
    """1.7 is older than 1.30: text would say otherwise."""
    assert made('\'${{ k8s >= "1.9" and self.version < "1.30" }}\'') is True


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("a: ${{ gatway }}", "SC417", "3:8", "unknown name `gatway`"),
        ("a: '${{ tls.secretRf }}'", "SC417", "3:13", "did you mean `secretRef`?"),
        ("a: ${{ parts[0].nme }}", "SC417", "3:17", "did you mean `name`?"),
        ("a: b ${{ title | uper }} c", "SC417", "3:18", "did you mean `upper`?"),
        ("a: |\n  one\n  ${{ titl }}\n", "SC417", "5:", "did you mean `title`?"),
        ("a: ${{ title }", "SC411", "3:4", "never closed"),
        ("a: {$if: '${{ shown }}', b: 1}", "SC412", "3:10", "bare expression"),
        ("a: {$if: [shown], b: 1}", "SC412", "3:10", "wants an expression"),
        ("a:\n- {$for: n of names}", "SC413", "4:10", "can't read"),
        ("a: {b: {'${{ title }}': 1}}", "SC414", "3:9", "never templated"),
        ("a: {$value: 1, b: 2}", "SC415", "3:4", "stand alone"),
        ("a: {$raw: 1, $merge: extra}", "SC415", "3:4", "stand alone"),
        ("a: {$fi: shown}", "SC416", "3:5", "did you mean `$if`?"),
        ("a:\n- {$for: port in names}", "SC418", "4:10", "`port` hides"),
        ("a:\n- {$for: [n in names, n in names]}", "SC418", "4:23", "`n` hides"),
        ("a:\n- {$for: range in names}", "SC418", "4:10", "`range` hides"),
        ("a: {$for: n in names, b: 1}", "SC419", "3:4", "under a key"),
        ("a: {${{ title }}: 1}", "", "3:", ""),
        ("a: ${{ title is defined }}", "SC417", "", "not a test"),
        ("a: ${{ none }}", "SC417", "", "null"),
        ("a: ${{ title.upper() }}", "SC417", "", "never values"),
        ("a: 1\na: 2", "SC104", "4:1", ""),
    ],
)
def test_what_is_wrong_with_a_template_is_told_when_it_is_loaded(text: str, code: str, place: str, words: str) -> None:
    """Without any values: the file, line and column of the word that is wrong."""
    component, found = load(TOP + text + "\n")
    assert component is None
    assert code in (found[0].code, "")
    assert str(found[0].span).startswith(f"components/web/manifests/m.yaml:{place}")
    assert words in found[0].message
    assert found[0].help


def test_all_errors_of_a_folder_are_told_at_once() -> None:
    """Every document is read, whatever the one before it was."""
    _, found = load(f"{TOP}a: ${{{{ nope }}}}\n---\n{TOP}a: {{$fi: shown}}\n---\nkind: X\n")
    assert [d.code for d in found] == ["SC417", "SC416", "SC403"]


@pytest.mark.parametrize(
    ("text", "values", "words"),
    [
        ("[{$for: n in labels, $value: '${{ n }}'}]", {"labels": {"a": "b"}}, "the value is a map"),
        ("[{$for: 'k, v in names', $value: '${{ v }}'}]", {"names": ["a"]}, "the value is a list"),
        ("[{$for: n in title, $value: '${{ n }}'}]", {"title": "abc"}, "can't repeat over text"),
        ("{$if: replicas, a: 1}", {"replicas": 0}, "a number as a condition"),
        ("'${{ title.x }}'", {"title": "a"}, "text has no field"),
        ("'${{ labels }}!'", {"labels": {}}, "a map inside text"),
        ("'${{ fail(\"no: \" ~ title) }}'", {"title": "x"}, "no: x"),
    ],
)
def test_what_is_wrong_with_values_is_told_at_the_expressions_line(text: str, values: Any, words: str) -> None:
    """The generated line of a failing expression leads back to the template."""
    component, _ = load(f"{TOP}v: {text}\n")
    assert component is not None
    with pytest.raises(ExpressionError, match=words.replace("(", r"\(")) as caught:
        made(text, **values)
    trace, lines = caught.value.__traceback__, []
    while trace:
        if trace.tb_frame.f_code.co_filename == component.code.filename:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    file, line, column, _ = component.code.locations[lines[-1]]
    assert (file, line) == ("components/web/manifests/m.yaml", 3)
    assert column > 3


PLAIN = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text("abc $-", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None)
@given(PLAIN)
def test_what_has_no_expression_is_itself(tree: Any) -> None:
    """A template without expressions gives what its YAML says."""
    from compiler.formats.yaml_emit import emit

    (body,) = documents(TOP + emit({"v": tree}))
    assert body["v"] == tree


@settings(max_examples=60, deadline=None)
@given(PLAIN)
def test_values_pass_through_unchanged(tree: Any) -> None:
    """A whole value by expression is the value, whatever is in it."""
    assert made("'${{ extra }}'", extra=tree) == tree
