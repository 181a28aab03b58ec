"""Compact CRDs: names, versions, and schemas with every field of the core types."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.build.crd import core_definition, definition_name, expand_crd, structural
from compiler.formats.packs import load_pack
from compiler.formats.shorthand import TypeFault
from compiler.formats.template_ir import Refused
from compiler.formats.yaml_read import compose_all

TFJOB = """\
crd: kubeflow.org/v1
kind: TFJob
shortNames: [tf]
types: {Replica: {replicas: int32, template: core/v1.PodTemplateSpec}}
spec: {tfReplicaSpecs: {"*": Replica}, memory: quantity, port: int-or-string, mode: a | b = a, free: any}
status: {conditions: [{type: string!, status: string!}], "active, failed": int32, started: date-time}
scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.active}
columns: {Active: .status.active, Age: .metadata.creationTimestamp, State: ".status.conditions[-1:].type"}
"""


def crd(text: str, core: str = "1.28") -> dict[str, Any]:
    (node,) = compose_all("m.yaml", text.encode(), aliases=True).value or ()
    return expand_crd(node, core, {})


def fields(schema: dict[str, Any], *path: str) -> dict[str, Any]:
    for part in path:
        schema = schema["items"] if part == "[]" else schema["properties"][part]
    return schema


def test_names_scope_subresources_and_columns() -> None:
    """What the short form does not say has Kubernetes' usual value."""
    made = crd(TFJOB)
    assert made["metadata"]["name"] == "tfjobs.kubeflow.org"
    spec = made["spec"]
    names = {"kind": "TFJob", "listKind": "TFJobList", "plural": "tfjobs", "singular": "tfjob", "shortNames": ["tf"]}
    assert spec["names"] == names
    assert (spec["group"], spec["scope"]) == ("kubeflow.org", "Namespaced")
    (version,) = spec["versions"]
    assert (version["name"], version["served"], version["storage"]) == ("v1", True, True)
    assert version["subresources"]["status"] == {}
    assert version["subresources"]["scale"]["statusReplicasPath"] == ".status.active"
    assert [c["type"] for c in version["additionalPrinterColumns"]] == ["integer", "date", "string"]
    assert crd("crd: a.b/v1\nkind: Policy\nplural: policies\nscope: Cluster\n")["metadata"]["name"] == "policies.a.b"


def root(text: str = TFJOB, core: str = "1.28") -> dict[str, Any]:
    return crd(text, core)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def test_a_pod_template_has_every_field_of_its_core_types() -> None:
    """A field that the schema lacks is pruned by the server: each one of the pack must be there, at every depth."""
    pack = load_pack(28)
    template = fields(root(), "spec", "tfReplicaSpecs")["additionalProperties"]["properties"]["template"]
    compared: set[str] = set()

    def same(schema: dict[str, Any], name: str) -> None:
        if name in compared or name.endswith(("ObjectMeta", "Quantity", "IntOrString", "Time", "FieldsV1")):
            return
        compared.add(name)
        wanted = pack.definitions[name].get("properties", {})
        assert set(schema.get("properties", {})) == set(wanted), name
        for field, child in wanted.items():
            below, made = dict(child), schema["properties"][field]
            while "items" in below or isinstance(below.get("additionalProperties"), dict):
                key = "items" if "items" in below else "additionalProperties"
                below, made = dict(below[key]), made[key]
            if "$ref" in below:
                same(made, str(below["$ref"]).rsplit("/", 1)[-1])

    same(template, definition_name("core/v1.PodTemplateSpec"))
    assert len(compared) > 60


def test_the_schema_is_structural_everywhere() -> None:
    """Each node says what it is, and every key of a keyed list is required or has a default."""

    def walk(schema: dict[str, Any], place: str) -> None:
        assert "$ref" not in schema, place
        known = {"type", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"}
        assert known & set(schema), place
        assert not {"x-list", "x-keys", "x-type", "x-optional"} & set(schema), place
        for key in schema.get("x-kubernetes-list-map-keys", ()):
            item = schema["items"]
            assert key in item.get("required", ()) or "default" in item["properties"][key], place
        assert schema.get("required", []) == sorted(schema.get("required", [])), place
        for name, child in schema.get("properties", {}).items():
            walk(child, f"{place}.{name}")
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                walk(schema[key], f"{place}.{key}")

    walk(root(), "")


def test_quantities_and_int_or_string() -> None:
    """Both take numbers and texts; a quantity has the pattern of the API machinery."""
    spec = fields(root(), "spec")
    assert spec["properties"]["memory"]["x-kubernetes-int-or-string"] is True
    assert spec["properties"]["memory"]["pattern"].startswith("^(\\+|-)?")
    assert "pattern" not in spec["properties"]["port"]
    template = spec["properties"]["tfReplicaSpecs"]["additionalProperties"]["properties"]["template"]
    limits = fields(template, "spec", "containers", "[]", "resources", "limits")
    assert limits["additionalProperties"]["x-kubernetes-int-or-string"] is True
    assert spec["properties"]["free"] == {"x-kubernetes-preserve-unknown-fields": True}
    assert spec["properties"]["mode"] == {"type": "string", "enum": ["a", "b"], "default": "a"}


def test_keys_of_keyed_lists_have_the_defaults_that_a_server_demands() -> None:
    """ports[].protocol and imagePullSecrets[].name are optional keys: refused without a default."""
    template = fields(root(core="1.34"), "spec", "tfReplicaSpecs")["additionalProperties"]["properties"]["template"]
    ports = fields(template, "spec", "containers", "[]", "ports")
    assert ports["x-kubernetes-list-map-keys"] == ["containerPort", "protocol"]
    assert ports["items"]["properties"]["protocol"]["default"] == "TCP"
    pull = fields(template, "spec", "imagePullSecrets")
    assert pull["items"]["properties"]["name"]["default"] == ""


def test_metadata_of_a_pod_template_keeps_labels() -> None:
    """Under a bare object a structural schema prunes the labels."""
    template = fields(root(), "spec", "tfReplicaSpecs")["additionalProperties"]["properties"]["template"]
    assert set(template["properties"]["metadata"]["properties"]) == {
        "annotations",
        "finalizers",
        "labels",
        "name",
        "namespace",
    }


def test_core_types_are_those_of_the_operators_version() -> None:
    """An operator built against 1.20 drops what came later, so its CRD must not have it."""
    text = "crd: a.b/v1\nkind: W\nspec: {pod: core/v1.PodSpec}\n"
    old, new = (set(fields(root(text, core), "spec", "pod")["properties"]) for core in ("1.20", "1.34"))
    assert "schedulingGates" in new - old
    assert "containers" in old & new


@pytest.mark.parametrize(
    ("text", "core", "code", "place"),
    [
        ("crd: a.b/v1\nkind: W\nspce: {}\n", "1.28", "SC425", "3:1"),
        ("crd: a.b/v1\nkind: W\nspec: {pod: core/v1.PodSpec}\n", "", "SC426", "3:13"),
        ("crd: a.b/v1\nkind: W\nspec:\n  a:\n  - core/v1.PodSpek\n", "1.28", "SC426", "5:5"),
        ("crd: a.b/v1\nkind: W\nspec: {x: strin}\n", "1.28", "SC423", "3:11"),
    ],
)
def test_what_is_wrong_is_told_at_the_word(text: str, core: str, code: str, place: str) -> None:
    """A key, a version or a type that does not exist, at its line and column."""
    with pytest.raises(Refused) as caught:
        crd(text, core)
    assert (caught.value.diagnostics[0].code, str(caught.value.diagnostics[0].span)) == (code, f"m.yaml:{place}")


def test_structural_keeps_rules_and_bounds() -> None:
    """What `$schema` says passes, if a server knows it."""
    rule = [{"rule": "self > 0"}]
    given = {"type": "integer", "minimum": 1, "x-kubernetes-validations": rule, "x-optional": True, "description": "d"}
    assert structural(given) == {"type": "integer", "minimum": 1, "x-kubernetes-validations": rule}


def test_core_definition_finds_short_names() -> None:
    """The short name of a core type leads to its definition, or is refused."""
    assert core_definition("core/v1.PodTemplateSpec", "1.28") == "io.k8s.api.core.v1.PodTemplateSpec"
    assert core_definition("meta/v1.LabelSelector", "1.28") == "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector"
    with pytest.raises(TypeFault, match="did you mean `core/v1.PodTemplateSpec`"):
        core_definition("core/v1.PodTemplateSpecc", "1.28")
