"""Text of a bundle: the stream, the tree, and the folder on disk."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from compiler.build.emit import INDEX, emit_stream, emit_tree, readable
from compiler.build.file_names import encode
from compiler.build.tree_io import TreeChanges, check_tree, write_tree
from compiler.formats.yaml_read import read_stream
from compiler.model.graph import Graph
from compiler.model.ids import ObjectId
from compiler.model.manifest import Artifact, Bundle, Fill
from tests.build.support import codes, frozen, manifests

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "index.schema.json").read_text())
TEXT = """
data: {k: "y", t: "1e3"}
metadata: {labels: {a: b}, namespace: ns, name: config}
kind: ConfigMap
apiVersion: v1
---
{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: "system:Über/role"}, rules: []}
"""


def bundle(text: str = TEXT, **changes) -> Bundle:
    given = manifests(text)
    graph = Graph((), tuple(m.id for m in given), {m.id: number for number, m in enumerate(given)})
    return Bundle("lab", "1.34", "standard", given, graph)._replace(**changes)


class TestStream:
    def test_keys_come_in_reading_order_and_values_survive(self):
        text = emit_stream(bundle())
        assert text.startswith(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config\n  namespace: ns\n  labels:\n"
        )
        back = read_stream("-", text.encode()).value
        assert [d.data for d in back] == [m.body for m in manifests(TEXT)]

    def test_order_of_other_keys_is_the_templates(self):
        body = {
            "z": 1,
            "metadata": {"finalizers": [], "name": "a", "uid": "x"},
            "a": 2,
            "kind": "K",
            "apiVersion": "v1",
        }
        done = readable(body)
        assert list(done) == ["apiVersion", "kind", "metadata", "z", "a"]
        assert list(done["metadata"]) == ["name", "finalizers", "uid"]


class TestTree:
    FILL = Fill(ObjectId("", "Secret", "ns", "s"), "Opaque", {"b": "env B", "a": "file a"}, {})

    def test_tree_has_a_file_an_object_and_an_index(self):
        given = bundle(
            keep=frozenset({ObjectId("", "ConfigMap", "ns", "config")}),
            fill=(self.FILL,),
            artifacts=(Artifact("inventory/hosts.ini", "[all]\n", "cluster"),),
            inputs=(("stack.yaml", "0" * 64),),
        )
        tree = emit_tree(given).value
        assert list(tree) == [
            "artifacts/cluster/inventory/hosts.ini",
            "index.json",
            "manifests/openfx/_cluster/clusterrole.system%3a%c3%bcber%2frole.yaml",
            "manifests/openfx/ns/configmap.config.yaml",
        ]
        index = json.loads(tree[INDEX])
        jsonschema.Draft202012Validator(SCHEMA).validate(index)
        assert index["objects"][0]["id"] == {"kind": "ConfigMap", "namespace": "ns", "name": "config"}
        assert [(o["wave"], o["keep"]) for o in index["objects"]] == [(0, True), (1, False)]
        assert index["fill"][0]["keys"] == {"a": "file a", "b": "env B"}
        assert index["artifacts"][0]["file"] == "artifacts/cluster/inventory/hosts.ini"

    def test_empty_bundle_has_an_index_that_meets_its_schema(self):
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(emit_tree(bundle("")).value[INDEX]))

    @pytest.mark.parametrize("broken", [{"formatVersion": 2}, {"extra": 1}, {"objects": [{}]}, {"kubernetes": "v1.34"}])
    def test_schema_refuses_other_indexes(self, broken):
        index = json.loads(emit_tree(bundle()).value[INDEX])
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(SCHEMA).validate({**index, **broken})

    def test_emit_changes_nothing_and_is_stable(self):
        given = bundle()
        before = frozen(given.manifests)
        assert emit_tree(given) == emit_tree(given)
        assert frozen(given.manifests) == before

    def test_names_that_differ_in_case_only_are_an_error(self):
        role = "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: %s}}"
        done = emit_tree(bundle(f"{role % 'Edit'}\n---\n{role % 'edit'}"))
        assert (done.value, codes(done.diagnostics)) == (None, ["SC523"])

    def test_kinds_of_one_name_say_their_group(self):
        text = """
{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: a, namespace: ns}}
---
{apiVersion: v1, kind: Service, metadata: {name: a, namespace: ns}}
"""
        files = [path for path in emit_tree(bundle(text)).value if path != INDEX]
        assert files == [
            "manifests/openfx/ns/service.a.yaml",
            "manifests/openfx/ns/service.serving.knative.dev.a.yaml",
        ]

    @pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a//b", "a/./b", "a\\..\\b", ""])
    def test_artifact_stays_in_its_folder(self, path):
        done = emit_tree(bundle(artifacts=(Artifact(path, "", "cluster"),)))
        assert codes(done.diagnostics) == ["SC527"]

    def test_two_artifacts_at_one_path_are_an_error(self):
        two = (Artifact("a", "", "cluster"), Artifact("A", "", "cluster"))
        assert codes(emit_tree(bundle(artifacts=two)).diagnostics) == ["SC527"]

    def test_names_are_safe_parts_of_a_path(self):
        assert [encode(n) for n in ("..", ".", "a/b", "A b", "x.y-z_1", "\0")] == [
            "%2e%2e", "%2e", "a%2fb", "a%20b", "x.y-z_1", "%00",
        ]  # fmt: skip

    def test_longest_names_fit_a_file_system_and_stay_different(self):
        config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, namespace: ns}}"
        text = "\n---\n".join(config % ("a" * 252 + end) for end in "xz")
        files = [path for path in emit_tree(bundle(text)).value if path != INDEX]
        assert len(files) == 2
        assert all(len(path.rsplit("/", 1)[1]) <= 245 for path in files)


class TestFolder:
    def tree(self, text=TEXT):
        return emit_tree(bundle(text)).value

    def test_written_tree_checks_clean(self, tmp_path):
        tree = self.tree()
        assert write_tree(tmp_path, tree).missing == tuple(sorted(tree))
        assert check_tree(tmp_path, tree) == TreeChanges((), (), ())
        assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()} == set(tree)

    def test_longest_names_are_written(self, tmp_path):
        config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, namespace: ns}}"
        tree = self.tree("\n---\n".join(config % ("a" * size) for size in (229, 230, 231, 253)))
        write_tree(tmp_path, tree)
        assert check_tree(tmp_path, tree).is_empty

    def test_check_lists_differences_and_writing_mends_them(self, tmp_path):
        tree = self.tree()
        write_tree(tmp_path, tree)
        first, second = (path for path in tree if path != INDEX)
        (tmp_path / first).write_text("other")
        (tmp_path / second).unlink()
        assert check_tree(tmp_path, tree) == TreeChanges((second,), (first,), ())
        write_tree(tmp_path, tree)
        assert check_tree(tmp_path, tree).is_empty

    def test_stale_files_go_only_when_the_index_knows_them(self, tmp_path):
        write_tree(tmp_path, self.tree())
        (tmp_path / "manifests" / "notes.txt").write_text("mine")
        smaller = self.tree(TEXT.split("---")[0])
        stale = "manifests/openfx/_cluster/clusterrole.system%3a%c3%bcber%2frole.yaml"
        assert check_tree(tmp_path, smaller).stale == (stale,)
        write_tree(tmp_path, smaller)
        assert not (tmp_path / "manifests" / "openfx" / "_cluster").exists()
        assert (tmp_path / "manifests" / "notes.txt").read_text() == "mine"

    def test_a_manifest_of_somebody_else_is_told_and_kept(self, tmp_path):
        """`kubectl apply -R` and Argo CD would apply it."""
        write_tree(tmp_path, self.tree())
        (tmp_path / "manifests" / "extra.yml").write_text("kind: Secret")
        (tmp_path / "manifests" / "notes.txt").write_text("mine")
        assert check_tree(tmp_path, self.tree()) == TreeChanges((), (), (), ("manifests/extra.yml",))
        assert not check_tree(tmp_path, self.tree()).is_empty
        assert write_tree(tmp_path, self.tree()).foreign == ("manifests/extra.yml",)
        assert (tmp_path / "manifests" / "extra.yml").exists()

    @pytest.mark.parametrize(
        "text", ["{", "[]", '{"objects": 1}', '{"objects": [{"file": "../../victim"}], "artifacts": []}']
    )
    def test_foreign_index_deletes_nothing(self, tmp_path, text):
        victim = tmp_path / "victim"
        victim.write_text("x")
        root = tmp_path / "a" / "b"
        root.mkdir(parents=True)
        (root / INDEX).write_text(text)
        write_tree(root, self.tree())
        assert victim.exists()
        assert check_tree(root, self.tree()).is_empty

    def test_link_that_leads_out_is_not_followed_for_deletion(self, tmp_path):
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "x.yaml").write_text("x")
        root = tmp_path / "root"
        (root / "manifests").mkdir(parents=True)
        (root / "manifests" / "link").symlink_to(outside)
        (root / INDEX).write_text('{"objects": [{"file": "manifests/link/x.yaml"}], "artifacts": []}')
        write_tree(root, self.tree())
        assert (outside / "x.yaml").exists()
