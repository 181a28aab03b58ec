"""The rows of rules/codes/bundle.yaml: every code has one, and the examples that need no stack stand where they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from compiler.build.dangling import dangling
from compiler.build.emit import emit_tree
from compiler.build.identity import duplicate_ids
from compiler.build.reference_rules import compile_rules
from compiler.build.references import extract
from compiler.build.refused_images import refused_images
from compiler.build.transform import transform
from compiler.build.transforms.context import Registry
from compiler.formats.yaml_read import locate, read_stream
from compiler.model.graph import Graph
from compiler.model.manifest import Bundle, Manifest, Origin, object_id
from tests.build.support import context

ROOT = Path(__file__).parents[2]
ROWS = yaml.safe_load((ROOT / "compiler" / "rules" / "codes" / "bundle.yaml").read_text())
STREAMS = sorted(code for code, row in ROWS.items() if "kind: Stack" not in row.get("bad", "kind: Stack"))
FILES = sorted(code for code, row in ROWS.items() if "m.yaml" in row.get("files", {}))


def read(file: str, text: str) -> tuple[Manifest, ...]:
    documents = read_stream(file, text.encode()).value or ()
    return tuple(
        Manifest(object_id(d.data), d.data, Origin("manifests", "", file, d.line, None, d.index)) for d in documents
    )


def at(diagnostic, text: str) -> str:
    """Return where the value at the diagnostic's path stands, as a user would see it."""
    body = read("m.yaml", text)[diagnostic.document].body
    path: list[str | int] = []
    for part in diagnostic.path.split("/")[1:]:
        key = int(part) if isinstance(body, list) else part.replace("~1", "/").replace("~0", "~")
        body = body[key]
        path.append(key)
    span = locate(text.encode(), "m.yaml", diagnostic.document, tuple(path))
    return f"{span.line}:{span.column}"


def test_every_code_of_the_build_has_a_row_and_every_row_a_use():
    """A code without a row cannot be explained; a row without a use is never seen."""
    used = set()
    for file in (ROOT / "compiler" / "build").rglob("*.py"):
        used |= set(re.findall(r'"(SC5\d\d)"', file.read_text()))
    assert used == set(ROWS)


def test_rows_say_what_to_do():
    """Titles and helps are short texts without a full stop."""
    for code, row in ROWS.items():
        assert row["title"] and row["help"], code
        assert not row["title"].endswith(".") and not row["help"].endswith("."), code


@pytest.mark.parametrize("code", STREAMS)
def test_stream_examples(code):
    """The bad stream has the diagnostic at its place, the good one has none."""

    def found(text):
        given = read("m.yaml", text)
        return [d for d in dangling(given, extract(given, compile_rules())) if d.code == code]

    (bad,) = found(ROWS[code]["bad"])
    assert at(bad, ROWS[code]["bad"]) == ROWS[code]["at"]
    assert not found(ROWS[code]["good"])


@pytest.mark.parametrize("code", FILES)
def test_examples_with_manifests_of_the_users(code):
    """The user's manifests give the diagnostic at its place."""
    spec = yaml.safe_load(ROWS[code]["bad"])["spec"]
    registry = spec.get("registry", {})
    minor = int(spec["kubernetes"].split(".")[1])
    settings = Registry(registry.get("mirror", ""), require_mirror=registry.get("requireMirror", False))
    text = ROWS[code]["files"]["m.yaml"]
    given = read("m.yaml", text)
    done = transform(given, context(minor, registry=settings, namespaces={}))
    found = [*done.diagnostics, *duplicate_ids(given)]
    if done.value is not None and not found:
        tree = emit_tree(Bundle("a", "1.34", "standard", done.value, Graph()))
        found = [*refused_images(done.value, settings), *tree.diagnostics]
    (bad,) = [d for d in found if d.code == code]
    assert f"m.yaml:{at(bad, text)}" == ROWS[code]["at"]
    assert str(bad.span).startswith("m.yaml:")
