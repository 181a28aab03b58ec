"""What is wrong with `spec.defaults` itself, whether an item takes it over or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from compiler.formats.schema import Finding, validate
from compiler.model.source import Tree
from compiler.spec.params import OPEN
from compiler.spec.schemas import Schema
from compiler.spec.shapes import Shapes, switch_value


def defaults_findings(tree: Tree, shapes: Shapes) -> list[Finding]:
    """Return what no item could take over; what a layer leaves out, the items say.

    Shape: where the kind of an item is open (the `backend` of jobs), only what is wrong for every kind.
    """
    data: Any = tree.data
    layers = data["spec"].get("defaults")
    found: list[Finding] = []
    for name, layer in layers.items() if isinstance(layers, dict) else ():
        if isinstance(layer, dict) and (schema := shapes.resolve(shapes.items_of(name))):
            found += [
                finding._replace(path=("spec", "defaults", name, *finding.path))
                for finding in _in_all(
                    validate(layer, kind, shapes.definitions) for kind in _kinds(schema, layer, shapes)
                )
                if not _is_partial(finding)
            ]
    return found


def _kinds(schema: Schema, layer: dict[str, Any], shapes: Shapes) -> list[Schema]:
    switch, chosen = schema.get("x-switch"), switch_value(schema, layer)
    if switch is None or chosen is not None:
        return [shapes.of(schema, chosen)]
    return [shapes.of(schema, case) for case in switch["cases"]]


def _in_all(kinds: Iterable[list[Finding]]) -> list[Finding]:
    first, *others = kinds
    same = [{(finding.path, finding.rule) for finding in found} for found in others]
    return [finding for finding in first if all((finding.path, finding.rule) in found for found in same)]


def _is_partial(finding: Finding) -> bool:
    if isinstance(finding.found, str) and OPEN in finding.found:  # filled in for each item
        return True
    return finding.rule == "required" or (finding.rule == "union" and not finding.found)
