"""The catalog: components by name, loaded from generated modules where they are current, else from their folders."""

from __future__ import annotations

import hashlib
import importlib
import json
import os.path
import re
from collections.abc import Iterable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from compiler.build.folders import nearly_components, stray_entries
from compiler.formats.files import FileRefused, Files
from compiler.formats.shorthand import TypeFault
from compiler.model.component import Code, Component, DocumentPlace, Rule
from compiler.model.diagnostic import Bug, Diagnostic, Outcome, error
from compiler.model.source import Span
from compiler.spec.schemas import shared_types

BUILT_IN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "catalog")
GENERATED = "compiler._compiled"
_GENERATORS = (
    "build/component_head.py", "build/component_source.py", "build/documents.py", "build/rules_source.py",
    "build/crd.py", "build/shapes.py", "formats/shorthand.py", "formats/expressions.py", "formats/template_ir.py",
    "formats/template_code.py", "formats/expr/grammar.py", "formats/expr/codegen.py",
)  # fmt: skip
_FOLDERS = ("manifests", "files")
_USED_TYPE = re.compile(rb"\buse/([a-z0-9][-a-z0-9]*)")
_INCLUDED = re.compile(rb"^include: *\[([-a-z0-9, ]*)\]", re.MULTILINE)


class Catalog:
    """Components by name. Built-in ones are found beside the compiler, a user's own under `components/` of the root."""

    def __init__(self, files: Files | None = None) -> None:
        self.files = files
        self.found: list[Diagnostic] = []
        self._known: dict[str, Component | None] = {}
        self._loading: list[str] = []
        self._linked = False
        self.own = self._own_names()
        self.names: tuple[str, ...] = tuple(sorted({*built_in_names(), *self.own}))

    def _own_names(self) -> frozenset[str]:
        """Return the user's own components; a folder that the files door refuses is told of, and left out."""
        files = self.files
        names: list[str] = []
        try:
            for name in files.listdir("components") if files and files.exists("components") else ():
                if files and files.exists(f"components/{name}/component.yaml"):
                    names.append(name)
                elif files and not name.startswith("."):
                    self.found += nearly_components(f"components/{name}", files)
        except FileRefused as e:
            self.found.append(error(e.code, e.message, help=e.help, span=_top_of(e)))
        return frozenset(names)

    def get(self, name: str) -> Component | None:
        """Return a component, or None when there is none of that name or its folder has errors (then in `found`)."""
        if name not in self._known:
            self._known[name] = self._load(name) if name in self.names else None
        return self._known[name]

    def all(self) -> tuple[Component, ...]:
        """Return every component that loads, by name."""
        loaded = tuple(c for c in map(self.get, self.names) if c is not None)
        if not self._linked:
            self._linked = True
            self.found += self._links(self.own)
        return loaded

    def _links(self, names: Iterable[str]) -> Iterable[Diagnostic]:
        """Return what is wrong between these components and the others; built-in ones are asked when they are built."""
        if not names:
            return ()
        from compiler.build.uses import use_faults

        return tuple(use_faults(self, sorted(names)))

    def definitions(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the named types that params refer to."""
        return shared_types()

    def _load(self, name: str) -> Component | None:
        self._loading.append(name)
        try:
            folder = f"components/{name}" if name in self.own else f"catalog/{name}"
            content = self.content(name)
            digest = self.digest(content)
            module = None if name in self.own else _generated(name, digest)
            namespace = vars(module) if module else self._compile(name, folder, content, digest)
            return None if namespace is None else component_of(folder, namespace)
        except FileRefused as e:
            self.found.append(error(e.code, e.message, help=e.help, span=_top_of(e)))
            return None
        finally:
            self._loading.pop()

    def content(self, name: str) -> dict[str, bytes]:
        """Return the files of a component, and below `include/` component.yaml and `files/` of those it includes."""
        made = self._files_of(name)
        for match in _INCLUDED.findall(made.get("component.yaml", b"")):
            for other in match.decode().replace(",", " ").split():
                if other in self.names:
                    folder = "components" if other in self.own else "catalog"
                    for path, raw in self._files_of(other).items():
                        if path == "component.yaml" or path.startswith("files/"):
                            made[f"include/{folder}/{other}/{path}"] = raw
        return made

    def _files_of(self, name: str) -> dict[str, bytes]:
        return self._own_files(name) if name in self.own else built_in_files(name)

    def digest(self, content: Mapping[str, bytes]) -> str:
        """Return the digest that says whether a generated module is current.

        It covers the folder, the generator, the shared types, and the components whose params the folder's params take
        as types: their fields are written into the module.
        """
        hasher = hashlib.sha256(generator_digest())
        for path in sorted(content):
            hasher.update(path.encode() + b"\0" + content[path] + b"\0")
        for name, raw in sorted(self._type_sources(content).items()):
            hasher.update(name.encode() + b"\0" + raw + b"\0")
        return hasher.hexdigest()[:32]

    def _type_sources(self, content: Mapping[str, bytes]) -> dict[str, bytes]:
        """Return component.yaml of every component that `use/NAME` types lead to, by name."""
        made: dict[str, bytes] = {}
        waiting = [content.get("component.yaml", b"")]
        while waiting:
            for match in _USED_TYPE.findall(waiting.pop()):
                name = match.decode()
                if name in self.names and name not in made:
                    made[name] = self._head(name)
                    waiting.append(made[name])
        return made

    def _head(self, name: str) -> bytes:
        if self.files and name in self.own:
            return self.files.read(f"components/{name}/component.yaml")
        with open(os.path.join(BUILT_IN, name, "component.yaml"), "rb") as file:
            return file.read()

    def template(self, file: str) -> bytes:
        """Return the text of a template by its path in messages."""
        if file.startswith("components/"):
            return self.files.read(file) if self.files else b""
        with open(os.path.join(os.path.dirname(BUILT_IN), file), "rb") as text:
            return text.read()

    def _own_files(self, name: str) -> dict[str, bytes]:
        """Return the files of a user's component that count; what nobody would read is told of. Errors: SC409."""
        assert self.files is not None
        base, made = f"components/{name}", {}
        self.found += stray_entries(base, self.files)
        for path in self.files.listdir(base):
            if path.endswith(".yaml"):
                made[path] = self.files.read(f"{base}/{path}")
        for folder in _FOLDERS:
            for path in self.files.listdir(f"{base}/{folder}") if self.files.exists(f"{base}/{folder}") else ():
                if not path.startswith("."):
                    made[f"{folder}/{path}"] = self.files.read(f"{base}/{folder}/{path}")
        return made

    def source(self, name: str, folder: str, content: Mapping[str, bytes], digest: str) -> Outcome[str]:
        """Return the generated module of a component, as source."""
        from compiler.build.component_source import component_source

        return component_source(name, folder, content, self._shared, digest)

    def _compile(self, name: str, folder: str, content: Mapping[str, bytes], digest: str) -> dict[str, Any] | None:
        made = self.source(name, folder, content, digest)
        self.found.extend(made.diagnostics)
        if made.value is None:
            return None
        namespace: dict[str, Any] = {"__file__": f"<generated {folder}>"}
        exec(compile(made.value, namespace["__file__"], "exec"), namespace)  # noqa: S102 (generated from checked trees)
        return namespace

    def _shared(self, name: str) -> dict[str, Any] | None:
        """Resolve a type name that a component does not declare."""
        if name in shared_types():
            return {"$ref": name}
        if name.startswith("="):
            found = shared_types().get(name[1:])
            return dict(found) if found else None
        if name.startswith("use/"):
            if name.removeprefix("use/") in self._loading:
                raise TypeFault("SC406", f"the type `{name}` leads back to itself", "break the circle")
            other = self.get(name.removeprefix("use/"))
            return dict(other.params) if other else None
        if "/" in name and "." in name:
            return {"x-core": name}
        return None


@cache
def generator_digest() -> bytes:
    """Return the digest of what makes modules out of folders."""
    from compiler.formats.data_files import read_schema_file

    hasher = hashlib.sha256(read_schema_file("types.json") + read_schema_file("stack.json"))
    package = os.path.dirname(BUILT_IN)
    for path in _GENERATORS:
        with open(os.path.join(package, path), "rb") as file:
            hasher.update(file.read())
    return hasher.digest()


@cache
def built_in_names() -> tuple[str, ...]:
    """Return the names of the built-in components, sorted."""
    with os.scandir(BUILT_IN) as entries:
        return tuple(sorted(e.name for e in entries if os.path.isfile(os.path.join(e.path, "component.yaml"))))


def built_in_files(name: str) -> dict[str, bytes]:
    """Return the files of a built-in component by their path in its folder."""
    made: dict[str, bytes] = {}
    base = os.path.join(BUILT_IN, name)
    for folder in ("", *_FOLDERS):
        place = os.path.join(base, folder)
        for entry in sorted(os.listdir(place)) if os.path.isdir(place) else ():
            if (folder or entry.endswith(".yaml")) and os.path.isfile(os.path.join(place, entry)):
                with open(os.path.join(place, entry), "rb") as file:
                    made[f"{folder}/{entry}" if folder else entry] = file.read()
    return made


def module_name(component: str) -> str:
    """Return the name of a component's generated module."""
    return "c_" + component.replace("-", "_")


def _top_of(refused: FileRefused) -> Span | None:
    """Return the first character of the file that the files door did not give out."""
    return Span(refused.path, 1, 1, 1, 1) if refused.path else None


def _generated(name: str, digest: str) -> ModuleType | None:
    """Return the generated module of a built-in component if it was made from what its folder holds now."""
    try:
        module = importlib.import_module(f"{GENERATED}.{module_name(name)}")
    except ImportError:
        return None
    return module if getattr(module, "DIGEST", "") == digest else None


def component_of(folder: str, namespace: Mapping[str, Any]) -> Component:
    """Return the record of a generated module."""
    if not {"META", "PARAMS", "render", "lets", "rules"} <= set(namespace):
        raise Bug(f"the generated module of {folder} is incomplete")
    code = Code(
        namespace["lets"], namespace["render"], namespace["rules"], namespace["LOCATIONS"], namespace["__file__"]
    )
    return Component(
        namespace["NAME"],
        folder,
        namespace["META"],
        namespace["PARAMS"],
        tuple(DocumentPlace(*d) for d in namespace["DOCUMENTS"]),
        tuple(Rule(*r) for r in namespace["RULES"] if r),
        tuple(json.loads(namespace["CRDS"])),
        namespace["FILES"],
        code,
    )
