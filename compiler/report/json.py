"""Diagnostics for programs: one JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from compiler.model.diagnostic import Diagnostic, sort_key


def render(documents: int, diagnostics: Iterable[Diagnostic]) -> str:
    """Return `{"documents": N, "diagnostics": […]}` with a final line end, in order of document and place.

    Shape: the output is ASCII; `file`, `line`, `column`, `object` and `document` may be null, `path` is a string.
    """
    return written({"documents": documents, "diagnostics": rows(diagnostics)})


def written(report: Mapping[str, Any]) -> str:
    """Write one JSON document; runners of CI jobs obey `##[` anywhere in a line, so it never stands there."""
    return json.dumps(report, indent=2).replace("##", "#\\u0023") + "\n"


def rows(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return each diagnostic as plain data, in order of document and place."""
    ordered = sorted(dict.fromkeys(diagnostics), key=lambda d: (d.document is None, d.document or 0, sort_key(d)))
    return [_row(diagnostic) for diagnostic in ordered]


def _row(diagnostic: Diagnostic) -> dict[str, Any]:
    span, subject = diagnostic.span, diagnostic.object
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "document": diagnostic.document,
        "file": span.file if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "object": subject
        and {
            "apiVersion": diagnostic.api_version,
            "kind": subject.kind,
            "namespace": subject.namespace,
            "name": subject.name,
        },
        "path": diagnostic.path,
    }
