"""One component folder to the Python module it becomes: `render`, `lets`, `rules` and its facts as literals.

The built-in catalog goes through here when the wheel is built, a user's `components/` when a stack uses them.
"""

from __future__ import annotations

import json
import pprint
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from compiler.build.component_facts import Facts, fact_faults, section_items
from compiler.build.component_head import INCLUDED, Entries, Files, read_documents, read_head, read_included
from compiler.build.crd import core_definition, expand_crd
from compiler.build.documents import check_object, kind_of_document, used_component
from compiler.build.params import RESOLVED
from compiler.build.rules_source import rule_rows, write_rules
from compiler.build.shapes import SHAPES
from compiler.formats import shorthand
from compiler.formats.expr.codegen import OPEN, VERSION, Code, Scope
from compiler.formats.expr.runtime import suggestion
from compiler.formats.packs import NEWEST
from compiler.formats.template_code import Writer, python, write_item, write_value
from compiler.formats.template_ir import Expression, Refused, read_item, refuse
from compiler.formats.yaml_read import Node
from compiler.model.diagnostic import Diagnostic, Outcome, error, outcome
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
    head = read_head(folder, files, found)
    if head is None:
        return Outcome(None, tuple(found))
    builder = _Builder(name, folder, files, shared, head, found)
    builder.included = tuple(read_included(files, builder.entries, found))
    text = builder.build(digest)
    return outcome(text, found)


class _Builder:
    def __init__(  # noqa: PLR0913 (all of one folder)
        self,
        name: str,
        folder: str,
        files: Files,
        shared: Shared,
        head: Node,
        found: list[Diagnostic],
    ) -> None:
        self.name, self.folder, self.files, self.shared = name, folder, files, shared
        self.head, self.found = head, found
        self.entries: Entries = {str(k.value): (k, v) for k, v in head.value}
        self.included: tuple[Entries, ...] = ()
        self.out = Writer()
        self.documents: list[tuple[str, str, int, str]] = []
        self.crds: list[Any] = []
        self.types: dict[str, Node] = {}
        if "types" in self.entries:
            self.types = {str(k.value): v for k, v in self.entries["types"][1].value}
        self.resolving: list[str] = []

    def build(self, digest: str) -> str:
        """Return the whole module; what is wrong is collected in `found`."""
        params = self.guard(self._params) or self._unread_params()
        self.found.extend(fact_faults(Facts(self.head, shorthand.plain(self.head), params)))
        for type_ in self.types:
            self.guard(lambda type_=type_: self.resolve(type_))  # type: ignore[misc]
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
        lines = [f"NAME = {self.name!r}", f"DIGEST = {digest!r}"]
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
            self.found.extend(e.diagnostics)
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
            node = self.entries["params"][1]
            own = shorthand.read_type(node, self.resolve)
            if "properties" not in own:
                raise refuse("SC422", node.span, "params without names", "write `name: type` for each of them")
        section = shorthand.plain(self.entries["section"][1]) if "section" in self.entries else ""
        shape = section_items(section)
        if shape is None:
            return own
        required = sorted({*shape.get("required", ()), *own.get("required", ())})
        return {"type": "object", "properties": {**shape["properties"], **own["properties"]}, "required": required}

    def _unread_params(self) -> shorthand.Schema:
        """Return params whose types can't be read, open, so that the templates are still checked for all else."""
        words = (word for key, _ in self.entries["params"][1].value for word in str(key.value).split(","))
        return {"type": "object", "properties": {word.strip().rstrip("!?"): {} for word in words}}

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
        found = self.shared(name)
        if found and "x-core" in found:
            core_definition(name, self._core_types() or f"1.{NEWEST}")
        if found is None and not name.startswith("="):
            near = suggestion(name, (*shorthand.SCALARS, *self.types, *shared_types()))
            help = "write a type of `types:`, one that `stackc catalog TYPE` shows, or " + ", ".join(shorthand.SCALARS)
            if name.startswith("use/"):
                help = "write a component of the catalog that loads"
            raise shorthand.TypeFault("SC423", f"unknown type `{name}`{near}", help)
        return found

    def _core_types(self) -> str:
        return str(shorthand.plain(self.entries["coreTypes"][1])) if "coreTypes" in self.entries else ""

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
                    error("SC418", f"`{name}` hides another name", help="choose another name", span=key.span)
                )
                continue
            code = self.guard(lambda name=name, value=value, scope=scope: self._let(name, value, scope))  # type: ignore[misc]
            scope = scope.bind(name, f"ctx[{name!r}]", code.shape if code else OPEN)
        return scope

    def _let(self, name: str, value: Node, scope: Scope) -> Code:
        """Write one computed value, or for every version that has its own what that says.

        Shape: that of a single expression has the shape of what it reads.
        """
        indent, word = 1, "if"
        for version, own in self._rows_of(name):
            self.out.line(1, f"{word} ctx['self']['version'] == {version!r}:")
            self.out.line(2, f"ctx[{name!r}] = {write_value(self.out, read_item(own), 2, scope)}")
            indent, word = 2, "elif"
        if indent == 2:
            self.out.line(1, "else:")
        item = read_item(value)
        made = write_value(self.out, item, indent, scope)
        self.out.line(indent, f"ctx[{name!r}] = {made}")
        is_one = indent == 1 and isinstance(item, Expression)
        return Code(made, python(item, scope).shape if is_one else OPEN)  # type: ignore[arg-type]

    def _rows_of(self, name: str) -> Iterator[tuple[str, Node]]:
        """Yield the versions with a value of their own for a name of `let`, and that value."""
        for version, row in self.entries["versions"][1].value if "versions" in self.entries else ():
            for key, values in row.value:
                if key.value == "let":
                    yield from ((str(version.value), own) for word, own in values.value if word.value == name)

    def _render(self, scope: Scope) -> None:
        self.out.line(0, "def render(ctx, out):")
        self.out.line(1, "pass")
        for path in sorted(p for p in self.files if p.startswith("manifests/") and p.endswith(".yaml")):
            for node in read_documents(f"{self.folder}/{path}", self.files[path], self.found):
                self.guard(lambda node=node, path=path: self._document(node, path, scope))  # type: ignore[misc]

    def _document(self, node: Node, path: str, scope: Scope) -> None:
        kind = kind_of_document(node)
        number, use = len(self.documents), used_component(node) if kind == "use" else ""
        self.documents.append((kind, f"{self.folder}/{path}", node.span.line, use))
        if kind == "crd":
            self._crd(node)
            return
        if kind == "object":
            check_object(node)
        item = read_item(node)
        write_item(self.out, item, 1, scope, f"out.append(({number}, {{}}))")

    def _crd(self, node: Node) -> None:
        if "${{" in json.dumps(shorthand.plain(node)):
            raise refuse("SC404", node.span, "a compact CRD takes no expressions", "write the values")
        self.crds.append(expand_crd(node, self._core_types(), self.types))

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
                    self.found.append(error("SC407", "a file that is not UTF-8 text", help="write text", span=place))
        return texts

    def _rules(self, scope: Scope) -> list[Any]:
        self.out.line(0, "def rules(ctx, found):")
        self.out.line(1, "pass")
        raw = self.files.get("rules.yaml")
        if raw is None:
            return []
        nodes = read_documents(f"{self.folder}/rules.yaml", raw, self.found)
        rows = self.guard(lambda: rule_rows(nodes)) or ()
        prefix = self.name.replace("-", "").upper()
        made = []
        for number, row in enumerate(rows):
            made.append(self.guard(lambda row=row, number=number: write_rules(self.out, row, number, scope, prefix)))  # type: ignore[misc]
        seen: set[str] = set()
        for rule, row in zip(made, rows, strict=True):
            if rule and rule[0] in seen:
                help = "give this rule the next free number"
                self.found.append(error("SC431", f"the code `{rule[0]}` is used twice", help=help, span=row.span))
            seen.update(rule[:1] if rule else ())
        return made
