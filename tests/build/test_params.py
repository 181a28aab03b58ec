"""Parameters of an instance: defaults, references, and shared types in the form of the Kubernetes API."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from compiler.build.params import Filling, filler
from compiler.build.shapes import CONVERSIONS, InlineSecret, Maker
from compiler.spec.schemas import shared_types

INTEGER = {"type": "integer"}


def fill(schema: dict[str, Any], value: Any, items: dict[str, Any] | None = None) -> Any:
    return filler(schema, shared_types())(value, "", Filling(items or {}, Maker("web", [])))


def converted(kind: str, value: Any, field: str = "f") -> tuple[Any, list[InlineSecret]]:
    maker = Maker("jobs.train", [])
    before = copy.deepcopy(value)
    made = CONVERSIONS[kind](value, field, maker)
    assert value == before, "values are never changed in place"
    return made, maker.secrets


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def test_defaults_fill_what_is_not_given() -> None:
    """At every depth, in lists and maps of maps; what is given stays, false and zero included."""
    schema = obj(
        n={**INTEGER, "default": 3},
        o=obj(x={**INTEGER, "default": 1}, y=INTEGER),
        l={"type": "array", "items": obj(z={"type": "boolean", "default": True})},
        m={"type": "object", "additionalProperties": obj(z={**INTEGER, "default": 7})},
    )
    assert fill(schema, {}) == {"n": 3, "o": {"x": 1}}
    assert fill(schema, {"n": 0, "o": {"y": 2}, "l": [{}, {"z": False}], "m": {"a": {}}}) == {
        "n": 0,
        "o": {"y": 2, "x": 1},
        "l": [{"z": True}, {"z": False}],
        "m": {"a": {"z": 7}},
    }


def test_objects_that_are_optional_or_need_something_stay_unset() -> None:
    """`tls?` and objects with required fields are not there until they are given."""
    schema = obj(
        tls={**obj(x={**INTEGER, "default": 1}), "x-optional": True},
        db={**obj(name={"type": "string"}, size={**INTEGER, "default": 1}), "required": ["name"]},
        one={**obj(a=obj(x={**INTEGER, "default": 1}), b=obj(x={**INTEGER, "default": 1})), "x-union": ["a", "b"]},
        res={"$ref": "Resources"},
    )
    assert fill(schema, {}) == {}
    assert fill(schema, {"tls": {}, "db": {"name": "d"}}) == {"tls": {"x": 1}, "db": {"name": "d", "size": 1}}
    assert fill(schema, {"one": {"a": {}}}) == {"one": {"a": {"x": 1}}}, "the other branch stays out"


def test_filling_never_changes_what_it_is_given() -> None:
    """The stack's own tree is shared by every instance."""
    schema = obj(o=obj(x={**INTEGER, "default": 1}), r={"$ref": "Resources"})
    value = {"o": {}, "r": {"cpu": "1"}}
    before = copy.deepcopy(value)
    assert fill(schema, value) == {"o": {"x": 1}, "r": {s: {"cpu": "1"} for s in ("requests", "limits")}}
    assert value == before


def test_names_of_data_and_queues_become_their_items() -> None:
    """A template sees the item; a name that only `assumes` has is a map with that name."""
    schema = obj(queue={"type": "string", "x-ref": "queues"}, other={"type": "string", "x-ref": "users"})
    items = {"queues": {"gpu": {"name": "gpu", "weight": 2}}}
    assert fill(schema, {"queue": "gpu", "other": "u"}, items) == {"queue": {"name": "gpu", "weight": 2}, "other": "u"}
    assert fill(schema, {"queue": "far"}, items) == {"queue": {"name": "far"}}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"cpu": "1", "memory": "2Gi"}, {s: {"cpu": "1", "memory": "2Gi"} for s in ("requests", "limits")}),
        (
            {"cpu": "1", "limits": {"cpu": "2"}, "requests": {"memory": "1Gi"}},
            {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2"}},
        ),
        ({"gpu": 2}, {s: {"nvidia.com/gpu": 2} for s in ("requests", "limits")}),
        ({"gpu": {"count": 1, "resource": "a.b/c"}}, {s: {"a.b/c": 1} for s in ("requests", "limits")}),
        ({"gpu": 0}, {}),
        ({}, {}),
        ({"requests": {"cpu": "1"}}, {"requests": {"cpu": "1"}}),
    ],
)
def test_resources(value: Any, wanted: Any) -> None:
    """Short words set both sides; what is in Kubernetes form passes unchanged."""
    assert converted("Resources", value)[0] == wanted
    assert converted("Resources", wanted)[0] == wanted


def test_env_keeps_the_order_of_the_file_and_takes_every_source() -> None:
    """$(VAR) refers to what stands before it."""
    value = {
        "Z": "1",
        "A": {"configMapRef": {"name": "c", "key": "k"}},
        "F": {"fieldRef": {"fieldPath": "metadata.name"}},
        "S": {"secretRef": {"name": "s", "key": "k"}},
        "MY_TOKEN": {"fromEnv": "TOKEN"},
    }
    made, secrets = converted("Env", value)
    assert [e["name"] for e in made] == list(value)
    assert made[0] == {"name": "Z", "value": "1"}
    assert made[1]["valueFrom"] == {"configMapKeyRef": {"name": "c", "key": "k"}}
    assert made[2]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert made[3]["valueFrom"] == {"secretKeyRef": {"name": "s", "key": "k"}}
    assert made[4]["valueFrom"] == {"secretKeyRef": {"name": "jobs-train-my-token", "key": "my-token"}}
    assert secrets == [InlineSecret("jobs-train-my-token", "my-token", {"fromEnv": "TOKEN"})]
    assert converted("Env", made) == (made, [])


def test_quota_words_are_requests() -> None:
    """Any full key passes."""
    value = {"cpu": 1, "gpu": 2, "pvcs": 3, "pods": 4, "limits.memory": "1Gi"}
    assert converted("Quota", value)[0] == {
        "requests.cpu": 1,
        "requests.nvidia.com/gpu": 2,
        "persistentvolumeclaims": 3,
        "pods": 4,
        "limits.memory": "1Gi",
    }


def test_claims_have_a_spec() -> None:
    """A size makes a claim of ReadWriteOnce; one that only names a claim stays."""
    made, _ = converted("Claim", {"size": "1Gi", "storageClassName": "nfs", "accessModes": ["ReadWriteMany"]})
    assert made["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "nfs",
        "resources": {"requests": {"storage": "1Gi"}},
    }
    assert converted("Claim", {"size": "1Gi"})[0]["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert converted("Claim", {"name": "c"})[0] == {"name": "c"}
    assert converted("Claim", made)[0] == made


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ({"pvc": {"name": "c"}}, {"persistentVolumeClaim": {"claimName": "c"}}),
        ({"nfs": {"server": "s", "path": "/p"}}, {"nfs": {"server": "s", "path": "/p"}}),
        ({"emptyDir": {"sizeLimit": "1Gi"}}, {"emptyDir": {"sizeLimit": "1Gi"}}),
        ({"configMap": {"name": "c"}}, {"configMap": {"name": "c"}}),
        ({"hostPath": "/h"}, {"hostPath": {"path": "/h"}}),
        ({"secretRef": {"name": "s"}}, {"secret": {"secretName": "s"}}),
        (
            {"secretRef": {"name": "s", "key": "k"}},
            {"secret": {"secretName": "s", "items": [{"key": "k", "path": "k"}]}},
        ),
        ({"s3": {"bucket": "b", "secretRef": {"name": "s"}}}, {"emptyDir": {}}),
        ({"data": {"name": "d", "pvc": {"size": "1Gi"}}}, {"persistentVolumeClaim": {"claimName": "d"}}),
        ({"data": {"name": "d", "nfs": {"server": "s", "path": "/p"}}}, {"nfs": {"server": "s", "path": "/p"}}),
    ],
)
def test_volumes(source: Any, wanted: Any) -> None:
    """One entry is a pod's volume and its mount; nothing of the short form is lost."""
    value = {"name": "v", "mountPath": "/m", "subPath": "a", "readOnly": True, **source}
    made, _ = converted("Volume", value)
    assert made["volume"] == {"name": "v", **wanted}
    assert made["mount"] == {"name": "v", "mountPath": "/m", "subPath": "a", "readOnly": True}
    assert converted("Volume", made)[0] == made
    bare, _ = converted("Volume", {"name": "v", "mountPath": "/m", "readOnly": False, **source})
    assert bare["mount"] == {"name": "v", "mountPath": "/m"}


def test_a_volume_with_a_claim_of_its_own_brings_the_claim() -> None:
    """A claim of the job: the template makes it, the volume names it when it has a name."""
    made, _ = converted("Volume", {"name": "v", "mountPath": "/m", "pvc": {"size": "1Gi"}})
    assert made["claim"]["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
    shared, _ = converted("Volume", {"name": "v", "mountPath": "/m", "data": {"name": "d", "pvc": {"size": "1Gi"}}})
    assert "claim" not in shared, "the claim of a data place belongs to the stack"


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ({"nfs": {"server": "s", "path": "/p"}}, {"nfs": {"server": "s", "path": "/p"}}),
        ({"data": {"name": "d", "pvc": {"name": "c"}}}, {"persistentVolumeClaim": {"claimName": "c"}}),
    ],
)
def test_inputs_that_are_no_copies_are_mounted_like_volumes(place: dict[str, Any], source: dict[str, Any]) -> None:
    """The volume is called after the list too: an input, an output and a volume may share a name."""
    made, _ = converted("Transfer", {"name": "v", "mountPath": "/m/", "path": "part", **place}, "inputs")
    assert made["volume"] == {"name": "input-v", **source}
    assert made["mount"] == {"name": "input-v", "mountPath": "/m", "subPath": "part"}
    assert converted("Transfer", made, "inputs")[0] == made
    bare, _ = converted("Transfer", {"name": "v", "mountPath": "/", **place}, "outputs")
    assert bare["mount"] == {"name": "output-v", "mountPath": "/"}


def test_an_output_may_bring_a_claim_of_its_own() -> None:
    """It is made like that of a volume: without it the results would go to a directory that dies with the pod."""
    made, _ = converted("Transfer", {"name": "v", "mountPath": "/m", "pvc": {"size": "1Gi"}}, "outputs")
    assert made["claim"]["spec"]["resources"] == {"requests": {"storage": "1Gi"}}


def test_an_input_in_s3_is_copied_and_not_mounted() -> None:
    """Templates tell the two by `mount`."""
    made, _ = converted("Transfer", {"name": "v", "mountPath": "/m/", "s3": {"bucket": "b"}}, "inputs")
    assert made == {"name": "v", "mountPath": "/m", "s3": {"bucket": "b"}}


def test_secret_sources_become_a_reference() -> None:
    """Whatever the source, a template sees name and key."""
    assert converted("SecretSource", {"secretRef": {"name": "s", "key": "k"}}) == ({"name": "s", "key": "k"}, [])
    made, secrets = converted("SecretSource", {"fromFile": "a.pem"}, "sshKey")
    assert made == {"name": "jobs-train-sshkey", "key": "sshKey"}
    assert secrets[0].source == {"fromFile": "a.pem"}
