"""Input that is made to hurt: bombs, ways out of the root, and strings that a terminal or a format would act on."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import yaml
from fuzz_cases import COMPONENT, EXTRA, OWN, Case, own_files
from fuzz_worker import run

from compiler.cli import run as stackc
from compiler.model.graph import Edge, EdgeKind, Graph
from compiler.model.ids import ObjectId
from compiler.report.graph import render

OVER = b"""apiVersion: stackc.dev/v1alpha1
kind: Stack
metadata: {name: lab}
spec:
  kubernetes: "1.34"
  params: {tag: {default: "1"}}
  components:
    - {name: web, version: "1.0.0", params: {image: %s}}
"""


def quoted(text: str) -> bytes:
    """Write a string as a YAML scalar that every reader takes for this string."""
    return json.dumps(text, ensure_ascii=text.isascii() or not text.isprintable()).encode()


EXPRESSIONS = {
    "power": "9 ** 9 ** 9 ** 9",
    "repetition": "'a' * 999999999",
    "list repetition": "[0] * 999999999",
    "shift": "1 << 999999999",
    "deep brackets": "(" * 5_000 + "1" + ")" * 5_000,
    "deep lists": "[" * 5_000 + "]" * 5_000,
    "long chain": " ~ ".join(["params.tag"] * 20_000),
    "many nots": "not " * 20_000 + "true",
    "many filters": "params.tag" + " | upper" * 5_000,
    "range": "range(999999999) | list",
    "join": "range(999999999) | join(',')",
    "format": "'%999999999d' % 1",
    "format method": "'{:>999999999}'.format(1)",
    "replace": "params.tag | replace('', 'a' * 99999999)",
    "indent": "params.tag | indent(999999999)",
    "attributes": "params.__class__.__mro__",
    "calls": "params.tag.__class__('x')",
    "globals": "lipsum.__globals__.os.system('id')",
    "regex": "params.tag | regex_replace('(a+)+$', '')",
}


class TestExpressions:
    @pytest.mark.parametrize("name", EXPRESSIONS)
    def test_in_a_stack(self, tmp_path: Path, name: str) -> None:
        """Refused with a place, in no time."""
        stack = OVER % quoted("a/b:${{ " + EXPRESSIONS[name] + " }}")
        ended = run(Case(("compile", "{root}/stack.yaml"), own_files() | {"stack.yaml": stack}), tmp_path)

        assert "problem" not in ended
        assert ended["code"] == 3

    @pytest.mark.parametrize("name", EXPRESSIONS)
    def test_in_a_component(self, tmp_path: Path, name: str) -> None:
        """A repository's own components are no more trusted than its stacks."""
        file = "components/web/component.yaml"
        expression = EXPRESSIONS[name].replace("params.tag", "image")
        bomb = b"let:\n  bomb: " + quoted("${{ " + expression + " }}") + b"\n"
        files = own_files() | {file: COMPONENT[file].replace(b"let:\n", bomb)}
        ended = run(Case(("compile", "{root}/stack.yaml"), files), tmp_path)

        assert "problem" not in ended
        assert ended["code"] == 3


def aliases(levels: int, width: int) -> bytes:
    """Return a billion laughs."""
    lines = [b"a0: &a0 [lol]"]
    for level in range(1, levels):
        lines.append(b"a%d: &a%d [%s]" % (level, level, b", ".join([b"*a%d" % (level - 1)] * width)))
    return b"\n".join(lines) + b"\n"


class TestAliases:
    STREAM = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"

    @pytest.mark.parametrize("bomb", [aliases(30, 9), aliases(4, 900), b"a: &a [*a]\n", b"a: &a {<<: *a}\n"])
    def test_in_a_stream(self, tmp_path: Path, bomb: bytes) -> None:
        """Aliases are allowed in manifests, their expansion is limited."""
        files = {"extra.yaml": self.STREAM + bomb}
        ended = run(Case(("validate", "-f", "{root}/extra.yaml"), files), tmp_path)

        assert "problem" not in ended
        assert ended["code"] == 1

    @pytest.mark.parametrize("place", ["stack.yaml", "overlay.yaml", "extra.yaml", "components/web/manifests/web.yaml"])
    def test_in_a_stack_and_what_it_reads(self, tmp_path: Path, place: str) -> None:
        """Stack and overlay take no alias at all, the others few."""
        files = own_files() | {"overlay.yaml": b"apiVersion: stackc.dev/v1alpha1\nkind: Overlay\nmetadata: {name: o}\n"}
        files[place] = files[place].partition(b"---\n")[0] + aliases(30, 9)
        ended = run(Case(("compile", "{root}/stack.yaml", "-O", "{root}/overlay.yaml"), files), tmp_path)

        assert "problem" not in ended
        assert ended["code"] == 3


class TestTheWayOut:
    """`secret.txt` lies beside the root; nobody may get at its text, or learn from the answer whether it exists."""

    OUTSIDE = (
        "../secret.txt", "a/../../secret.txt", "{beside}", "link.yaml", "folder/secret.txt", "./../secret.txt",
        "..\\secret.txt", "~/secret.txt", "file://{beside}", "/dev/stdin", "/dev/zero",
    )  # fmt: skip

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        root = tmp_path / "root"
        root.mkdir()
        (tmp_path / "secret.txt").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: top-secret}\n")
        (root / "link.yaml").symlink_to(tmp_path / "secret.txt")
        (root / "folder").symlink_to(tmp_path)
        return root

    @pytest.mark.parametrize("path", OUTSIDE)
    @pytest.mark.parametrize("where", ["manifests", "overlay", "stack"])
    def test_no_path_leads_out_of_the_root(
        self, root: Path, where: str, path: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Neither dots, nor absolute paths, nor links, nor devices."""
        path = path.replace("{beside}", str(root.parent / "secret.txt"))
        write(root, OWN)
        arguments = ["compile", str(root / "stack.yaml"), "--root", str(root)]
        if where == "manifests":
            write(root, OWN.replace(b"[extra.yaml]", b"[extra.yaml, " + quoted(path) + b"]"))
        elif where == "overlay":
            arguments += ["-O", str(root / path)]
        else:
            arguments[1] = str(root / path)
        code = stackc(arguments)
        shown = capfd.readouterr()

        assert code in (2, 3)
        assert "error" in shown.err.lower()
        assert "top-secret" not in shown.out + shown.err

    def test_a_component_may_not_be_a_link_out(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """A linked folder or file of a component is read by the same door."""
        write(root, OWN)
        outside = root.parent / "outside"
        (root / "components" / "web").rename(outside)
        (root / "components" / "web").symlink_to(outside)

        assert stackc(["compile", str(root / "stack.yaml"), "--root", str(root)]) == 3
        assert "error" in capfd.readouterr().err

    def test_a_pipe_is_not_waited_for(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """A named pipe would block for ever."""
        write(root, OWN.replace(b"extra.yaml", b"pipe.yaml"))
        os.mkfifo(root / "pipe.yaml")

        assert stackc(["compile", str(root / "stack.yaml"), "--root", str(root)]) == 3
        assert "pipe.yaml" in capfd.readouterr().err

    def test_the_tree_is_not_written_through_names(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """Names of objects become file names below --out, whatever is in them."""
        body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: team}\n"
        for n, name in enumerate(("../../../escaped", "..", "a/../../b", "C:\\x", "CON", ".hidden", "-rf", "a\x00b")):
            write(root, OWN, EXTRA + b"---\n" + body % quoted(name))
            stackc(["compile", str(root / "stack.yaml"), "--root", str(root), "--out", str(root / "out" / str(n))])
        capfd.readouterr()

        assert sorted(p.name for p in root.parent.iterdir()) == ["root", "secret.txt"]
        written = [p for p in (root / "out").rglob("*") if p.is_file()] if (root / "out").exists() else []
        assert all(re.fullmatch(r"[A-Za-z0-9_.%-]+", p.name) for p in written)


def write(root: Path, stack: bytes, extra: bytes = EXTRA) -> None:
    """Write the sound stack with a stack file of one's own."""
    for name, raw in (own_files() | {"stack.yaml": stack, "extra.yaml": extra}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(raw)


STRINGS = (
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "a\x9b31mb", "back\x08\x08\x08\x08", "\rover", "two\nlines", "\u202eevil",
    "\u2028line", "::error file=a::b", "##vso[x]", "</script><script>x", "a|b|c", "`code`", "```", '"quoted"', 
    "back\\slash", "%0A", "{{ x }}", "-->", "]] --> b", "e\u0301", "\ufeffbom", "x;y", "#anchor", "&amp;", "\U0001f600",
)  # fmt: skip
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]")


@pytest.mark.parametrize("string", STRINGS)
class TestStrings:
    """A foreign string in a name, a label value, data, a key, a path and an unknown field, in each output format."""

    def test_yaml_gives_the_string_back(self, tmp_path: Path, string: str, capfd: pytest.CaptureFixture[str]) -> None:
        """Another reader of YAML sees the very same string."""
        extra = EXTRA.partition(b"---\n")[0].replace(b'a: "1"', b"a: " + quoted(string))
        write(tmp_path, OWN.partition(b"  patches:")[0], extra)
        code = stackc(["compile", str(tmp_path / "stack.yaml")])
        shown = capfd.readouterr()
        bodies = [
            b for b in yaml.safe_load_all(shown.out) if (b["kind"], b["metadata"]["name"]) == ("ConfigMap", "extra")
        ]

        assert code == 0
        assert bodies[0]["data"]["a"] == string

    @pytest.mark.parametrize("form", ["text", "json"])
    def test_diagnostics(self, tmp_path: Path, string: str, form: str, capfd: pytest.CaptureFixture[str]) -> None:
        """Text shows no control character, JSON is JSON and keeps the string."""
        stream = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, labels: {x: %s}}\n%s: 1\n" % (
            (quoted(string),) * 3
        )
        (tmp_path / "a.yaml").write_bytes(stream)
        code = stackc(["validate", "-f", str(tmp_path / "a.yaml"), "-o", form])
        shown = capfd.readouterr()

        assert code == 1
        assert not CONTROL.search(shown.err)
        if form == "json":
            found = json.loads(shown.out)["diagnostics"]
            assert any(d["object"] and d["object"]["name"] == string for d in found)
        else:
            assert shown.out == ""

    def test_graph(self, string: str) -> None:
        """A name that is allowed nowhere makes no new line or statement, and closes no quotes."""
        one, other = ObjectId("", "ConfigMap", string, string), ObjectId(string, string, "", string)
        graph = Graph((Edge(one, other, EdgeKind.AFTER, f"/{string}"),), (other, one), {one: 1, other: 0})
        plain = ObjectId("", "ConfigMap", "a", "a"), ObjectId("a", "a", "", "a")
        same = Graph((Edge(*plain, EdgeKind.AFTER, "/a"),), plain[::-1], dict(zip(plain, (1, 0), strict=True)))

        for form in ("dot", "mermaid"):
            text, like = render(graph, form), render(same, form)
            assert not CONTROL.search(text)
            assert text.count("\n") == like.count("\n")
            assert re.sub(r'(?<!\\)((?:\\\\)*)"(?:[^"\\]|\\.)*"', "S", text) == re.sub(r'"[^"]*"', "S", like)
        assert json.loads(render(graph, "json"))["objects"][1]["name"] == string

    def test_other_products(self, tmp_path: Path, string: str, capfd: pytest.CaptureFixture[str]) -> None:
        """What a terminal shows holds no control character."""
        write(tmp_path, OWN.replace(b"domain: example.com", b"domain: " + quoted(string)))
        for command in ("values", "images"):
            stackc([command, str(tmp_path / "stack.yaml")])
        shown = capfd.readouterr()

        assert not CONTROL.search(shown.err)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown.out)
