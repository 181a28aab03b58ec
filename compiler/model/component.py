"""A component of the catalog: what its folder says, and the functions its templates became."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

LISTS = ("jobs", "queues", "priorityClasses")
"""Shared lists whose items each become an instance of a component."""


DEFAULTS = "defaults"
"""The key of a rule's severity for what comes from `spec.defaults`, which are for items of all kinds."""


class DocumentPlace(NamedTuple):
    """Where a template document stands, and what it is.

    Shape: `kind` is `object`, `crd` or `use`; `use` is the component that a `use` takes in.
    """

    kind: str
    file: str
    line: int
    use: str = ""


class Rule(NamedTuple):
    """One semantic rule of a component.

    Shape: `severity` maps a preset to `error`, `warning` or `off`; `""` is every other preset, and DEFAULTS is for what
    no item says itself.
    """

    code: str
    severity: Mapping[str, str]
    title: str
    help: str
    source: str
    bad: Any
    good: Any


class Code(NamedTuple):
    """The functions made from a component's templates and rules.

    Shape: `lets(ctx)` adds the computed names to ctx; `render(ctx, out)` appends (document number, object) pairs;
    `rules(ctx, found)` appends (rule number, path, message, help) of every broken rule; `locations` maps a line of the
    generated source to (file, line, column, expression).
    """

    lets: Callable[[dict[str, Any]], None]
    render: Callable[[dict[str, Any], list[Any]], None]
    rules: Callable[[dict[str, Any], list[Any]], None]
    locations: Mapping[int, tuple[str, int, int, str]]
    filename: str


class Component(NamedTuple):
    """One entry of the catalog.

    Shape: `meta` is component.yaml without params, types and let; `params` is their schema (formats/schema.py dialect);
    `crds` are compact CRD documents, expanded; `files` the texts of files/; `folder` is its path for messages.
    """

    name: str
    folder: str
    meta: Mapping[str, Any]
    params: Mapping[str, Any]
    documents: tuple[DocumentPlace, ...]
    rules: tuple[Rule, ...]
    crds: tuple[Mapping[str, Any], ...]
    files: Mapping[str, str]
    code: Code

    @property
    def section(self) -> str:
        """The key of `spec` that this component serves, or the empty string."""
        return str(self.meta.get("section", ""))

    @property
    def versions(self) -> Mapping[str, Mapping[str, Any]]:
        """The rows of the versions table; empty for a component without versions."""
        rows: Mapping[str, Mapping[str, Any]] = self.meta.get("versions") or {}
        return rows
