"""The merged spec, line by line, with the places that set each value: what `stackc values --origin` prints."""

from __future__ import annotations

from typing import Any

from compiler.formats.yaml_emit import emit
from compiler.model.source import Path, Span, Tree
from compiler.model.values import ValueRow
from compiler.spec.schemas import Schema
from compiler.spec.shapes import Shapes, list_keys

SECRET = "(not shown)"


def value_rows(tree: Tree, schema: Schema) -> tuple[ValueRow, ...]:
    """Return the lines of the spec as YAML.

    Shape: values carry their origin, maps and lists do not, except those that replaced what was below. Texts of
    secrets are not shown.
    """
    data: Any = tree.data
    return tuple(_map(data["spec"], ("spec",), tree, Shapes(schema)))


def _map(value: dict[str, Any], path: Path, tree: Tree, shapes: Shapes) -> list[ValueRow]:
    rows: list[ValueRow] = []
    for key in sorted(value, key=lambda key: key != "name") if isinstance(path[-1], int) else value:
        child, place = value[key], (*path, key)
        if isinstance(child, dict | list) and child:
            rows.append(ValueRow(emit({key: ""}).rstrip().removesuffix('""').removesuffix("''").rstrip()))
            rows.extend(_indented(_rows(child, place, tree, shapes)))
        else:
            shown = {key: _shown(child, place, tree, shapes)}
            rows.extend(_leaf(shown, place, tree, selects=_selects(place, tree, shapes)))
    return rows


def _selects(path: Path, tree: Tree, shapes: Shapes) -> bool:
    """Tell whether a value is what finds its item: layers above repeat it, and do not set it."""
    if len(path) < 2 or not isinstance(path[-2], int):
        return False
    return path[-1] in list_keys(shapes.along(path[:-2], tree.data))


def _rows(value: Any, path: Path, tree: Tree, shapes: Shapes) -> list[ValueRow]:
    if isinstance(value, dict):
        return _map(value, path, tree, shapes)
    rows: list[ValueRow] = []
    for index, item in enumerate(value):
        place = (*path, index)
        if isinstance(item, dict | list) and item:
            first, *rest = _rows(item, place, tree, shapes)
            rows.append(first._replace(text=f"- {first.text}"))
            rows.extend(_indented(rest))
        else:
            rows.extend(_leaf([item], place, tree))
    return rows


def _shown(value: Any, path: Path, tree: Tree, shapes: Shapes) -> Any:
    is_secret = shapes.along(path, tree.data).get("x-type") == "SecretText"
    return SECRET if is_secret else value


def _leaf(value: dict[str, Any] | list[Any], path: Path, tree: Tree, *, selects: bool = False) -> list[ValueRow]:
    first, *rest = emit(value).rstrip("\n").split("\n")
    return [ValueRow(first, origin(path, tree, selects=selects)), *(ValueRow(line) for line in rest)]


def origin(path: Path, tree: Tree, *, selects: bool = False) -> str:
    """Return who set a value, and who before: `overlays/dev.yaml:5, before: stack.yaml:12`.

    Shape: of a value that `selects` an item only the first counts.
    """
    trail = tree.trails.get(path, ())
    trail = trail[-1:] if selects else trail
    by = ("defaults, " if trail else "preset") if path in tree.defaulted else ""
    if not trail:
        around = tree.span(path)
        return by or (_at(around) if around else "")
    before = f", before: {', '.join(_at(span) for span in trail[1:])}" if len(trail) > 1 else ""
    return f"{by}{_at(trail[0])}{before}"


def _at(span: Span) -> str:
    return f"{span.file}:{span.line}" if span.file != "--set" else f"--set #{span.line}"


def _indented(rows: list[ValueRow]) -> list[ValueRow]:
    return [row._replace(text=f"  {row.text}" if row.text else "") for row in rows]
