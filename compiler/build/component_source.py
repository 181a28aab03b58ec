"""One component folder to the Python module it becomes: `render`, `lets`, `rules` and its facts as literals.

The built-in catalog goes through here when the wheel is built, a user's `components/` when a stack uses them.
"""

from __future__ import annotations

import json
import pprint
from collections.abc import Callable, Mapping
from typing import Any

from compiler.build.component_head import INCLUDED, Entries, Files, read_documents, read_head, read_included
from compiler.build.crd import expand_crd
from compiler.build.params import RESOLVED
from compiler.build.rules_source import write_rules
from compiler.build.shapes import SHAPES
from compiler.formats import shorthand
from compiler.formats.expr.codegen import OPEN, VERSION, Code, Scope
from compiler.formats.template_code import Writer, python, write_item, write_value
from compiler.formats.template_ir import Expression, Refused, read_item, refuse
from compiler.formats.yaml_read import Node
from compiler.model.diagnostic import Diagnostic, Outcome, outcome
from compiler.model.source import Span
from compiler.spec.schemas import shared_sections, shared_types

HEADER = '''"""Generated from {folder}; do not edit."""
from compiler.formats.expr.library import FILTERS, FUNCTIONS, TESTS
from compiler.formats.expr.runtime import (
    UNSET, add, arithmetic, compare, concat, emptied, field, items, mapping, merge, pairs, soft, text, truth, version,
)
'''
Shared = Callable[[str], shorthand.Schema | None]


def component_source(name: str, folder: str, files: Files, shared: Shared, digest: str) -> Outcome[str]:
    """Return the Python source of one component.

    Shape: `shared` resolves type names that the component does not declare (`Resources`, `use/NAME`).
    Errors: SC40x for component.yaml, SC41x for templates, SC42x for types, SC43x for rules; all of them at once.
    """
    found: list[Diagnostic] = []
    entries = read_head(folder, files, found)
    if entries is None:
        return Outcome(None, tuple(found))
    builder = _Builder(folder, files, shared, entries, found)
    builder.included = tuple(read_included(files, entries, found))
    text = builder.build(name, digest)
    return outcome(text, found)


class _Builder:
    def __init__(  # noqa: PLR0913 (all of one folder)
        self,
        folder: str,
        files: Files,
        shared: Shared,
        entries: Entries,
        found: list[Diagnostic],
    ) -> None:
        self.folder, self.files, self.shared = folder, files, shared
        self.entries, self.found = entries, found
        self.included: tuple[Entries, ...] = ()
        self.out = Writer()
        self.documents: list[tuple[str, str, int]] = []
        self.crds: list[Any] = []
        self.types: dict[str, Node] = {}
        if "types" in entries:
            self.types = {str(k.value): v for k, v in entries["types"][1].value}
        self.resolving: list[str] = []

    def build(self, name: str, digest: str) -> str:
        """Return the whole module; what is wrong is collected in `found`."""
        params = self.guard(self._params)
        if params is None:
            return ""  # every template that reads a param would fail for the same cause
        meta = self._meta()
        scope = self._scope(params, meta)
        scope = self._lets(scope)
        self._render(scope)
        rules = self._rules(scope)
        facts = {
            "META": meta,
            "PARAMS": params,
            "DOCUMENTS": tuple(self.documents),
            "RULES": rules,
            "CRDS": json.dumps(self.crds, separators=(",", ":")),
            "FILES": self._texts(),
        }
        prefix = HEADER.format(folder=self.folder)
        lines = [f"NAME = {name!r}", f"DIGEST = {digest!r}"]
        lines += [f"{k} = {pprint.pformat(v, width=118, sort_dicts=False)}" for k, v in facts.items()]
        lines += [f"C{i} = {c}" for i, c in enumerate(self.out.constants)]
        before = prefix.count("\n") + sum(line.count("\n") + 1 for line in lines)
        locations = {before + number: place for number, place in self.out.locations.items()}
        tail = f"LOCATIONS = {pprint.pformat(locations, width=118)}"
        return prefix + "\n".join([*lines, *self.out.lines, tail]) + "\n"

    def guard(self, step: Callable[[], Any]) -> Any:
        """Run a step; a refused template becomes a diagnostic, and the next step still runs."""
        try:
            return step()
        except Refused as e:
            self.found.append(e.diagnostic)
            return None

    def _meta(self) -> dict[str, Any]:
        """Return what component.yaml says, with the images and sections that included components need."""
        meta = {k: shorthand.plain(v) for k, (_, v) in self.entries.items() if k not in ("params", "types", "let")}
        for other in self.included:
            if "images" in other:
                meta["images"] = {**shorthand.plain(other["images"][1]), **meta.get("images", {})}
            if "reads" in other:
                meta["reads"] = list(dict.fromkeys([*meta.get("reads", ()), *shorthand.plain(other["reads"][1])]))
        return meta

    def _params(self) -> shorthand.Schema:
        """Return the schema of the params: the items of a shared list have the list's own shape below them."""
        own: shorthand.Schema = {"type": "object", "properties": {}}
        if "params" in self.entries:
            own = shorthand.read_type(self.entries["params"][1], self.resolve)
        section = shorthand.plain(self.entries["section"][1]) if "section" in self.entries else ""
        shape = shared_sections().get(section, {}).get("items")
        if shape is None:
            return own
        shape = shared_types()[shape["$ref"]] if "$ref" in shape else shape
        required = sorted({*shape.get("required", ()), *own.get("required", ())})
        return {"type": "object", "properties": {**shape["properties"], **own["properties"]}, "required": required}

    def resolve(self, name: str) -> shorthand.Schema | None:
        """Return a named type: the component's own first, then the shared ones."""
        if name in self.types:
            if name in self.resolving:
                return {}  # a type within itself stays open
            self.resolving.append(name)
            try:
                return shorthand.read_type(self.types[name], self.resolve)
            finally:
                self.resolving.pop()
        return self.shared(name)

    def shape(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what expressions may read of a value with this schema, references followed."""
        if schema.get("x-ref") in RESOLVED:
            return OPEN
        kind = schema.get("x-type") or schema.get("$ref", "")
        if kind in SHAPES:
            return SHAPES[kind]
        if "$ref" in schema:
            return self.shape(shared_types()[kind])
        made: dict[str, Any] = {}
        if "properties" in schema:
            made["properties"] = {k: self.shape(v) for k, v in schema["properties"].items()}
        elif isinstance(schema.get("additionalProperties"), Mapping):
            made["additionalProperties"] = self.shape(schema["additionalProperties"])
        if isinstance(schema.get("items"), Mapping):
            made["items"] = self.shape(schema["items"])
        return made

    def _scope(self, params: Mapping[str, Any], meta: Mapping[str, Any]) -> Scope:
        names: dict[str, tuple[str, Mapping[str, Any]]] = {}
        for name, schema in params.get("properties", {}).items():
            names[name] = (f"ctx[{name!r}]", self.shape(schema))
        stack: dict[str, Any] = {"name": OPEN, "kubernetes": VERSION, "preset": OPEN}
        for section in meta.get("reads") or ():
            declared = shared_sections().get(section)
            stack[section] = self.shape(declared) if declared else OPEN
        names["self"] = ("ctx['self']", {"properties": {"name": OPEN, "namespace": OPEN, "version": VERSION}})
        names["stack"] = ("ctx['stack']", {"properties": stack})
        names["k8s"] = ("ctx['k8s']", VERSION)
        return Scope(names, {"image": "ctx['$image']", "file": "ctx['$file']"})

    def _lets(self, scope: Scope) -> Scope:
        self.out.line(0, "def lets(ctx):")
        self.out.line(1, "pass")
        for key, value in (
            pair for entries in (*self.included, self.entries) if "let" in entries for pair in entries["let"][1].value
        ):
            name = str(key.value)
            if name in scope.names:
                self.found.append(
                    refuse("SC418", key.span, f"`{name}` hides another name", "choose another name").diagnostic
                )
                continue
            code = self.guard(lambda value=value, scope=scope: self._let(value, scope)) or Code("UNSET", OPEN)  # type: ignore[misc]
            self.out.line(1, f"ctx[{name!r}] = ctx['$let'].get({name!r}, {code.python})")
            scope = scope.bind(name, f"ctx[{name!r}]", code.shape)
        return scope

    def _let(self, value: Node, scope: Scope) -> Code:
        """Write one computed value; that of a single expression has the shape of what it reads."""
        item = read_item(value)
        shape = python(item, scope).shape if isinstance(item, Expression) else OPEN
        return Code(write_value(self.out, item, 1, scope), shape)

    def _render(self, scope: Scope) -> None:
        self.out.line(0, "def render(ctx, out):")
        self.out.line(1, "pass")
        for path in sorted(p for p in self.files if p.startswith("manifests/") and p.endswith(".yaml")):
            for node in read_documents(f"{self.folder}/{path}", self.files[path], self.found):
                self.guard(lambda node=node, path=path: self._document(node, path, scope))  # type: ignore[misc]

    def _document(self, node: Node, path: str, scope: Scope) -> None:
        if node.kind != "map":
            raise refuse(
                "SC403", node.span, "a document that is not a map", "write a Kubernetes object, `use:` or `crd:`"
            )
        keys = {str(k.value) for k, _ in node.value}
        kind = "use" if "use" in keys else "crd" if "crd" in keys else "object"
        if kind == "object" and not {"apiVersion", "kind"} <= keys:
            raise refuse(
                "SC403", node.span, "a document without apiVersion and kind", "write both, or `use:` or `crd:`"
            )
        if kind == "crd":
            self._crd(node)
            return
        item = read_item(node)
        number = len(self.documents)
        self.documents.append((kind, f"{self.folder}/{path}", node.span.line))
        if kind == "use":
            self._check_use(node)
        write_item(self.out, item, 1, scope, f"out.append(({number}, {{}}))")

    def _crd(self, node: Node) -> None:
        if "${{" in json.dumps(shorthand.plain(node)):
            raise refuse("SC404", node.span, "a compact CRD takes no expressions", "write the values")
        core = str(shorthand.plain(self.entries["coreTypes"][1])) if "coreTypes" in self.entries else ""
        self.crds.append(expand_crd(node, core, self.types))

    def _check_use(self, node: Node) -> None:
        for key, value in node.value:
            if key.value == "use" and (value.kind != "scalar" or "${{" in value.text):
                raise refuse(
                    "SC405", value.span, "`use` takes a component's name, never an expression", "write the name"
                )
            if key.value not in ("use", "name", "version", "namespace", "params") and not str(key.value).startswith(
                "$"
            ):
                raise refuse(
                    "SC405",
                    key.span,
                    f"unknown key `{key.value}` in a `use` document",
                    "write name, version, namespace or params",
                )

    def _texts(self) -> dict[str, str]:
        """Return the verbatim files, which `file(name)` reads: those of included components, then one's own."""
        texts = {}
        for path, raw in sorted(self.files.items(), key=lambda item: (not item[0].startswith(INCLUDED), item[0])):
            before, inside, name = path.partition("files/")
            if inside and (not before or before.startswith(INCLUDED)):
                try:
                    texts[name] = raw.decode()
                except UnicodeDecodeError:
                    place = Span(f"{self.folder}/{path}", 1, 1, 1, 1)
                    self.found.append(refuse("SC407", place, "a file that is not UTF-8 text", "write text").diagnostic)
        return texts

    def _rules(self, scope: Scope) -> list[Any]:
        self.out.line(0, "def rules(ctx, found):")
        self.out.line(1, "pass")
        raw = self.files.get("rules.yaml")
        if raw is None:
            return []
        nodes = read_documents(f"{self.folder}/rules.yaml", raw, self.found)
        rows = nodes[0].value if nodes and nodes[0].kind == "list" else ()
        made = []
        for number, row in enumerate(rows):
            made.append(self.guard(lambda row=row, number=number: write_rules(self.out, row, number, scope)))  # type: ignore[misc]
        return made
