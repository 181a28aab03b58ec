"""What the schema says against a stack, as diagnostics at the user's places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from compiler.formats.schema import Finding
from compiler.formats.suggest import nearest
from compiler.model.diagnostic import Diagnostic, Note, error
from compiler.model.source import Path, Tree, pointer
from compiler.spec.quantities import amounts_meant
from compiler.spec.remedies import remedy
from compiler.spec.shapes import Shapes, inside
from compiler.spec.spellings import help_for
from compiler.spec.words import as_written, clip, did_you_mean, listed, show

_NAMES = ("Name", "ObjectName", "Domain", "Namespace")
_AMOUNTS = ("Quantity", "Bytes")
_DISCRIMINATORS = ("backend", "scheduler", "provider")


class Place(NamedTuple):
    """A finding with what it takes to explain it."""

    finding: Finding
    tree: Tree
    shapes: Shapes

    def value(self, path: Path) -> Any:
        """Return the value at a path, None where there is none."""
        value: Any = self.tree.data
        for part in path:
            value = inside(value, part)
        return value

    def error(self, code: str, message: str, help: str, *notes: Note) -> Diagnostic:
        """Make the diagnostic: at the key when the key is wrong, else at the value."""
        path = self.finding.path
        if self.finding.rule == "required":
            span = self.tree.span(path[:-1])
        else:
            span = self.tree.key_span(path) if self.finding.on_key else self.tree.span(path)
        return error(code, message, help=help, span=span, notes=notes)._replace(path=pointer(path))


def diagnostics(findings: list[Finding], tree: Tree, shapes: Shapes) -> list[Diagnostic]:
    """Explain findings.

    Errors: SC219, SC301 to SC314, SC341, SC353, SC354.
    """
    made = []
    misnamed = {finding.path[:-1] for finding in findings if finding.rule == "unknown"}
    for finding in findings:
        if finding.rule == "union" and not finding.found and finding.path in misnamed:
            continue  # the key that is unknown there is the one that was to say it
        explain = _BY_RULE.get(finding.rule, _form)
        made.append(explain(Place(finding, tree, shapes)))
    return made


def _unknown(place: Place) -> Diagnostic:
    path = place.finding.path
    key = str(path[-1])
    schema = place.shapes.along(path[:-1], place.tree.data)
    if path[:-1] == ("spec",) and key in schema.get("x-sections", ()):
        return place.error(
            "SC310",
            f"no component brings the section `{key}`",
            "take the section out, or add a component with `section: " + key + "` under components/",
        )
    allowed = sorted(schema.get("properties", ()))
    where = f" in `{show(path[:-1], place.tree.data)}`" if len(path) > 2 else ""
    help = help_for(key, allowed, place.shapes, schema)
    return place.error("SC301", f"unknown key `{clip(key)}`{where}", help)


def _type(place: Place) -> Diagnostic:
    finding = place.finding
    name, found = _label(place), _kind(finding.found)
    schema = place.shapes.along(finding.path, place.tree.data)
    types = schema.get("type", ())
    if schema.get("x-type") == "SecretSource":
        help = "write where the value comes from, as `{fromEnv: NAME}`"
        return place.error("SC302", f"{name} is {found}, expected a source", help)._replace(is_secret=True)
    if "string" in types and isinstance(finding.found, bool | int | float):
        shown = as_written(finding.found, place.tree, finding.path)
        return place.error("SC303", f"{name} is {found}, not a text", f'write it in quotes, as `"{shown}"`')
    around = place.shapes.along(finding.path[:-1], place.tree.data)
    help = remedy(finding.found, schema, finding.expected, around)
    return place.error("SC302", f"{name} is {found}, expected {finding.expected}", help)


def _label(place: Place) -> str:
    last = place.finding.path[-1:]
    if last and isinstance(last[0], int):
        return "the item"
    return f"`{clip(str(last[0]))}`" if last else "the document"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "a map"


def _required(place: Place) -> Diagnostic:
    path = place.finding.path
    alone = _only_from_overlay(place)
    if alone is not None:
        return alone
    owner = show(path[:-1], place.tree.data)
    key = clip(str(path[-1]))
    where = "`spec`" if path[:-1] == ("spec",) else f"`{owner}`"
    switch = place.shapes.along(path[:-1], place.tree.data).get("x-switch", {})
    choices = place.shapes.along(path, place.tree.data).get("enum", ())
    if switch.get("key") == path[-1]:
        choices = sorted(switch["cases"])
    help = f"write `{key}: {choices[0]}`" if len(choices) == 1 else f"write `{key}:`"
    help += f" with one of {', '.join(f'`{choice}`' for choice in choices)}" if len(choices) > 1 else ""
    return place.error("SC304", f"{where} lacks `{key}`", help)


def _only_from_overlay(place: Place) -> Diagnostic | None:
    """Say of an item that lacks something and that no stack has: its name is probably misspelled."""
    path, tree = place.finding.path, place.tree
    root = tree.span(())
    for end in range(len(path) - 1, 0, -1):
        item = place.value(path[:end])
        trail = tree.trails.get(path[:end], ())
        if not isinstance(path[end - 1], int) or not isinstance(item, dict) or not isinstance(item.get("name"), str):
            continue
        if root is None or not trail or any(span.file == root.file for span in trail):
            return None
        siblings = place.value(path[: end - 1])
        others = [
            sibling["name"]
            for index, sibling in enumerate(siblings)
            if isinstance(sibling, dict)
            and isinstance(sibling.get("name"), str)
            and any(span.file == root.file for span in tree.trails.get((*path[: end - 1], index), ()))
        ]
        name, section = clip(item["name"]), str(path[end - 2])
        near = nearest(item["name"], others)
        span = tree.span((*path[:end], "name"))
        return error(
            "SC219",
            f"`{name}` of `{section}` comes only from {trail[0].file}, and lacks `{clip(str(path[-1]))}`",
            help=f"did you mean `{near}`?" if near else f"write `{path[-1]}:`, or one of {listed(others) or 'none'}",
            span=span,
        )._replace(path=pointer(path[:end]))
    return None


def _enum(place: Place) -> Diagnostic:
    finding = place.finding
    found, path = clip(str(finding.found)), finding.path
    if isinstance(finding.found, str) and finding.found[:1] in "vV" and finding.found[1:2].isdigit():
        return place.error(
            "SC314",
            f"the version `{found}` begins with `{found[0]}`",
            f'write `"{found[1:]}"`; stackc adds the `v` where a target wants one',
        )
    owner = place.shapes.along(path[:-1], place.tree.data) if path else {}
    choices = finding.expected.replace("one of ", "", 1)
    if path and path[-1] in _DISCRIMINATORS and "x-switch" in owner and owner["x-switch"]["key"] == path[-1]:
        return place.error(
            "SC311",
            f"no component has `{path[-1]}: {found}`",
            did_you_mean(found, owner["x-switch"]["cases"]),
        )
    help = f"write `{finding.suggestion}`" if finding.suggestion else f"write one of {choices}"
    return place.error("SC305", f"`{path[-1] if path else ''}` can't be `{found}`", help)


def _form(place: Place) -> Diagnostic:
    finding = place.finding
    schema = place.shapes.along(finding.path, place.tree.data)
    meaning = schema.get("x-type", "")
    code = "SC306" if meaning in _NAMES else "SC307" if meaning in _AMOUNTS else "SC308"
    found = clip(str(finding.found))
    name = f"`{show(finding.path, place.tree.data)}`" if finding.on_key else _label(place)
    help = f"write {finding.expected}"
    if meaning == "Version" and found[:1] in ("v", "V"):
        code = "SC314"
        help = f'write `"{found[1:]}"`; stackc adds the `v` where a target wants one'
        return place.error(code, f"the version `{found}` begins with `{found[0]}`", help)
    if code == "SC307" and (meant := amounts_meant(found)):
        help = f"write {meant}"
    elif meaning in ("HostPort", "ImagePrefix", "Image", "Domain") and "://" in found:
        help = f"write it without `{found.partition('://')[0]}://`"
    elif any(mark in found for mark in ("{{", "${")):
        help = "write `${{ params.NAME }}` for a value that is set from outside; declare it under `spec.params`"
    elif code == "SC306" and found.lower().replace("_", "-") != found and not finding.on_key:
        help = f"write `{found.lower().replace('_', '-')}`, or another name of {finding.expected}"
    if finding.path[-1:] == ("fromEnv",):  # who writes no name there may have written the value itself
        return place.error(code, "`fromEnv` is no name of a variable", help)._replace(is_secret=True)
    return place.error(code, f"{name} can't be `{found}`", help)


def _range(place: Place) -> Diagnostic:
    finding = place.finding
    return place.error("SC309", f"{_label(place)} can't be {finding.found}", f"write {finding.expected}")


def _count(place: Place) -> Diagnostic:
    finding = place.finding
    return place.error("SC312", f"{_label(place)} has {finding.found}", f"write {finding.expected}")


def _duplicate(place: Place) -> Diagnostic:
    finding = place.finding
    items = place.value(finding.path[:-1])
    item = place.value(finding.path)
    if not isinstance(finding.found, dict) or not isinstance(item, dict):
        return place.error(
            "SC353", f"`{clip(str(finding.found))}` stands twice in this list", "take one of the two out"
        )
    keys = [key for key in finding.found if key in item]
    first = next(
        index
        for index, other in enumerate(items)
        if isinstance(other, dict) and all(other.get(key) == item.get(key) for key in keys)
    )
    path = (*finding.path, keys[0]) if keys else finding.path
    shown = clip(str(item.get(keys[0]))) if keys else "the item"
    return error(
        "SC341",
        f"`{shown}` stands twice in `{finding.path[-2]}`",
        help="give one of the two another name, or make one item of them",
        span=place.tree.span(path),
        notes=(Note("first here", place.tree.span((*finding.path[:-1], first, *path[len(finding.path) :]))),),
    )._replace(path=pointer(path))


def _union(place: Place) -> Diagnostic:
    finding = place.finding
    given = finding.found if isinstance(finding.found, tuple) else ()
    choices = finding.expected.removeprefix("exactly ")
    if not given:
        where = show(finding.path, place.tree.data)
        return place.error("SC354", f"`{where}` does not say what it is", f"write {choices}")
    first = given[0]
    note = Note(f"`{first}` stands here", place.tree.key_span((*finding.path[:-1], first)))
    return place.error(
        "SC313", f"`{finding.path[-1]}` and `{first}` exclude each other", "take one of the two out", note
    )


_BY_RULE: dict[str, Callable[[Place], Diagnostic]] = {
    "unknown": _unknown,
    "type": _type,
    "required": _required,
    "enum": _enum,
    "minimum": _range,
    "maximum": _range,
    "multiple": _range,
    "overflow": _range,
    "items": _count,
    "properties": _count,
    "duplicate": _duplicate,
    "union": _union,
}
