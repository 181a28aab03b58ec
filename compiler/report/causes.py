"""Diagnostics that say the same of many objects, told once for all of them."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.model.diagnostic import Diagnostic, Note, sort_key

_MOST_NAMED = 5


def by_cause(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the first diagnostic of each cause, in order of place, with a note that names the other objects.

    Shape: one cause is one code and one message but for the object in it; what names no object is left as it is.
    """
    causes: dict[object, list[Diagnostic]] = {}
    for diagnostic in sorted(dict.fromkeys(diagnostics), key=sort_key):
        causes.setdefault(_cause(diagnostic), []).append(diagnostic)
    return tuple(_told(first, more) for first, *more in causes.values())


def _cause(diagnostic: Diagnostic) -> object:
    id = diagnostic.object
    if id is None or diagnostic.notes:
        return diagnostic
    said = diagnostic.message.replace(str(id), "{object}")
    if id.name != id.namespace:  # else the name may be that of the namespace, which is the same for all
        said = said.replace(f'"{id.name}"', "{name}")
    return diagnostic.code, diagnostic.severity, said, diagnostic.help, diagnostic.path


def _told(first: Diagnostic, more: list[Diagnostic]) -> Diagnostic:
    if not more:
        return first
    names = ", ".join(str(diagnostic.object) for diagnostic in more[:_MOST_NAMED])
    rest = ", …" if len(more) > _MOST_NAMED else ""
    return first._replace(notes=(Note(f"and {len(more)} more: {names}{rest}"),))
