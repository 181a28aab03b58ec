"""Merged tree → Stack: the schema, and the checks of the language; circle 1 without the rules of components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.formats.schema import validate
from compiler.model.diagnostic import Diagnostic, Outcome, outcome
from compiler.model.source import Tree
from compiler.model.stack import Stack
from compiler.spec.defaults import defaults_findings
from compiler.spec.enabled import without_disabled
from compiler.spec.findings import diagnostics
from compiler.spec.language.run import check_language
from compiler.spec.language.survey import Context, survey
from compiler.spec.paths import seen_from_stack
from compiler.spec.schemas import Schema
from compiler.spec.shapes import Shapes

_FORM = frozenset(("SC302", "SC303", "SC305", "SC306", "SC307", "SC308", "SC309"))
"""Codes of the schema that say what is wrong with one value by itself."""

_PLACEHOLDER, _MISSING, _DEFAULTS = "SC315", "SC304", ("spec", "defaults")


def check_stack(
    tree: Tree, schema: Schema, file: str, provided: Mapping[str, frozenset[str]] | None = None
) -> Outcome[Stack]:
    """Check a merged and substituted stack.

    Shape: `schema` holds its shared types under `definitions`; `provided` are names that the chosen components bring,
    by list (`storageClasses`, `secrets`, `namespaces`, `priorityClasses`, `queues`, `clusterIssuers`, `issuers`).
    Errors: SC219 and SC3xx.
    """
    shapes = Shapes(schema)
    findings = [*defaults_findings(tree, shapes), *validate(tree.data, schema, shapes.definitions)]
    form = diagnostics(findings, tree, shapes)
    kept = without_disabled(tree, shapes)
    data: Any = kept.data
    spec, folder = data["spec"], file.rpartition("/")[0]
    context = Context(kept, spec, survey(data, shapes), shapes, provided or {})
    kept, refused = seen_from_stack(kept, context.survey, folder)
    found = [*_one_a_place(form, check_language(context)), *refused]
    stack = Stack(
        name=str(data["metadata"]["name"]),
        kubernetes=str(spec.get("kubernetes", "")),
        preset=str(spec.get("preset", "standard")),
        tree=kept,
        file=file,
        folder=folder,
    )
    return outcome(stack, _once(found, tree))


def _one_a_place(form: list[Diagnostic], language: list[Diagnostic]) -> list[Diagnostic]:
    """Keep one of two errors about the same value: its form, unless that is wrong because of a placeholder."""
    placeholders = {d.span for d in language if d.code == _PLACEHOLDER}
    wrong = {d.span for d in form if d.code in _FORM}
    return [
        *(d for d in form if d.code not in _FORM or d.span not in placeholders),
        *(d for d in language if d.span not in wrong or d.code == _PLACEHOLDER),
    ]


def _once(found: list[Diagnostic], tree: Tree) -> list[Diagnostic]:
    """Keep one diagnostic for each code and place: a value of `defaults` reaches every item."""
    if not found:
        return found
    shared = {span for path, trail in tree.trails.items() if path[:2] == _DEFAULTS for span in trail}
    shared |= {span for path, span in tree.keys.items() if path[:2] == _DEFAULTS}
    first: dict[tuple[object, ...], Diagnostic] = {}
    for diagnostic in found:
        words = "" if diagnostic.span in shared and diagnostic.code != _MISSING else diagnostic.message
        first.setdefault((diagnostic.code, diagnostic.span, words), diagnostic)
    return list(first.values())
