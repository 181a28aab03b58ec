"""What is wrong with the `use` documents of a catalog before any stack has values: names, versions, circles, params.

The closure of a component is known without values, since `use` never takes an expression. Of its params all that is
written out is checked here, at its own place; what an expression gives is checked when it has a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from compiler.build.template_places import document_at, entry, place_in_template
from compiler.formats.expr.runtime import suggestion
from compiler.formats.schema import Finding, validate
from compiler.formats.shorthand import plain
from compiler.formats.yaml_read import Node
from compiler.model.component import Component
from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Path

if TYPE_CHECKING:
    from compiler.build.catalog import Catalog


def use_faults(catalog: Catalog, names: Iterable[str]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the `use` documents of these components. Errors: SC443, SC444."""
    for name in names:
        component = catalog.get(name)
        for place in component.documents if component else ():
            document = document_at(catalog.template(place.file), place.file, place.line) if place.use else None
            if component and document is not None:
                yield from _document_faults(catalog, component, document)


def _document_faults(catalog: Catalog, component: Component, document: Node) -> Iterator[Diagnostic]:
    found = entry(document, "use")
    assert found is not None
    name, _, pinned = str(found[1].value).partition("@")
    callee = catalog.get(name)
    if callee is None:
        if name not in catalog.names:  # one that does not load has its own diagnostics
            message = f"no component `{name}`{suggestion(name, catalog.names)}"
            yield error("SC443", message, help="write a component of the catalog", span=found[1].span)
        return
    circle = _way_back(catalog, name, component.name)
    if circle:
        way = " → ".join(circle)
        message = f"`use: {name}` leads back to `{component.name}`: {way}"
        yield error("SC443", message, help="break the circle", span=found[1].span)
    said = entry(document, "version")
    version = said[1].value if said else pinned
    if "${{" not in str(version) and (problem := version_fault(callee, str(version or ""))):
        yield error("SC443", problem[0], help=problem[1], span=(said or found)[1].span)
    params = entry(document, "params")
    content = skeleton(params[1]) if params else Skeleton({}, frozenset(), frozenset())
    for fault in validate(content.value, callee.params, catalog.definitions()):
        if not content.is_open(fault) and not is_converted(fault, callee.params):
            message, help = param_fault(name, fault)
            path: Path = ("params", *(fault.path[:-1] if fault.rule == "required" else fault.path))
            yield error("SC444", message, help=help, span=place_in_template(document, path, key=fault.on_key))


def version_fault(callee: Component, version: str) -> tuple[str, str] | None:
    """Return what is wrong with the version in a `use`, and what to write; nothing said means the only row."""
    rows = callee.versions
    if version in rows or (not version and len(rows) < 2):
        return None
    message = f"`{callee.name}` has no version `{version}`" if version else f"`{callee.name}` has several versions"
    wanted = ", ".join(f'"{row}"' for row in rows)
    return message, f"write `version:` as one of: {wanted}" if rows else "take `version` out: it has none"


def _way_back(catalog: Catalog, name: str, to: str) -> tuple[str, ...]:
    """Return the names of the shortest circle of `use` from `to` over `name` back to it, or nothing."""
    ways: dict[str, tuple[str, ...]] = {name: (to, name)}
    waiting = [name]
    for current in waiting:
        if current == to:
            return ways[current]
        component = catalog.get(current)
        for place in component.documents if component else ():
            if place.use and place.use not in ways:
                ways[place.use] = (*ways[current], place.use)
                waiting.append(place.use)
    return ()


class Skeleton(NamedTuple):
    """Params as far as they are written out; the value of an expression is None.

    Shape: `holes` are the paths of such values, `merged` those of maps that may have more keys than are written.
    """

    value: Any
    holes: frozenset[Path]
    merged: frozenset[Path]

    def is_open(self, fault: Finding) -> bool:
        """Tell whether a finding is about something that an expression gives."""
        if fault.rule == "required" and fault.path[:-1] in self.merged:
            return True
        parts = [fault.path[:end] for end in range(len(fault.path) + 1)]
        return any(part in self.holes for part in (parts[:-1] if fault.rule == "unknown" else parts))


def skeleton(node: Node) -> Skeleton:
    """Return what is written out of the params of a `use`."""
    holes: set[Path] = set()
    merged: set[Path] = set()
    return Skeleton(_written(node, (), holes, merged), frozenset(holes), frozenset(merged))


def _written(node: Node, path: Path, holes: set[Path], merged: set[Path]) -> Any:
    keys = {str(key.value) for key, _ in node.value} if node.kind == "map" else set()
    if "${{" in node.text or keys & {"$for", "$if", "$value"}:
        holes.add(path)
        return None
    if node.kind == "scalar":
        return node.value
    if node.kind == "list":
        if any(entry(item, word) for item in node.value for word in ("$for", "$if")):
            holes.add(path)
        return [_written(item, (*path, n), holes, merged) for n, item in enumerate(node.value)]
    if "$raw" in keys:
        return plain(next(value for key, value in node.value if key.value == "$raw"))
    if "$merge" in keys:
        merged.add(path)
    own = [(str(key.value), value) for key, value in node.value if key.value != "$merge"]
    return {key.removeprefix("$"): _written(value, (*path, key), holes, merged) for key, value in own}


def param_fault(component: str, finding: Finding) -> tuple[str, str]:
    """Return message and help for a parameter that a component does not take as it is given."""
    where = ".".join(map(str, finding.path)) or "params"
    if finding.rule == "unknown":
        message, help = f"`{component}` takes no parameter `{where}`", "take it out"
    elif finding.rule == "required":
        message, help = f"`{component}` needs the parameter `{where}`", "write it"
    else:
        message, help = f"`{where}` of `{component}`: expected {finding.expected}", f"write {finding.expected}"
    return message, f"write `{finding.suggestion}`" if finding.suggestion else help


def is_converted(finding: Finding, schema: Mapping[str, Any]) -> bool:
    """Tell whether a finding is about a value in Kubernetes form, which a caller hands over converted."""
    node: Any = schema
    for part in finding.path:
        kind = node.get("x-type") or node.get("$ref")
        if kind:
            return True
        node = (
            node.get("items", {})
            if isinstance(part, int)
            else (node.get("properties", {}).get(part) or node.get("additionalProperties") or {})
        )
        if not isinstance(node, Mapping):
            return False
    return bool(node.get("x-type") or node.get("$ref") or node.get("x-ref"))
