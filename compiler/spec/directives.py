"""The four words of a layer that are not data: `$append`, `$replace`, `$delete`, `$ifPresent`."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.model.diagnostic import Diagnostic, error
from compiler.spec.layered import Value
from compiler.spec.words import clip, did_you_mean

APPEND = "$append"
REPLACE = "$replace"
DELETE = "$delete"
IF_PRESENT = "$ifPresent"
DIRECTIVES = (APPEND, REPLACE, DELETE, IF_PRESENT)


def directives_of(value: Value) -> tuple[str, ...]:
    """Return the keys of a value that begin with `$`, in the order of the file; expressions are no directives."""
    if type(value.data) is not dict:
        return ()
    return tuple(key for key in value.data if key.startswith("$") and not key.startswith("${{"))


def says(value: Value, directive: str) -> bool:
    """Tell whether a value says `directive: true`."""
    data = value.data
    return type(data) is dict and directive in data and data[directive].data is True


def without(value: Value, names: Iterable[str]) -> Value:
    """Return a map value without some of its keys."""
    gone = set(names)
    return value._replace(data={key: child for key, child in value.data.items() if key not in gone})


def check_directives(value: Value, identity: tuple[str, ...], *, layered: bool) -> list[Diagnostic]:
    """Check the directives of one map.

    Shape: `identity` are the keys that name an item, which may stand beside a directive; `layered` says that a layer
    lies below.
    Errors: SC211 unknown, SC212 no layer below, SC213 not `true`, SC214 keys beside it.
    """
    names = directives_of(value)
    found = []
    for name in names:
        span = value.data[name].key or value.span
        if name not in DIRECTIVES:
            found.append(
                error("SC211", f"unknown directive `{clip(name)}`", help=did_you_mean(name, DIRECTIVES), span=span)
            )
        elif not layered:
            found.append(
                error(
                    "SC212",
                    f"`{name}` has no layer below it",
                    help="write the value itself; directives stand in overlays, and in items over `defaults`",
                    span=span,
                )
            )
        elif name in (DELETE, IF_PRESENT) and value.data[name].data is not True:
            found.append(
                error("SC213", f"`{name}` takes only `true`", help=f"write `{name}: true`, or leave it out", span=span)
            )
    found.extend(_alone(value, names, identity))
    return found


def _alone(value: Value, names: tuple[str, ...], identity: tuple[str, ...]) -> list[Diagnostic]:
    sole = [name for name in names if name in (APPEND, REPLACE, DELETE)]
    if not sole:
        return []
    beside = [key for key in value.data if key not in (sole[0], IF_PRESENT) and key not in identity]
    if not beside:
        return []
    return [
        error(
            "SC214",
            f"`{clip(beside[0])}` stands beside `{sole[0]}`",
            help=f"write `{sole[0]}` alone",
            span=value.data[beside[0]].key or value.span,
        )
    ]
