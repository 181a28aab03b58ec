"""Our walker against other judges: the reference implementation, its own fast half, a real API server."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler.formats.json_schema import check_meta, validate_reference
from compiler.formats.packs import Pack, load_pack
from compiler.formats.schema import Validator, validate
from compiler.formats.schema_records import Mode
from compiler.formats.schema_walk import walk
from compiler.model.ids import split_api_version

KEYS = st.sampled_from(["a", "b", "c"])
SCALARS = st.one_of(
    st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from(["", "a", "ab", "b1"])
)
VALUES = st.recursive(
    st.one_of(SCALARS, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)


def _some(**words: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=words)


SMALL = st.integers(0, 3)
TEXTS = _some(
    minLength=SMALL,
    maxLength=SMALL,
    pattern=st.sampled_from(["^a", "b", "[0-9]$"]),
    enum=st.lists(st.sampled_from(["", "a", "ab"]), min_size=1, max_size=2, unique=True),
)
BOUNDS = st.integers(-2, 2)
INTEGERS = _some(
    minimum=BOUNDS,
    maximum=BOUNDS,
    exclusiveMinimum=BOUNDS,
    multipleOf=st.integers(1, 2),
    enum=st.lists(BOUNDS, min_size=1, max_size=2, unique=True),
)
ODD: list[dict[str, Any]] = [
    {"type": "number", "maximum": 1},
    {"type": "boolean"},
    {"type": "null"},
    {"type": ["string", "null"]},
    {"const": "a"},
    {"const": 1},
    {},
    {"enum": [1, True, "a", None]},
]
LEAVES = st.one_of(
    st.builds(lambda words: {"type": "string", **words}, TEXTS),
    st.builds(lambda words: {"type": "integer", **words}, INTEGERS),
    st.sampled_from(ODD),
)


def _grown(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    objects = st.builds(
        lambda properties, extra, words: {
            "type": "object",
            "properties": properties,
            "additionalProperties": extra,
            **words,
        },
        st.dictionaries(KEYS, inner, max_size=3),
        st.one_of(st.booleans(), inner),
        _some(required=st.lists(KEYS, max_size=2, unique=True), minProperties=SMALL, maxProperties=SMALL),
    )
    arrays = st.builds(
        lambda items, words: {"type": "array", "items": items, **words},
        inner,
        _some(minItems=SMALL, maxItems=SMALL, uniqueItems=st.booleans()),
    )
    parts = st.lists(inner, min_size=1, max_size=2)
    logic = st.one_of(
        st.builds(lambda word, several: {word: several}, st.sampled_from(["allOf", "anyOf", "oneOf"]), parts),
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda a, b, c: {"if": a, "then": b, "else": c}, inner, inner, inner),
    )
    both = st.builds(lambda a, b: {**a, **b}, objects, logic)
    return st.one_of(objects, arrays, logic, both, st.just({"$ref": "#/$defs/T"}))


PLAIN = settings(
    max_examples=int(os.environ.get("STACKC_EXAMPLES", "600")),
    deadline=None,
    database=None,
    derandomize="STACKC_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
"""The same examples every time, unless a number of fresh ones is asked for."""

SCHEMAS = st.recursive(LEAVES, _grown, max_leaves=6)


def _covers(paths: set[tuple[Any, ...]], path: tuple[Any, ...]) -> bool:
    return any(path[: len(other)] == other or other[: len(path)] == path for other in paths)


@settings(PLAIN)
@given(SCHEMAS, SCHEMAS.filter(lambda s: "$ref" not in json.dumps(s)), VALUES)
def test_walker_agrees_with_the_reference_on_plain_json_schema(
    schema: dict[str, Any], shared: dict[str, Any], value: object
) -> None:
    definitions = {"T": shared}
    expected = validate_reference(value, {**schema, "$defs": definitions})
    found = walk(value, schema, definitions, Mode(False))
    assert bool(found) == bool(expected), (found, expected)
    mine, theirs = {finding.path for finding in found}, {path for path, _ in expected}
    assert all(_covers(theirs, path) for path in mine) and all(_covers(mine, path) for path in theirs)


@settings(PLAIN)
@given(
    SCHEMAS,
    SCHEMAS.filter(lambda s: "$ref" not in json.dumps(s)),
    VALUES,
    st.sampled_from([Mode(False), Mode(True), Mode(True, True)]),
)
def test_the_fast_half_never_proves_what_the_exact_half_refuses(
    schema: dict[str, Any], shared: dict[str, Any], value: object, mode: Mode
) -> None:
    definitions = {"T": shared}
    if mode.custom and schema.get("type") != "object":
        return  # a CRD's root is an object
    validator = Validator(definitions, kubernetes=mode.kubernetes, custom=mode.custom)
    if validator.is_proven(value, schema):
        assert walk(value, schema, definitions, mode) == []


def test_check_meta_finds_faults_of_a_schema() -> None:
    assert check_meta({"type": "object", "properties": {"a": {"type": "string"}}}) == []
    (fault,) = check_meta({"properties": {"a": {"type": "strng"}}})
    assert fault.startswith("properties/a/type: ")


def test_packs_are_right_schemas() -> None:
    definitions = load_pack(36).definitions
    for name in sorted(definitions)[::40]:
        assert check_meta(definitions[name]) == []


# -- real manifests and a real server ------------------------------------------------------------------------------


def _documents(file: Path) -> Iterator[dict[str, Any]]:
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    for document in yaml.load_all(raw, yaml.CSafeLoader):
        if isinstance(document, dict) and document.get("kind") == "List":
            yield from document["items"]
        elif document:
            yield document


def _faults(pack: Pack, body: dict[str, Any]) -> list[str] | None:
    group, version = split_api_version(body["apiVersion"])
    schema = pack.schema(group, version, body["kind"])
    if schema is None:
        return None
    found = validate(body, schema, pack.definitions, kubernetes=True)
    return [
        f"{body['kind']}/{body['metadata'].get('name')}: {finding.rule} /{'/'.join(map(str, finding.path))}"
        for finding in found
    ]


@pytest.mark.upstream
@pytest.mark.parametrize(
    ("system", "minor", "objects", "unknown"),
    [("openfx", 15, 26, 0), ("openfx", 34, 26, 6), ("hykufe", 16, 13, 3), ("hykufe", 34, 13, 4)],
)
def test_systems_as_published(published: Path, system: str, minor: int, objects: int, unknown: int) -> None:
    """What a minor serves of them is right; `unknown` are kinds that it does not serve, and custom resources."""
    folder = published / "upstream" / system
    pack = load_pack(minor)
    judged = [_faults(pack, body) for file in sorted(folder.iterdir()) for body in _documents(file)]
    assert len(judged) == objects
    assert sum(faults is None for faults in judged) == unknown
    assert [fault for faults in judged if faults for fault in faults] == []


@pytest.mark.upstream
@pytest.mark.parametrize(("release", "minor", "judged"), [("1.10.2", 32, 400), ("26.03", 34, 400)])
def test_kubeflow_as_published_has_no_findings(published: Path, release: str, minor: int, judged: int) -> None:
    file = published / "upstream" / "kubeflow" / f"{release}.yaml.gz"
    pack = load_pack(minor)
    results = [faults for body in _documents(file) if (faults := _faults(pack, body)) is not None]
    assert [fault for faults in results for fault in faults] == []
    assert len(results) > judged


def _cases(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line) for line in gzip.open(folder / "admission" / "cases-1.36.jsonl.gz", "rt", encoding="utf-8")
    ]


@pytest.mark.upstream
def test_what_a_server_could_not_decode_is_found_and_what_it_took_is_not(published: Path) -> None:
    """Code 500 is the server's answer when a field is unknown, of the wrong type, or a key is doubled."""
    pack = load_pack(36)
    missed, alarms, undecodable = [], [], 0
    for case in _cases(published):
        body, verdict = case["object"], case["verdict"]
        if not isinstance(body.get("apiVersion"), str) or not isinstance(body.get("kind"), str):
            continue
        group, version = split_api_version(body["apiVersion"])
        schema = pack.schema(group, version, body["kind"])
        if schema is None:
            assert not verdict["accepted"]
            continue
        found = validate(body, schema, pack.definitions, kubernetes=True)
        assert found == walk(body, schema, pack.definitions, Mode(True))
        undecodable += verdict.get("code") == 500
        if verdict.get("code") == 500 and not found:
            missed.append((case["op"], case["path"], verdict["message"]))
        if verdict["accepted"]:
            alarms += [(case["op"], finding) for finding in found if finding.rule != "overflow"]
    assert undecodable > 1_000
    assert missed == [] and alarms == []
