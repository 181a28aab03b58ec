"""The catalog: generated modules, when they are current, and what a folder may hold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from compiler.build import catalog as module
from compiler.build import precompile
from compiler.build.catalog import Catalog, built_in_files, built_in_names, module_name
from compiler.formats.files import MemoryFiles

ROOT = Path(__file__).parents[2]
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n"


def own(files: dict[str, str | bytes], name: str = "web") -> Catalog:
    """Return a catalog with one folder of the user's own."""
    raw = {f"components/{name}/{p}": t if isinstance(t, bytes) else t.encode() for p, t in files.items()}
    return Catalog(MemoryFiles(raw))


def test_every_built_in_component_loads_without_a_word() -> None:
    """No error and no warning in the whole catalog, and every one has a summary for `stackc catalog`."""
    catalog = Catalog()
    assert [c.name for c in catalog.all()] == list(built_in_names())
    assert catalog.found == []
    assert all(c.meta.get("summary") for c in catalog.all())


def test_generated_modules_are_those_of_a_fresh_generation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command writes what the catalog says, takes stale files away, and what is there and current is the same."""
    made, found = precompile.generated_modules()
    assert found == ()
    monkeypatch.setattr(precompile, "TARGET", str(tmp_path))
    (tmp_path / "c_gone.py").write_text("DIGEST = ''\n")
    assert precompile.main() == 0
    assert {p.name: p.read_text("utf-8") for p in tmp_path.glob("*.py")} == made
    there = ROOT / "compiler" / "_compiled"
    for name in built_in_names():
        path = there / f"{module_name(name)}.py"
        catalog = Catalog()
        digest = catalog.digest(catalog.content(name))
        if path.exists() and f"DIGEST = {digest!r}" in path.read_text("utf-8"):
            assert path.read_text("utf-8") == made[path.name]


def test_generated_modules_do_not_depend_on_hash_seeds() -> None:
    """The same source under two seeds: a wheel can be built again."""
    code = (
        "import hashlib, json; from compiler.build.precompile import generated_modules as g; "
        "print(hashlib.sha256(json.dumps(g()[0], sort_keys=True).encode()).hexdigest())"
    )
    outputs = set()
    for seed in ("0", "77"):
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed}
        run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True, timeout=60)
        outputs.add(run.stdout)
    assert len(outputs) == 1


def test_generated_code_gives_the_component_that_its_folder_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no generated module at all, every component is the same: only slower to load."""
    fast = {c.name: c for c in Catalog().all()}
    monkeypatch.setattr(module, "_generated", lambda name, digest: None)
    for slow in Catalog().all():
        assert slow._replace(code=fast[slow.name].code) == fast[slow.name]
        assert slow.code.locations == fast[slow.name].code.locations


def test_a_changed_file_makes_the_module_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest decides: with other content the folder is compiled in memory, and the new text counts."""
    before = Catalog().get("priority-class")
    assert before is not None
    files = built_in_files("priority-class")
    changed = {**files, "component.yaml": files["component.yaml"] + b"\nprovides: {capabilities: [changed]}\n"}
    monkeypatch.setattr(
        module, "built_in_files", lambda name: changed if name == "priority-class" else built_in_files(name)
    )
    after = Catalog().get("priority-class")
    assert after is not None
    assert after.meta["provides"] == {"capabilities": ["changed"]}
    assert after.code.filename.startswith("<generated")


def test_the_digest_covers_every_file_of_the_folder() -> None:
    """Content, names, and files that are there or not each give another digest."""
    catalog = Catalog()
    base = {"component.yaml": b"summary: x\n", "manifests/a.yaml": b"a", "files/b": b"b"}
    others: list[dict[str, bytes]] = [
        {**base, "manifests/a.yaml": b"b"},
        {**base, "files/c": b""},
        {"component.yaml": base["component.yaml"], "manifests/a.yaml": b"a", "files/c": b"b"},
        {k: v for k, v in base.items() if k != "files/b"},
    ]
    digests = [catalog.digest(content) for content in (base, *others)]
    assert len(set(digests)) == len(digests)
    assert catalog.digest(dict(reversed(base.items()))) == digests[0]


def test_the_digest_covers_the_components_whose_params_are_types() -> None:
    """`use/b` writes the fields of b into a's module: a change of b, or of what b uses, makes a stale."""

    def digest(b: str, c: str) -> str:
        heads = {"a": "params: {x: use/b}\n", "b": b, "c": c}
        files = {f"components/{name}/component.yaml": text.encode() for name, text in heads.items()}
        return Catalog(MemoryFiles(files)).digest({"component.yaml": heads["a"].encode()})

    base = digest("params: {y: use/c}\n", "params: {z: string}\n")
    assert digest("params: {y: use/c, w: string}\n", "params: {z: string}\n") != base
    assert digest("params: {y: use/c}\n", "params: {z: int32}\n") != base
    assert digest("params: {y: use/c}\n", "params: {z: string}\n") == base


WORDS = {
    "component.yaml": "summary: s\nabstract: true\nimages: {tool: acme/tool:1}\nreads: [storage]\n"
    "params: {size: int32}\n"
    "let: {twice: '${{ size * 2 }}', script: \"${{ file('run.sh') }}\", with: \"${{ image('tool') }}\"}\n",
    "files/run.sh": "echo shared\n",
    "files/own.sh": "echo shared\n",
}


def including(head: str = "", more: Mapping[str, str] = MappingProxyType({})) -> Catalog:
    """Return a catalog whose component `b` includes `a`."""
    made = {f"components/a/{path}": text for path, text in {**WORDS, **more}.items()}
    made["components/b/component.yaml"] = f"summary: s\ninclude: [a]\nparams: {{size: int32 = 4}}\n{head}"
    made["components/b/files/own.sh"] = "echo own\n"
    return Catalog(MemoryFiles({path: text.encode() for path, text in made.items()}))


def test_what_a_component_includes_is_as_its_own() -> None:
    """Computed values, images, files and sections of the stack come along; one's own file of the same name stays."""
    b = including("let: {thrice: '${{ twice + size }}'}\n").get("b")
    assert b is not None
    assert b.meta["images"] == {"tool": "acme/tool:1"}
    assert b.meta["reads"] == ["storage"]
    assert b.files == {"run.sh": "echo shared\n", "own.sh": "echo own\n"}


def test_a_name_that_is_computed_twice_is_refused_where_it_is_computed_again() -> None:
    """An included name can't be hidden, so a reader finds the one place where it is made."""
    catalog = including("let: {twice: 1}\n")
    assert catalog.get("b") is None or catalog.found
    assert [(d.code, str(d.span)) for d in catalog.found] == [("SC418", "components/b/component.yaml:4:7")]


def test_a_fault_of_an_included_name_stands_in_the_included_file() -> None:
    """What `b` lacks is said at the expression that reads it."""
    catalog = including(more={"component.yaml": "summary: s\nabstract: true\nlet: {twice: '${{ sise }}'}\n"})
    catalog.get("b")
    assert {(d.code, str(d.span)) for d in catalog.found} == {("SC417", "components/a/component.yaml:3:19")}


def test_the_digest_covers_what_is_included() -> None:
    """A changed script of `a` makes the module of `b` stale."""
    one, other = including(), including(more={"files/run.sh": "echo other\n"})
    assert one.digest(one.content("b")) != other.digest(other.content("b"))


def test_a_users_component_in_place_of_a_built_in_one_reaches_those_that_take_its_params() -> None:
    """The built-in openfx takes openfx-function's params as a type: the user's own folder counts."""
    text = built_in_files("openfx-function")["component.yaml"].decode()
    catalog = own(
        {"component.yaml": text.replace("params:\n", "params:\n  colour: red | blue\n", 1)}, "openfx-function"
    )
    openfx = catalog.get("openfx")
    assert openfx is not None, catalog.found
    assert "colour" in openfx.params["properties"]["functions"]["items"]["properties"]
    built_in = Catalog().get("openfx")
    assert built_in is not None
    assert "colour" not in built_in.params["properties"]["functions"]["items"]["properties"]


@pytest.mark.parametrize(
    ("heads", "place"),
    [
        ({"a": "summary: a\nparams: {x: use/a}\n"}, "components/a/component.yaml:2:13"),
        (
            {"a": "summary: a\nparams: {x: use/b}\n", "b": "summary: b\nparams: {x: [use/a]}\n"},
            "components/b/component.yaml:2:14",
        ),
    ],
)
def test_types_in_a_circle_are_an_error_at_the_type(heads: dict[str, str], place: str) -> None:
    """Two components that take each other's params have no schema."""
    files = {f"components/{name}/component.yaml": text.encode() for name, text in heads.items()}
    catalog = Catalog(MemoryFiles(files))
    assert catalog.get("a") is None
    assert ("SC406", place) in [(d.code, str(d.span)) for d in catalog.found]


def test_a_binary_file_is_refused_by_its_name() -> None:
    """SC407: what file() gives is text."""
    catalog = own({"component.yaml": "summary: x\n", "files/logo.png": b"\x89PNG\xff"})
    assert catalog.get("web") is None
    (one,) = catalog.found
    assert (one.code, str(one.span)) == ("SC407", "components/web/files/logo.png:1:1")


def test_a_file_is_read_as_it_is() -> None:
    """file() gives the text verbatim, braces and line ends included."""
    text = "a ${{ b }}\r\n{{ c }}\n"
    manifest = MAP + "data: {f: \"${{ file('t.sh') }}\"}\n"
    catalog = own({"component.yaml": "summary: x\n", "files/t.sh": text, "manifests/m.yaml": manifest})
    component = catalog.get("web")
    assert component is not None
    assert component.files == {"t.sh": text}


def test_names_of_params_lets_and_parts_never_reach_python(tmp_path: Path) -> None:
    """Generated code is made of checked trees: quotes and brackets in any text stay text."""
    evil = "x'); import os; os._exit(3); ('"
    head = f'summary: "{evil}"\nimages: {{"{evil}": "a/b:1"}}\nparams: {{"{evil}": string}}\n'
    manifest = MAP + f'data: {{"{evil}": "{evil}", b: "${{{{ self.name }}}} {evil}"}}\n'
    component = own({"component.yaml": head, "manifests/m.yaml": manifest, f"files/{evil[:5]}": evil}).get("web")
    assert component is not None
    out: list[Any] = []
    ctx = {evil: 1, "self": {"name": "n"}}
    component.code.render(ctx, out)
    assert out[0][1]["data"] == {evil: evil, "b": f"n {evil}"}
