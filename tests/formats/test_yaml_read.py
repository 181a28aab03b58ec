"""Reading YAML: stacks strictly, streams as kubectl does, and everything wrong with its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import compiler
from compiler.formats.files import DiskFiles
from compiler.formats.yaml_emit import emit_stream
from compiler.formats.yaml_events import ALIAS_LIMIT_NODES, STACK_LIMIT_BYTES, STREAM_LIMIT_BYTES
from compiler.formats.yaml_read import compose_all, locate, read_documents, read_stack, read_stream
from compiler.model.diagnostic import Outcome
from compiler.model.source import Span


def places(found: Outcome[object] | tuple[object, ...]) -> list[tuple[str, int, int]]:
    diagnostics = found.diagnostics if isinstance(found, Outcome) else found[1]
    return [(d.code, d.span.line, d.span.column) for d in diagnostics]  # type: ignore[attr-defined]


def values(text: str | bytes) -> list[object]:
    found = read_stream("m.yaml", text if isinstance(text, bytes) else text.encode())
    assert found.value is not None, found.diagnostics
    return [document.data for document in found.value]


class TestReadStack:
    def test_read_stack_keeps_the_place_of_every_value_and_key(self) -> None:
        """Lines and columns count from 1, ends are exclusive."""
        found = read_stack("s.yaml", b"a: 1\nb:\n- {c: x}\n")

        assert found.value is not None
        assert found.value.data == {"a": 1, "b": [{"c": "x"}]}
        assert found.value.spans[("b", 0, "c")] == Span("s.yaml", 3, 7, 3, 8)
        assert found.value.keys[("b", 0, "c")] == Span("s.yaml", 3, 4, 3, 5)
        assert found.value.spans[("b",)] == Span("s.yaml", 3, 1, 3, 9)
        assert found.value.spans[()] == Span("s.yaml", 1, 1, 3, 9)

    def test_read_stack_reports_everything_at_once(self) -> None:
        """Every kind of fault has its own code and place."""
        text = (
            b"a: 1\nb: &x z\nc: *x\n<<: {d: 1}\n1: 2\nl: yes\ne:\nf: null\ng: !!str 3\nh: !x {a: 1}\n"
            b"i: 1e400\nj: 18446744073709551616\nk: .inf\na: 3\n---\nb: 2\n"
        )

        assert sorted(places(read_stack("s.yaml", text)), key=lambda p: p[1:]) == [
            ("SC105", 2, 4),
            ("SC105", 3, 4),
            ("SC106", 4, 1),
            ("SC109", 5, 1),
            ("SC108", 6, 4),
            ("SC107", 7, 1),
            ("SC107", 8, 4),
            ("SC110", 9, 4),
            ("SC110", 10, 4),
            ("SC115", 11, 4),
            ("SC115", 12, 4),
            ("SC116", 13, 4),
            ("SC104", 14, 1),
            ("SC111", 16, 1),
        ]

    @pytest.mark.parametrize(
        "word", ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF"]
    )
    def test_read_stack_refuses_booleans_of_yaml_1_1(self, word: str) -> None:
        """They are booleans to kubectl and text to YAML 1.2."""
        assert places(read_stack("s.yaml", f"a: {word}\n".encode())) == [("SC108", 1, 4)]

    @pytest.mark.parametrize("text", ["a: 'yes'\n", 'a: "null"\n', "a: |\n  no\n", "a: true\n", "a: False\n"])
    def test_read_stack_takes_quoted_words_and_true_and_false(self, text: str) -> None:
        """Quotes make text of anything."""
        assert read_stack("s.yaml", text.encode()).diagnostics == ()

    def test_read_stack_duplicate_key_names_the_first_one(self) -> None:
        """The note has the place of the other key."""
        (found,) = read_stack("s.yaml", b"a: 1\nb: 2\na: 3\n").diagnostics

        assert found.notes[0].span == Span("s.yaml", 1, 1, 1, 2)

    @pytest.mark.parametrize("text", [b"", b"# only\n", b"---\n", b"null\n", b"\xef\xbb\xbf"])
    def test_read_stack_refuses_an_empty_file(self, text: bytes) -> None:
        """Nothing but comments is nothing."""
        assert [code for code, *_ in places(read_stack("s.yaml", text))] == ["SC112"]

    def test_read_stack_too_large_is_refused_before_parsing(self) -> None:
        """One byte over the limit is too much."""
        assert places(read_stack("s.yaml", b"#" * (STACK_LIMIT_BYTES + 1))) == [("SC113", 1, 1)]
        assert places(read_stack("s.yaml", b"a: 1\n" + b"#" * (STACK_LIMIT_BYTES - 5))) == []

    def test_read_stack_with_too_many_values_is_refused(self) -> None:
        """A small text can hold more values than anyone wants."""
        assert places(read_stack("s.yaml", b"[" + b"1," * 400_000 + b"1]")) == [("SC113", 1, 1)]

    def test_read_stack_with_very_many_faults_stops_reporting(self) -> None:
        """Nobody reads a hundred thousand errors."""
        assert len(read_stack("s.yaml", b"a: [" + b"~," * 90_000 + b"~]").diagnostics) == 200


class TestBytes:
    @pytest.mark.parametrize(
        ("raw", "place"),
        [
            (b"a: 1\nb: \xff\n", ("SC102", 2, 4)),
            (b"a: \xc3", ("SC102", 1, 4)),
            ("é: ".encode() + b"\xed\xa0\x80", ("SC102", 1, 4)),
            ("a: b".encode("utf-16"), ("SC102", 1, 1)),
            (b"a: x\0y", ("SC103", 1, 5)),
            (b'a: 1\nb: "\x1b[31m"', ("SC103", 2, 5)),
            ("a: é\x9f".encode(), ("SC103", 1, 5)),
            ("a: \ufffe".encode(), ("SC103", 1, 4)),
            (b"a:\n\t- b", ("SC120", 2, 1)),
            (b"a: b: c", ("SC101", 1, 5)),
            (b'a: "b', ("SC101", 1, 4)),
            (b"a: [1", ("SC101", 1, 4)),
            (b"a: {b: 1\n\n  \n", ("SC101", 1, 4)),
            (b"a\n", None),
            (b"\xef\xbb\xbfa: b: c", ("SC101", 1, 5)),
        ],
    )
    def test_every_reader_gives_a_place(self, raw: bytes, place: tuple[str, int, int] | None) -> None:
        """The same diagnostic from a stack, a stream and nodes."""
        expected = [place] if place else []
        found = [read_stack("f", raw), read_stream("f", raw), compose_all("f", raw, aliases=True)]

        assert [places(one) for one in found] == [expected] * 3

    def test_crlf_and_bom_are_no_part_of_values(self) -> None:
        """Files of other systems mean the same."""
        assert values(b"\xef\xbb\xbfa: x\r\nb: |\r\n  p\r\n  q\r\n") == [{"a": "x", "b": "p\nq\n"}]

    def test_stream_too_large_is_refused(self) -> None:
        """64 MB are the limit."""
        assert places(read_stream("f", b"#" * (STREAM_LIMIT_BYTES + 1))) == [("SC113", 1, 1)]


class TestReadStream:
    def test_read_stream_counts_documents_that_are_not_empty(self) -> None:
        """`line` is where the content begins."""
        found = read_stream("m.yaml", b"# c\n---\n---\na: 1\n---\n# nothing\n---\nnull\n--- {b: 2}\n...\n---\n- 3\n")

        assert found.value is not None
        assert [tuple(d) for d in found.value] == [(0, 4, {"a": 1}), (1, 9, {"b": 2}), (2, 12, [3])]

    def test_read_stream_expands_anchors_and_merges_as_kubectl_does(self) -> None:
        """A merge wins over keys before it, keys after it win, and the first of several maps wins."""
        assert values("a: &a {x: 1}\nb:\n  x: 0\n  <<: *a\nc:\n  <<: *a\n  x: 2\nd: {<<: [{x: 3}, {x: 4}]}\n") == [
            {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 2}, "d": {"x": 3}}
        ]

    def test_read_stream_quoted_merge_key_is_a_key(self) -> None:
        """Only the plain `<<` merges."""
        assert values('"<<": {c: 3}\na: <<\n') == [{"<<": {"c": 3}, "a": "<<"}]

    def test_read_stream_turns_keys_into_strings_as_kubectl_does(self) -> None:
        """Booleans and whole numbers have one JSON key each."""
        assert values("80: a\ny: b\n0x10: c\nx: &k 7\n*k : d\n") == [
            {"80": "a", "true": "b", "16": "c", "x": 7, "7": "d"}
        ]

    def test_read_stream_typed_tags(self) -> None:
        """The tags of JSON's types are understood."""
        assert values('a: !!str 12\nb: !!int "3"\nc: ! 12\nd: !!map {e: !!float 1}\nf: !!bool yes\n') == [
            {"a": "12", "b": 3, "c": "12", "d": {"e": 1}, "f": True}
        ]

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("a: 1\nb: 2\na: 3\n", ("SC104", 3, 1)),
            ("y: 1\ntrue: 2\n", ("SC104", 2, 1)),
            ("a: *x\n", ("SC117", 1, 4)),
            ("a: &x [*x]\n", ("SC118", 1, 8)),
            ("~: 1\n", ("SC109", 1, 1)),
            ("1.5: 1\n", ("SC109", 1, 1)),
            ("? [a]\n: 1\n", ("SC109", 1, 3)),
            ("a: !x 1\n", ("SC110", 1, 4)),
            ("a: !!int x\n", ("SC110", 1, 4)),
            ("a: !x {b: 1}\n", ("SC110", 1, 4)),
            ("a: -.inf\n", ("SC116", 1, 4)),
            ("<<: 1\n", ("SC121", 1, 1)),
            ("a: [" * 101, ("SC114", 1, 201)),
            ("[" * 5000, ("SC114", 1, 101)),
            ("- " * 5000, ("SC114", 1, 201)),
        ],
    )
    def test_read_stream_refuses_with_a_place(self, text: str, place: tuple[str, int, int]) -> None:
        """What JSON cannot say, and what readers disagree about."""
        assert places(read_stream("m.yaml", text.encode())) == [place]

    def test_read_stream_names_document_and_path(self) -> None:
        """A fault in the second document says so."""
        (found,) = read_stream("m.yaml", b"a: 1\n---\nb: [{}, {c: 1, c: 2}]\n").diagnostics

        assert (found.document, found.path, str(found.span)) == (1, "/b/1/c", "m.yaml:3:16")

    def test_read_documents_goes_on_after_a_broken_document(self) -> None:
        """The broken one counts, the others are read."""
        documents, diagnostics = read_documents("m.yaml", b"a: 1\n---\nb: [\n---\nc: {d: 1\n e\n---\nf: 2\n")

        assert [tuple(d) for d in documents] == [(0, 1, {"a": 1}), (3, 8, {"f": 2})]
        assert [(d.code, d.document) for d in diagnostics] == [("SC101", 1), ("SC101", 2)]

    def test_read_stream_alias_bomb_is_refused_quickly(self) -> None:
        """Aliases share, and what they stand for is counted."""
        bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{chr(i + 1)}: &{chr(i + 1)} [{','.join(['*' + chr(i)] * 10)}]\n" for i in range(97, 115)
        )

        assert [code for code, *_ in places(read_stream("m.yaml", bomb.encode()))] == ["SC119"]
        assert [code for code, *_ in places(compose_all("m.yaml", bomb.encode(), aliases=True))] == ["SC119"]

    def test_read_stream_takes_as_many_aliases_as_go_yaml(self) -> None:
        """The limit counts the nodes that aliases stand for."""
        text = "a: &a [" + "1," * 98 + "1]\nb: [" + "*a," * (ALIAS_LIMIT_NODES // 100) + "1]\n"

        assert read_stream("m.yaml", text.encode()).diagnostics == ()

    def test_read_stream_stops_after_very_many_faults(self) -> None:
        """A hostile file costs no memory."""
        assert len(read_stream("m.yaml", b"a: 1\n" * 500_000).diagnostics) == 200
        assert len(read_stream("m.yaml", b"---\na: [\n" * 50_000).diagnostics) <= 200


class TestJson:
    def test_json_stream_is_read_as_kubectl_reads_it(self) -> None:
        """Values stand in a row, integral numbers are integers, lone surrogates are replaced as in Go."""
        text = b'\n{"a": 1.0, "b": 1e3, "c": 12345678901234567890}\n{"d": ["\\ud83d\\ude00", "\\ud800"]}\n'
        found = read_stream("m.json", text)

        assert found.value is not None
        assert [tuple(d) for d in found.value] == [
            (0, 2, {"a": 1, "b": 1000, "c": 12345678901234567890.0}),
            (1, 3, {"d": ["😀", "\ufffd"]}),
        ]
        assert type(found.value[0].data["c"]) is float

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            (b'{"a": 1, "a": 2}', ("SC104", 1, 10)),
            (b'{"a": .inf}', ("SC116", 1, 7)),
            (b'{"a":' * 200, ("SC114", 1, 501)),
            (b'{"a": 1', ("SC101", 1, 1)),
        ],
    )
    def test_json_that_is_wrong_has_a_place(self, text: bytes, place: tuple[str, int, int]) -> None:
        """The YAML loader says where."""
        assert places(read_stream("m.json", text)) == [place]

    @pytest.mark.parametrize(
        ("text", "lines"),
        [
            ('{"a": 1}\n---\n{"a": 2}\n---\nnull\n---\n{"a": 3}\n', [1, 3, 7]),
            ('{"a": 1}\n---\n---\n{"a": 2}\n---', [1, 4]),
            ('{"a": 1} {"a": 2}\n---\n{"a": 3}', [1, 1, 3]),
            ('{"a": 1}\n---\nb: 2\n', [1, 3]),
        ],
    )
    def test_json_may_stand_between_separators(self, text: str, lines: list[int]) -> None:
        """Documents are counted as in YAML, and what is no JSON later on is read as YAML."""
        found = read_stream("m.json", text.encode())

        assert [(d.index, d.line) for d in found.value or ()] == list(enumerate(lines))

    def test_json_in_a_row_after_a_separator_is_refused(self) -> None:
        """There the text is YAML, which has one value in a document."""
        assert places(read_stream("m.json", b'{"a": 1}\n---\n{"a": 2} {"a": 3}\n')) == [("SC101", 3, 10)]

    def test_json_like_yaml_is_yaml(self) -> None:
        """A brace at the beginning is only a hint."""
        assert values("{a: b}\n---\n{c: d}\n") == [{"a": "b"}, {"c": "d"}]


class TestComposeAll:
    def test_compose_all_gives_nodes_with_style_and_text(self) -> None:
        """Null documents are skipped."""
        found = compose_all("t.yaml", b"---\n---\na: 'x'\nb: [0x10, |\n  y\n", aliases=True)
        assert found.value is None  # a block cannot stand in brackets

        found = compose_all("t.yaml", b"---\n---\na: 'x'\nb: [0x10]\nc: |\n  y\n", aliases=True)
        assert found.value is not None
        (root,) = found.value
        (_, a), (_, b), (_, c) = root.value
        assert (root.kind, root.span) == ("map", Span("t.yaml", 3, 1, 7, 1))
        assert (a.value, a.text, a.style) == ("x", "x", "'")
        assert (b.kind, b.value[0].value, b.value[0].text, b.span.column) == ("list", 16, "0x10", 4)
        assert (c.value, c.style) == ("y\n", "|")

    def test_compose_all_takes_aliases_where_they_are_allowed(self) -> None:
        """An alias is the very node of its anchor."""
        found = compose_all("t.yaml", b"a: &x {b: 1}\nc: *x\n", aliases=True)

        assert found.value is not None
        assert found.value[0].value[0][1] is found.value[0].value[1][1]
        assert places(compose_all("t.yaml", b"a: &x {b: 1}\nc: *x\n", aliases=False)) == [
            ("SC105", 1, 4),
            ("SC105", 2, 4),
        ]

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            (b"<<: {a: 1}\n", ("SC106", 1, 1)),
            (b"on: 1\n", ("SC109", 1, 1)),
            (b"a: 1\na: 2\n", ("SC104", 2, 1)),
            (b"a: *b\n", ("SC117", 1, 4)),
            (b"a: &b [*b]\n", ("SC118", 1, 8)),
            (b"a: !!binary x\n", ("SC110", 1, 4)),
            (b"? {a: b}\n: c\n", ("SC109", 1, 3)),
        ],
    )
    def test_compose_all_refuses_with_a_place(self, text: bytes, place: tuple[str, int, int]) -> None:
        """Templates are read strictly where readers of YAML disagree."""
        assert places(compose_all("t.yaml", text, aliases=True)) == [place]


class TestLocate:
    TEXT = b"a: 1\n---\n# c\n---\n# d\nb:\n  c: {d: [1, 2]}\n  <<: &m {e: 3}\n---\n- x\n"

    @pytest.mark.parametrize(
        ("index", "path", "key", "place"),
        [
            (1, ("b", "c", "d", 1), False, (7, 14)),
            (1, ("b", "c"), True, (7, 3)),
            (1, ("b", "e"), False, (8, 14)),
            (1, ("b", "missing"), False, (7, 3)),
            (1, ("b", "c", "d", 9), False, (7, 10)),
            (1, (), False, (6, 1)),
            (2, (0,), False, (10, 3)),
            (0, ("a", "x"), False, (1, 4)),
        ],
    )
    def test_locate_finds_the_value_or_the_nearest_around_it(
        self, index: int, path: tuple[str | int, ...], key: bool, place: tuple[int, int]
    ) -> None:
        """Lines are those of the whole stream."""
        span = locate(self.TEXT, "m.yaml", index, path, key=key)

        assert span is not None
        assert (span.line, span.column) == place

    @pytest.mark.parametrize(("text", "path"), [("n: a", ("false",)), ("0x1F: a", ("31",)), ('"n": a', ("n",))])
    def test_locate_knows_the_keys_that_kubectl_makes(self, text: str, path: tuple[str, ...]) -> None:
        span = locate(text.encode(), "m.yaml", 0, path)
        assert span is not None and text[span.column - 1 :] == "a"

    def test_locate_document_that_is_not_there_is_none(self) -> None:
        """There is no place in nothing."""
        assert locate(self.TEXT, "m.yaml", 7, ()) is None

    def test_locate_agrees_with_the_lines_of_read_stream(self) -> None:
        """Both count the same documents."""
        text = b"# head\n%YAML 1.2\n---\na: 1\n--- # c\n---  \nnull\n---\n~ # nothing\n...\n---\nb: 1\n"
        found = read_stream("m.yaml", text)

        assert found.value is not None
        assert [document.line for document in found.value] == [
            span.line for document in found.value if (span := locate(text, "m.yaml", document.index, ()))
        ]
        assert len(found.value) == 2

    TREES = st.recursive(
        st.one_of(st.integers(), st.booleans(), st.none(), st.text(st.characters(min_codepoint=32, max_codepoint=126))),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        ),
        max_leaves=12,
    )

    @given(
        st.lists(st.dictionaries(st.sampled_from("abc"), TREES, max_size=3), min_size=1, max_size=3),
        st.lists(st.one_of(st.sampled_from("abc"), st.integers(0, 2)), max_size=4).map(tuple),
        st.sampled_from([None, 1]),
        st.booleans(),
    )
    @settings(max_examples=200, deadline=None)
    def test_places_in_json_are_those_of_the_same_text_as_yaml(
        self, documents: list[object], path: tuple[str | int, ...], indent: int | None, key: bool
    ) -> None:
        """The quick way through JSON gives what composing the YAML gives; a comment makes the text YAML."""
        text = "\n---\n".join(json.dumps(document, indent=indent) for document in documents).encode()
        for index in range(len(documents)):
            assert locate(text, "m", index, path, key=key) == locate(text + b"\n# yaml", "m", index, path, key=key)

    def test_json_values_in_a_row_have_places(self) -> None:
        """The lines go on from one value to the next; the document after a null is the next one."""
        text = b'{"a": 1}\n{"b": [{"c": 2}]} null\n {"d": 3}'

        assert locate(text, "m", 1, ("b", 0, "c")) == Span("m", 2, 14, 2, 15)
        assert locate(text, "m", 2, ("d",), key=True) == Span("m", 3, 3, 3, 6)


PIECES = [
    *("a", "b: ", "c: 1", "\n", "\n  ", "\n- ", "- ", "{", "}", "[", "]", ", ", ": ", '"', "'", "|\n  ", ">\n  ", "\t"),
    *("&x ", "*x", "<<: ", "? ", "# c", "\n---\n", "...", "y", "~", "!!str ", "!t ", "\r\n", "é", "%", "@", "`", "0x1"),
    *(".5", "1e3", "null", "=", "\\", "\ufeff", "\x85", "\u2028", "\0", "\x1b", "9" * 5000, "[" * 120, "- " * 120, "*"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
@settings(max_examples=600, deadline=None)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    """No reader ever raises; a stack that is taken means what the stream means."""
    raw = text.encode()
    strict, stream = read_stack("f", raw), read_stream("f", raw)
    nodes = compose_all("f", raw, aliases=True)
    locate(raw, "f", 0, ("a", 0))

    for found in (strict, stream, nodes):
        assert (found.value is None) == bool(found.diagnostics)
        for diagnostic in found.diagnostics:
            assert diagnostic.span is not None
            assert diagnostic.span.line >= 1
            assert diagnostic.span.column >= 1
            assert diagnostic.help
    if strict.value is not None:
        assert stream.value is not None
        assert [document.data for document in stream.value] == [strict.value.data]


@given(st.binary(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused_with_a_place(raw: bytes) -> None:
    """The same for what is no text."""
    for found in (read_stack("f", raw), read_stream("f", raw), compose_all("f", raw, aliases=False)):
        assert (found.value is None) == bool(found.diagnostics)
        assert all(diagnostic.span is not None for diagnostic in found.diagnostics)


@pytest.mark.upstream
def test_published_manifests_are_read_and_written_without_loss(published: Path) -> None:
    """Every published file; our output is read back by us and by PyYAML's C parser as the same objects."""
    paths = [path for path in sorted((published / "upstream").rglob("*")) if path.name.endswith((".yaml", ".yml"))]
    assert len(paths) > 40
    for path in paths:
        found = read_stream(path.name, path.read_bytes())
        assert found.value is not None, (path, found.diagnostics)
        bodies = [document.data for document in found.value]
        text = emit_stream(bodies)
        again = read_stream(path.name, text.encode())
        assert again.value is not None
        assert [document.data for document in again.value] == bodies
        assert list(yaml.load_all(text, yaml.CSafeLoader)) == bodies


class TestCodes:
    """Every row of rules/codes/read.yaml that has an example which this door alone judges."""

    ROWS: ClassVar[dict[str, dict[str, Any]]] = (
        read_stream("read.yaml", DiskFiles(Path(compiler.__file__).parent).read("rules/codes/read.yaml")).value[0].data
    )  # type: ignore[index]

    @pytest.mark.parametrize("code", [code for code, row in ROWS.items() if "bad" in row and code < "SC130"])
    def test_refusing_example_gives_the_code_at_its_place_and_nothing_else(self, code: str) -> None:
        """The place is that of the row."""
        row = self.ROWS[code]
        found = list(read_stack("", row["bad"].encode()).diagnostics)
        for name, text in row.get("files", {}).items():
            found += read_stream(name, text.encode()).diagnostics

        assert [(d.code, str(d.span).removeprefix(":")) for d in found] == [(code, row["at"])]

    @pytest.mark.parametrize("code", [code for code, row in ROWS.items() if "good" in row])
    def test_passing_example_is_taken(self, code: str) -> None:
        """As a stack."""
        assert read_stack("good.yaml", self.ROWS[code]["good"].encode()).diagnostics == ()

    def test_rows_are_complete(self) -> None:
        """A title and an order for each; examples on both sides with a place, or none."""
        for code, row in self.ROWS.items():
            assert re.fullmatch(r"SC1\d\d", code)
            assert row["title"]
            assert row["help"]
            assert set(row) - {"title", "help", "files"} in (set(), {"bad", "good", "at"})

    def test_every_code_of_the_door_has_a_row(self) -> None:
        """And there is no row without its code."""
        folder = Path(compiler.__file__).parent / "formats"
        sources = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))

        assert set(re.findall(r'"(SC1\d\d)"', sources)) == set(self.ROWS)
