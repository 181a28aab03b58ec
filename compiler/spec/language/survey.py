"""One walk over a merged stack along its schema: every value that has a meaning, by meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from compiler.model.source import Path, Span, Tree
from compiler.spec.schemas import Schema
from compiler.spec.shapes import ANY, Shapes, switch_value


class Place(NamedTuple):
    """One value with its place and its schema."""

    path: Path
    value: Any
    schema: Schema


class Survey(NamedTuple):
    """What was found: `typed` by `x-type`, `refs` by `x-ref`, `makes` by `x-makes`, and every text that is a value."""

    typed: dict[str, list[Place]]
    refs: dict[str, list[Place]]
    makes: dict[str, list[Place]]
    texts: list[tuple[Path, str]]


class Context(NamedTuple):
    """What every check of the language gets.

    Shape: `spec` is the merged spec; `provided` names what the components of the stack bring, by list
    (`storageClasses`, `namespaces`, `secrets` …); values may still have the wrong type: schema findings come out
    together with those of the checks.
    """

    tree: Tree
    spec: dict[str, Any]
    survey: Survey
    shapes: Shapes
    provided: Mapping[str, frozenset[str]]

    @property
    def preset(self) -> str:
        """The chosen preset."""
        preset = self.spec.get("preset", "standard")
        return preset if isinstance(preset, str) else "standard"

    def span(self, path: Path) -> Span | None:
        """Return the place of a value."""
        return self.tree.span(path)

    def key(self, path: Path) -> Span | None:
        """Return the place of a key."""
        return self.tree.key_span(path)

    def typed(self, name: str) -> list[Place]:
        """Return the values of one shared type."""
        return self.survey.typed.get(name, [])

    def items(self, name: str) -> list[tuple[Path, dict[str, Any]]]:
        """Return the items of a list of the spec that are maps, with their paths."""
        return maps(self.spec.get(name), ("spec", name))


def maps(value: object, path: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Return the items of a list that are maps, with their paths."""
    if not isinstance(value, list):
        return []
    return [((*path, index), item) for index, item in enumerate(value) if isinstance(item, dict)]


def member(value: object, *keys: str) -> Any:
    """Return what is inside nested maps, None where a key is missing or no map."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def survey(data: Any, shapes: Shapes) -> Survey:
    """Walk a document along the schema."""
    found = Survey({}, {}, {}, [])
    _Walk(shapes, found).visit(data, shapes.root, ())
    return found


class _Walk:
    """The walk, with the groups of each schema that it has met: a stack has many values and few schemas."""

    def __init__(self, shapes: Shapes, found: Survey) -> None:
        self.shapes = shapes
        self.found = found
        self.groups: dict[int, tuple[Schema, tuple[list[Place], ...]]] = {}

    def visit(self, value: Any, schema: Schema, path: Path) -> None:
        """Note a value and what is inside."""
        kind = type(value)
        if "$ref" in schema or "x-switch" in schema or "x-layer-of" in schema:
            chosen = switch_value(self.shapes.resolve(schema), value) if kind is dict else None
            schema = self.shapes.of(schema, chosen)
        known = self.groups.get(id(schema))
        if known is None:
            known = self.groups[id(schema)] = (schema, self.groups_of(schema))
        for group in known[1]:
            group.append(Place(path, value, schema))
        if kind is str:
            self.found.texts.append((path, value))
        elif kind is dict:
            properties = schema.get("properties", ANY)
            for key, child in value.items():
                inner = properties.get(key)
                self.visit(child, self.shapes.member(schema, key).schema if inner is None else inner, (*path, key))
        elif kind is list:
            items = schema.get("items", ANY)
            for index, child in enumerate(value):
                self.visit(child, items, (*path, index))

    def groups_of(self, schema: Schema) -> tuple[list[Place], ...]:
        """Return the lists that a value of this schema belongs in."""
        found = self.found
        words = (("x-type", found.typed), ("x-ref", found.refs), ("x-makes", found.makes))
        return tuple(group.setdefault(schema[word], []) for word, group in words if word in schema)
