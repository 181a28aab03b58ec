"""Compact `crd:` documents to CustomResourceDefinitions with full structural schemas.

Type names such as `core/v1.PodTemplateSpec` are expanded from the schema pack of the component's `coreTypes`: what the
operator was built against. A CRD must not change when the target does, and an older operator drops newer fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.build.forms import form_faults
from compiler.formats import shorthand
from compiler.formats.expr.runtime import suggestion
from compiler.formats.packs import NEWEST, OLDEST, Pack, load_pack
from compiler.formats.template_ir import Refused, each
from compiler.formats.yaml_read import Node

QUANTITY = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
INT_OR_STRING: dict[str, Any] = {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}
OPEN: dict[str, Any] = {"x-kubernetes-preserve-unknown-fields": True}
KEY_DEFAULTS = {"protocol": "TCP", "name": ""}
"""Optional keys of keyed lists in core types: a server wants a default for each. Source: refused without by 1.36."""
EMBEDDED_META: dict[str, Any] = {
    "type": "object",
    "properties": {
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        "finalizers": {"type": "array", "items": {"type": "string"}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "name": {"type": "string"},
        "namespace": {"type": "string"},
    },
}
"""Metadata inside a spec, written out: under a bare `type: object` a structural CRD prunes the labels."""
_KEPT = ("format", "required", "enum", "default", "pattern", "minimum", "maximum", "minItems", "maxItems", "maxLength")
_MARKS = ("x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type")


def expand_crd(node: Node, core_types: str, types: Mapping[str, Node]) -> dict[str, Any]:
    """Return the CustomResourceDefinition of one compact document.

    Errors: Refused SC425 for an unknown key, SC426 for a core type without `coreTypes` or not in its pack.
    """
    entries = {str(k.value): (k, v) for k, v in node.value}
    faults = tuple(form_faults(node, "SC425", "CompactCrd", " of a compact CRD"))
    if faults:
        raise Refused(*faults)
    if "types" in entries:
        types = {**types, **{str(k.value): v for k, v in entries["types"][1].value}}
    resolver = _Types(types, core_types)
    fields = {
        key: shorthand.plain(value) for key, (_, value) in entries.items() if key not in ("spec", "status", "types")
    }
    group, _, version = str(fields["crd"]).rpartition("/")
    properties: dict[str, Any] = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
    }
    parts = [part for part in ("spec", "status") if part in entries]
    made = each(lambda part: shorthand.read_type(entries[part][1], resolver.resolve), parts)
    properties.update((part, structural(schema)) for part, schema in zip(parts, made, strict=True))
    kind = str(fields["kind"])
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{fields.get('plural', kind.lower() + 's')}.{group}"},
        "spec": {
            "group": group,
            "names": _names(kind, fields),
            "scope": fields.get("scope", "Namespaced"),
            "versions": [_version(version, properties, fields)],
        },
    }


def _names(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = {
        "kind": kind,
        "listKind": f"{kind}List",
        "plural": fields.get("plural", f"{kind.lower()}s"),
        "singular": fields.get("singular", kind.lower()),
    }
    names.update({key: fields[key] for key in ("shortNames", "categories") if key in fields})
    return names


def _version(name: str, properties: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "served": True, "storage": True}
    subresources: dict[str, Any] = {"status": {}} if "status" in properties else {}
    if "scale" in fields:
        subresources["scale"] = fields["scale"]
    if subresources:
        made["subresources"] = subresources
    if "columns" in fields:
        made["additionalPrinterColumns"] = [
            {"name": column, "jsonPath": path, "type": _column_type(path, properties)}
            for column, path in fields["columns"].items()
        ]
    made["schema"] = {"openAPIV3Schema": {"type": "object", "properties": dict(properties)}}
    return made


def _column_type(path: str, properties: Mapping[str, Any]) -> str:
    """Return the type of a printer column: date for timestamps, integer where the schema says so."""
    if path.endswith("Timestamp"):
        return "date"
    node: Mapping[str, Any] = {"properties": properties}
    for part in path.strip(".").split("."):
        node = node.get("properties", {}).get(part, {})
    return "integer" if node.get("type") == "integer" else "string"


class _Types:
    """Finds named types of a compact CRD: its own first, then the core types of a pack."""

    def __init__(self, own: Mapping[str, Node], core_types: str) -> None:
        self.own, self.core_types = own, core_types
        self.made: dict[str, Any] = {}
        self.resolving: list[str] = []

    def resolve(self, name: str) -> dict[str, Any] | None:
        if name in self.own:
            return self._own(name)
        if "/" not in name or "." not in name:
            return None
        if not self.core_types:
            message = f"`{name}` needs `coreTypes` in component.yaml"
            raise shorthand.TypeFault("SC426", message, 'write `coreTypes: "1.28"`')
        return self._core(core_definition(name, self.core_types), pack_of(self.core_types))

    def _own(self, name: str) -> dict[str, Any]:
        if name in self.resolving:
            message = f"the type `{name}` leads back to itself"
            raise shorthand.TypeFault("SC406", message, "write `object` where it does: a CRD has no recursion")
        self.resolving.append(name)
        try:
            return shorthand.read_type(self.own[name], self.resolve)
        finally:
            self.resolving.pop()

    def _core(self, name: str, pack: Pack) -> dict[str, Any]:
        if name not in self.made:
            self.made[name] = _special(name) or _keyed(self._convert(pack.definitions[name], pack))
        return self.made[name]  # type: ignore[no-any-return]

    def _convert(self, schema: Mapping[str, Any], pack: Pack) -> dict[str, Any]:
        if "$ref" in schema:
            return self._core(str(schema["$ref"]).rsplit("/", 1)[-1], pack)
        made = {key: schema[key] for key in (*_KEPT, *_MARKS) if key in schema}
        made.pop("default", None)
        kind = schema.get("type")
        if kind:
            made["type"] = kind
        if "properties" in schema:
            made["properties"] = {k: self._convert(v, pack) for k, v in schema["properties"].items()}
        if isinstance(schema.get("additionalProperties"), Mapping):
            made["additionalProperties"] = self._convert(schema["additionalProperties"], pack)
        if "items" in schema:
            made["items"] = self._convert(schema["items"], pack)
        if "required" in made:
            made["required"] = sorted(made["required"])
        return made or dict(OPEN)


def pack_of(version: str) -> Pack:
    """Return the schema pack of a minor such as `1.28`; of the next one where there is none, which is an error."""
    return load_pack(min(max(int(version.partition(".")[2]), OLDEST), NEWEST))


def core_definition(name: str, version: str) -> str:
    """Return the pack's name of a core type. Errors: TypeFault SC426 for one that the version does not have."""
    definition, definitions = definition_name(name), pack_of(version).definitions
    if definition not in definitions:
        own = name.rpartition(".")[0]
        prefix = definition_name(own + ".")
        known = [f"{own}.{d.removeprefix(prefix)}" for d in definitions if d.startswith(prefix)]
        message = f"Kubernetes {version} has no type `{name}`{suggestion(name, known)}"
        raise shorthand.TypeFault("SC426", message, "write a type of that version, such as `core/v1.Container`")
    return definition


def definition_name(name: str) -> str:
    """Return the pack's name of a type: `core/v1.PodSpec` is `io.k8s.api.core.v1.PodSpec`."""
    group, _, rest = name.partition("/")
    if group == "meta":
        return f"io.k8s.apimachinery.pkg.apis.meta.{rest}"
    return f"io.k8s.api.{group.split('.')[0]}.{rest}"


def _special(name: str) -> dict[str, Any] | None:
    if name.endswith("api.resource.Quantity"):
        return {**INT_OR_STRING, "pattern": QUANTITY}
    if name.endswith("IntOrString"):
        return dict(INT_OR_STRING)
    if name.endswith("meta.v1.ObjectMeta"):
        return EMBEDDED_META
    if name.endswith(("meta.v1.Time", "meta.v1.MicroTime")):
        return {"type": "string", "format": "date-time"}
    if name.endswith(("meta.v1.FieldsV1", "RawExtension", "JSON")):
        return {"type": "object", **OPEN}
    return None


def _keyed(schema: dict[str, Any]) -> dict[str, Any]:
    """Give the optional keys of keyed lists a default, as the API server demands."""
    properties = schema.get("properties")
    if not properties:
        return schema
    return {**schema, "properties": {k: _keyed_list(v) for k, v in properties.items()}}


def _keyed_list(schema: dict[str, Any]) -> dict[str, Any]:
    keys = schema.get("x-kubernetes-list-map-keys")
    if not keys or schema.get("x-kubernetes-list-type") != "map":
        return schema
    item = schema["items"]
    needed = [k for k in keys if k not in item.get("required", ()) and "default" not in item["properties"].get(k, {})]
    if any(k not in KEY_DEFAULTS for k in needed):  # no default is known: an ordinary list is what older servers had
        return {k: v for k, v in schema.items() if k not in _MARKS}
    properties = {**item["properties"], **{k: {**item["properties"][k], "default": KEY_DEFAULTS[k]} for k in needed}}
    return {**schema, "items": {**item, "properties": properties}}


def structural(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema of our dialect as a structural schema of a CRD."""
    if schema.get("x-kubernetes-int-or-string"):
        quantity = {"pattern": QUANTITY} if schema.get("format") == "quantity" or "pattern" in schema else {}
        extra = {"default": schema["default"]} if "default" in schema else {}
        return {**INT_OR_STRING, **quantity, **extra}
    made = {
        key: schema[key] for key in (*_KEPT, *_MARKS, "type", "nullable", "x-kubernetes-validations") if key in schema
    }
    if schema.get("x-list") == "set":
        made["x-kubernetes-list-type"] = "set"
    elif schema.get("x-list") == "map":
        made |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": schema["x-keys"]}
    if "properties" in schema:
        made["properties"] = {k: structural(v) for k, v in schema["properties"].items()}
    extra_fields = schema.get("additionalProperties")
    if isinstance(extra_fields, Mapping):
        made["additionalProperties"] = structural(extra_fields)
    if extra_fields is True or schema.get("x-kubernetes-preserve-unknown-fields") or not made:
        made |= OPEN
    if "items" in schema:
        made["items"] = structural(schema["items"])
    return made
