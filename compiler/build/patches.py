"""The stack's `patches:`: a last resort that must hit exactly what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from compiler.build.manifests import in_data
from compiler.build.pointers import NoSuchPlace, merge, parts_of, put, resolved, take
from compiler.build.reference_rules import Rules
from compiler.build.references import extract
from compiler.build.rows import matches
from compiler.build.secrets import SECRET
from compiler.formats.suggest import nearest
from compiler.model.diagnostic import Diagnostic, Note, Outcome, error, outcome
from compiler.model.ids import split_api_version
from compiler.model.manifest import SECRET_FIELDS, Body, Edit, Manifest
from compiler.model.source import Path
from compiler.model.stack import Stack

_SHOWN = 3
_NOT_RENAMED = frozenset({"Namespace", "CustomResourceDefinition"})


class _Run(NamedTuple):
    stack: Stack
    rules: Rules
    found: list[Diagnostic]

    def report(self, code: str, message: str, help: str, path: Path, notes: tuple[Note, ...] = ()) -> None:
        span = self.stack.tree.key_span(path)
        self.found.append(error(code, message, help=help, span=span, notes=notes))


def apply_patches(manifests: tuple[Manifest, ...], stack: Stack, rules: Rules) -> Outcome[tuple[Manifest, ...]]:
    """Apply all patches in their order; each sees what those before it did.

    Shape: in a patch, `merge` goes first, then `set`, `remove`, `rename`; a rename is followed by every reference. The
    origin of a changed manifest says which patch did what.
    Errors: SC516 for one that hits another number of objects than it expects · SC517 for a pointer that leads nowhere
    · SC518 for one that would change what the object is · SC472 for one that writes text into a Secret.
    """
    run = _Run(stack, rules, [])
    for number, patch in enumerate(stack.spec.get("patches") or ()):
        manifests = _apply(manifests, patch, ("spec", "patches", number), run)
    return outcome(manifests, run.found)


def _apply(manifests: tuple[Manifest, ...], patch: Body, path: Path, run: _Run) -> tuple[Manifest, ...]:
    target = patch["target"]
    hits = [manifest for manifest in manifests if _fits(manifest, target)]
    expected = patch.get("expect", 1)
    if len(hits) != expected:
        _miss(hits, expected, manifests, patch, path, run)
        return manifests
    changed = {manifest.id: _edit(manifest, patch, path, run) for manifest in hits}
    done = tuple(changed.get(manifest.id, manifest) for manifest in manifests)
    if "rename" in patch:
        for manifest in hits:
            done = _rename(done, changed[manifest.id], patch["rename"], path, run)
    return done


_ASPECTS: Mapping[str, Callable[[Manifest], str]] = {
    "apiVersion": lambda m: m.api_version,
    "kind": lambda m: m.id.kind,
    "namespace": lambda m: m.id.namespace,
    "name": lambda m: m.id.name,
    "component": lambda m: m.origin.instance,
}


def _fits(manifest: Manifest, target: Body) -> bool:
    for key, aspect in _ASPECTS.items():
        if key in target and not matches(aspect(manifest), target[key]):
            return False
    wanted = target.get("labels") or {}
    labels = manifest.body["metadata"].get("labels")
    return not wanted or (type(labels) is dict and all(labels.get(k) == v for k, v in wanted.items()))


def _miss(
    hits: list[Manifest], expected: int, manifests: tuple[Manifest, ...], patch: Body, path: Path, run: _Run
) -> None:
    message = f"patch `{patch['name']}` hits {len(hits)} object{'' if len(hits) == 1 else 's'}, not {expected}"
    if 0 < len(hits) < expected:
        notes, help = tuple(Note(f"it hits {m.id}") for m in hits[:_SHOWN]), f"write `expect: {len(hits)}`"
    elif len(hits) > expected:
        notes = tuple(Note(f"it hits {m.id}") for m in hits[:_SHOWN])
        help = f"say more in `target`, or write `expect: {len(hits)}`"
    else:
        notes, help = _near_misses(manifests, patch["target"])
    run.report("SC516", message, help, (*path, "target"), notes)


def _near_misses(manifests: tuple[Manifest, ...], target: Body) -> tuple[tuple[Note, ...], str]:
    """Look for objects that only one word of the target keeps away."""
    for key, aspect in _ASPECTS.items():
        if key not in target:
            continue
        rest = {name: value for name, value in target.items() if name != key}
        others = sorted({aspect(m) for m in manifests if _fits(m, rest)})
        near = nearest(target[key], others)
        if near or (others and len(others) <= _SHOWN and len(rest) > 0):
            word = near or others[0]
            notes = tuple(Note(f"there is one with {key} `{other}`") for other in ([near] if near else others))
            return notes, f"write `{key}: {word}`"
    return (), "write a target that is in the bundle; `stackc compile` shows all objects"


def _edit(manifest: Manifest, patch: Body, path: Path, run: _Run) -> Manifest:
    body: Any = manifest.body
    edits = list(manifest.origin.edits)
    name = patch["name"]
    if "merge" in patch:
        body = merge(body, patch["merge"])
        body = _kept(manifest, body, (*path, "merge"), run)
        edits += _merged(patch["merge"], (), (*path, "merge"), name)
    for pointer, value in patch.get("set", {}).items():
        place = (*path, "set", pointer)
        before = body
        changed = _tried(body, partial(_put, pointer=pointer, value=value), place, run)
        body = _kept(manifest, changed, place, run, body)
        if body is not before:
            edits.append(Edit(resolved(before, parts_of(pointer)), place, name))
    for number, pointer in enumerate(patch.get("remove", ())):
        place = (*path, "remove", number)
        before = body
        changed = _tried(body, partial(_take, pointer=pointer), place, run)
        body = _kept(manifest, changed, place, run, body)
        if body is not before:
            edits.append(Edit(parts_of(pointer), place, name, removed=True))
    if body is manifest.body:
        return manifest
    return manifest._replace(body=in_data(body), origin=manifest.origin._replace(edits=tuple(edits)))


def _merged(patch: Any, place: tuple[str, ...], at: Path, name: str) -> Iterator[Edit]:
    """Yield an edit for each value that a merge patch sets or takes out."""
    if type(patch) is not dict:
        yield Edit(place, at, name, removed=patch is None)
        return
    for key, value in patch.items():
        yield from _merged(value, (*place, key), (*at, key), name)


def _put(body: Body, pointer: str, value: Any) -> Any:
    return put(body, parts_of(pointer), value)


def _take(body: Body, pointer: str) -> Any:
    return take(body, parts_of(pointer))


def _tried(body: Body, change: Callable[[Body], Any], path: Path, run: _Run) -> Any:
    try:
        return change(body)
    except NoSuchPlace as reason:
        run.report(
            "SC517", f"pointer of the patch leads nowhere: {reason}", "write a pointer that is in the object", path
        )
        return body


def _kept(manifest: Manifest, body: Any, path: Path, run: _Run, before: Body | None = None) -> Body:
    """Return the new body, or the one before when it would be another object, or a Secret with text in it."""
    before = manifest.body if before is None else before
    if type(body) is not dict or _identity(body) != manifest.id:
        help = "write `rename` for the name; make another object for the rest"
        run.report("SC518", f"the patch would make another object of {manifest.id}", help, path)
    elif manifest.id[:2] == SECRET and run.stack.preset != "dev" and _texts(body) - _texts(before):
        message = f"the patch writes text into Secret `{manifest.id.name}`"
        help = "declare the key under `secrets:`, with where its value comes from"
        run.found.append(error("SC472", message, help=help, span=run.stack.tree.span(path))._replace(is_secret=True))
    else:
        return body
    return before


def _texts(secret: Body) -> set[str]:
    """Return what a Secret holds, one text a key: for comparison only."""
    return {f"{field} {key} {value}" for field in SECRET_FIELDS for key, value in (secret.get(field) or {}).items()}


def _identity(body: Body) -> tuple[Any, ...]:
    metadata, version = body.get("metadata"), body.get("apiVersion")
    if type(metadata) is not dict or type(version) is not str:
        return ()
    return (split_api_version(version)[0], body.get("kind"), metadata.get("namespace") or "", metadata.get("name"))


def _rename(
    manifests: tuple[Manifest, ...], manifest: Manifest, name: str, path: Path, run: _Run
) -> tuple[Manifest, ...]:
    """Rename an object and every reference to it."""
    if manifest.id.kind in _NOT_RENAMED:
        message = f"a {manifest.id.kind} can't be renamed: other objects are inside it, or its name follows from it"
        run.report("SC518", message, "name it where it is made", (*path, "rename"))
        return manifests
    places: dict[Any, list[Path]] = {}
    for reference in extract(manifests, run.rules).found:
        if reference.target == manifest.id:
            places.setdefault(reference.source, []).append(reference.path)
    done = []
    for other in manifests:
        body = other.body
        for place in places.get(other.id, ()):
            body = put(body, tuple(map(str, place)), name)
        id = other.id
        if id == manifest.id:
            id = id._replace(name=name)
            body = put(body, ("metadata", "name"), name)
        done.append(other if body is other.body else Manifest(id, body, other.origin))
    return tuple(done)
