"""The user's own manifests."""

from __future__ import annotations

import pytest

from compiler.build.manifests import own_manifests, own_place
from compiler.formats.files import MemoryFiles
from compiler.model.ids import ObjectId
from compiler.model.source import Span, Tree
from compiler.model.stack import Stack

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: a}\ndata: {k: v}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n%s\n"


def stack(*said: str, preset: str = "standard", folder: str = "") -> Stack:
    tree = Tree({"spec": {"manifests": list(said)}}, {(): (Span("stack.yaml", 1, 1, 9, 9),)}, {})
    return Stack("lab", "1.34", preset, tree, "stack.yaml", folder)


def read(files: dict[str, str], *said: str, **more: str):
    return own_manifests(stack(*said, **more), MemoryFiles({path: text.encode() for path, text in files.items()}))


def test_files_folders_and_lists_in_their_order() -> None:
    """The order of the list, names in a folder sorted, documents as they stand, items of a List one by one."""
    items = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
        f"- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}\n" for name in "de"
    )
    files = {
        "z.yaml": MAP % "a" + "---\n# nothing\n---\n" + MAP % "b",
        "more/2.yml": items,
        "more/1.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}',
        "more/README.md": "not read",
        "unused.yaml": ": not YAML",
    }
    found = read(files, "z.yaml", "more")
    assert found.diagnostics == ()
    assert found.value is not None
    assert [m.id.name for m in found.value] == ["a", "b", "c", "d", "e"]
    assert [m.origin.line for m in found.value[:2]] == [1, 8]
    assert {m.origin.instance for m in found.value} == {"manifests"}
    assert [m.origin.document for m in found.value] == [0, 1, 0, 0, 0]


def test_paths_are_those_of_the_stacks_folder() -> None:
    """A stack in a folder names files beside it, and may reach up to the root but not out of it."""
    files = {"stacks/a/m.yaml": MAP % "one", "shared/m.yaml": MAP % "two"}
    found = read(files, "m.yaml", "../../shared/m.yaml", folder="stacks/a")
    assert found.value is not None
    assert [m.id.name for m in found.value] == ["one", "two"]
    assert [d.code for d in read(files, "../../../m.yaml", folder="stacks/a").diagnostics] == ["SC131"]


@pytest.mark.parametrize(
    "text",
    ["a: b\n", "[]\n", "text\n", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "apiVersion: v1\nkind: X\n"]
    + ["apiVersion: 1\nkind: ConfigMap\nmetadata: {name: a}\n", "apiVersion: v1\nkind: ''\nmetadata: {name: a}\n"]
    + ["apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 7}\n", "apiVersion: v1\nkind: Pod\nmetadata: [name]\n"]
    + ["apiVersion: v1\nkind: List\nitems: [1]\n"],
)
def test_what_is_no_object_is_refused_at_its_line(text: str) -> None:
    """Whatever stands there, it is one error at the document, and the documents beside it are read."""
    found = read({"m.yaml": MAP % "a" + "---\n" + text}, "m.yaml")
    assert [(d.code, str(d.span)) for d in found.diagnostics] == [("SC471", "m.yaml:6:1")]


@pytest.mark.parametrize("preset", ["standard", "production"])
@pytest.mark.parametrize("field", ["stringData: {k: plain}", "data: {k: cGxhaW4=}"])
def test_a_secret_in_plain_text_is_refused_outside_dev(preset: str, field: str) -> None:
    """Base64 is plain text; what the message says is the name, never the value."""
    found = read({"m.yaml": SECRET % field}, "m.yaml", preset=preset)
    assert [d.code for d in found.diagnostics] == ["SC472"]
    assert "plain" not in found.diagnostics[0].message.removesuffix("stands in plain text")
    assert "cGxhaW4=" not in found.diagnostics[0].message
    listed = (
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: s}, " + field + "}\n"
    )
    assert [d.code for d in read({"m.yaml": listed}, "m.yaml", preset=preset).diagnostics] == ["SC472"]


def test_secrets_without_text_and_secrets_in_dev_pass() -> None:
    """An empty Secret that something else fills is fine, as are sealed ones; on a laptop, everything is."""
    assert read({"m.yaml": SECRET % "type: Opaque"}, "m.yaml").value
    sealed = (
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: s}\nspec: {encryptedData: {k: x}}\n"
    )
    assert read({"m.yaml": sealed}, "m.yaml").value
    assert read({"m.yaml": SECRET % "stringData: {k: plain}"}, "m.yaml", preset="dev").value


def test_places_of_fields_in_files_and_in_lists() -> None:
    """The field's own line and column; what is not there is where it would be."""
    text = "apiVersion: v1\nkind: List\nitems:\n" + "".join(
        f"- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: {n}}}\n  data: {{k: v{n}}}\n" for n in "pq"
    )
    files = MemoryFiles({"m.yaml": (MAP % "a" + "---\n" + text).encode()})
    line = Span("m.yaml", 6, 1, 6, 1)

    def place(name: str, document: int, key: bool = False) -> str:
        return str(own_place(files, line, document, ObjectId("", "ConfigMap", "a", name), ("data", "k"), key=key))

    assert place("a", 0) == "m.yaml:4:11"
    assert place("a", 0, key=True) == "m.yaml:4:8"
    assert place("p", 1) == "m.yaml:12:13"
    assert place("q", 1) == "m.yaml:16:13"
