"""A checked stack to a bundle: the order of passes is this file's text."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import NamedTuple

from compiler.build.assume import assume, in_range
from compiler.build.backends import lost_fields
from compiler.build.catalog import Catalog
from compiler.build.content_names import name_by_content
from compiler.build.data_claims import make_data_claims
from compiler.build.expand import Expansion
from compiler.build.graph import build_graph
from compiler.build.identity import duplicate_ids
from compiler.build.images import images_of
from compiler.build.manifests import own_manifests
from compiler.build.namespaces import NamespaceWish, make_namespaces, stack_namespaces
from compiler.build.patches import apply_patches
from compiler.build.places import PodPlaces, pod_places
from compiler.build.reference_rules import compile_rules
from compiler.build.references import References, extract
from compiler.build.released import release_fields
from compiler.build.requirements import requirement_edges
from compiler.build.secrets import Secrets, SecretWish, make_secrets, stack_secrets
from compiler.build.select import select
from compiler.build.settings import component_images, scopes_of, transform_context
from compiler.build.shapes import InlineSecret
from compiler.build.transform import transform
from compiler.build.transforms.context import TransformContext
from compiler.build.unused import unused_words
from compiler.formats.files import Files
from compiler.formats.packs import Pack
from compiler.model.assumed import Assumed
from compiler.model.diagnostic import Diagnostic, Outcome, outcome, warning
from compiler.model.ids import ObjectId
from compiler.model.manifest import DELETION_POLICY, Bundle, Manifest
from compiler.model.source import Span
from compiler.model.stack import Instance, Stack


class Built(NamedTuple):
    """A bundle, and what the checks of the whole set need besides: its references, and what exists already."""

    bundle: Bundle
    references: References
    assumed: Assumed
    images: tuple[str, ...]
    places: PodPlaces


def build_bundle(stack: Stack, catalog: Catalog, files: Files, pack: Pack) -> Outcome[Built]:
    """Turn a checked stack into its bundle.

    Errors: the rules of components (circle 1) stop before any template runs; SC4xx and SC5xx of the passes.
    """
    chosen = select(stack, catalog)
    if chosen.value is None:
        return Outcome(None, chosen.diagnostics)
    instances = chosen.value
    expansion = Expansion(stack, catalog)
    expansion.run(instances)
    assumed = assume(stack, catalog, expansion.instances)
    own = own_manifests(stack, files)
    found = (*chosen.diagnostics, *assumed.diagnostics, *expansion.found, *own.diagnostics)
    lost = tuple(lost_fields(stack, catalog, instances))
    found = (*found, *lost, *_untested(stack, catalog, expansion.instances))
    if any(d.is_error for d in lost):
        return Outcome(None, found)
    if assumed.value is None or own.value is None or any(d.is_error for d in expansion.found):
        return Outcome(None, found)
    passes = _Passes(stack, catalog, files, pack, instances, assumed.value, expansion)
    built = passes.run((*expansion.manifests, *own.value))
    return Outcome(built.value, (*found, *built.diagnostics))


class _Passes:
    """The passes over all manifests, with what they share."""

    def __init__(  # noqa: PLR0913 (all that one stack gives)
        self,
        stack: Stack,
        catalog: Catalog,
        files: Files,
        pack: Pack,
        instances: tuple[Instance, ...],
        assumed: Assumed,
        expansion: Expansion,
    ) -> None:
        self.stack, self.catalog, self.files, self.pack = stack, catalog, files, pack
        self.instances, self.assumed, self.expansion = instances, assumed, expansion
        self.extra = _reference_rows(catalog, self.expansion.instances, stack)
        self.rules = compile_rules(self.extra)
        self.places = pod_places(self.extra)

    def run(self, manifests: tuple[Manifest, ...]) -> Outcome[Built]:
        """Run the passes in the one order that holds: each sees what those before it did."""
        crds = [m.body for m in manifests if m.id.kind == "CustomResourceDefinition"]
        context = transform_context(self.stack, self.catalog, self.instances, self.pack, self.places)
        images, hidden = component_images(self.catalog, self.expansion.instances, manifests)
        scopes = scopes_of([*crds, *self.assumed.crds])
        context = context._replace(scopes=scopes, catalog_images=images, hidden_images=hidden)
        unused = tuple(unused_words(self.stack, self.catalog, self.expansion.instances, context))
        return (
            Outcome(manifests, unused)
            .then(lambda given: transform(given, context))
            .then(self._with_claims)
            .then(lambda made: self._with_secrets(made, context))
            .then(self._with_namespaces)
            .then(lambda made: outcome(made._replace(manifests=release_fields(made.manifests).manifests)))
            .then(self._patched)
            .then(self._assembled)
        )

    def _with_claims(self, manifests: tuple[Manifest, ...]) -> Outcome[tuple[Manifest, ...]]:
        claims = make_data_claims(manifests, self.stack, self.rules)
        return claims.then(lambda made: outcome((*manifests, *made)))

    def _with_secrets(self, manifests: tuple[Manifest, ...], context: TransformContext) -> Outcome[Secrets]:
        everywhere = [wish.name for wish in self._own_namespaces()]
        pull = {s["name"] for s in (self.stack.spec.get("registry") or {}).get("imagePullSecrets") or ()}
        wishes = [
            w._replace(namespaces=tuple(sorted({*w.namespaces, *everywhere}))) if w.name in pull else w
            for w in stack_secrets(self.stack)
        ]
        wishes += [_wish(i.secret, i.instance, i.namespace, i.span) for i in self.expansion.secrets]
        wishes += [
            _wish(secret, instance, context.namespaces[instance], secret.span or override.span)
            for instance, overrides in context.workloads.items()
            for override in overrides.values()
            for secret in override.secrets
        ]
        made = make_secrets(manifests, wishes, self.stack, self.rules)
        if made.value is None:
            return Outcome(None, made.diagnostics)
        return Outcome(made.value._replace(manifests=(*manifests, *made.value.manifests)), made.diagnostics)

    def _own_namespaces(self) -> tuple[NamespaceWish, ...]:
        """Return what components want of namespaces: a name (or the param that holds it), or a map with labels."""
        wishes: list[NamespaceWish] = []
        for instance, filled in self.expansion.filled:
            component = self.catalog.get(instance.component)
            for row in (component.meta.get("namespaces") if component else None) or ():
                said = row if isinstance(row, dict) else {"name": row}
                name = filled.get(said["name"], said["name"])
                if isinstance(name, str):
                    wanted = said.get("labels", {}), said.get("annotations", {}), said.get("podSecurity", "")
                    wishes.append(NamespaceWish(name, *wanted, span=instance.span, must=True))
        return tuple(wishes)

    def _with_namespaces(self, made: Secrets) -> Outcome[Secrets]:
        wishes = [*self._own_namespaces(), *stack_namespaces(self.stack)]
        namespaces = make_namespaces(made.manifests, wishes, self.stack, self.assumed)
        return namespaces.then(lambda objects: outcome(made._replace(manifests=(*objects, *made.manifests))))

    def _patched(self, made: Secrets) -> Outcome[Secrets]:
        patched = apply_patches(made.manifests, self.stack, self.rules)
        return patched.then(
            lambda objects: outcome(_renamed(made, name_by_content(objects, self.catalog)), duplicate_ids(objects))
        )

    def _assembled(self, made: Secrets) -> Outcome[Built]:
        manifests, fill = made
        references = extract(manifests, self.rules)
        graph = build_graph(
            manifests, references, self.places, requirement_edges(manifests, self.expansion.instances, self.catalog)
        )
        if graph.value is None:
            return Outcome(None, graph.diagnostics)
        by_id = {m.id: m for m in manifests}
        ordered = tuple(by_id[id] for id in graph.value.order)
        catalog_images, hidden = component_images(self.catalog, self.expansion.instances, ordered)
        bundle = Bundle(
            stack=self.stack.name,
            kubernetes=self.stack.kubernetes,
            preset=self.stack.preset,
            manifests=ordered,
            graph=graph.value,
            keep=_kept(ordered, self.catalog),
            fill=fill,
            inputs=_inputs(self.files, self.stack),
        )
        images = images_of(ordered, self.places, hidden, catalog_images)
        return Outcome(Built(bundle, references, self.assumed, images, self.places), graph.diagnostics)


def _inputs(files: Files, stack: Stack) -> tuple[tuple[str, str], ...]:
    """Return (path, sha256) of what was read, from the stack's folder on: another root gives the same bytes."""
    return tuple(sorted((posixpath.relpath(path, stack.folder or "."), digest) for path, digest in files.inputs()))


def _renamed(made: Secrets, manifests: tuple[Manifest, ...]) -> Secrets:
    """Return what was made with its manifests as they are now; what is filled in follows its Secret's new name."""
    names = {old.id: new.id for old, new in zip(made.manifests, manifests, strict=True)}
    return Secrets(manifests, tuple(fill._replace(object=names[fill.object]) for fill in made.fill))


def _wish(secret: InlineSecret, instance: str, home: str, span: Span | None) -> SecretWish:
    return SecretWish(secret.name, {secret.key: secret.source}, instance=instance, home=home, span=span)


def _reference_rows(catalog: Catalog, instances: Iterable[Instance], stack: Stack) -> list[dict[str, object]]:
    """Return the reference rows of every component in use, the assumed ones included."""
    names = {i.component for i in instances} | set((stack.spec.get("assumes") or {}).get("components") or ())
    rows: list[dict[str, object]] = []
    for name in sorted(names):
        component = catalog.get(name)
        rows += (component.meta.get("references") or []) if component else []
    return rows


def _untested(stack: Stack, catalog: Catalog, instances: Iterable[Instance]) -> Iterable[Diagnostic]:
    """Yield a warning for each component, parts included, that was not tested on the target."""
    seen: set[str] = set()
    for instance in instances:
        component = catalog.get(instance.component)
        row = component.versions.get(instance.version, {}) if component else {}
        tested = row.get("kubernetes") or (component.meta.get("kubernetes") if component else "")
        if tested and not in_range(stack.kubernetes, tested):
            name = f"{instance.component}` of `{instance.name}" if instance.name in seen else instance.name
            message = f"`{name}` is not tested on Kubernetes {stack.kubernetes}, but on {tested}"
            yield warning("SC465", message, help="try it on a cluster of that version first", span=instance.span)
        seen.add(instance.name)


def _kept(manifests: Iterable[Manifest], catalog: Catalog) -> frozenset[ObjectId]:
    """Return the ids of what is never pruned: what components say, and what holds data or other objects."""
    kept = set()
    for manifest in manifests:
        if (manifest.body["metadata"].get("annotations") or {}).get(DELETION_POLICY) == "Delete":
            continue
        component = catalog.get(manifest.origin.component) if manifest.origin.component else None
        for row in (component.meta.get("keep") if component else None) or ():
            if row["kind"] == manifest.id.kind and row.get("name", manifest.id.name) == manifest.id.name:
                kept.add(manifest.id)
        if manifest.id.kind in ("CustomResourceDefinition", "Namespace", "PersistentVolume", "PersistentVolumeClaim"):
            kept.add(manifest.id)
    return frozenset(kept)
