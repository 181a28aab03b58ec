"""Stack, overlays and `--set` → one tree: the layers of the language, lowest first.

Catalog defaults lie below all of this and are filled in when a component is expanded. The order here is
preset < `spec.defaults` < stack < overlays in order < `--set`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome
from compiler.model.source import Document, Span, Tree
from compiler.spec.directives import directives_of, without
from compiler.spec.layered import Value, from_document, from_plain, plain, to_tree
from compiler.spec.merge import Layer, lay, seeds
from compiler.spec.schemas import Schema
from compiler.spec.set import FILE as SETS
from compiler.spec.set import read_sets
from compiler.spec.shapes import Shapes
from compiler.spec.words import clip

PresetLayer = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Gives the layer of the chosen preset for a merged `spec`: a part of a spec, used where the stack has the section."""


def merge(
    base: Document,
    overlays: tuple[Document, ...],
    sets: tuple[str, ...],
    preset_layer: PresetLayer | None,
    schema: Schema,
) -> Outcome[Tree]:
    """Lay overlays and `--set` over a stack.

    Shape: the documents have passed `load_stack` and `load_overlay`; `sets` are `path=value`, and their places are
    in the pseudo file `--set`, one line each.
    Errors: SC211 to SC218, SC220 for directives and items, SC221 to SC229 for `--set`.
    """
    data: Any = base.data
    if not overlays and not sets and preset_layer is None and _is_plain(base, data["spec"]):
        return Outcome(
            Tree(base.data, {path: (span,) for path, span in base.spans.items()}, base.keys, written=base.written)
        )
    stack = from_document(base)
    shapes = Shapes(schema)
    found: list[Diagnostic] = []
    layers = [
        _without_directives(layer, found)
        for layer in (stack.data["spec"], *(from_document(overlay, ("spec",)) for overlay in overlays))
    ]
    spec = _folded(layers, shapes, found)
    if sets:
        more = read_sets(sets, plain(spec), shapes)
        found.extend(more.diagnostics)
        spec = _with_sets(layers, spec, more.value or (), shapes, found)
    if preset_layer is not None:
        spec = _over_preset(spec, preset_layer, shapes)
    merged = to_tree(stack._replace(data={**stack.data, "spec": spec}))
    return outcome(merged._replace(written=_written((base, *overlays), sets, merged)), dict.fromkeys(found))


def _written(documents: tuple[Document, ...], sets: tuple[str, ...], merged: Tree) -> Mapping[Span, str]:
    """Return how numbers are written; a value inside a map or list of a `--set` has no place of its own."""
    written = {span: text for document in documents for span, text in document.written.items()}
    spans = (trail[0] for trail in merged.trails.values() if trail[0].file == SETS) if sets else ()
    texts = ((span, sets[span.line - 1][span.column - 1 : span.end_column - 1]) for span in spans)
    return written | {span: text for span, text in texts if text[:1] not in ("{", "[")}


def _without_directives(spec: Value, found: list[Diagnostic]) -> Value:
    """Refuse directives for the spec as a whole: an overlay that replaces everything is another stack."""
    names = directives_of(spec)
    found.extend(
        error(
            "SC220",
            f"`{clip(name)}` stands directly under `spec`",
            help="write it under one section",
            span=spec.data[name].key or spec.span,
        )
        for name in names
    )
    return without(spec, names)


def _is_plain(base: Document, spec: dict[str, Any]) -> bool:
    """Tell whether a stack has neither defaults nor directives, so that it is its own result."""
    return "defaults" not in spec and not any(str(path[-1]).startswith("$") for path in base.keys if path)


def _folded(layers: list[Value], shapes: Shapes, found: list[Diagnostic]) -> Value:
    """Lay the layers over each other, the first one lowest, the items of lists over the defaults of all layers."""
    schema = shapes.member(shapes.root, "spec").schema
    below: Value | None = None
    for layer in layers:
        if "defaults" in layer.data:
            kind = Layer(shapes, found, layered=below is not None)
            member = shapes.member(shapes.of(schema), "defaults").schema
            below = lay(layer.data["defaults"], below, member, kind, ("spec", "defaults"))
    defaults = seeds(below)
    spec = layers[0]._replace(data={})
    for index, layer in enumerate(layers):
        kind = Layer(shapes, found, layered=index > 0, defaults=defaults)
        spec = lay(layer, spec if index else None, schema, kind, ("spec",)) or spec
    return spec


def _with_sets(
    layers: list[Value], spec: Value, sets: tuple[Value, ...], shapes: Shapes, found: list[Diagnostic]
) -> Value:
    if any("defaults" in value.data for value in sets):
        return _folded([*layers, *sets], shapes, found)
    schema = shapes.member(shapes.root, "spec").schema
    for value in sets:
        spec = lay(value, spec, schema, Layer(shapes, found), ("spec",)) or spec
    return spec


def _over_preset(spec: Value, preset_layer: PresetLayer, shapes: Shapes) -> Value:
    """Lay the spec over its preset; the preset brings in no section that the stack does not have."""
    below = {key: value for key, value in preset_layer(plain(spec)).items() if key in spec.data}
    if not below:
        return spec
    schema = shapes.member(shapes.root, "spec").schema
    return lay(spec, from_plain(below), schema, Layer(shapes, []), ("spec",)) or spec
