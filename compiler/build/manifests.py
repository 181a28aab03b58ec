"""`manifests:` of a stack: the user's own YAML, read through the files door."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from compiler.formats.files import FileRefused, Files, join
from compiler.formats.yaml_read import locate, read_documents
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome
from compiler.model.ids import ObjectId
from compiler.model.manifest import SECRET_FIELDS, Manifest, Origin, object_id
from compiler.model.source import Path, Span
from compiler.model.stack import Stack

INSTANCE = "manifests"
_ENDINGS = (".yaml", ".yml", ".json")


def own_manifests(stack: Stack, files: Files) -> Outcome[tuple[Manifest, ...]]:
    """Return the user's own manifests in the order of the list; a folder gives its files by name.

    Errors: SC1xx of the files and their text; SC471 for a document that is no object, SC472 for secret text.
    """
    found: list[Diagnostic] = []
    made: list[Manifest] = []
    for number, said in enumerate(stack.spec.get("manifests") or ()):
        span = stack.tree.span(("spec", "manifests", number))
        try:
            paths = list(_files(files, join(stack.folder, said)))
            for path in paths:
                made += _read(stack, files, path, found)
        except FileRefused as refused:
            found.append(error(refused.code, refused.message, help=refused.help, span=span))
    return outcome(tuple(made), found)


def _files(files: Files, path: str) -> Iterator[str]:
    if path.endswith(_ENDINGS) and "*" not in path:
        yield path
        return
    if "*" in path:
        folder = path.partition("*")[0].rpartition("/")[0]
        raise FileRefused(
            "SC136", f"there is no `{path}`", f"patterns are not expanded: name the folder, as `{folder}`"
        )
    names = [name for name in files.listdir(path) if name.endswith(_ENDINGS)]
    if not names:
        help = "name a folder with .yaml, .yml or .json files right in it, or the files"
        raise FileRefused("SC136", f"`{path}` has no manifests", help)
    yield from (f"{path}/{name}" if path else name for name in names)


def _read(stack: Stack, files: Files, path: str, found: list[Diagnostic]) -> Iterator[Manifest]:
    documents, diagnostics = read_documents(path, files.read(path))
    found.extend(diagnostics)
    for document in documents:
        at = Span(path, document.line, 1, document.line, 1)
        for body in _expanded(document.data):
            if not _is_object(body):
                message = "a document without apiVersion, kind and metadata.name"
                found.append(error("SC471", message, help="write all three, as text", span=at))
            elif _is_secret_text(body) and stack.preset != "dev":
                message = f"Secret `{body['metadata']['name']}` stands in plain text"
                help = "declare it under `secrets:`, or commit a SealedSecret or an ExternalSecret"
                field = next(filter(body.get, SECRET_FIELDS))
                text = own_place(files, at, document.index, object_id(body), (field,), key=False)
                found.append(error("SC472", message, help=help, span=text)._replace(is_secret=True))
            else:
                body = in_data(body)
                yield Manifest(object_id(body), body, Origin(INSTANCE, "", path, document.line, at, document.index))


def own_place(files: Files, span: Span, document: int, object: ObjectId | None, path: Path, *, key: bool) -> Span:
    """Return the place of a field of a user's own object, `span` where the file does not have the field.

    Shape: `document` counts the documents of `span.file`; `path` leads from the object, which may be an item of a List.
    """
    raw = files.read(span.file)
    bodies = [d.data for d in read_documents(span.file, raw)[0] if d.index == document]
    prefix = next((at for body in bodies for at in _prefixes(body, object, ())), ())
    return locate(raw, span.file, document, (*prefix, *path), key=key) or span


def _prefixes(body: Any, object: ObjectId | None, prefix: Path) -> Iterator[Path]:
    """Yield the paths in a document that lead to objects of that kind and name."""
    if isinstance(body, dict) and isinstance(body.get("items"), list):
        for number, item in enumerate(body["items"]):
            yield from _prefixes(item, object, (*prefix, "items", number))
    elif object is not None and _is_object(body):
        namespace = body["metadata"].get("namespace") or object.namespace
        if (body["kind"], namespace, body["metadata"]["name"]) == object[1:]:
            yield prefix


def in_data(body: Any) -> Any:
    """Return a Secret with `stringData` in `data`: server-side apply never removes a key dropped from the former."""
    texts = body.get("stringData")
    if body["kind"] != "Secret" or not isinstance(texts, dict) or not all(isinstance(v, str) for v in texts.values()):
        return body
    data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    rest = {key: value for key, value in body.items() if key != "stringData"}
    return {**rest, "data": {**(body.get("data") or {}), **data}}


def _expanded(body: Any) -> Iterator[Any]:
    """Yield the objects of a List, or the object itself."""
    if isinstance(body, dict) and str(body.get("kind")) == "List" and isinstance(body.get("items"), list):
        for item in body["items"]:
            yield from _expanded(item)
    else:
        yield body


def _is_object(body: Any) -> bool:
    if not isinstance(body, dict) or not isinstance(body.get("metadata"), dict):
        return False
    metadata = body["metadata"]
    texts = (body.get("apiVersion"), body.get("kind"), metadata.get("name"))
    namespace = metadata.get("namespace")
    return all(isinstance(t, str) and t for t in texts) and (namespace is None or isinstance(namespace, str))


def _is_secret_text(body: Any) -> bool:
    return body["kind"] == "Secret" and body["apiVersion"] == "v1" and any(map(body.get, SECRET_FIELDS))
