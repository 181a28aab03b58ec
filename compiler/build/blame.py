"""The place in the stack that says what an object is wrong about: a patch, or the value that a component passed on.

A diagnostic of circles 2 and 3 knows the object and a place in it. Without this it would show where the stack asks for
the object: true, but seldom what has to be changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from compiler.model.diagnostic import Diagnostic, Note
from compiler.model.manifest import Edit, Manifest
from compiler.model.source import Path, Span, Tree, sites, unescape

_WRONG_TYPE = "SC602"
_BY_PATCH = ("set by patch", "taken out by patch")
_ANY_PLACE = frozenset(("SC502", "SC503", "SC504", "SC690"))
"""Codes about a name that is missing or a port that is taken: any place that says it is good."""


def blamed(found: Iterable[Diagnostic], manifests: Iterable[Manifest], tree: Tree) -> tuple[Diagnostic, ...]:
    """Give each diagnostic about a manifest the place in the stack that says its value, where there is one.

    Shape: `tree` is the stack's. What a patch set is shown at the patch, with a note; a text, or an unknown field's
    name, that stands word for word in the values of the instance is shown there, and a number under the same key. All
    else stays where it was.
    """
    by_id = {manifest.id: manifest for manifest in manifests}
    placed = [
        _blamed(d, manifest, tree) if d.path and d.object and (manifest := by_id.get(d.object)) else d for d in found
    ]
    return tuple(_once_a_patch(placed))


def _once_a_patch(found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield what one patch did to many objects once, with their number: it is one cause."""
    alike: dict[Diagnostic, list[Diagnostic]] = {}
    for d in found:
        by_patch = d.notes and d.notes[0].message.startswith(_BY_PATCH)
        alike.setdefault(d._replace(object=None, notes=d.notes[:1]) if by_patch else d, []).append(d)
    for first, *others in alike.values():
        more = f"the same in {len(others)} more object{'' if len(others) == 1 else 's'}"
        yield first._replace(notes=(*first.notes, Note(more))) if others else first


def _blamed(d: Diagnostic, manifest: Manifest, tree: Tree) -> Diagnostic:
    place = tuple(unescape(part) for part in d.path.split("/")[1:])
    edit = _edit_of(place, manifest.origin.edits) or _edit_below(d.code, place, manifest.origin.edits)
    if edit is not None:
        done = _BY_PATCH[1] if edit.removed else _BY_PATCH[0]
        notes = (Note(f"{done} `{edit.patch}`"), *d.notes)
        return d._replace(span=_span_of(edit, place, tree, on_key=d.is_on_key), notes=notes)
    if manifest.origin.asked and manifest.origin.document is None:
        find = _key if d.is_on_key else _word_for_word
        span = find(d, place, manifest, tree)
        return d if span is None else d._replace(span=span)
    return d


def _edit_of(place: tuple[str, ...], edits: tuple[Edit, ...]) -> Edit | None:
    """Return the last edit of the value at a place, or of a value around it."""
    return next((edit for edit in reversed(edits) if place[: len(edit.place)] == edit.place), None)


def _edit_below(code: str, place: tuple[str, ...], edits: tuple[Edit, ...]) -> Edit | None:
    """Return the edit inside a value of the wrong type: a pointer into nothing made a map where a list belongs."""
    if code != _WRONG_TYPE:
        return None
    return next((edit for edit in edits if edit.place[: len(place)] == place), None)


def _span_of(edit: Edit, place: tuple[str, ...], tree: Tree, *, on_key: bool) -> Span | None:
    at: Path = edit.at
    value = _value(tree.data, at)
    for part in () if edit.removed else place[len(edit.place) :]:
        step: str | int = int(part) if type(value) is list and part.isdecimal() else part
        at, value = (*at, step), _value(value, (step,))
    return tree.key_span(at) if on_key else tree.span(at)


def _value(value: Any, path: Path) -> Any:
    """Return what is at a path, None where nothing is."""
    for part in path:
        if type(value) is dict:
            value = value.get(part)
        elif type(value) is list and type(part) is int and part < len(value):
            value = value[part]
        else:
            return None
    return value


def _key(_: Diagnostic, place: tuple[str, ...], manifest: Manifest, tree: Tree) -> Span | None:
    """Return the place of a key in the values of the instance that asked for the object, if it is there once."""
    asked = manifest.origin.asked
    sites = [path for path in _keys(_value(tree.data, asked), asked) if path[-1] == place[-1]]
    return tree.key_span(sites[0]) if len(sites) == 1 else None


def _keys(value: Any, path: Path) -> Iterator[Path]:
    """Yield the places of all keys in a tree, in order."""
    if type(value) is dict:
        for key, child in value.items():
            yield (*path, key)
            yield from _keys(child, (*path, key))
    elif type(value) is list:
        for index, child in enumerate(value):
            yield from _keys(child, (*path, index))


def _word_for_word(d: Diagnostic, place: tuple[str, ...], manifest: Manifest, tree: Tree) -> Span | None:
    """Return the place of a text or number in the values of the instance that asked for the object."""
    body: Any = manifest.body
    for part in place:
        body = _value(body, (int(part) if type(body) is list and part.isdecimal() else part,))
    if type(body) not in (str, int) or not body:
        return None
    asked = manifest.origin.asked
    found = [path for path in sites(_value(tree.data, asked), asked, body) if path != (*asked, "name")]
    alike = [path for path in found if path[-1] == place[-1]]
    chosen = alike if type(body) is int else alike or found
    chosen = [path for path in chosen if manifest.id.name in path] or chosen
    return tree.span(chosen[0]) if len(chosen) == 1 or (chosen and d.code in _ANY_PLACE) else None
