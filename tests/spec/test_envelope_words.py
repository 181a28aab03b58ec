"""One cause, one error: files of another kind, files that are not there, sections in the wrong place."""

from __future__ import annotations

from compiler.formats.files import MemoryFiles
from compiler.pipeline import build, opened

STACK = """\
apiVersion: stackc.dev/v1alpha1
kind: Stack
metadata: {name: a}
spec:
  kubernetes: "1.34"
"""


def found(text: str, **components: str) -> list[tuple[str, str, str]]:
    files = {"stack.yaml": text, **{path.replace("__", "/") + ".yaml": body for path, body in components.items()}}
    done = build(MemoryFiles({path: body.encode() for path, body in files.items()}), "stack.yaml", (), ())
    return [(d.code, d.message, d.help) for d in done.diagnostics]


def test_a_plain_manifest_is_told_once() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"
    help = "give plain manifests with `-f FILE`; a stack has `kind: Stack`"
    assert found(text) == [("SC202", "`kind` is `ConfigMap`", help)]


def test_a_stack_with_a_wrong_version_is_told_of_all_that_is_wrong() -> None:
    text = "apiVersion: stackc.dev/v2\nkind: Stack\nmetadata: {}\nspec: {}\n"
    assert [code for code, _, _ in found(text)] == ["SC201", "SC207"]


def test_what_belongs_into_metadata_is_sent_there() -> None:
    text = STACK.replace("metadata: {name: a}", "metadata: {name: a}\nname: b\nreplicaCount: 1")
    assert [help for _, _, help in found(text)] == [
        "write `name` under `metadata`",
        "write `replicaCount` under `spec`",
    ]


def test_a_section_inside_a_section_is_sent_up() -> None:
    item = "{name: train, namespace: default, image: 'a:1', args: [b], data: []}"
    ((code, message, help),) = found(f"{STACK}  jobs:\n  - {item}\n")
    assert (code, message) == ("SC301", "unknown key `data` in `jobs[train]`")
    assert help == "it is a section: write it in `spec`, beside the other sections"


def test_standard_input_and_missing_files_have_their_own_words() -> None:
    _, _, (piped,) = opened("-", (), None)
    assert (piped.code, piped.message) == ("SC136", "a stack can't come from standard input")
    assert "-f -" in piped.help
    (missing,) = build(MemoryFiles({}), "nope.yaml", (), ()).diagnostics
    assert (missing.code, missing.message, missing.help) == ("SC136", "there is no `nope.yaml`", "check the path")


def test_an_unknown_name_in_a_template_is_marked_from_end_to_end() -> None:
    files = {
        "stack.yaml": f"{STACK}  components: [{{name: web, params: {{greeting: hi}}}}]\n",
        "components/web/component.yaml": "summary: A ConfigMap\nparams:\n  greeting: string\n",
        "components/web/manifests/m.yaml": (
            'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  g: "${{ greetin | upper }}"\n'
        ),
    }
    done = build(MemoryFiles({path: body.encode() for path, body in files.items()}), "stack.yaml", (), ())
    (diagnostic,) = [d for d in done.diagnostics if d.code == "SC417"]
    span = diagnostic.span
    assert span is not None
    line = files["components/web/manifests/m.yaml"].splitlines()[span.line - 1]
    assert line[span.column - 1 : span.end_column - 1] == "greetin"


def test_a_system_that_is_needed_is_named_as_the_language_has_it() -> None:
    """HyKuFe is a section, metrics-server is an item of `components`."""
    job = "{name: a, namespace: default, backend: HorovodJob, image: 'a:1', command: [b]}"
    helps = [help for code, _, help in found(f"{STACK}  jobs: [{job}]\n") if code == "SC463"]
    assert "write the section `hykufe`, or write `horovod-operator` under `cluster.addons`" in helps


def test_braces_of_helm_are_told_how_an_expression_is_written() -> None:
    text = f"{STACK}  jobs: [{{name: a, namespace: default, image: {{{{ .Values.image }}}}}}]\n"
    told = {code: (message, help) for code, message, help in found(text)}
    assert told["SC109"][1] == 'write the key as text; an expression is quoted: `"${{ params.NAME }}"`'
    assert told["SC107"][0] == "this item has no value"
