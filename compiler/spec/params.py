"""`${{ … }}` in the values of a merged stack: params, the stack's name, the item's name, the domain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome, warning
from compiler.model.source import Path, Span, Tree
from compiler.spec.schemas import Schema
from compiler.spec.words import as_written, clip, did_you_mean

OPEN = "${{"
_PARAM = re.compile(r"(?<![\w.'\"])params\.([A-Za-z_]\w*)")
_ITEM = re.compile(r"(?<![\w.'\"])item\b")
_TEXT = re.compile(r"'[^']*'|\"[^\"]*\"")


_READABLE = "read `params.NAME`, `stack.name`, `item.name` or `domain`; other values come with `--set params.NAME=…`"


class _Site(NamedTuple):
    """A text with expressions in it."""

    path: Path
    text: str


class _Names(NamedTuple):
    """What expressions may read, and what to say about it."""

    params: dict[str, Any]
    without_value: frozenset[str]
    others: dict[str, Any]


def substitute(tree: Tree, schema: Schema) -> Outcome[Tree]:
    """Fill the expressions of a merged stack in.

    Shape: a text that is exactly one expression takes the type of its value; any other mix is text. `schema` is not
    read yet: types are checked after this stage.
    Errors: SC231 to SC240.
    """
    sites: list[_Site] = []
    bad_keys: list[Path] = []
    _collect(tree.data, (), sites, bad_keys)
    found = [
        error(
            "SC238",
            "an expression stands in a key",
            help="write the key itself; expressions stand in values",
            span=tree.key_span(path),
        )
        for path in bad_keys
    ]
    allowed = []
    for site in sites:
        if site.path[0] == "spec" and site.path[1:2] != ("params",):
            allowed.append(site)
        else:
            found.append(_misplaced(tree, site))
    names, problems = _names(tree)
    found.extend(problems)
    filled = _fill_all(tree, allowed, names, found)
    if not found:  # a misspelled name would be reported twice
        found.extend(_unused(tree, names, allowed))
    if not allowed:
        return outcome(tree, found)
    return outcome(tree._replace(data=_replaced(tree.data, (), filled)), found)


def _collect(data: Any, path: Path, sites: list[_Site], bad_keys: list[Path]) -> None:
    if type(data) is str:
        if OPEN in data:
            sites.append(_Site(path, data))
    elif type(data) is dict:
        for key, child in data.items():
            if OPEN in key:
                bad_keys.append((*path, key))
            _collect(child, (*path, key), sites, bad_keys)
    elif type(data) is list:
        for index, child in enumerate(data):
            _collect(child, (*path, index), sites, bad_keys)


def _misplaced(tree: Tree, site: _Site) -> Diagnostic:
    where = "`params`" if site.path[:2] == ("spec", "params") else f"`{site.path[0]}`"
    return error(
        "SC234",
        f"{where} can't hold an expression",
        help="write the value itself",
        span=tree.span(site.path),
    )


def _names(tree: Tree) -> tuple[_Names, list[Diagnostic]]:
    data: Any = tree.data
    spec = data["spec"]
    declared = spec.get("params")
    values: dict[str, Any] = {}
    without: list[str] = []
    found: list[Diagnostic] = []
    for name, said in declared.items() if isinstance(declared, dict) else ():
        if not isinstance(said, dict):
            values[name] = said
        elif "default" in said:
            values[name] = said["default"]
            found.extend(_not_in_enum(tree, name, said))
        else:
            without.append(name)
    others: dict[str, Any] = {"stack": {"name": data["metadata"]["name"]}}
    if isinstance(spec.get("domain"), str) and OPEN not in spec["domain"]:
        others["domain"] = spec["domain"]
    return _Names(values, frozenset(without), others), found


def _not_in_enum(tree: Tree, name: str, said: dict[str, Any]) -> Iterator[Diagnostic]:
    choices = said.get("enum")
    if isinstance(choices, list) and choices and said["default"] not in choices:
        yield error(
            "SC233",
            f"param `{clip(name)}` can't be `{clip(str(said['default']))}`",
            help="write one of " + ", ".join(f"`{clip(str(choice))}`" for choice in choices),
            span=tree.span(("spec", "params", name, "default")),
        )


def _unused(tree: Tree, names: _Names, sites: list[_Site]) -> Iterator[Diagnostic]:
    declared = [*names.params, *names.without_value]
    if not declared:
        return
    used = {name for site in sites for name in _PARAM.findall(site.text)}
    dynamic = any("params[" in site.text or re.search(r"\bparams\b(?!\.)", site.text) for site in sites)
    for name in () if dynamic else declared:
        if name not in used:
            yield warning(
                "SC239",
                f"nobody uses param `{clip(name)}`",
                help=f"write `${{{{ params.{clip(name)} }}}}` where it belongs, or take it out",
                span=tree.key_span(("spec", "params", name)),
            )


def _fill_all(tree: Tree, sites: list[_Site], names: _Names, found: list[Diagnostic]) -> dict[Path, Any]:
    """Return the value of every site; the domain and the names of items go first, because others may read them."""
    filled: dict[Path, Any] = {}
    sites = [site for site in sites if not _waits_for_its_item(site)]
    for site in sorted(sites, key=lambda site: (site.path != ("spec", "domain"), site.path[-1] != "name")):
        value, problems = _fill(tree, site, names, _item_name(tree, site.path, filled))
        found.extend(problems)
        filled[site.path] = value
        if site.path == ("spec", "domain"):
            names.others["domain"] = value
    return filled


def _waits_for_its_item(site: _Site) -> bool:
    """Tell whether a text of `defaults` reads `item`: each item has it by now, and fills its own in."""
    return site.path[:2] == ("spec", "defaults") and bool(_ITEM.search(_TEXT.sub("", site.text)))


def _fill(tree: Tree, site: _Site, names: _Names, item: str) -> tuple[Any, list[Diagnostic]]:
    # The expression engine parses with jinja2, which costs more to import than a whole compile: only when needed.
    from compiler.formats.expressions import UNSET, ExpressionError, evaluate, split, text

    scope = {**names.others, "params": names.params}
    if item:
        scope["item"] = {"name": item}
    found: list[Diagnostic] = []
    made: list[Any] = []
    offset = 0
    try:
        parts = split(site.text)
        for part in parts:
            offset = part.offset
            if not part.is_expression:
                made.append(part.source)
                continue
            problems = _unknown(tree, site, part.source, offset, names, has_item=bool(item))
            found.extend(problems)
            if not problems:
                value = evaluate(part.source, scope)
                found.extend(_lost_digits(tree, site, part.source, alone=len(parts) == 1))
                made.append(value if len(parts) == 1 else text(value))
    except ExpressionError as refused:
        span = _place(tree, site, offset + refused.offset)
        advice = refused.help or _READABLE
        found.append(error("SC235", refused.message, help=advice, span=span))
    if found:
        return site.text, found
    value = made[0] if len(made) == 1 else "".join(made)
    if value is UNSET or value is None:
        return site.text, [
            error(
                "SC236",
                "the expression gives no value",
                help="give it a value with `| default(…)`, or take the key out",
                span=tree.span(site.path),
            )
        ]
    return value, []


def _item_name(tree: Tree, path: Path, filled: dict[Path, Any]) -> str:
    """Return the name of the nearest item around a place, `""` where there is none."""
    name = ""
    value: Any = tree.data
    for end, part in enumerate(path, 1):
        value = value[part]
        if isinstance(part, int) and isinstance(value, dict) and isinstance(value.get("name"), str):
            name = str(filled.get((*path[:end], "name"), value["name"]))
    return name if OPEN not in name else ""


def _unknown(tree: Tree, site: _Site, source: str, offset: int, names: _Names, *, has_item: bool) -> list[Diagnostic]:
    found = []
    bare = _TEXT.sub(lambda match: " " * len(match[0]), source)
    for match in _PARAM.finditer(bare):
        name, span = match[1], _place(tree, site, offset + match.start(), len(match[0]))
        if name in names.without_value:
            found.append(
                error(
                    "SC232",
                    f"param `{name}` has no value",
                    help=f"give it a `default`, or `--set params.{name}=…`",
                    span=span,
                )
            )
        elif name not in names.params:
            known = [*names.params, *names.without_value]
            found.append(
                error(
                    "SC231",
                    f"unknown param `{name}`",
                    help=did_you_mean(name, known, "" if known else f"declare `{name}` under `spec.params`"),
                    span=span,
                )
            )
    if not has_item and (match_item := _ITEM.search(bare)):
        found.append(
            error(
                "SC240",
                "`item` stands outside a named item",
                help="write the name itself, or use `stack.name`",
                span=_place(tree, site, offset + match_item.start(), len("item")),
            )
        )
    return found


def _lost_digits(tree: Tree, site: _Site, source: str, *, alone: bool) -> list[Diagnostic]:
    """Refuse a number in text that YAML reads as another: a tag `1.10` would become `1.1`, and `010` is `8`."""
    match = re.fullmatch(r"\s*params\.(\w+)\s*", source)
    if alone or match is None:
        return []
    data: Any = tree.data
    path: Path = ("spec", "params", match[1])
    value = data["spec"]["params"][match[1]]
    if isinstance(value, dict):
        path, value = (*path, "default"), value["default"]
    if type(value) not in (int, float) or (written := as_written(value, tree, path)) == repr(value):
        return []
    return [
        error(
            "SC237",
            f"param `{match[1]}` is a number: it reads as `{value!r}`",
            help=f'write the value in quotes: `"{written}"`',
            span=tree.span(path),
        )
    ]


def _place(tree: Tree, site: _Site, offset: int, width: int = 0) -> Span | None:
    """Return the place of a part of a text, or of its rest; the text's own place where quotes or folding hide it."""
    span = tree.span(site.path)
    if span is None or span.line != span.end_line:
        return span
    quotes = span.end_column - span.column - len(site.text)
    if quotes not in (0, 2):
        return span
    column = span.column + quotes // 2 + offset
    return Span(span.file, span.line, column, span.line, column + width if width else span.end_column)


def _replaced(data: Any, path: Path, filled: dict[Path, Any]) -> Any:
    if type(data) is str:
        return filled.get(path, data) if OPEN in data else data
    if type(data) is dict:
        return {key: _replaced(child, (*path, key), filled) for key, child in data.items()}
    if type(data) is list:
        return [_replaced(child, (*path, index), filled) for index, child in enumerate(data)]
    return data
