"""Rules are data: what the compiler reads is what people edit."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from compiler.build.places import edit, find
from compiler.build.rows import kind_of, matches, patterns, table
from compiler.build.transforms.conversions import CONVERSIONS
from compiler.formats.packs import NEWEST, OLDEST, load_pack

ROOT = Path(__file__).parents[2]


def baker():
    spec = importlib.util.spec_from_file_location("bake_rules", ROOT / "scripts" / "bake_rules.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestBaked:
    def test_baked_file_is_what_the_yaml_says(self):
        assert (ROOT / "compiler" / "rules" / "_baked.json").read_text() == baker().baked_text()

    def test_row_without_source_is_refused(self, tmp_path):
        (tmp_path / "t.yaml").write_text("- {from: Pod, podSpec: /spec}\n")
        with pytest.raises(ValueError, match="row 1 has no source"):
            baker().read_table(tmp_path / "t.yaml")

    def test_conversions_of_rows_exist(self):
        assert {row["convert"] for row in table("api_versions")} == set(CONVERSIONS)

    def test_every_move_is_needed_by_a_target(self):
        """A row for no target would only judge objects by a form that nobody asked for."""
        packs = [load_pack(minor) for minor in range(OLDEST, NEWEST + 1)]
        for row in table("api_versions"):
            newer, older = ((row["group"], row[key], row["kind"]) for key in ("from", "to"))
            assert any(older in pack.kinds and newer not in pack.kinds for pack in packs), row


class TestWords:
    def test_patterns(self):
        assert patterns("/{a,b}/*/c~1d") == (("a", "*", "c/d"), ("b", "*", "c/d"))
        assert patterns("") == ((),)
        assert kind_of("Job.batch.volcano.sh") == ("batch.volcano.sh", "Job")
        assert kind_of("Pod") == ("", "Pod")

    @pytest.mark.parametrize(
        ("name", "pattern", "fits"),
        [("abc", "abc", True), ("abc", "a*", True), ("abc", "*c", True), ("abc", "a*c", True), ("aXbXc", "a*b*c", True),
         ("ac", "a*b*c", False), ("a", "a*a", False), ("abc", "b*", False), ("", "*", True)],
    )  # fmt: skip
    def test_matches(self, name, pattern, fits):
        assert matches(name, pattern) is fits

    def test_edit_shares_what_stays(self):
        body = {"a": [{"b": 1}, {"b": 2}], "c": {"d": []}}
        done = edit(body, ("a", "*", "b"), lambda v: 3 if v == 2 else v)
        assert done == {"a": [{"b": 1}, {"b": 3}], "c": {"d": []}}
        assert done["a"][0] is body["a"][0]
        assert done["c"] is body["c"]
        assert edit(body, ("a", "*", "b"), lambda v: v) is body
        assert [f.path for f in find(body, ("a", "*", "b"))] == [("a", 0, "b"), ("a", 1, "b")]
