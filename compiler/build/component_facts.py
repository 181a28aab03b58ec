"""What is wrong with a component.yaml of the right form: names that lead to nothing, keys that do not go together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from compiler.build.sections import CORE_KEYS
from compiler.formats.expr.predicates import is_dns_label
from compiler.formats.expr.runtime import suggestion
from compiler.formats.packs import NEWEST, OLDEST
from compiler.formats.schema import validate
from compiler.formats.yaml_locate import place_in
from compiler.formats.yaml_read import Node
from compiler.model.component import LISTS
from compiler.model.diagnostic import Diagnostic, error
from compiler.model.source import Path
from compiler.spec.schemas import shared_sections, shared_types

TEMPLATE_NAMES = ("self", "stack", "k8s", "unset", "true", "false", "none", "not", "and", "or", "in", "is", "if")
"""Names that mean something else in every expression."""


class Facts(NamedTuple):
    """One component.yaml: its node, its plain content, and the schema of its params."""

    head: Node
    meta: Mapping[str, Any]
    params: Mapping[str, Any]

    def fault(self, path: Path, message: str, help: str, *, key: bool = False, code: str = "SC410") -> Diagnostic:
        """Return a diagnostic at a place of component.yaml."""
        return error(code, message, help=help, span=place_in(self.head, path, key=key))


def fact_faults(facts: Facts) -> Iterator[Diagnostic]:
    """Yield the names that lead to nothing, and what cannot be together. Errors: SC410, SC418."""
    for check in (_reserved, _presets, _versions, _section, _fields, _namespaces, _core_types, _nulls):
        yield from check(facts)


def _reserved(facts: Facts) -> Iterator[Diagnostic]:
    meta = facts.meta
    core = () if meta.get("abstract") or meta.get("section") in LISTS else CORE_KEYS
    for name in meta.get("params") or {}:
        bare = name.rstrip("!?")
        if bare in core or bare in TEMPLATE_NAMES:
            owner = "the stack's own fields" if bare in core else "every expression"
            message = f"the parameter `{bare}` hides a name of {owner}"
            yield facts.fault(("params", name), message, "choose another name", key=True, code="SC418")


def _presets(facts: Facts) -> Iterator[Diagnostic]:
    for preset, values in (facts.meta.get("presets") or {}).items():
        for fault in validate(values, facts.params, shared_types()):
            if fault.rule == "required":
                continue
            where = ".".join(map(str, fault.path))
            message = f"no parameter `{where}`" if fault.rule == "unknown" else f"`{where}`: expected {fault.expected}"
            help = f"write `{fault.suggestion}`" if fault.suggestion else "write a value that `params` allows"
            yield facts.fault(("presets", preset, *fault.path), message, help, key=fault.on_key)


def _versions(facts: Facts) -> Iterator[Diagnostic]:
    for version, row in (facts.meta.get("versions") or {}).items():
        for key in ("images", "let"):
            known = facts.meta.get(key) or {}
            for name in row.get(key) or {}:
                if name not in known:
                    message = f"`{name}` is not in the component's `{key}`{suggestion(name, known)}"
                    help = f"a row of `versions` changes what `{key}` says: write it there, too"
                    yield facts.fault(("versions", version, key, name), message, help, key=True)


def _section(facts: Facts) -> Iterator[Diagnostic]:
    meta = facts.meta
    section, pair = meta.get("section", ""), meta.get("discriminator") or {}
    shape = section_items(section)
    if meta.get("abstract") and section:
        yield facts.fault(("section",), "a building block serves no section", "take `section` or `abstract` out")
    if section and shape is None and section in shared_sections():
        yield facts.fault(("section",), f"`{section}` is a section of the core", "choose another name")
    for key in pair:
        if shape is None or key not in shape["properties"]:
            message = f"the items of `{section}` have no `{key}`" if shape else "no list whose items it could pick from"
            help = "write `section: jobs` and `discriminator: {backend: …}`, or the like"
            yield facts.fault(("discriminator",), message, help)
    if meta.get("default") and not pair:
        yield facts.fault(("default",), "`default` without `discriminator`", "write which items it takes by default")


def _fields(facts: Facts) -> Iterator[Diagnostic]:
    shape = section_items(facts.meta.get("section", ""))
    known = (shape or {"properties": {}})["properties"]
    for name in facts.meta.get("fields") or {}:
        if name not in known:
            message = f"no field `{name}` in the items of its section{suggestion(name, known)}"
            yield facts.fault(("fields", name), message, "write a field of the shared shape", key=True)


def _namespaces(facts: Facts) -> Iterator[Diagnostic]:
    params = facts.params.get("properties", {})
    for number, row in enumerate(facts.meta.get("namespaces") or ()):
        name = row["name"] if isinstance(row, dict) else row
        if name not in params and not is_dns_label(name):
            message = f"`{name}` is neither a parameter nor the name of a namespace{suggestion(name, params)}"
            yield facts.fault(("namespaces", number), message, "write a parameter that holds the name, or the name")


def _core_types(facts: Facts) -> Iterator[Diagnostic]:
    minor = int(facts.meta.get("coreTypes", f"1.{NEWEST}").partition(".")[2])
    if not OLDEST <= minor <= NEWEST:
        message = f"there are no types of Kubernetes 1.{minor}"
        yield facts.fault(("coreTypes",), message, f"write a version from 1.{OLDEST} to 1.{NEWEST}")


def _nulls(facts: Facts) -> Iterator[Diagnostic]:
    for key in ("let", "presets", "versions"):
        for path in _null_places(facts.meta.get(key, {}), (key,)):
            yield facts.fault(path, "null is not a value here", "leave the key out, or write `${{ unset }}`")


def _null_places(value: Any, path: Path) -> Iterator[Path]:
    if value is None:
        yield path
    pairs: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for key, child in pairs:
        yield from _null_places(child, (*path, key))


def section_items(section: str) -> Mapping[str, Any] | None:
    """Return the shape of the items of a shared list, or None for a section of another kind."""
    if section not in LISTS:
        return None
    shape: Mapping[str, Any] = shared_sections()[section]["items"]
    return shared_types()[shape["$ref"]] if "$ref" in shape else shape
