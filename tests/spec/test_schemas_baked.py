"""The schema files: the JSON is what the YAML says, every word is of the dialect, editors get standard JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from compiler.spec.export import json_schema
from compiler.spec.schemas import core_schema, shared_types

FOLDER = Path(__file__).parents[2] / "schemas"
WORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "pattern", "minimum", "maximum"),
    *("minItems", "minLength", "maxLength", "default", "$ref", "description", "examples"),
    *("x-list", "x-keys", "x-union", "x-switch", "x-type", "x-ref", "x-makes", "x-opaque", "x-expected"),
    *("x-layer-of", "x-sections"),
}


@pytest.mark.parametrize("name", ["types", "stack"])
def test_baked_json_is_what_the_yaml_says(name: str) -> None:
    """Nobody forgot to run scripts/bake_schemas.py."""
    said = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == (
        json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n"
    )


def _schemas(schema: Any) -> Iterator[dict[str, Any]]:
    yield schema
    for child in schema.get("properties", {}).values():
        yield from _schemas(child)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _schemas(schema[key])


def _all() -> list[dict[str, Any]]:
    core = {key: value for key, value in core_schema().items() if key != "definitions"}
    return [*_schemas(core), *(node for shared in shared_types().values() for node in _schemas(shared))]


def test_schemas_use_only_words_of_the_dialect() -> None:
    """A misspelled word of the dialect would check nothing."""
    assert {word for node in _all() for word in node} <= WORDS


def test_references_and_keys_lead_somewhere() -> None:
    """Every `$ref` names a type, every list says how it merges, every required key is a property."""
    for node in _all():
        assert "$ref" not in node or node["$ref"] in shared_types(), node
        if node.get("type") == "array":
            assert node.get("x-list") in ("map", "set", "atomic"), node
            assert (node["x-list"] == "map") == ("x-keys" in node), node
        assert set(node.get("required", ())) | set(node.get("x-union", ())) <= set(node.get("properties", ())), node


def test_shared_types_have_descriptions_and_examples_that_are_right() -> None:
    """Editors show them; an example that is wrong would teach a fault."""
    from compiler.formats.schema import validate

    for name, shared in shared_types().items():
        assert shared.get("description") or name in ("Toleration", "Taint"), name
        for example in shared.get("examples", ()):
            assert validate(example, {"$ref": name}, shared_types()) == [], (name, example)


@pytest.mark.parametrize("overlay", [False, True])
def test_export_is_standard_json_schema(overlay: bool, schema: Any) -> None:
    """The export meets the metaschema and has no word of ours."""
    exported = json_schema(schema, overlay=overlay)
    Draft202012Validator.check_schema(exported)
    assert '"x-' not in json.dumps(exported)


HEAD = {"apiVersion": "stackc.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "a"}}
JOB = {"name": "a", "image": "a:1"}


@pytest.mark.parametrize(
    ("spec", "is_right"),
    [
        ({"kubernetes": "1.34", "jobs": [JOB]}, True),
        ({"kubernetes": "1.34", "jobs": [{**JOB, "env": {"A": "a", "B": {"fromEnv": "B"}}}]}, True),
        ({"kubernetes": "1.34", "jobs": [{**JOB, "env": {"A": {"fromEnv": "B", "value": "b"}}}]}, False),
        ({"kubernetes": "1.34", "jobs": [{**JOB, "backend": "HorovodJob", "options": {"aws": {}}}]}, True),
        ({"kubernetes": "1.34", "jobs": [{**JOB, "options": {"aws": {}}}]}, False),
        ({"kubernetes": "1.34", "jobs": [{**JOB, "backend": "Nope"}]}, False),
        ({"kubernetes": "1.34", "jobs": [{**JOB, "imge": "a"}]}, False),
        ({"kubernetes": 1.34}, False),
        ({"kubernetes": "1.34", "tls": {"selfSigned": {}, "issuerRef": {"name": "a"}}}, False),
        ({"jobs": []}, False),
        ({"kubernetes": "1.34", "defaults": {"jobs": {"replicas": 2}}}, True),
    ],
)
def test_export_agrees_with_the_check(spec: dict[str, Any], is_right: bool, schema: Any) -> None:
    """An editor says of a stack what stackc says."""
    from compiler.formats.schema import validate

    document = {**HEAD, "spec": spec}
    assert Draft202012Validator(json_schema(schema)).is_valid(document) is is_right
    assert (not validate(document, schema, schema["definitions"])) is is_right


@pytest.mark.parametrize("name", ["air-gapped", "dev", "prod"])
def test_export_accepts_the_shared_overlays(name: str, schema: Any) -> None:
    """Directives and missing required fields are right in an overlay."""
    document = yaml.safe_load((FOLDER.parent / "overlays" / f"{name}.yaml").read_text(encoding="utf-8"))
    document["spec"].pop("kubeflow", None)
    document["spec"].pop("vk8s", None)
    errors = [error.message for error in Draft202012Validator(json_schema(schema, overlay=True)).iter_errors(document)]
    assert errors == []
