"""The commands that need no cluster: what they print, where they print it, and how they end."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from jsonschema import Draft202012Validator

from compiler.build.catalog import Catalog
from compiler.cli import run
from compiler.commands.init import presets
from compiler.model.component import Component
from compiler.report.catalog import render_component, render_list, render_type
from compiler.spec.schemas import shared_types

ROOT = Path(__file__).parents[1]
STACK = """\
apiVersion: stackc.dev/v1alpha1
kind: Stack
metadata: {name: lab}
spec:
  kubernetes: "1.34"
  jobs:
    - {name: hello, namespace: default, image: busybox:1.36, command: [echo, hi]}
"""
TYPO = STACK.replace("command", "comand")
SECRET = (
    STACK.replace("spec:\n", "spec:\n  preset: dev\n")
    + "  secrets: [{name: s, namespaces: [default], keys: {k: {value: hunter2}}}]\n"
)
UNFILLED = STACK + "  secrets: [{name: s, namespaces: [default], keys: {k: {fromEnv: K}}}]\n"
OVERLAY = """\
apiVersion: stackc.dev/v1alpha1
kind: Overlay
metadata: {name: other}
spec:
  jobs:
    - {name: hello, image: busybox:1.37, backoffLimit: 7}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s}\nspec: {containers: [{name: a, image: %s}]}\n"
COMPONENT = "summary: A page\nversions: {1.0.0: {}}\nparams: {greeting: string = hello, count: int32!}\n"
TEMPLATE = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "${{ self.name }}"}\ndata: {a: "${{ greeting }}"}\n'


class Result(NamedTuple):
    """How a run ended, and what it printed where."""

    code: int
    out: str
    err: str


Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Return a function that runs one command line in a fresh folder with `stack.yaml` and `typo.yaml`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stack.yaml").write_text(STACK)
    (tmp_path / "typo.yaml").write_text(TYPO)
    before = signal.getsignal(signal.SIGTERM)

    def invoke(*arguments: str, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        code = run(list(arguments))
        return Result(code, *capsys.readouterr())

    yield invoke
    signal.signal(signal.SIGTERM, before)


def own_component(folder: Path, params: str = COMPONENT, template: str = TEMPLATE) -> None:
    """Lay a component of the user's own, `page`, below a folder."""
    home = folder / "components" / "page"
    (home / "manifests").mkdir(parents=True, exist_ok=True)
    (home / "component.yaml").write_text(params)
    (home / "manifests" / "page.yaml").write_text(template)


class TestInit:
    @pytest.mark.parametrize("preset", presets())
    def test_every_preset_compiles_without_a_complaint(self, preset: str, call: Call) -> None:
        """A first stack that warns would be a poor start."""
        written = call("init", "lab", "--preset", preset)

        assert written == Result(0, "", "wrote lab/stack.yaml; next: stackc compile lab/stack.yaml\n")
        compiled = call("compile", "lab/stack.yaml")
        assert (compiled.code, compiled.err) == (0, "")
        assert "stackc.dev/stack: lab\n" in compiled.out

    def test_the_next_command_can_be_pasted(self, call: Call) -> None:
        """A folder with a blank in its name is quoted."""
        assert call("init", "my shop").err == "wrote my shop/stack.yaml; next: stackc compile 'my shop/stack.yaml'\n"

    def test_without_a_folder_it_writes_here(self, call: Call, tmp_path: Path) -> None:
        """The name is the folder's."""
        Path("stack.yaml").unlink()

        assert call("init").code == 0
        assert tmp_path.name.replace("_", "-") in Path("stack.yaml").read_text()

    @pytest.mark.parametrize(
        ("folder", "name"),
        [("2024", "2024"), ("My Lab!", "my-lab"), ("on", "on"), ("---", "first"), ("a" * 80, "a" * 63), ("1e3", "1e3")],
    )
    def test_the_name_is_one_that_the_stack_takes(self, folder: str, name: str, call: Call) -> None:
        """Whatever the folder is called."""
        assert call("init", f"./{folder}").code == 0

        assert yaml.safe_load(Path(folder, "stack.yaml").read_text())["metadata"] == {"name": name}
        assert call("compile", f"./{folder}/stack.yaml").code == 0

    def test_an_existing_file_stays(self, call: Call) -> None:
        """Exit code 1, and the same bytes."""
        result = call("init")

        assert result == Result(1, "", "stack.yaml is there already, and stays as it is\n")
        assert Path("stack.yaml").read_text() == STACK

    @pytest.mark.parametrize("name", ["", "A", "a: {b", "-a", "a-", "a" * 64, "a\n"])
    def test_a_name_that_no_stack_has_is_wrong_usage(self, name: str, call: Call) -> None:
        """And nothing is written."""
        assert call("init", "lab", "--name", name).code == 2
        assert not Path("lab").exists()

    def test_a_folder_that_cannot_be_made_is_no_bug(self, call: Call) -> None:
        """A file is in the way."""
        result = call("init", "stack.yaml/lab")

        assert result == Result(1, "", "stack.yaml/lab/stack.yaml cannot be written: not a directory\n")

    def test_an_unknown_preset_is_wrong_usage(self, call: Call) -> None:
        """The message names those that there are."""
        result = call("init", "lab", "--preset", "nope")

        assert result.code == 2
        assert all(name in result.err for name in presets())


class TestCompile:
    def test_the_stream_is_all_there_is_on_standard_output(self, call: Call) -> None:
        """And there is nothing to say besides."""
        result = call("compile", "stack.yaml")

        assert (result.code, result.err) == (0, "")
        assert [body["kind"] for body in yaml.safe_load_all(result.out)] == ["Job"]

    def test_a_warning_goes_to_standard_error_beside_the_product(self, call: Call) -> None:
        """The stream stays YAML."""
        Path("unfilled.yaml").write_text(UNFILLED)
        result = call("compile", "unfilled.yaml")

        assert result.code == 0
        assert result.err.startswith("warning[SC521]: ")
        assert [body["kind"] for body in yaml.safe_load_all(result.out)] == ["Secret", "Job"]

    def test_errors_are_3_and_no_product(self, call: Call) -> None:
        """Half a bundle is worse than none."""
        result = call("compile", "typo.yaml")

        assert (result.code, result.out) == (3, "")
        assert "error[SC301]: unknown key `comand`" in result.err
        assert "typo.yaml:7:62" in result.err
        assert result.err.endswith("\n1 error\n")

    @pytest.mark.parametrize("name", ["nope.yaml", "-"])
    def test_a_file_that_is_not_there_is_3(self, name: str, call: Call) -> None:
        """It is the stack that is wrong."""
        result = call("compile", name)

        assert (result.code, result.out) == (3, "")
        assert "error[SC" in result.err

    @pytest.mark.parametrize(
        "arguments", [("compile",), ("compile", "stack.yaml", "--check"), ("compile", "stack.yaml", "--out", "")]
    )
    def test_wrong_usage_is_2(self, arguments: tuple[str, ...], call: Call) -> None:
        """Without a product."""
        result = call(*arguments)

        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("Usage: stackc compile ")

    def test_overlays_and_sets_lie_over_the_stack(self, call: Call) -> None:
        """The last one wins."""
        Path("over.yaml").write_text(OVERLAY)
        result = call("compile", "stack.yaml", "-O", "over.yaml", "--set", "jobs[hello].image=busybox:1.38")
        (job,) = yaml.safe_load_all(result.out)

        assert result.code == 0
        assert job["spec"]["backoffLimit"] == 7
        assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "busybox:1.38"

    def test_the_tree_holds_what_the_stream_holds(self, call: Call) -> None:
        """In the order of the index."""
        Path("secret.yaml").write_text(SECRET)
        stream = list(yaml.safe_load_all(call("compile", "secret.yaml").out))
        result = call("compile", "secret.yaml", "--out", "tree")
        index = json.loads(Path("tree/index.json").read_text())
        files = [yaml.safe_load(Path("tree", row["file"]).read_text()) for row in index["objects"]]

        assert (result.code, result.out) == (0, "")
        assert result.err.endswith(f"\n{len(stream) + 1} files in tree\n")
        assert files == stream
        Draft202012Validator(json.loads((ROOT / "schemas/index.schema.json").read_text())).validate(index)

    def test_a_second_run_changes_nothing(self, call: Call) -> None:
        """And says only how many files there are."""
        call("compile", "stack.yaml", "--out", "tree")

        assert call("compile", "stack.yaml", "--out", "tree") == Result(0, "", "2 files in tree\n")

    def test_check_accepts_the_tree_as_it_was_written(self, call: Call) -> None:
        """Without a word."""
        call("compile", "stack.yaml", "--out", "tree")

        assert call("compile", "stack.yaml", "--out", "tree", "--check") == Result(0, "", "")

    def test_check_tells_what_differs_and_writes_nothing(self, call: Call) -> None:
        """Missing, different and stale files; files that are not ours do not count."""
        call("compile", "stack.yaml", "--out", "tree")
        job = Path("tree/manifests/jobs.hello/default/job.hello.yaml")
        job.write_text("changed")
        Path("tree/other").write_text("mine")

        result = call("compile", "stack.yaml", "--out", "tree", "--check")
        assert result == Result(1, "", f"differs: {job.relative_to('tree')}\n")
        assert job.read_text() == "changed"

        job.unlink()
        result = call("compile", "stack.yaml", "--out", "tree", "--check")
        assert result == Result(1, "", f"missing: {job.relative_to('tree')}\n")

        call("compile", "stack.yaml", "--out", "tree")
        renamed = call(
            "compile", "stack.yaml", "--out", "tree", "--check", "--set", "jobs[hello].namespace=kube-public"
        )
        assert renamed.code == 1
        assert f"stale: {job.relative_to('tree')}\n" in renamed.err
        assert job.exists()

    @pytest.mark.parametrize("out", ["typo.yaml", "typo.yaml/below"])
    def test_a_tree_that_cannot_be_written_is_no_bug(self, out: str, call: Call) -> None:
        """A file is in the way."""
        result = call("compile", "stack.yaml", "--out", out)

        assert (result.code, result.out) == (1, "")
        assert re.fullmatch(r"typo\.yaml\S* cannot be written: \w[\w ]+\n", result.err)
        assert Path("typo.yaml").read_text() == TYPO


class TestValues:
    def test_values_are_the_merged_spec(self, call: Call) -> None:
        """As YAML that can be read again."""
        Path("over.yaml").write_text(OVERLAY)
        result = call("values", "stack.yaml", "-O", "over.yaml")

        assert (result.code, result.err) == (0, "")
        spec = yaml.safe_load(result.out)
        assert spec["kubernetes"] == "1.34"
        assert spec["jobs"][0]["image"] == "busybox:1.37"

    def test_origin_names_file_and_line_and_what_was_before(self, call: Call) -> None:
        """For every layer."""
        Path("over.yaml").write_text(OVERLAY)
        result = call("values", "stack.yaml", "-O", "over.yaml", "--set", "jobs[hello].backoffLimit=9", "--origin")
        lines = {line.split("#")[0].strip(): line.partition("#")[2] for line in result.out.splitlines()}

        assert lines["image: busybox:1.37"] == " over.yaml:6, before: stack.yaml:7"
        assert re.fullmatch(r" --set.*1, before: over\.yaml:6", lines["backoffLimit: 9"])

    @pytest.mark.parametrize("origin", [(), ("--origin",)])
    def test_the_text_of_a_secret_is_not_shown(self, origin: tuple[str, ...], call: Call) -> None:
        """Neither from the stack nor from the command line."""
        Path("secret.yaml").write_text(SECRET)
        shown = call("values", "secret.yaml", *origin)
        given = call("values", "secret.yaml", "--set", "secrets[s].keys.k.value=hunter3", *origin)

        assert shown.code == given.code == 0
        assert "hunter" not in shown.out + shown.err + given.out + given.err

    def test_errors_are_3_and_show_what_was_set(self, call: Call) -> None:
        """The line of `--set` is a source like a file."""
        result = call("values", "stack.yaml", "--set", "kubernets=1.30")

        assert (result.code, result.out) == (3, "")
        assert "\n 1 | kubernets=1.30\n" in result.err


class TestImages:
    def test_images_of_a_stack_are_sorted_lines(self, call: Call) -> None:
        """Each once, and mirrored as they will run."""
        Path("two.yaml").write_text(
            STACK.replace("  jobs:", "  registry: {mirror: r.example}\n  jobs:")
            + "    - {name: b, namespace: default, image: alpine:3}\n"
            + "    - {name: c, namespace: default, image: alpine:3}\n"
        )

        assert call("images", "two.yaml") == Result(
            0, "r.example/library/alpine:3\nr.example/library/busybox:1.36\n", ""
        )

    def test_images_of_plain_manifests(self, call: Call) -> None:
        """From files, folders and standard input."""
        Path("pods").mkdir()
        Path("pods/a.yaml").write_text(POD % ("a", "b:1"))
        Path("pods/b.json").write_text(json.dumps(yaml.safe_load(POD % ("b", "a:1"))))
        Path("pods/c.txt").write_text("no manifest")

        assert call("images", "-f", "pods") == Result(0, "a:1\nb:1\n", "")
        assert call("images", "-f", "pods/a.yaml", "-f", "-", stdin=POD % ("c", "c:1")) == Result(0, "b:1\nc:1\n", "")

    @pytest.mark.parametrize(
        "arguments",
        [(), ("stack.yaml", "-f", "stack.yaml"), ("-f", "nope.yaml"), ("-f", "stack.yaml", "--set", "a=b")],
    )
    def test_wrong_usage_is_2(self, arguments: tuple[str, ...], call: Call) -> None:
        """Without a product."""
        result = call("images", *arguments)

        assert (result.code, result.out) == (2, "")

    def test_a_broken_text_gives_no_list(self, call: Call) -> None:
        """Half a list would be taken for a whole one."""
        Path("broken.yaml").write_text(POD % ("a", "a:1") + "---\na: [\n")
        result = call("images", "-f", "broken.yaml")

        assert (result.code, result.out) == (1, "")
        assert "error[SC101]" in result.err

    def test_missing_values_of_secrets_are_no_matter(self, call: Call) -> None:
        """Only those that write Secrets warn of them."""
        Path("unfilled.yaml").write_text(UNFILLED)

        assert call("images", "unfilled.yaml") == Result(0, "busybox:1.36\n", "")
        assert call("graph", "unfilled.yaml").err == ""

    def test_a_stack_with_errors_is_3(self, call: Call) -> None:
        """As for compile."""
        result = call("images", "typo.yaml")

        assert (result.code, result.out) == (3, "")


class TestGraph:
    def test_every_form_has_every_object(self, call: Call) -> None:
        """Dot is the default."""
        Path("secret.yaml").write_text(SECRET)
        forms = {form: call("graph", "secret.yaml", "-o", form) for form in ("dot", "mermaid", "json")}

        assert all(r.code == 0 and not r.err for r in forms.values())
        assert call("graph", "secret.yaml") == forms["dot"]
        assert forms["dot"].out.startswith("digraph stack {")
        assert forms["mermaid"].out.startswith("flowchart RL\n")
        assert all("Secret default/s" in forms[form].out for form in ("dot", "mermaid"))

    def test_edges_of_json_lead_to_what_goes_first(self, call: Call) -> None:
        """Their ends are numbers of objects, which stand in the order of apply."""
        call("init", "fx", "--preset", "openfx")
        graph = json.loads(call("graph", "fx/stack.yaml", "-o", "json").out)
        objects, edges = graph["objects"], graph["edges"]

        assert edges
        for edge in edges:
            source, target = objects[edge["source"]], objects[edge["target"]]
            assert edge["target"] < edge["source"]
            assert target["wave"] < source["wave"]
            assert edge["kind"] in ("needs", "ready", "after")
        assert [o["wave"] for o in objects] == sorted(o["wave"] for o in objects)

    def test_failures(self, call: Call) -> None:
        """An unknown form is wrong usage, an error of the stack is 3."""
        assert call("graph", "stack.yaml", "-o", "xml").code == 2
        assert call("graph", "typo.yaml")[:2] == (3, "")


class TestSchema:
    def schema(self, call: Call, *arguments: str) -> Any:
        result = call("schema", *arguments)
        assert (result.code, result.err) == (0, "")
        made = json.loads(result.out)
        Draft202012Validator.check_schema(made)
        return made

    @pytest.mark.parametrize(("name", "arguments"), [("stack", ()), ("overlay", ("--overlay",))])
    def test_the_files_for_editors_are_current(self, name: str, arguments: tuple[str, ...], call: Call) -> None:
        """`stackc schema > schemas/stack.schema.json`, and `--overlay` for the other."""
        result = call("schema", "--root", str(ROOT), *arguments)

        assert result.out == (ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")

    @pytest.mark.parametrize("file", [*ROOT.glob("stacks/*/stack.yaml"), *ROOT.glob("overlays/*.yaml")], ids=str)
    def test_the_examples_say_their_schema_and_keep_to_it(self, file: Path) -> None:
        """An editor shows no error in what we ship."""
        text = file.read_text(encoding="utf-8")
        match = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)

        assert match
        schema = json.loads((file.parent / match[1]).read_text(encoding="utf-8"))
        assert schema["title"] == yaml.safe_load(text)["kind"]
        assert [e.message for e in Draft202012Validator(schema).iter_errors(yaml.safe_load(text))] == []

    @pytest.mark.parametrize("preset", presets())
    def test_first_stacks_keep_to_the_schema(self, preset: str, call: Call) -> None:
        """As above."""
        call("init", "lab", "--preset", preset)
        document = yaml.safe_load(Path("lab/stack.yaml").read_text())

        assert [e.message for e in Draft202012Validator(self.schema(call)).iter_errors(document)] == []

    def test_defaults_may_give_what_an_item_must_have(self, call: Call) -> None:
        """An item without an image is right where `defaults` has one, and only there."""
        validator = Draft202012Validator(self.schema(call))
        document = yaml.safe_load(STACK)
        del document["spec"]["jobs"][0]["image"]

        assert not validator.is_valid(document)
        document["spec"]["defaults"] = {"jobs": {"image": "a:1"}}
        assert validator.is_valid(document)

    def test_an_overlay_may_hold_a_section_that_is_not_there_yet(self, call: Call) -> None:
        """With `$ifPresent`; a word that is no section stays wrong."""
        validator = Draft202012Validator(self.schema(call, "--overlay"))
        document = yaml.safe_load(OVERLAY)

        assert validator.is_valid(document)
        document["spec"]["kubeflow"] = {"$ifPresent": True, "sizing": "minimal"}
        assert validator.is_valid(document)
        document["spec"]["kubeflow"] = {"sizing": "minimal"}
        assert not validator.is_valid(document)
        document["spec"] = {"kubflow": {"$ifPresent": True}}
        assert not validator.is_valid(document)

    def test_components_of_ones_own_bring_their_sections(self, call: Call, tmp_path: Path) -> None:
        """From the root of the working directory, or `--root`."""
        own_component(tmp_path, "section: page\n" + COMPONENT)

        made = self.schema(call)
        assert made == self.schema(call, "--root", str(tmp_path))
        assert "greeting" in made["properties"]["spec"]["properties"]["page"]["properties"]

    def test_a_broken_component_gives_no_schema(self, call: Call, tmp_path: Path) -> None:
        """A schema without it would refuse what is right."""
        own_component(tmp_path, "params: {a: strng}\n")
        result = call("schema")

        assert (result.code, result.out) == (1, "")
        assert "components/page/component.yaml:1:" in result.err


class TestCatalog:
    def test_the_list_has_every_component_that_a_stack_can_name(self, call: Call) -> None:
        """Building blocks are not in it."""
        result = call("catalog")
        names = [line.split()[0] for line in result.out.splitlines()[1:]]

        assert (result.code, result.err) == (0, "")
        assert names == [c.name for c in Catalog().all() if not c.meta.get("abstract")]
        assert {"openfx", "hykufe", "job"} <= set(names)
        assert "operator" not in names

    @pytest.mark.parametrize("name", Catalog().names)
    def test_every_component_has_a_page_with_all_its_parameters(self, name: str, call: Call) -> None:
        """Building blocks too: components of one's own use them."""
        result = call("catalog", name)
        component = Catalog().get(name)

        assert (result.code, result.err) == (0, "")
        assert component is not None
        assert result.out.startswith(f"{name}: ")
        shown = re.findall(r"^  (\w+): ", result.out.partition("\nparameters:\n")[2], re.MULTILINE)
        assert shown == list(component.params.get("properties", ()))

    @pytest.mark.parametrize("name", sorted(shared_types()))
    def test_every_shared_type_has_a_page(self, name: str, call: Call) -> None:
        """With its fields, or the form of its text."""
        result = call("catalog", name)

        assert (result.code, result.err) == (0, "")
        assert result.out.startswith(name)
        for field in shared_types()[name].get("properties", ()):
            assert f"\n  {field}: " in result.out

    @pytest.mark.parametrize(("name", "near"), [("opnfx", "openfx"), ("Expse", "Expose")])
    def test_an_unknown_name_is_wrong_usage(self, name: str, near: str, call: Call) -> None:
        """With the one that may be meant."""
        result = call("catalog", name)

        assert (result.code, result.out) == (2, "")
        assert f"no component `{name}`, did you mean `{near}`?" in result.err

    def test_components_of_ones_own_are_listed(self, call: Call, tmp_path: Path) -> None:
        """Below the root that the working directory belongs to."""
        own_component(tmp_path)
        (tmp_path / "below").mkdir()
        os.chdir(tmp_path / "below")

        assert re.search(r"^page +components +1\.0\.0 +A page$", call("catalog").out, re.MULTILINE)
        assert call("catalog", "page").out.endswith(
            "parameters:\n  greeting: string = hello\n  count: int32 (required)\n"
        )

    def test_a_broken_component_is_told_and_hides_no_other(self, call: Call, tmp_path: Path) -> None:
        """Its place is shown with the line."""
        own_component(tmp_path, template=TEMPLATE.replace("greeting", "greting"))
        listed, asked, other = call("catalog"), call("catalog", "page"), call("catalog", "job")

        assert (listed.code, asked.code, other.code) == (1, 1, 0)
        assert "openfx" in listed.out
        assert "unknown name `greting`, did you mean `greeting`?" in listed.err
        assert 'data: {a: "${{ greting }}"}' in listed.err
        assert asked.out == ""
        assert asked.err.startswith("error[SC417]")


class TestPages:
    """The text of the catalog's pages, without a catalog."""

    @staticmethod
    def component(meta: dict[str, Any], params: dict[str, Any] | None = None) -> Component:
        schema = {"type": "object", "properties": params or {}}
        return Component("page", "components/page", meta, schema, (), (), (), {}, None)  # type: ignore[arg-type]

    def test_versions_stand_from_old_to_new(self) -> None:
        """By their numbers; a long list is shortened in the list, not on the page."""
        component = self.component({"versions": dict.fromkeys(["1.10.0", "1.9.0", "1.2.0-rc1", "1.2.0"], {})})

        assert "1.2.0 … 1.10.0" in render_list([component]) or "1.2.0-rc1 … 1.10.0" in render_list([component])
        assert re.search(r"versions: .*1\.9\.0, 1\.10\.0$", render_component(component, {}), re.MULTILINE)

    def test_hostile_text_is_harmless(self) -> None:
        """A component is a file that anyone may have written."""
        text = "a\x1b[2Jb\nc\u202ed"
        component = self.component(
            {"summary": text, "images": {text: text}, "requires": [text], "versions": {text: {}}},
            {text: {"type": "string", "default": text, "description": text}},
        )
        pages = render_list([component]), render_component(component, {}), render_type("T", {"description": text})

        for page in pages:
            assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", page)
            assert "c" not in {line[:1] for line in page.splitlines()}

    def test_types_and_defaults_read_as_in_component_yaml(self) -> None:
        """Every form that a parameter can have."""
        params = {
            "a": {"type": "boolean", "default": True},
            "b": {"type": "string", "enum": ["", "Memory"]},
            "c": {"type": "object", "additionalProperties": {"type": "string"}},
            "d": {
                "type": "array",
                "items": {"type": "object", "properties": {"x": {"$ref": "Env"}}, "required": ["x"]},
            },
            "e": {"x-core": "core/v1.Container"},
            "f": {"type": "integer", "format": "int32", "default": 3},
            "g": {"type": ["string", "integer"], "default": "5s"},
            "h": {},
        }
        page = render_component(self.component({}, params), {"Env": {"properties": {}}})

        assert page.partition("parameters:\n")[2] == (
            '  a: boolean = true\n  b: "" | Memory\n  c: {NAME: string}\n  d: [object]\n    x: Env (required)\n'
            "  e: core/v1.Container\n  f: int32 = 3\n  g: string or integer = 5s\n  h: any\n"
            "\nTypes in capitals are shared: `stackc catalog Env`.\n"
        )


PRODUCTS = [
    ("compile", "stack.yaml"), ("values", "stack.yaml"), ("images", "stack.yaml"), ("graph", "stack.yaml"),
    ("schema",), ("catalog",), ("catalog", "openfx"),
]  # fmt: skip


class TestEveryCommand:
    @pytest.mark.parametrize("arguments", PRODUCTS, ids=" ".join)
    def test_a_root_that_is_not_there_is_wrong_usage(self, arguments: tuple[str, ...], call: Call) -> None:
        """It is not taken for an empty one."""
        result = call(*arguments, "--root", "nope")

        assert (result.code, result.out) == (2, "")
        assert "Directory 'nope' does not exist" in result.err


class TestProcess:
    """What only a process of its own shows."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "stack.yaml").write_text(STACK)
        (tmp_path / "typo.yaml").write_text(TYPO)
        return tmp_path

    @pytest.mark.parametrize("arguments", PRODUCTS, ids=" ".join)
    def test_a_reader_that_has_gone_ends_the_run_quietly(self, arguments: tuple[str, ...], folder: Path) -> None:
        """The code of SIGPIPE, and no word."""
        reading, writing = os.pipe()
        os.close(reading)
        try:
            command = [sys.executable, "-m", "compiler", *arguments]
            result = subprocess.run(
                command, stdout=writing, stderr=subprocess.PIPE, check=False, cwd=folder, timeout=60
            )
        finally:
            os.close(writing)

        assert (result.returncode, result.stderr) == (141, b"")

    @pytest.mark.parametrize(
        ("variables", "is_coloured"),
        [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
    )
    def test_colours_only_where_they_are_wanted(
        self, variables: dict[str, str], is_coloured: bool, folder: Path
    ) -> None:
        """On a terminal, unless NO_COLOR says something. Source: no-color.org."""
        master, terminal = pty.openpty()
        kept = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        command = [sys.executable, "-m", "compiler", "compile", "typo.yaml"]
        env = {**kept, "TERM": "xterm", **variables}
        code = subprocess.run(command, stderr=terminal, check=False, cwd=folder, env=env, timeout=60).returncode
        os.close(terminal)
        text = os.read(master, 65536)
        os.close(master)

        assert code == 3
        assert b"SC301" in text
        assert (b"\x1b[" in text) is is_coloured

    def test_no_colours_into_a_file(self, folder: Path) -> None:
        """Whatever the terminal is."""
        command = [sys.executable, "-m", "compiler", "compile", "typo.yaml"]
        result = subprocess.run(command, capture_output=True, check=False, cwd=folder, timeout=60)

        assert b"SC301" in result.stderr
        assert b"\x1b" not in result.stderr
