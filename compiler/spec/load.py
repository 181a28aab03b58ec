"""Files door → documents: reads a stack or an overlay, and checks its envelope."""

from __future__ import annotations

from typing import Any

from compiler.formats.files import FileRefused, Files
from compiler.formats.yaml_read import read_stack
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome
from compiler.model.source import Document, Path, Span
from compiler.spec.words import clip, did_you_mean

API_VERSION = "stackc.dev/v1alpha1"
STACK = "Stack"
OVERLAY = "Overlay"
ENVELOPE = ("apiVersion", "kind", "metadata", "spec")
_METADATA = ("name", "labels", "annotations")


def load_document(files: Files, path: str) -> Outcome[Document]:
    """Read one stack or overlay.

    Errors: SC1xx of the files door and the reader; SC201, SC202, SC205 to SC207 for the envelope.
    """
    return _read(files, path).then(_checked)


def load_stack(files: Files, path: str) -> Outcome[Document]:
    """Read a document that must be a stack. Errors: as `load_document`; SC203 when it is an overlay."""
    return load_document(files, path).then(_stack_only)


def load_overlay(files: Files, path: str) -> Outcome[Document]:
    """Read a document that must be an overlay. Errors: as `load_document`; SC204 when it is a stack."""
    return load_document(files, path).then(_overlay_only)


def _read(files: Files, path: str) -> Outcome[Document]:
    try:
        raw = files.read(path)
    except FileRefused as refused:
        help = "check the path" if refused.code == "SC136" else refused.help  # the command line names this file
        return Outcome(None, (error(refused.code, refused.message, help=help),))
    return read_stack(path, raw)


def _key(document: Document, path: Path) -> Span | None:
    return document.keys.get(path) or document.spans.get(path)


def _checked(document: Document) -> Outcome[Document]:
    data = document.data
    if not isinstance(data, dict):
        return Outcome(
            None,
            (
                error(
                    "SC205",
                    "the file is not a stack",
                    help=f"write a map with {', '.join(f'`{key}`' for key in ENVELOPE)}",
                    span=document.spans.get(()),
                ),
            ),
        )
    kinds = _kinds(document, data)
    if kinds and "kind" in data and data.get("apiVersion", API_VERSION) != API_VERSION:
        return outcome(document, kinds)  # another kind of file altogether: the rest would be one cause told again
    return outcome(document, [*_versions(document, data), *kinds, *_parts(document, data)])


def _versions(document: Document, data: dict[str, Any]) -> list[Diagnostic]:
    said = data.get("apiVersion")
    if said == API_VERSION:
        return []
    message = f"`apiVersion` is `{clip(str(said))}`" if "apiVersion" in data else "`apiVersion` is missing"
    span = document.spans.get(("apiVersion",)) or document.spans.get(())
    return [error("SC201", message, help=f"write `apiVersion: {API_VERSION}`", span=span)]


def _kinds(document: Document, data: dict[str, Any]) -> list[Diagnostic]:
    said = data.get("kind")
    if said in (STACK, OVERLAY):
        return []
    message = f"`kind` is `{clip(str(said))}`" if "kind" in data else "`kind` is missing"
    advice = "write `kind: Stack`, or `kind: Overlay` for a file that you give with -O"
    if said is not None and data.get("apiVersion") != API_VERSION:
        advice = "give plain manifests with `-f FILE`; a stack has `kind: Stack`"
    span = document.spans.get(("kind",)) or document.spans.get(())
    return [error("SC202", message, help=advice, span=span)]


def _parts(document: Document, data: dict[str, Any]) -> list[Diagnostic]:
    found = [
        error("SC206", f"unknown key `{clip(key)}`", help=_elsewhere(key), span=_key(document, (key,)))
        for key in data
        if key not in ENVELOPE
    ]
    metadata = data.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
        span = document.spans.get(("metadata", "name")) or document.spans.get(("metadata",)) or document.spans.get(())
        found.append(error("SC207", "the name is missing", help="write `metadata: {name: NAME}`", span=span))
    if not isinstance(data.get("spec"), dict):
        span = document.spans.get(("spec",)) or document.spans.get(())
        found.append(error("SC207", "`spec` is missing or no map", help="write the sections under `spec:`", span=span))
    return found


def _elsewhere(key: str) -> str:
    advice = did_you_mean(key, ENVELOPE, otherwise="-")
    if advice != "-":
        return advice
    return f"write `{clip(key)}` under `{'metadata' if key in _METADATA else 'spec'}`"


def _stack_only(document: Document) -> Outcome[Document]:
    data: Any = document.data
    if data["kind"] == STACK:
        return Outcome(document)
    return Outcome(
        None,
        (
            error(
                "SC203",
                f"`{document.file}` is an overlay, not a stack",
                help=f"name the stack and lay it over: `stackc compile STACK -O {document.file}`",
                span=document.spans.get(("kind",)),
            ),
        ),
    )


def _overlay_only(document: Document) -> Outcome[Document]:
    data: Any = document.data
    if data["kind"] == OVERLAY:
        return Outcome(document)
    return Outcome(
        None,
        (
            error(
                "SC204",
                f"`{document.file}` is a stack, not an overlay",
                help="write `kind: Overlay`, or compile it on its own",
                span=document.spans.get(("kind",)),
            ),
        ),
    )
