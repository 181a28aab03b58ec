"""Plain manifests: texts in, diagnostics with their places out; nothing has to come from a stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from compiler.build.dangling import dangling
from compiler.build.reference_rules import compile_rules
from compiler.build.references import extract
from compiler.check.bundle import check_set
from compiler.check.crds import index_crds
from compiler.check.decode import IN_QUOTES
from compiler.check.objects import Found, Judge, diagnostic, identity
from compiler.check.rule import Problem
from compiler.formats.packs import load_pack
from compiler.formats.yaml_read import locate, read_documents
from compiler.model.diagnostic import Diagnostic
from compiler.model.ids import ObjectId
from compiler.model.manifest import SECRET_FIELDS, Manifest, Origin
from compiler.model.source import Path, Span, unescape


class Source(NamedTuple):
    """One text with manifests; `file` is what diagnostics call it, `-` for standard input."""

    file: str
    raw: bytes


class Item(NamedTuple):
    """One object of a stream.

    Shape: `index` counts the documents of its file, `document` those of the whole call; `prefix` leads from the
    document to the object, `("items", 3)` inside a List.
    """

    source: Source
    index: int  # type: ignore[assignment]  # shadows tuple.index, which nobody calls here
    document: int
    line: int
    prefix: Path
    body: Any


class Judgement(NamedTuple):
    """What was found in a call.

    Shape: `documents` counts every document that is not empty, broken ones included; `hidden` holds the lines that show
    a secret value: (file, line, column from which the line must not be shown).
    """

    documents: int
    diagnostics: tuple[Diagnostic, ...]
    hidden: frozenset[tuple[str, int, int]] = frozenset()


def read_items(sources: Iterable[Source]) -> tuple[list[Item], int, list[Diagnostic]]:
    """Return the objects of all sources, how many documents they have, and what could not be read."""
    items: list[Item] = []
    diagnostics: list[Diagnostic] = []
    total = 0
    for source in sources:
        documents, faults = read_documents(source.file, source.raw)
        diagnostics += [f._replace(document=total + (f.document or 0)) for f in faults]
        last = -1
        for document in documents:
            last = max(last, document.index)
            for prefix, body in _expanded(document.data, ()):
                items.append(Item(source, document.index, total + document.index, document.line, prefix, body))
        total += max([last, *(f.document or 0 for f in faults)]) + 1
    return items, total, diagnostics


def _expanded(body: Any, prefix: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the objects of a List, or the document itself."""
    if isinstance(body, dict) and isinstance(body.get("items"), list) and str(body.get("kind", "")).endswith("List"):
        for i, item in enumerate(body["items"]):
            yield from _expanded(item, (*prefix, "items", i)) if len(prefix) < 8 else ()
        return
    yield prefix, body


def check_stream(sources: Iterable[Source], minor: int, *, each: bool = False) -> Judgement:
    """Judge plain manifests as the server of a minor would; `each` takes every document on its own."""
    items, documents, diagnostics = read_items(sources)
    pack = load_pack(minor)
    crds = None if each else index_crds((item.body for item in items), pack.definitions)
    judge = Judge(pack, crds)
    hidden: set[tuple[str, int, int]] = set()
    for item in items:
        for found in judge.look(item.body).found:
            diagnostics.append(_placed(found, item, hidden))
    if not each:
        diagnostics += _together(items, judge, hidden)
    return Judgement(documents, tuple(diagnostics), frozenset(hidden))


def _together(items: list[Item], judge: Judge, hidden: set[tuple[str, int, int]]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the objects of all documents together."""
    whole = [(manifest, item) for item in items if (manifest := _manifest(item)) is not None]
    by_id: dict[ObjectId, tuple[Manifest, Item]] = {}
    for manifest, item in whole:
        first = by_id.setdefault(manifest.id, (manifest, item))[1]
        if first is not item:
            message = f"{manifest.id} stands here and at {first.source.file}:{first.line}: the second one wins"
            problem = Problem(("metadata", "name"), message, "keep one of them", warning=True)
            yield _placed(Found("SC687", problem), item, hidden)
    items_of = {id(manifest): item for manifest, item in whole}
    sound = ((m, view) for m, _ in by_id.values() if (view := judge.look(m.body).view) is not None)
    for manifest, found in check_set(sound, judge.pack.minor, plain=True):
        yield _placed(found, items_of[id(manifest)], hidden)
    yield from _dangling(by_id, hidden)


def _dangling(by_id: dict[ObjectId, tuple[Manifest, Item]], hidden: set[tuple[str, int, int]]) -> Iterator[Diagnostic]:
    """Yield references to what the stream does not have; the cluster may, so they are warnings."""
    manifests = tuple(manifest for manifest, _ in by_id.values())
    for found in dangling(manifests, extract(manifests, compile_rules())):
        if found.code == "SC515" or found.object is None:
            continue  # circle 2 tells of kinds without CRD, each at its own document
        _, item = by_id[found.object]
        if not found.message.startswith("there is no Namespace"):
            help = found.help if "`assumes" not in found.help else "add it, unless the cluster has it already"
            problem = Problem(_walked(found.path, item.body), found.message, help, warning=True)
            yield _placed(Found(found.code, problem), item, hidden)


def _walked(pointer: str, body: Any) -> Path:
    """Return the path of a JSON pointer into a body, list indices as numbers."""
    path: list[str | int] = []
    for part in pointer.split("/")[1:]:
        key: str | int = unescape(part)
        if isinstance(body, list):
            key = int(part)
            body = body[key] if key < len(body) else None
        else:
            body = body.get(key) if isinstance(body, dict) else None
        path.append(key)
    return tuple(path)


def _placed(found: Found, item: Item, hidden: set[tuple[str, int, int]]) -> Diagnostic:
    path = (*item.prefix, *found.problem.path)
    span = locate(item.source.raw, item.source.file, item.index, path, key=found.problem.on_key)
    if span is None:
        span = Span(item.source.file, item.line, 1, item.line, 1)
    is_hidden = _is_secret(item.body) and found.problem.path[:1] in [(field,) for field in SECRET_FIELDS]
    if found.problem.help == IN_QUOTES and not is_hidden:
        text = _written(item.source.raw, span)
        found = found._replace(
            problem=found.problem._replace(help=f'{IN_QUOTES}, as `"{text}"`' if text else IN_QUOTES)
        )
    if is_hidden:
        value = locate(item.source.raw, item.source.file, item.index, path)
        if value is not None:
            hidden.add((value.file, value.line, value.column))
    made = diagnostic(found, item.body, span)
    return made._replace(document=item.document, path=_prefixed(made.path, item.prefix))


def _written(raw: bytes, span: Span) -> str:
    """Return what stands at a place, empty where that is more than one line."""
    if span.end_line != span.line:
        return ""
    line = raw.split(b"\n", span.line)[span.line - 1]
    text = line.decode("utf-8", "replace").removeprefix("\ufeff")[span.column - 1 : span.end_column - 1]
    return "" if text[:1] in ("{", "[") else text


def _prefixed(path: str, prefix: Path) -> str:
    return "".join(f"/{part}" for part in prefix) + path


def _is_secret(body: Any) -> bool:
    return isinstance(body, dict) and body.get("kind") == "Secret"


def _manifest(item: Item) -> Manifest | None:
    """Return an item as a manifest, None for what has no identity (circle 2 says so)."""
    if not isinstance(item.body, dict):
        return None
    name = identity(item.body)
    if name is None or not name.name:
        return None
    instance = "/".join(map(str, item.prefix))
    return Manifest(name, item.body, Origin(instance, "", item.source.file, item.line, None, item.document))


def masked(source: Source, hidden: frozenset[tuple[str, int, int]]) -> bytes:
    """Return a text for showing, without the values of Secrets that diagnostics point at."""
    lines = source.raw.split(b"\n")
    for file, line, column in hidden:
        if file == source.file and 0 < line <= len(lines):
            kept = lines[line - 1].decode("utf-8", "replace")[: column - 1]
            lines[line - 1] = f"{kept}(not shown)".encode()
    return b"\n".join(lines)


def manifests_of(sources: Iterable[Source]) -> tuple[Manifest, ...]:
    """Return the objects of plain manifests; what is none is left out."""
    items, _, _ = read_items(sources)
    return tuple(manifest for item in items if (manifest := _manifest(item)) is not None)
