"""The table of contents: how one stack file becomes a checked bundle, one line a stage."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import NamedTuple

from compiler.build.assume import provided_names
from compiler.build.blame import blamed
from compiler.build.bundle import Built, build_bundle
from compiler.build.catalog import Catalog
from compiler.build.dangling import dangling
from compiler.build.limits import uncounted, unlimited
from compiler.build.manifests import own_place
from compiler.build.refused_images import refused_images
from compiler.build.sections import stack_schema
from compiler.build.template_places import shown_in_templates
from compiler.build.transforms.settings import registry_of
from compiler.check.bundle import check_bundle
from compiler.check.crds import index_crds
from compiler.check.objects import Judge, check_objects
from compiler.formats.files import DiskFiles, FileRefused, Files, find_root, path_in
from compiler.formats.packs import Pack, load_pack
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome, sort_key
from compiler.model.ids import minor_of
from compiler.model.manifest import Bundle
from compiler.model.source import Document, Tree, path_of
from compiler.model.stack import Stack
from compiler.spec.check import check_stack
from compiler.spec.load import load_overlay, load_stack
from compiler.spec.overlay import merge
from compiler.spec.params import substitute
from compiler.spec.schemas import Schema


class Compiled(NamedTuple):
    """What compiling one stack gives: its bundle with everything found, and the door its files came through."""

    outcome: Outcome[Bundle]
    files: Files


def compile_stack(
    stack: str, overlays: tuple[str, ...] = (), sets: tuple[str, ...] = (), root: str | None = None
) -> Compiled:
    """Compile a stack file of this machine; paths as on a command line.

    Errors: everything that is wrong, in the outcome; nothing is raised for what users write.
    """
    built, files = build_stack(stack, overlays, sets, root)
    return Compiled(built.then(lambda b: outcome(b.bundle)), files)


def build_stack(
    stack: str, overlays: tuple[str, ...] = (), sets: tuple[str, ...] = (), root: str | None = None
) -> tuple[Outcome[Built], Files]:
    """Compile a stack file, and give what commands ask of a bundle besides: references, images, what is assumed."""
    files, paths, found = opened(stack, overlays, root)
    if found:
        return Outcome(None, found), files
    return build(files, paths[0], tuple(paths[1:]), sets), files


def build(files: Files, stack: str, overlays: tuple[str, ...], sets: tuple[str, ...]) -> Outcome[Built]:
    """Compile a stack that lies behind a files door: the stages in their order."""
    was_enabled = gc.isenabled()
    gc.disable()  # a compile makes many small objects and frees few
    try:
        catalog = Catalog(files)
        result = load_checked(files, stack, overlays, sets, catalog).then(lambda s: _compiled(s, catalog, files))
        found = refined((*catalog.found, *result.diagnostics) if result.value is None else result.diagnostics, files)
        return Outcome(result.value, tuple(sorted(dict.fromkeys(found), key=sort_key)))
    finally:
        if was_enabled:
            gc.enable()


def load_checked(
    files: Files, stack: str, overlays: tuple[str, ...], sets: tuple[str, ...], catalog: Catalog
) -> Outcome[Stack]:
    """Run the stages that end in a checked stack (circle 1, but for the rules of components)."""
    schema = dict(stack_schema(catalog))
    return load_merged(files, stack, overlays, sets, schema).then(
        lambda tree: check_stack(tree, schema, stack, provided_names(tree.data, catalog))
    )


def load_merged(
    files: Files, stack: str, overlays: tuple[str, ...], sets: tuple[str, ...], schema: Schema
) -> Outcome[Tree]:
    """Read a stack with its overlays, merge them, and fill the stack's own expressions in."""
    base = load_stack(files, stack)
    layers = [load_overlay(files, path) for path in overlays]
    found = (*base.diagnostics, *(d for layer in layers for d in layer.diagnostics))
    if base.value is None or any(layer.value is None for layer in layers):
        return Outcome(None, found)
    document, above = base.value, tuple(layer.value for layer in layers if layer.value is not None)
    merged = _merged(document, above, sets, schema)
    return Outcome(merged.value, (*found, *merged.diagnostics))


def _merged(document: Document, above: tuple[Document, ...], sets: tuple[str, ...], schema: Schema) -> Outcome[Tree]:
    return merge(document, above, sets, None, schema).then(lambda tree: substitute(tree, schema))


def _compiled(stack: Stack, catalog: Catalog, files: Files) -> Outcome[Built]:
    pack = load_pack(minor_of(stack.kubernetes))
    return build_bundle(stack, catalog, files, pack).then(
        lambda built: outcome(
            built,
            shown_in_templates(_checked(built, stack, pack), built.bundle.manifests, catalog.template),
        )
    )


def _checked(built: Built, stack: Stack, pack: Pack) -> Iterable[Diagnostic]:
    """Run circles 2 and 3, always both."""
    bundle, assumed = built.bundle, built.assumed
    crds = [m.body for m in bundle.manifests if m.id.kind == "CustomResourceDefinition"]
    judge = Judge(pack, index_crds([*crds, *assumed.crds], pack.definitions), assumed.kinds)
    nodes = (stack.spec.get("cluster") or {}).get("nodes") or ()
    registry = registry_of(stack.spec)
    secrets = [secret["name"] for secret in stack.spec.get("secrets") or ()]
    found = (
        *check_objects(bundle, judge),
        *check_bundle(bundle, judge, nodes),
        *refused_images(bundle.manifests, registry),
        *(unlimited(bundle.manifests, built.places) if stack.preset == "production" else ()),
        *uncounted(bundle.manifests, built.places),
        *dangling(bundle.manifests, built.references, assumed, secrets),
    )
    return blamed(found, bundle.manifests, stack.tree)


def opened(stack: str, overlays: tuple[str, ...], root: str | None) -> tuple[Files, list[str], tuple[Diagnostic, ...]]:
    """Return the files door of a call, and the paths of its files behind that door."""
    from pathlib import Path as FilePath

    top = FilePath(root) if root else find_root(FilePath(stack).parent)
    files = DiskFiles(top)
    paths: list[str] = []
    found: list[Diagnostic] = []
    for given in (stack, *overlays):
        if given == "-":
            help = "name a file; plain manifests come from standard input with `-f -`"
            found.append(error("SC136", "a stack can't come from standard input", help=help))
            continue
        try:
            paths.append(path_in(top, given))
        except FileRefused as refused:
            found.append(error(refused.code, refused.message, help=refused.help))
    return files, paths, tuple(found)


def refined(found: Iterable[Diagnostic], files: Files) -> Iterable[Diagnostic]:
    """Give diagnostics about the user's own manifests the exact place of their field, where they only know the line."""
    for d in found:
        if d.document is None or d.span is None or not d.path or d.span.column < d.span.end_column:
            yield d
            continue
        yield d._replace(span=own_place(files, d.span, d.document, d.object, path_of(d.path), key=d.is_on_key))
