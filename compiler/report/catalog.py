"""Components and shared types as text: the list of all, and what can be said of one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from compiler.model.component import Component
from compiler.report.escape import escape

_MOST_VERSIONS = 3
"""Versions that the list names; of more it shows the oldest and the newest."""


def render_list(components: Iterable[Component]) -> str:
    """Return one line a component: name, where a stack says it, its versions, what it is."""
    rows = [
        (c.name, _place(c), _range(_versions(c)), str(c.meta.get("summary", "")))
        for c in components
        if not c.meta.get("abstract")
    ]
    head = ("NAME", "IN SPEC", "VERSIONS", "SUMMARY")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(3)]
    lines = ("   ".join([*(row[i].ljust(widths[i]) for i in range(3)), row[3]]) for row in (head, *rows))
    return _text(line.rstrip() for line in lines)


def render_component(component: Component, types: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what a component is, and every parameter with its type and default.

    Shape: `types` are the shared types by name; one with fields of its own serves as the example of what to ask for.
    """
    lines = [f"{component.name}: {component.meta.get('summary', '')}"]
    facts = [(key, text) for key, text in _facts(component) if text]
    width = max((len(key) for key, _ in facts), default=0) + 1
    lines += ["", *(f"{key + ':':<{width}}  {text}" for key, text in facts)] if facts else []
    if component.params.get("properties"):
        lines += ["", "parameters:", *_fields(component.params, "  ")]
        example = next((name for name in _named(component.params) if "properties" in types.get(name, ())), None)
        lines += ["", f"Types in capitals are shared: `stackc catalog {example}`."] if example else []
    return _text(lines)


def render_type(name: str, schema: Mapping[str, Any]) -> str:
    """Return what a shared type is: its fields, or the values it takes, and an example."""
    lines = [f"{name}: {schema.get('description', '')}".rstrip(": "), ""]
    fields = list(_fields(schema, "  "))
    if fields:
        union = schema.get("x-union")
        lines += [f"fields (one of {', '.join(union)}):" if union else "fields:", *fields]
    else:
        lines.append(f"form: {schema.get('x-expected') or _type(schema)}")
    lines += [f"example: {_json(example)}" for example in schema.get("examples", [])[:1]]
    return _text(lines)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{escape(line)}\n" for line in lines)


def _place(component: Component) -> str:
    pair = component.meta.get("discriminator") or {}
    key = "".join(f" ({k}: {v})" for k, v in pair.items())
    return f"{component.section}{key}" if component.section else "components"


def _assumed(meta: Mapping[str, Any]) -> str:
    return ", or assumes.components" if meta.get("assumable") else ""


def _versions(component: Component) -> list[str]:
    """Return the versions from the oldest to the newest, as far as they are numbers."""
    return sorted(component.versions, key=lambda v: [(p.isdigit(), int(p) if p.isdigit() else 0, p) for p in _parts(v)])


def _parts(version: str) -> list[str]:
    return version.replace("-", ".").split(".")


def _range(versions: list[str]) -> str:
    if len(versions) > _MOST_VERSIONS:
        return f"{versions[0]} … {versions[-1]}"
    return ", ".join(versions) or "-"


def _facts(component: Component) -> Iterator[tuple[str, str]]:
    """Yield what a user wants to know before the parameters; an empty text is left out."""
    meta = component.meta
    yield "in spec", "" if meta.get("abstract") else _place(component) + _assumed(meta)
    yield "versions", ", ".join(_versions(component))
    yield "kubernetes", str(meta.get("kubernetes", ""))
    yield "namespace", str(meta.get("namespace", ""))
    yield "requires", ", ".join(map(_words, meta.get("requires", ())))
    provided: Mapping[str, Any] = meta.get("provides", {})
    yield "provides", ", ".join(_words(item) for items in provided.values() for item in items)
    yield "images", ", ".join(_image(name, image) for name, image in meta.get("images", {}).items())
    source = meta.get("source") or {}
    yield "upstream", str(source.get("upstream", "")) if isinstance(source, Mapping) else str(source)


def _words(value: Any) -> str:
    """Return a requirement or an object in few words."""
    if not isinstance(value, Mapping):
        return str(value)
    if "kind" in value:
        return f"{value['kind']} {value.get('namespace', '')}/{value.get('name', '')}".replace(" /", " ")
    return " ".join(map(str, value.values()))


def _image(name: str, image: Any) -> str:
    is_built = isinstance(image, Mapping) and image.get("build")
    reference = image.get("image", "") if isinstance(image, Mapping) else image
    return f"{name} ({'built by you' if is_built else reference})"


def _fields(schema: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Yield a line a field, children below their parents; shared types are named and not repeated."""
    required = schema.get("required", ())
    for name, child in schema.get("properties", {}).items():
        default = f" = {_json(child['default'])}" if "default" in child else ""
        mark = " (required)" if name in required else ""
        about = f"  # {child['description']}" if child.get("description") else ""
        yield f"{indent}{name}: {_type(child)}{default}{mark}{about}"
        inner = child.get("items", child)
        yield from _fields(inner if "properties" in inner else {}, indent + "  ")


def _type(schema: Mapping[str, Any]) -> str:
    """Return a type in the words of component.yaml."""
    if "$ref" in schema:
        return str(schema["$ref"])
    if "enum" in schema:
        return " | ".join(str(value) or '""' for value in schema["enum"])
    kind = schema.get("type")
    if kind == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"{{NAME: {_type(schema['additionalProperties'])}}}"
    if isinstance(kind, list):
        return " or ".join(kind)
    return str(schema.get("x-core") or schema.get("format") or kind or "any")


def _named(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the types that fields have."""
    for child in schema.get("properties", {}).values():
        inner = child.get("items", child)
        if "$ref" in inner:
            yield str(inner["$ref"])
        yield from _named(inner)


def _json(value: Any) -> str:
    """Return a value in flow style; a plain word goes without quotes."""
    if isinstance(value, str) and value and (value[0].isalnum() or value[0] == "/") and value.isprintable():
        return value
    return json.dumps(value, ensure_ascii=False)
