"""Runs load → merge → params → check on texts, with a schema as the catalog would assemble it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import pytest

from compiler.formats.files import MemoryFiles
from compiler.model.diagnostic import Diagnostic
from compiler.model.source import Document, Tree
from compiler.model.stack import Stack
from compiler.spec.check import check_stack
from compiler.spec.load import load_overlay, load_stack
from compiler.spec.overlay import merge
from compiler.spec.params import substitute
from compiler.spec.schemas import core_schema

Schema = dict[str, Any]
HEAD = "apiVersion: stackc.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"

FUNCTION: Schema = {
    "type": "object",
    "properties": {
        "name": {"$ref": "Name"},
        "enabled": {"$ref": "Enabled"},
        "runtime": {"type": "string"},
        "image": {"$ref": "Image"},
        "env": {"$ref": "Env"},
        "replicas": {"type": "integer", "minimum": 1},
        "resources": {"$ref": "Resources"},
        "autoscaling": {"$ref": "Autoscaling"},
        "placement": {"$ref": "Placement"},
        "probe": {"type": "object", "additionalProperties": True},
        "volumes": {
            "type": "array",
            "x-list": "map",
            "x-keys": ["name"],
            "items": {
                "type": "object",
                "properties": {
                    "name": {"$ref": "Name"},
                    "secretRef": {"$ref": "VolumeSecret"},
                    "mountPath": {"$ref": "MountPath"},
                },
                "required": ["name"],
            },
        },
    },
    "required": ["name", "image"],
}

PART: Schema = {
    "type": "object",
    "properties": {
        **{
            key: {"$ref": name}
            for key, name in (
                ("enabled", "Enabled"),
                ("expose", "Expose"),
                ("storage", "Claim"),
                ("resources", "Resources"),
                ("placement", "Placement"),
                ("image", "Image"),
                ("autoscaling", "Autoscaling"),
                ("admin", "SecretSource"),
            )
        },
        "replicas": {"type": "integer", "minimum": 0},
        "retention": {"$ref": "Duration"},
        "clients": {"$ref": "Cidr"},
        "timeouts": {"type": "object", "additionalProperties": {"$ref": "Duration"}},
        "credentials": {"$ref": "SecretSource"},
        "sshKey": {"$ref": "SecretSource"},
    },
}


def section(namespace: str, versions: list[str], **more: Schema) -> Schema:
    """Make the schema of a component's section, with what the core adds to every one."""
    return {
        "type": "object",
        "properties": {
            "version": {"type": "string", "enum": versions},
            "namespace": {"$ref": "Name", "x-makes": "namespaces", "default": namespace},
            "enabled": {"$ref": "Enabled"},
            "imageRepository": {"$ref": "ImagePrefix"},
            **more,
        },
        "required": ["version"],
    }


@cache
def catalog_schema() -> Schema:
    """Return the core schema with sections as two components would bring them."""
    core = core_schema()
    spec = core["properties"]["spec"]
    functions = {"type": "array", "x-list": "map", "x-keys": ["name"], "items": FUNCTION}
    openfx = section(
        "openfx",
        ["0.1.0"],
        gateway=PART,
        prometheus=PART,
        grafana=PART,
        functionNamespace={"$ref": "Name", "x-makes": "namespaces", "default": "openfx-fn"},
        functions=functions,
    )
    hykufe = section("hykufe", ["0.0.1"], operator=PART, nfsServer=PART, aws=PART)
    job = dict(core["definitions"]["Job"])
    aws = {"type": "object", "properties": {"aws": {"type": "object", "additionalProperties": True}}}
    properties = {key: value for key, value in job["properties"].items() if key not in ("options", "backend")}
    job = {
        **job,
        "properties": {**properties, "backend": {"type": "string"}},
        "x-switch": {
            "key": "backend",
            "default": "Job",
            "cases": {"Job": {}, "VolcanoJob": {}, "HorovodJob": {"properties": {"options": aws}}},
        },
    }
    jobs = {**spec["properties"]["jobs"], "items": job}
    free = {"type": "object", "additionalProperties": True}
    storage = spec["properties"]["storage"]
    classes = storage["properties"]["classes"]
    item = classes["items"]
    item = {
        **item,
        "properties": {**item["properties"], "localPath": free, "nfs": free},
        "x-union": ["localPath", "nfs"],
    }
    storage = {**storage, "properties": {**storage["properties"], "classes": {**classes, "items": item}}}
    sections = {**spec["properties"], "openfx": openfx, "hykufe": hykufe, "jobs": jobs, "storage": storage}
    return {**core, "properties": {**core["properties"], "spec": {**spec, "properties": sections}}}


class Result(NamedTuple):
    """What a run gave."""

    stack: Stack | None
    tree: Tree | None
    diagnostics: list[Diagnostic]

    @property
    def spec(self) -> dict[str, Any]:
        """The merged spec."""
        assert self.tree is not None, self.diagnostics
        data: Any = self.tree.data
        spec: dict[str, Any] = data["spec"]
        return spec

    def codes(self) -> list[str]:
        """The codes that were found, in order."""
        return [diagnostic.code for diagnostic in self.diagnostics]

    def at(self, code: str) -> list[str]:
        """The places of one code, as `file:line:column`."""
        return [str(diagnostic.span) for diagnostic in self.diagnostics if diagnostic.code == code]

    def only(self, code: str) -> Diagnostic:
        """The one diagnostic of that code."""
        found = [diagnostic for diagnostic in self.diagnostics if diagnostic.code == code]
        assert len(found) == 1, self.diagnostics
        return found[0]


def run_files(files: Mapping[str, str], sets: tuple[str, ...] = ()) -> Result:
    """Run the stages on `stack.yaml` and, in order of their names, the other files as overlays."""
    door = MemoryFiles({path: text.encode() for path, text in files.items()})
    base = load_stack(door, "stack.yaml")
    found = list(base.diagnostics)
    overlays: list[Document] = []
    for path in sorted(set(files) - {"stack.yaml"}):
        loaded = load_overlay(door, path)
        found += loaded.diagnostics
        if loaded.value is not None:
            overlays.append(loaded.value)
    if any(diagnostic.is_error for diagnostic in found) or base.value is None:
        return Result(None, None, found)
    schema = catalog_schema()
    tree = merge(base.value, tuple(overlays), sets, None, schema).then(lambda merged: substitute(merged, schema))
    found += tree.diagnostics
    if tree.value is None:
        return Result(None, None, found)
    stack = check_stack(tree.value, schema, "stack.yaml")
    return Result(stack.value, tree.value, [*found, *stack.diagnostics])


Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run a stack given as the text of its spec; further texts are the specs of overlays, `sets` are `--set`."""

    def with_specs(spec: str, *overlays: str, sets: tuple[str, ...] = ()) -> Result:
        files = {"stack.yaml": HEAD.format(kind="Stack", name="a") + spec}
        for number, overlay in enumerate(overlays, 1):
            files[f"overlay{number}.yaml"] = HEAD.format(kind="Overlay", name="o") + overlay
        return run_files(files, sets)

    return with_specs


@pytest.fixture
def run_texts() -> Callable[..., Result]:
    """Run whole files, given by path."""
    return run_files


@pytest.fixture
def schema() -> Schema:
    """Return the schema of the runs."""
    return catalog_schema()
