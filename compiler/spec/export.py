"""The stack schema as standard JSON Schema (draft 2020-12), for editors and their completion."""

from __future__ import annotations

from typing import Any

from compiler.spec.schemas import Schema
from compiler.spec.shapes import Shapes

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_OURS = ("x-list", "x-keys", "x-union", "x-switch", "x-layer-of", "x-opaque", "x-expected")
_DIRECTIVES: Schema = {
    "$append": {"description": "items to put after the list of the layer below", "type": "array"},
    "$replace": {"description": "the value, with nothing of the layers below"},
    "$delete": {"description": "takes this away", "const": True},
    "$ifPresent": {"description": "only where a layer below has it", "const": True},
}


def json_schema(schema: Schema, *, overlay: bool = False) -> Schema:
    """Return the schema of a stack, or of an overlay, in words that every editor knows.

    Shape: `schema` is the stack schema with its types under `definitions`; the result has them under `$defs`. An
    overlay requires nothing below `spec`, and takes directives in place of values.
    """
    export = _Export(Shapes(schema), overlay)
    root = export.of({key: value for key, value in schema.items() if key != "definitions"})
    spec = export.of(schema["properties"]["spec"])
    kind = {"const": "Overlay" if overlay else "Stack"}
    root["properties"] = {**root["properties"], "kind": kind, "spec": spec}
    root["required"] = list(schema["required"])
    types = {name: export.of(definition) for name, definition in schema["definitions"].items()}
    own = schema["properties"]["spec"]
    if overlay:
        absent = {name: {"type": "object", "required": ["$ifPresent"]} for name in own.get("x-sections", ())}
        spec["properties"] = {**absent, **spec["properties"]}
    else:
        _let_defaults_fill(spec, own, types)
    defs = {**types, "directives": {"type": "object", "properties": _DIRECTIVES, "additionalProperties": False}}
    return {"$schema": DRAFT, "title": "Overlay" if overlay else "Stack", **root, "$defs": defs}


def _let_defaults_fill(spec: Schema, own: Schema, types: Schema) -> None:
    """Require fields of items only where `defaults` has no layer under their list; `spec` and its parts are ours."""
    conditions = []
    for name in own["properties"].get("defaults", {}).get("properties", ()):
        path = _path_of(name, own)
        if not path:
            continue
        node = spec
        for part in path[:-1]:
            node["properties"] = {**node["properties"], part: dict(node["properties"][part])}
            node = node["properties"][part]
        items = node["properties"][name]["items"]
        items = dict(types[items["$ref"].rpartition("/")[2]] if "$ref" in items else items)
        required: Schema = {"items": {"required": [key for key in items.pop("required", ()) if key != "name"]}}
        items["required"] = ["name"]
        node["properties"] = {**node["properties"], name: {**node["properties"][name], "items": items}}
        for part in reversed(path):
            required = {"properties": {part: required}}
        given = {"required": ["defaults"], "properties": {"defaults": {"required": [name]}}}
        conditions.append({"if": given, "else": required})
    if conditions:
        spec["allOf"] = [*spec.get("allOf", ()), *conditions]


def _path_of(name: str, own: Schema) -> tuple[str, ...]:
    """Return where a list stands below `spec`: at the top, or in the first section that has it."""
    sections = own["properties"]
    if "items" in sections.get(name, ()):
        return (name,)
    return next(((s, name) for s, at in sections.items() if "items" in at.get("properties", {}).get(name, ())), ())


class _Export:
    """Translates one schema after another; `overlay` drops what is required and lets directives in."""

    def __init__(self, shapes: Shapes, overlay: bool) -> None:
        self.shapes = shapes
        self.overlay = overlay

    def of(self, schema: Schema) -> Schema:
        """Return the standard form of one schema."""
        made: dict[str, Any] = {
            key: value for key, value in schema.items() if key not in _OURS and not key.startswith("x-")
        }
        if "$ref" in made:
            made["$ref"] = f"#/$defs/{made['$ref']}"
        if "properties" in made:
            made["properties"] = {key: self.member(child) for key, child in made["properties"].items()}
            if "additionalProperties" not in made and "x-switch" not in schema:
                made["additionalProperties"] = False
        if isinstance(made.get("additionalProperties"), dict):
            made["additionalProperties"] = self.member(made["additionalProperties"])
        if "items" in made:
            made["items"] = self.of(made["items"])
        if "x-layer-of" in schema:
            made = self.layer(made, schema["x-layer-of"])
        return self._loosened(self._chosen(made, schema), schema)

    def member(self, schema: Schema) -> Schema:
        """Return the form of a value under a key; an overlay may have a directive there."""
        made = self.of(schema)
        if not self.overlay:
            return made
        kept: Schema = {key: made[key] for key in ("description", "default", "examples") if key in made}
        return {**kept, "anyOf": [made, {"$ref": "#/$defs/directives"}]}

    def layer(self, made: Schema, name: str) -> Schema:
        """Return the form of a layer under the items of a list: their keys, none of them required."""
        items = self.shapes.resolve(self.shapes.items_of(name))
        properties = {key: self.of(child) for key, child in items.get("properties", {}).items() if key != "name"}
        return {**made, "properties": properties}

    def _chosen(self, made: Schema, schema: Schema) -> Schema:
        """Write one-ofs and switches out."""
        parts: list[Schema] = []
        union = schema.get("x-union")
        if union:
            parts.append(self._union(union, "string" in schema.get("type", ())))
        switch = schema.get("x-switch")
        if switch and not switch.get("open"):
            base = dict(made.get("properties", {}))
            base[switch["key"]] = {**base.get(switch["key"], {}), "enum": list(switch["cases"])}
            corners = self._corners(switch, base)
            made = {**made, "properties": {**base, **dict.fromkeys(corners, True)}}
            parts += [self._case(switch, value, case, base) for value, case in switch["cases"].items()]
        return {**made, "allOf": parts} if parts else made

    def _union(self, keys: list[str], takes_text: bool) -> Schema:
        branches = [{"required": [key]} for key in keys]
        one: Schema = {"oneOf": branches}
        if self.overlay:
            both = [{"required": [first, second]} for at, first in enumerate(keys) for second in keys[at + 1 :]]
            one = {"not": {"anyOf": both}}
        return {"if": {"type": "object"}, "then": one} if takes_text else one

    def _case(self, switch: Schema, value: str, case: Schema, base: Schema) -> Schema:
        key = switch["key"]
        condition: Schema = {"properties": {key: {"const": value}}}
        if switch.get("default") != value:
            condition["required"] = [key]
        resolved = self.of(self.shapes.resolve(case))
        properties = {**dict.fromkeys(base, True), **self._corners(switch, base), **resolved.get("properties", {})}
        then = {**resolved, "properties": properties, "additionalProperties": False}
        return {"if": condition, "then": then}

    def _corners(self, switch: Schema, base: Schema) -> Schema:
        """Return the fields that some case defines anew, in the form that the other cases leave them."""
        chosen = (self.shapes.resolve(case).get("properties", {}) for case in switch["cases"].values())
        return {key: base[key] for case in chosen for key in case if key in base and key != switch["key"]}

    def _loosened(self, made: Schema, schema: Schema) -> Schema:
        if not self.overlay:
            return made
        made = {key: value for key, value in made.items() if key not in ("required", "minItems")}
        if "properties" in made and schema.get("type") == "object":
            made["properties"] = {**made["properties"], "$ifPresent": True, "$delete": True}
        return made
