"""Merged tree → Stack: the schema, and the checks of the language; circle 1 without the rules of components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.formats.schema import validate
from compiler.model.diagnostic import Diagnostic, Outcome, outcome
from compiler.model.source import Tree
from compiler.model.stack import Stack
from compiler.spec.enabled import without_disabled
from compiler.spec.findings import diagnostics
from compiler.spec.language.run import check_language
from compiler.spec.language.survey import Context, survey
from compiler.spec.paths import seen_from_stack
from compiler.spec.schemas import Schema
from compiler.spec.shapes import Shapes


def check_stack(
    tree: Tree, schema: Schema, file: str, provided: Mapping[str, frozenset[str]] | None = None
) -> Outcome[Stack]:
    """Check a merged and substituted stack.

    Shape: `schema` holds its shared types under `definitions`; `provided` are names that the chosen components bring,
    by list (`storageClasses`, `secrets`, `namespaces`, `priorityClasses`, `queues`, `clusterIssuers`, `issuers`).
    Errors: SC219 and SC3xx.
    """
    shapes = Shapes(schema)
    found = diagnostics(validate(tree.data, schema, shapes.definitions), tree, shapes)
    kept = without_disabled(tree, shapes)
    data: Any = kept.data
    spec, folder = data["spec"], file.rpartition("/")[0]
    context = Context(kept, spec, survey(data, shapes), shapes, provided or {})
    found.extend(check_language(context))
    kept, refused = seen_from_stack(kept, context.survey, folder)
    found.extend(refused)
    stack = Stack(
        name=str(data["metadata"]["name"]),
        kubernetes=str(spec.get("kubernetes", "")),
        preset=str(spec.get("preset", "standard")),
        tree=kept,
        file=file,
        folder=folder,
    )
    return outcome(stack, _once(found))


def _once(found: list[Diagnostic]) -> list[Diagnostic]:
    """Keep one diagnostic for each code and place: a value of `defaults` reaches every item."""
    first: dict[tuple[object, ...], Diagnostic] = {}
    for diagnostic in found:
        first.setdefault((diagnostic.code, diagnostic.span, diagnostic.message), diagnostic)
    return list(first.values())
