"""Change classes: what an update does to a running object."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import compiler
from compiler.diff.classes import classify, classify_delete
from compiler.diff.deep import deep_report
from compiler.diff.known import shape_finder
from compiler.diff.objects import diff_objects
from compiler.diff.rows import class_rows
from compiler.formats.packs import load_pack
from compiler.formats.yaml_read import read_stream
from compiler.model.change import Action
from compiler.model.ids import ObjectId, split_api_version

FROZEN = {"data": {"a": "1"}, "immutable": True}
RBAC = "rbac.authorization.k8s.io/v1"
FIND = shape_finder("1.36", ())


def classed(api_version: str, kind: str, old: dict[str, Any], new: dict[str, Any]) -> tuple[Action, str]:
    fields = diff_objects(old, new, FIND(api_version, kind))
    id = ObjectId(split_api_version(api_version)[0], kind, "n", "x")
    return classify(id, old, fields, class_rows())


def spec(**fields: Any) -> dict[str, Any]:
    return {"spec": fields}


@pytest.mark.parametrize(
    ("api_version", "kind", "old", "new", "action"),
    [
        ("apps/v1", "Deployment", spec(replicas=1), spec(replicas=1), Action.UNCHANGED),
        ("apps/v1", "Deployment", spec(replicas=1), spec(replicas=2), Action.IN_PLACE),
        ("apps/v1", "Deployment", spec(template={"spec": {"a": 1}}), spec(template={"spec": {"a": 2}}), Action.ROLLOUT),
        ("apps/v1", "Deployment", spec(), spec(template={"spec": {"a": 2}}), Action.ROLLOUT),
        ("apps/v1", "Deployment", spec(selector={"m": 1}), spec(selector={"m": 2}), Action.RECREATE),
        ("extensions/v1beta1", "Deployment", spec(replicas=1), spec(replicas=2), Action.IN_PLACE),
        ("apps/v1", "StatefulSet", spec(replicas=1), spec(replicas=2), Action.IN_PLACE),
        ("apps/v1", "StatefulSet", spec(template={"a": 1}), spec(template={"a": 2}), Action.ROLLOUT),
        ("apps/v1", "StatefulSet", spec(serviceName="a"), spec(serviceName="b"), Action.RECREATE),
        (
            "apps/v1",
            "StatefulSet",
            spec(persistentVolumeClaimRetentionPolicy={"whenScaled": "Retain"}),
            spec(persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}),
            Action.DATA_RISK,
        ),
        (
            "apps/v1",
            "StatefulSet",
            spec(persistentVolumeClaimRetentionPolicy={"whenScaled": "Delete"}),
            spec(persistentVolumeClaimRetentionPolicy={"whenScaled": "Retain"}),
            Action.IN_PLACE,
        ),
        ("batch/v1", "Job", spec(parallelism=1), spec(parallelism=2), Action.IN_PLACE),
        ("batch/v1", "Job", spec(template={"spec": {"a": 1}}), spec(template={"spec": {"a": 2}}), Action.RECREATE),
        ("v1", "Pod", spec(containers=[{"name": "a", "image": "1"}]), spec(containers=[{"name": "a", "image": "2"}]),
         Action.IN_PLACE),
        ("v1", "Pod", spec(containers=[{"name": "a", "tty": True}]), spec(containers=[{"name": "a"}]), Action.RECREATE),
        ("v1", "ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, Action.IN_PLACE),
        ("v1", "ConfigMap", FROZEN, {**FROZEN, "data": {"a": "2"}}, Action.RECREATE),
        (RBAC, "RoleBinding", {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}}, Action.RECREATE),
        ("v1", "PersistentVolumeClaim", spec(storageClassName="a"), spec(storageClassName="b"), Action.DATA_RISK),
        (
            "v1",
            "PersistentVolumeClaim",
            spec(resources={"requests": {"storage": "2Gi"}}),
            spec(resources={"requests": {"storage": "1Gi"}}),
            Action.DATA_RISK,
        ),
        (
            "v1",
            "PersistentVolumeClaim",
            spec(resources={"requests": {"storage": "1Gi"}}),
            spec(resources={"requests": {"storage": "2Gi"}}),
            Action.IN_PLACE,
        ),
        (
            "v1",
            "PersistentVolume",
            spec(persistentVolumeReclaimPolicy="Retain"),
            spec(persistentVolumeReclaimPolicy="Delete"),
            Action.DATA_RISK,
        ),
        ("example.com/v1", "Widget", spec(selector=1), spec(selector=2), Action.IN_PLACE),
    ],
)  # fmt: skip
def test_classify_names_what_the_update_does(
    api_version: str, kind: str, old: dict[str, Any], new: dict[str, Any], action: Action
) -> None:
    """The worst class that a changed field falls into is the class of the change."""
    assert classed(api_version, kind, old, new)[0] is action


def test_classify_recreate_names_the_immutable_field() -> None:
    """The reason names the field that the server will not change."""
    _, reason = classed(
        "apps/v1", "Deployment", spec(selector={"matchLabels": {"a": "1"}}), spec(selector={"matchLabels": {"a": "2"}})
    )
    assert reason == "`spec.selector.matchLabels.a` is immutable"


@pytest.mark.parametrize(
    ("id", "action"),
    [
        (ObjectId("", "ConfigMap", "n", "x"), Action.DELETE),
        (ObjectId("", "PersistentVolumeClaim", "n", "x"), Action.DATA_RISK),
        (ObjectId("apiextensions.k8s.io", "CustomResourceDefinition", "", "x"), Action.DATA_RISK),
    ],
)
def test_classify_delete_data_kinds_are_a_risk(id: ObjectId, action: Action) -> None:
    """Deleting what holds data is a class of its own."""
    assert classify_delete(id, class_rows())[0] is action


def test_deep_report_gives_deepdiffs_form() -> None:
    """The deep report is plain data in deepdiff's own form."""
    assert deep_report({"a": {"b": 1}}, {"a": {"b": 2}}) == {
        "values_changed": {"root['a']['b']": {"new_value": 2, "old_value": 1}}
    }
    assert deep_report({"a": 1}, {"a": 1}) == {}


def test_shape_finder_knows_kinds_of_crds_at_hand() -> None:
    """A CRD among the bodies gives its kind's keyed lists."""
    schema = {
        "properties": {
            "spec": {"properties": {"l": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]}}}
        }
    }
    crd = {
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": "e.com",
            "names": {"kind": "W"},
            "versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}],
        },
    }
    shape = shape_finder("1.36", [crd])("e.com/v1", "W")
    old, new = spec(l=[{"k": 1, "v": 1}, {"k": 2}]), spec(l=[{"k": 1, "v": 2}, {"k": 2}])
    assert [len(field.path) for field in diff_objects(old, new, shape)] == [4]


def test_class_rows_name_kinds_that_exist_and_their_source() -> None:
    """Every row of rules/changes.yaml has a source, a class, and kinds and fields that the newest pack knows."""
    raw = (Path(compiler.__path__[0]) / "rules" / "changes.yaml").read_bytes()
    documents = read_stream("changes.yaml", raw).value
    assert documents is not None
    pack = load_pack(36)
    for row in documents[0].data:
        assert row["source"]
        for name in row["kinds"]:
            kind, _, group = name.partition(".")
            shape = FIND(f"{group}/{pack.versions(group, kind)[0]}".lstrip("/"), kind)
            for path in (row["path"], *row.get("except", ())):
                here = shape
                for step in filter(None, path.split(".")):
                    assert here is not None
                    here = here.items() if step == "*" else here.field(step)
                assert here is not None, (name, path)
