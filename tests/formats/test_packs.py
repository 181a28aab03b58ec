"""The schema packs: what each minor serves, and how little it costs to know it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from work import calls

from compiler.formats import data_files, packs
from compiler.formats.data_files import schemas_folder
from compiler.formats.packs import NEWEST, OLDEST, is_namespaced, list_keys, load_pack, version_order
from compiler.model.diagnostic import Bug

MINORS = range(OLDEST, NEWEST + 1)
SCRIPTS = Path(__file__).parents[2] / "scripts"


def nodes(node: object) -> Iterator[dict[str, object]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from nodes(child)
    elif isinstance(node, list):
        for child in node:
            yield from nodes(child)


def rows(name: str) -> list[list[str]]:
    lines = (schemas_folder() / "kubernetes" / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


# Counted in the published definitions: those that name one group, version and kind (in 1.16 less the 31 that it turned
# off); of them, the objects that a server keeps or answers; lists with map keys.
KINDS = {15: (183, 91), 16: (161, 82), 22: (146, 72), 25: (126, 62), 28: (144, 73), 34: (181, 90), 37: (201, 100)}
KEYED_LISTS = {15: 2, 16: 3, 22: 15, 29: 33, 30: 67, 36: 80, 37: 108}


@pytest.mark.parametrize(("minor", "counts"), KINDS.items())
def test_each_minor_has_its_kinds(minor: int, counts: tuple[int, int]) -> None:
    serving = [row for row in rows("kinds.tsv") if int(row[0]) <= minor <= int(row[1])]
    assert (len(serving), len(load_pack(minor).kinds)) == counts


@pytest.mark.parametrize(("minor", "count"), KEYED_LISTS.items())
def test_definitions_keep_every_list_map_key(minor: int, count: int) -> None:
    definitions = load_pack(minor).definitions
    found = [
        n
        for name in definitions
        for n in nodes(definitions[name])
        if isinstance(n.get("x-kubernetes-list-map-keys"), list)
    ]
    assert len(found) == count


@pytest.mark.parametrize("minor", MINORS)
def test_every_reference_leads_to_a_definition(minor: int) -> None:
    definitions = load_pack(minor).definitions
    refs = {n["$ref"] for name in definitions for n in nodes(definitions[name]) if isinstance(n.get("$ref"), str)}
    assert refs <= set(definitions)
    assert len(definitions) > 500


@pytest.mark.parametrize("minor", MINORS)
def test_every_kind_has_a_schema_and_a_scope(minor: int) -> None:
    pack = load_pack(minor)
    for group, version, kind in pack.kinds:
        schema = pack.schema(group, version, kind)
        assert schema is not None and "metadata" in schema["properties"], kind
        assert is_namespaced(group, kind) is not None
        assert pack.knows(group, kind) and version in pack.versions(group, kind)


def test_definitions_hold_no_prose_and_one_form_of_type() -> None:
    for _, _, name, text in rows("definitions.tsv"):
        for node in nodes(json.loads(text)):
            assert not isinstance(node.get("description"), str), name
            assert not isinstance(node.get("type"), list), name
            assert "oneOf" not in node or isinstance(node["oneOf"], dict), name


def test_equal_definitions_are_written_once() -> None:
    written = [(row[2], row[3]) for row in rows("definitions.tsv")]
    gaps = len(written) - len(set(written))
    assert gaps < 10  # the same text again only where a minor between lacked it
    assert 1_800 < len(written) < 2_400


def test_both_tables_are_small() -> None:
    sizes = {name: (schemas_folder() / "kubernetes" / name).stat().st_size for name in ("definitions.tsv", "kinds.tsv")}
    assert sizes["definitions.tsv"] < 1_000_000 and sizes["kinds.tsv"] < 60_000


def test_a_pack_is_loaded_without_parsing_its_definitions() -> None:
    """A definition is parsed when something asks for it: loading is about three calls a line, and no JSON."""
    packs.load_pack.cache_clear()
    packs._lines.cache_clear()
    lines = (schemas_folder() / "kubernetes" / "definitions.tsv").read_text().count("\n")
    assert calls(lambda: load_pack(34)) < 4 * lines


def test_data_is_found_in_a_checkout_and_in_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert data_files.schemas_folder().name == "schemas"
    installed = tmp_path / "compiler" / "_schemas" / "kubernetes"
    installed.mkdir(parents=True)
    (installed / "kinds.tsv").write_bytes(b"x")
    monkeypatch.setattr(data_files, "_PACKAGE", tmp_path / "compiler")
    data_files.schemas_folder.cache_clear()
    try:
        assert data_files.read_schema_file("kubernetes/kinds.tsv") == b"x"
        monkeypatch.setattr(data_files, "_PACKAGE", tmp_path / "nowhere" / "compiler")
        data_files.schemas_folder.cache_clear()
        with pytest.raises(Bug):
            data_files.schemas_folder()
    finally:
        data_files.schemas_folder.cache_clear()


def test_load_pack_outside_the_range_is_a_bug() -> None:
    for minor in (OLDEST - 1, NEWEST + 1):
        with pytest.raises(Bug):
            load_pack(minor)


def test_versions_are_preferred_first() -> None:
    assert load_pack(25).versions("autoscaling", "HorizontalPodAutoscaler") == ("v2", "v1", "v2beta2")
    assert load_pack(36).versions("autoscaling", "HorizontalPodAutoscaler") == ("v2", "v1")
    assert load_pack(15).versions("apps", "Deployment") == ("v1", "v1beta2", "v1beta1")
    assert load_pack(36).versions("apps", "Deploymen") == ()
    ordered = ["v2", "v1", "v2beta2", "v2beta1", "v1beta1", "v2alpha1", "v1alpha1", "foo"]
    assert sorted(reversed(ordered), key=version_order) == ordered


@pytest.mark.parametrize(
    ("group", "version", "kind", "minors"),
    [
        ("extensions", "v1beta1", "Ingress", range(15, 22)),
        ("networking.k8s.io", "v1", "Ingress", range(19, 38)),
        ("batch", "v1beta1", "CronJob", range(15, 25)),
        ("batch", "v1", "CronJob", range(21, 38)),
        ("policy", "v1", "PodDisruptionBudget", range(21, 38)),
        ("policy", "v1beta1", "PodSecurityPolicy", range(15, 25)),
        ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", range(16, 38)),
        ("apiextensions.k8s.io", "v1beta1", "CustomResourceDefinition", range(15, 22)),
        ("apps", "v1", "Deployment", range(15, 38)),
        ("apps", "v1beta1", "Deployment", range(15, 16)),
        ("apps", "v1beta2", "DaemonSet", range(15, 16)),
        ("extensions", "v1beta1", "Deployment", range(15, 16)),
    ],
)
def test_kinds_come_and_go_with_the_minors(group: str, version: str, kind: str, minors: range) -> None:
    """Source: the deprecation guide of Kubernetes."""
    assert [minor for minor in MINORS if (group, version, kind) in load_pack(minor).kinds] == list(minors)


def test_bodies_that_are_no_objects_are_no_kinds() -> None:
    pack = load_pack(36)
    for group, kind in (
        ("", "Status"),
        ("", "PodList"),
        ("autoscaling", "Scale"),
        ("policy", "Eviction"),
        ("", "DeleteOptions"),
    ):
        assert not pack.knows(group, kind)
        assert is_namespaced(group, kind) is None


def test_is_namespaced_knows_removed_kinds_and_no_custom_ones() -> None:
    assert is_namespaced("", "Pod") is True
    assert is_namespaced("", "Namespace") is False
    assert is_namespaced("extensions", "Ingress") is True
    assert is_namespaced("policy", "PodSecurityPolicy") is False
    assert is_namespaced("kubeflow.org", "TFJob") is None


def test_quantities_and_int_or_strings_have_one_form_in_all_minors() -> None:
    for minor in MINORS:
        definitions = load_pack(minor).definitions
        assert definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"] == {
            "format": "quantity",
            "x-kubernetes-int-or-string": True,
        }
        assert definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"]["x-kubernetes-int-or-string"] is True


def test_enums_and_defaults_of_a_running_server_stand_where_the_minor_has_the_field() -> None:
    for minor in (15, 22, 28, 34, 37):
        definitions = load_pack(minor).definitions
        port = definitions["io.k8s.api.core.v1.ContainerPort"]["properties"]["protocol"]
        assert port["default"] == "TCP" and port["enum"] == ["SCTP", "TCP", "UDP"]
        assert definitions["io.k8s.api.core.v1.Container"]["properties"]["imagePullPolicy"]["enum"] == [
            "Always",
            "IfNotPresent",
            "Never",
        ]
    assert "whenUnsatisfiable" not in str(load_pack(15).definitions["io.k8s.api.core.v1.PodSpec"])


def test_required_fields_that_no_server_demands_are_not_required() -> None:
    definitions = load_pack(34).definitions
    assert "required" not in definitions["io.k8s.api.networking.v1.NetworkPolicySpec"]
    assert definitions["io.k8s.api.core.v1.PodSpec"]["required"] == ["containers"]


def test_list_keys_fall_back_to_patch_keys() -> None:
    volumes = load_pack(16).definitions["io.k8s.api.core.v1.PodSpec"]["properties"]["volumes"]
    assert "x-kubernetes-list-map-keys" not in volumes and list_keys(volumes) == ("name",)
    ports = load_pack(15).definitions["io.k8s.api.core.v1.ServiceSpec"]["properties"]["ports"]
    assert list_keys(ports) == ("port", "protocol")
    assert list_keys(load_pack(36).definitions["io.k8s.api.core.v1.PodSpec"]["properties"]["tolerations"]) == ()


def test_the_script_writes_the_same_bytes_from_the_same_definitions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two minors of made-up definitions: shared ones once, a gap as two rows, an unknown kind refused."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    from make_schema_packs import write_packs  # type: ignore[import-not-found]
    from pack_sources import Fetched  # type: ignore[import-not-found]

    pod = {
        "description": "prose",
        "type": ["object", "null"],
        "properties": {
            "metadata": {"$ref": "_definitions.json#/$defs/Meta"},
            "kind": {"type": ["string", "null"], "enum": ["Pod", None]},
        },
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Pod"}],
    }
    meta = {"type": ["object", "null"], "properties": {"name": {"type": ["string", "null"], "description": "prose"}}}
    old = {"Pod": pod, "Meta": {**meta, "required": ["name"]}}
    new = {"Pod": pod, "Meta": meta}
    fetched = Fetched({20: new, 21: old, 22: new}, ("made up",))
    fields = {"Meta": {"name": {"default": ""}}}
    write_packs(fetched, fields, tmp_path / "a")
    write_packs(fetched, fields, tmp_path / "b")
    text = (tmp_path / "a" / "definitions.tsv").read_text()
    assert text == (tmp_path / "b" / "definitions.tsv").read_text()
    assert [line.split("\t")[:3] for line in text.splitlines()[2:]] == [
        ["20", "20", "Meta"],
        ["21", "21", "Meta"],
        ["22", "22", "Meta"],
        ["20", "22", "Pod"],
    ]
    assert '{"default":"","type":"string"}' in text and "prose" not in text and "enum" not in text
    assert (tmp_path / "a" / "kinds.tsv").read_text().splitlines()[2] == "20\t22\t\tv1\tPod\tNamespaced\tPod"
    stranger = {**pod, "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Stranger"}]}
    with pytest.raises(SystemExit, match="Stranger"):
        write_packs(Fetched({20: {"Pod": stranger, "Meta": meta}}, ()), {}, tmp_path / "c")
    with pytest.raises(SystemExit, match="refers"):
        write_packs(Fetched({20: {"Pod": pod}}, ()), {}, tmp_path / "c")
    assert "make_schema_packs" in sys.modules
