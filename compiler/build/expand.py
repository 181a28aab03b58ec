"""Instances to manifests: parameters filled, rules asked, templates run, `use` followed.

What comes out carries the namespace of its own instance and the line of its template; everything that is the same for
all objects (labels, images, placement …) is the transforms' work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from compiler.build.catalog import Catalog
from compiler.build.params import Fill, Filling, filler
from compiler.build.shapes import InlineSecret, Maker
from compiler.build.template_places import document_at, place_in_template
from compiler.build.uses import is_converted, param_fault, version_fault
from compiler.formats.expr.runtime import TURNS, UNSET, ExpressionError, deep_merge, suggestion
from compiler.formats.schema import validate
from compiler.model.component import DEFAULTS, Component, DocumentPlace
from compiler.model.diagnostic import Diagnostic, Note, Severity, error
from compiler.model.ids import ObjectId, split_api_version
from compiler.model.manifest import Manifest, Origin
from compiler.model.source import Path, Span
from compiler.model.stack import Instance, Stack

MAX_DEPTH = 8
MAX_OBJECTS = 100_000
_FAILURES = (ExpressionError, TypeError, ValueError, ArithmeticError, KeyError, AttributeError, RecursionError)


class MadeSecret(NamedTuple):
    """An inline secret value of one instance, to become a Secret in the instance's namespace."""

    secret: InlineSecret
    instance: str
    namespace: str
    span: Span | None


class Bodies(list[tuple[int, Any]]):
    """What the templates of one instance make: with at most MAX_OBJECTS bodies no loop fills the memory."""

    def append(self, body: tuple[int, Any]) -> None:
        """Add a body. Errors: ExpressionError for one too many."""
        if len(self) >= MAX_OBJECTS:
            raise ExpressionError(f"more than {MAX_OBJECTS} objects", "give it shorter lists")
        super().append(body)


class Expansion:
    """Everything that expanding one stack gives; filled instance by instance.

    Shape: `filled` are the instances whose component wants namespaces, with what their templates see; `parts` are those
    that templates take in with `use`, by name, component and version.
    """

    def __init__(self, stack: Stack, catalog: Catalog) -> None:
        self.stack, self.catalog = stack, catalog
        self.asked: tuple[Instance, ...] = ()
        self.manifests: list[Manifest] = []
        self.found: list[Diagnostic] = []
        self.secrets: list[MadeSecret] = []
        self.filled: list[tuple[Instance, dict[str, Any]]] = []
        self.parts: dict[tuple[str, str, str], Instance] = {}
        self._fillers: dict[str, Fill] = {}
        self._items = {s: _named(stack.spec.get(s)) for s in ("data", "queues")}

    @property
    def instances(self) -> tuple[Instance, ...]:
        """The instances of the stack, and the parts that their templates take in with `use`."""
        return (*self.asked, *self.parts.values())

    def run(self, instances: tuple[Instance, ...]) -> None:
        """Expand instances in order; rules of all of them are asked before any template runs."""
        self.asked = instances
        contexts = [(i, c, self._context(i, c)) for i in instances if (c := self.catalog.get(i.component))]
        for instance, component, ctx in contexts:
            self._ask_rules(instance, component, ctx)
        if any(d.is_error for d in self.found):
            return
        for instance, component, ctx in contexts:
            self._render(instance, component, ctx, (component.name,))

    def _context(self, instance: Instance, component: Component) -> dict[str, Any]:
        """Return what the component's templates see."""
        maker = Maker(instance.self_name if "." in instance.name else instance.name, [])
        if component.name not in self._fillers:
            self._fillers[component.name] = filler(component.params, self.catalog.definitions())
        given = instance.params
        preset = (component.meta.get("presets") or {}).get(self.stack.preset)
        if preset:
            given = deep_merge(preset, given)
        filled = self._fillers[component.name](given, "", Filling(self._items, maker))
        for secret in maker.secrets:
            span = self.stack.tree.said(secret.source, instance.path)
            self.secrets.append(MadeSecret(secret, instance.name, instance.namespace, span or instance.span))
        row = component.versions.get(instance.version) or {}
        images = {**(component.meta.get("images") or {}), **(row.get("images") or {})}
        ctx = {
            **dict.fromkeys(component.params.get("properties", ()), UNSET),
            **filled,
            "self": {"name": instance.self_name, "namespace": instance.namespace, "version": instance.version},
            "stack": self._stack_fields(component),
            "k8s": self.stack.kubernetes,
            "$image": lambda name: _image(name, images),
            "$file": lambda name: _file(name, component),
        }
        if self._guarded(instance, component, lambda: component.code.lets(ctx)):
            return ctx
        return {}

    def _stack_fields(self, component: Component) -> dict[str, Any]:
        spec = self.stack.spec
        seen = {"name": self.stack.name, "kubernetes": self.stack.kubernetes, "preset": self.stack.preset}
        return seen | {key: spec[key] for key in component.meta.get("reads") or () if key in spec}

    def _ask_rules(
        self, instance: Instance, component: Component, ctx: dict[str, Any], use: DocumentPlace | None = None
    ) -> None:
        """Find what rules say against an instance; that of a `use` is shown where the template hands it over."""
        if not ctx:
            return
        broken: list[Any] = []
        self._guarded(instance, component, lambda: component.code.rules(ctx, broken))
        ctx.pop(TURNS, None)
        for number, path, message, help in broken:
            rule = component.rules[number]
            place: Path = (*instance.path, *path)
            level = rule.severity.get(self.stack.preset, rule.severity[""])
            if not use and place in self.stack.tree.defaulted:
                level = rule.severity.get(DEFAULTS, level)
            if level == "off":
                continue
            severity = Severity.ERROR if level == "error" else Severity.WARNING
            span = self.stack.tree.key_span(place) if path and not use else instance.span
            notes = (Note("in this template", self._place(use, ("params", *path))),) if use else ()
            self.found.append(Diagnostic(rule.code, severity, message, help, span, notes))

    def _render(self, instance: Instance, component: Component, ctx: dict[str, Any], chain: tuple[str, ...]) -> None:
        self.filled += [(instance, ctx)] if component.meta.get("namespaces") else []
        made = Bodies()
        self._guarded(instance, component, lambda: component.code.render(ctx, made))
        crds = (place for place in component.documents if place.kind == "crd")
        for place, body in zip(crds, component.crds, strict=True):
            self._add(instance, chain, body, place)
        for number, body in made:
            place = component.documents[number]
            if place.kind == "use":
                self._use(instance, body, place, chain)
            else:
                self._add(instance, chain, body, place)

    def _add(self, instance: Instance, chain: tuple[str, ...], body: Any, place: DocumentPlace) -> None:
        metadata = body.get("metadata")
        name = metadata.get("name") if metadata.__class__ is dict else None
        namespace = metadata.get("namespace") or instance.namespace if metadata.__class__ is dict else ""
        words = (name, body.get("kind"), body.get("apiVersion"), namespace)
        if not all(word.__class__ is str for word in words):
            note = Note("made here", Span(place.file, place.line, 1, place.line, 1))
            message = f"`{chain[-1]}` makes an object without apiVersion, kind or metadata.name as text"
            self.found.append(error("SC442", message, help="mend the template", span=instance.span, notes=(note,)))
            return
        group = split_api_version(body["apiVersion"])[0]
        if metadata.get("namespace") != namespace:
            body = {**body, "metadata": {"name": name, "namespace": namespace, **metadata}}
        asked, made_by = instance.path, chain[-1]
        origin = Origin(instance.name, made_by, place.file, place.line, instance.span, asked=asked, chain=chain)
        self.manifests.append(Manifest(ObjectId(group, body["kind"], str(namespace), str(name)), body, origin))

    def _use(self, caller: Instance, body: Any, place: DocumentPlace, chain: tuple[str, ...]) -> None:
        _, _, pinned = str(body["use"]).partition("@")
        callee = self.catalog.get(place.use)
        if callee is None or len(chain) > MAX_DEPTH:
            message = f"`use: {place.use}` nests deeper than {MAX_DEPTH}" if callee else f"no component `{place.use}`"
            self._template_error("SC443", message, "write a component of the catalog", caller, place, ("use",))
            return
        version = body.get("version", pinned)
        wrong = version_fault(callee, version)
        if wrong:
            self._template_error("SC443", *wrong, caller, place, ("version",))
            return
        params = body.get("params") or {}
        findings = validate(params, callee.params, self.catalog.definitions())
        faults = [f for f in findings if not is_converted(f, callee.params)]
        for f in faults:
            self._template_error("SC444", *param_fault(place.use, f), caller, place, ("params", *f.path))
        if faults:
            return
        own = Instance(
            caller.name, body.get("name", place.use), place.use, version or next(iter(callee.versions), ""),
            body.get("namespace", caller.namespace), params, caller.path, caller.span,
        )  # fmt: skip
        self.parts.setdefault((own.name, own.component, own.version), own)
        ctx = self._context(own, callee)
        if ctx:
            self._ask_rules(own, callee, ctx, place)
            self._render(own, callee, ctx, (*chain, callee.name))

    def _template_error(  # noqa: PLR0913 (what is wrong, and both places)
        self, code: str, message: str, help: str, instance: Instance, place: DocumentPlace, path: Path
    ) -> None:
        note = Note("in this template", self._place(place, path))
        self.found.append(error(code, message, help=help, span=instance.span, notes=(note,)))

    def _place(self, place: DocumentPlace, path: Path) -> Span:
        """Return the place of a field in a template; the whole document's if its file can't be read any more."""
        document = document_at(self.catalog.template(place.file), place.file, place.line)
        return place_in_template(document, path) if document else Span(place.file, place.line, 1, place.line, 1)

    def _guarded(self, instance: Instance, component: Component, step: Any) -> bool:
        """Run generated code; a failure becomes a diagnostic at the template's line."""
        try:
            step()
        except _FAILURES as e:
            place, source = _failed_at(e, component)
            message = e.message if isinstance(e, ExpressionError) else str(e)
            note = (Note(f"expression `{source}`", place),) if place else ()
            help = e.help if isinstance(e, ExpressionError) and e.help else "change the parameters it reads"
            self.found.append(
                error("SC441", f"`{component.name}`: {message}", help=help, span=instance.span, notes=note)
            )
            return False
        return True


def _failed_at(exception: BaseException, component: Component) -> tuple[Span | None, str]:
    """Return the template place of the innermost generated line that failed."""
    trace, line = exception.__traceback__, 0
    while trace:
        if trace.tb_frame.f_code.co_filename == component.code.filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line not in component.code.locations:
        return None, ""
    file, row, column, source = component.code.locations[line]
    return Span(file, row, column, row, column + len(source)), source


def _named(items: Any) -> Mapping[str, Any]:
    return {item["name"]: item for item in items or () if isinstance(item, dict) and "name" in item}


def _image(name: Any, images: Mapping[str, Any]) -> str:
    """Return the catalog's image of a name; text that already is an image stays."""
    if name in images:
        row = images[name]
        return str(row["image"] if isinstance(row, dict) else row)
    if isinstance(name, str) and ("/" in name or ":" in name):
        return name
    raise ExpressionError(f"no image `{name}` in the component{suggestion(str(name), images)}")


def _file(name: Any, component: Component) -> str:
    if name not in component.files:
        raise ExpressionError(f"no file `{name}` in files/{suggestion(str(name), component.files)}")
    return component.files[name]
