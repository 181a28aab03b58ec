"""`enabled: false`: takes a section or a named item out of the stack, and keeps its text in the file."""

from __future__ import annotations

from typing import Any

from compiler.model.source import Tree
from compiler.spec.layered import Value, from_tree, to_tree
from compiler.spec.schemas import Schema
from compiler.spec.shapes import ANY, Shapes, list_keys


def without_disabled(tree: Tree, shapes: Shapes) -> Tree:
    """Return the tree without disabled sections and items.

    Shape: parts of a section that are maps stay, with their `enabled: false`: the component says what it means.
    """
    if not _any_disabled(tree.data):
        return tree
    root = from_tree(tree)
    schema = shapes.member(shapes.root, "spec").schema
    spec = root.data["spec"]
    kept = {key: child for key, child in spec.data.items() if not _is_disabled(child)}
    spec = _pruned(spec._replace(data=kept), schema, shapes)
    return to_tree(root._replace(data={**root.data, "spec": spec}))._replace(written=tree.written)


def _any_disabled(data: Any) -> bool:
    if type(data) is dict:
        return data.get("enabled") is False or any(_any_disabled(child) for child in data.values())
    return type(data) is list and any(_any_disabled(child) for child in data)


def _is_disabled(value: Value) -> bool:
    data = value.data
    return type(data) is dict and "enabled" in data and data["enabled"].data is False


def _pruned(value: Value, schema: Schema, shapes: Shapes) -> Value:
    data = value.data
    if type(data) is dict:
        resolved = shapes.of(schema, _chosen(shapes.resolve(schema), data))
        members = {key: _pruned(child, shapes.member(resolved, key).schema, shapes) for key, child in data.items()}
        return value._replace(data=members)
    if type(data) is list:
        resolved = shapes.of(schema)
        kept = [item for item in data if not _is_disabled(item)] if list_keys(resolved) else data
        return value._replace(data=[_pruned(item, resolved.get("items", ANY), shapes) for item in kept])
    return value


def _chosen(resolved: Schema, data: dict[str, Value]) -> object:
    switch = resolved.get("x-switch")
    keys = (switch["key"], switch.get("or", switch["key"])) if switch else ()
    return next((data[key].data for key in keys if key in data), None)
