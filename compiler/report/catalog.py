"""Components as text: the list of all, and the parameters of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from compiler.model.component import Component
from compiler.report.escape import escape


def render_list(components: Iterable[Component]) -> str:
    """Return one line a component: name, the section it serves, its versions, what it is."""
    rows = [
        (c.name, _serves(c), ", ".join(c.versions) or "-", str(c.meta.get("summary", "")))
        for c in components
        if not c.meta.get("abstract")
    ]
    head = ("NAME", "SECTION", "VERSIONS", "SUMMARY")
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(3)]
    lines = ("   ".join([*(row[i].ljust(widths[i]) for i in range(3)), row[3]]) for row in (head, *rows))
    return "".join(escape(line.rstrip()) + "\n" for line in lines)


def _serves(component: Component) -> str:
    pair = component.meta.get("discriminator") or {}
    key = "".join(f" ({k}: {v})" for k, v in pair.items())
    return f"{component.section}{key}" if component.section else "components"


def render_component(component: Component) -> str:
    """Return what a component is and every parameter with its type and default."""
    lines = [f"{component.name}: {component.meta.get('summary', '')}", ""]
    if component.versions:
        lines += [f"versions: {', '.join(component.versions)}"]
    for key in ("kubernetes", "requires", "provides"):
        if component.meta.get(key):
            lines.append(f"{key}: {_words(component.meta[key])}")
    lines += ["", "parameters:", *_params(component.params, "  ")]
    return "".join(escape(line) + "\n" for line in lines)


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_words(v) for v in value)
    if isinstance(value, dict):
        return "; ".join(f"{k} {_words(v)}" for k, v in value.items())
    return str(value)


def _params(schema: Mapping[str, Any], indent: str) -> Iterator[str]:
    required = schema.get("required", ())
    for name, child in schema.get("properties", {}).items():
        default = f" = {child['default']}" if "default" in child else ""
        mark = " (required)" if name in required else ""
        yield f"{indent}{name}: {_type(child)}{default}{mark}"
        yield from _params(child.get("items", child), indent + "  ")


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"{{NAME: {_type(schema['additionalProperties'])}}}"
    return str(schema.get("x-core") or schema.get("format") or schema.get("type") or "any")
