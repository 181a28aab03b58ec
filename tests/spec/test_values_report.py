"""`stackc values`: the merged spec as YAML, with who set what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml

from compiler.report.values import render
from compiler.spec.values import value_rows

STACK = (
    '  kubernetes: "1.34"\n  preset: dev\n  defaults: {jobs: {backoffLimit: 1}}\n'
    "  jobs:\n    - {image: a:1, name: train, namespace: default, args: [a, b], "
    'env: {T: {value: hush}, M: "x\\ny\\n"}}\n'
)


def test_values_are_yaml_that_reads_back(run: Callable[..., Any], schema: Any) -> None:
    """The output is the merged spec, names first, secret text hidden; comments change nothing."""
    tree = run(STACK, "  jobs: [{name: train, args: [c]}]\n", sets=("preset=dev",)).tree
    rows = value_rows(tree, schema)
    expected = yaml.safe_load(yaml.safe_dump(tree.data["spec"]))
    expected["jobs"][0]["env"]["T"]["value"] = "(not shown)"
    assert yaml.safe_load(render(rows, origin=False)) == expected
    assert yaml.safe_load(render(rows, origin=True)) == expected


def test_origin_names_every_layer(run: Callable[..., Any], schema: Any) -> None:
    """Each value says where it was set, where before, and whether it is a default."""
    tree = run(STACK, "  preset: standard\n", sets=("preset=dev",)).tree
    lines = [" ".join(line.split()) for line in render(value_rows(tree, schema), origin=True).splitlines()]
    assert "preset: dev # --set #1, before: overlay1.yaml:5, stack.yaml:6" in lines
    assert "backoffLimit: 1 # defaults, stack.yaml:7" in lines
    assert any(line.startswith("- name: train # stack.yaml:9") for line in lines)


def test_the_name_that_finds_an_item_is_set_by_the_first_layer(run: Callable[..., Any], schema: Any) -> None:
    """An overlay and --set repeat a name to say which item they mean."""
    tree = run(STACK, "  jobs: [{name: train, args: [c]}]\n", sets=("jobs[train].image=b:2", "preset=dev")).tree
    lines = [" ".join(line.split()) for line in render(value_rows(tree, schema), origin=True).splitlines()]
    assert "- name: train # stack.yaml:9" in lines
    assert "image: b:2 # --set #1, before: stack.yaml:9" in lines
