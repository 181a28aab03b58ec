"""Manifests from YAML literals, and contexts with the real packs."""

from __future__ import annotations

import json
from typing import Any

from compiler.build.places import pod_places
from compiler.build.transforms.context import TransformContext
from compiler.formats.packs import load_pack
from compiler.formats.yaml_read import read_stream
from compiler.model.diagnostic import Diagnostic
from compiler.model.manifest import Manifest, Origin, object_id
from compiler.model.source import Span


def manifests(text: str, instance: str = "openfx", component: str = "openfx") -> tuple[Manifest, ...]:
    """Read a YAML literal; every document is a manifest of one instance."""
    documents = read_stream("t.yaml", text.encode()).value
    assert documents is not None
    return tuple(
        Manifest(
            object_id(d.data), d.data, Origin(instance, component, "t.yaml", d.line, Span("stack.yaml", 9, 3, 9, 9))
        )
        for d in documents
    )


def own(text: str) -> tuple[Manifest, ...]:
    """Read a YAML literal as the user's own manifests."""
    return tuple(
        m._replace(origin=Origin("manifests", "", "own.yaml", m.origin.line, None, number))
        for number, m in enumerate(manifests(text))
    )


def context(minor: int = 34, **changes: Any) -> TransformContext:
    """Return a context for a minor, with the namespace of instance openfx."""
    base = TransformContext(minor, load_pack(minor), "lab", pod_places(), namespaces={"openfx": "openfx"})
    return base._replace(**changes)


def codes(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """Return the codes, in order."""
    return [d.code for d in diagnostics]


def frozen(found: tuple[Manifest, ...]) -> str:
    """Return all bodies as text, key order included: two equal texts prove that nothing was changed."""
    return json.dumps([m.body for m in found])
