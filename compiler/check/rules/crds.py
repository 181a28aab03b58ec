"""CustomResourceDefinitions: names, versions, conversion.

Source: apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go at v0.36. The schema's own rules are
in crd_schemas.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, invalid, required, unsupported
from compiler.check.rules.admission import check_client, check_review_versions
from compiler.check.rules.crd_schemas import check_schema
from compiler.check.view import View, items
from compiler.model.source import Path

Map = dict[str, Any]

_COLUMN_TYPES = ("integer", "number", "string", "boolean", "date")
_SELECTABLE = ("string", "boolean", "integer")
_MOST_SELECTABLE = 8
_COLUMN_FORMATS = ("int32", "int64", "float", "double", "byte", "date", "date-time", "password")


def check_crd_names(view: View) -> Iterator[Problem]:
    """Refuse names that do not fit together, or that no API can have."""
    spec, names = view.spec, view.spec.get("names") or {}
    group, plural = spec.get("group") or "", names.get("plural") or ""
    if not group:
        yield required(("spec",), "group")
    elif why := syntax.dns_subdomain(group) or ("" if "." in group else "must be a domain with at least one dot"):
        yield invalid(("spec", "group"), group, why)
    if view.name and view.name != f"{plural}.{group}":
        yield invalid(
            ("metadata", "name"), view.name, "must be `spec.names.plural`.`spec.group`", f"write `{plural}.{group}`"
        )
    scope = spec.get("scope") or ""
    if scope not in ("Cluster", "Namespaced"):
        yield (
            required(("spec",), "scope")
            if not scope
            else unsupported(("spec", "scope"), scope, ("Cluster", "Namespaced"))
        )
    for field, form in (("plural", str), ("singular", str), ("kind", str.lower), ("listKind", str.lower)):
        value = names.get(field) or ""
        if not value and field in ("plural", "kind"):
            yield required(("spec", "names"), field)
        elif value and (why := syntax.dns_1035_label(form(value))):
            yield invalid(("spec", "names", field), value, why)
    if names.get("kind") and names.get("kind") == names.get("listKind"):
        yield invalid(
            ("spec", "names", "listKind"), names["listKind"], "must differ from `kind`", f"write `{names['kind']}List`"
        )
    for field in ("shortNames", "categories"):
        for path, name in items(names, field, ("spec", "names")):
            if why := syntax.dns_1035_label(name or ""):
                yield invalid(path, name, why)


def check_crd_versions(view: View) -> Iterator[Problem]:
    """Refuse versions that are none, twice there, or of which not exactly one is stored."""
    spec = view.spec
    versions = spec.get("versions") or ()
    if view.body["apiVersion"].endswith("/v1beta1"):
        return  # v1beta1 keeps a schema for all versions
    if not versions:
        yield required(("spec",), "versions")
        return
    seen: set[str] = set()
    stored = 0
    for path, version in items(spec, "versions", ("spec",)):
        name = version.get("name") or ""
        if why := syntax.dns_1035_label(name):
            yield required(path, "name") if not name else invalid((*path, "name"), name, why)
        elif name in seen:
            yield Problem((*path, "name"), f"version `{name}` is there twice")
        seen.add(name)
        stored += bool(version.get("storage"))
        yield from _version(version, path)
    if stored != 1:
        yield Problem(
            ("spec", "versions"),
            f"exactly one version is the storage version, not {stored}",
            "write `storage: true` in one version",
        )
    if spec.get("conversion") is not None:
        yield from _conversion(spec["conversion"], ("spec", "conversion"))


def _version(version: Map, path: Path) -> Iterator[Problem]:
    schema = (version.get("schema") or {}).get("openAPIV3Schema")
    if schema is None:
        yield required((*path, "schema"), "openAPIV3Schema")
    else:
        yield from check_schema(schema, (*path, "schema", "openAPIV3Schema"))
        yield from _selectable(version, schema, path)
    for at, column in items(version, "additionalPrinterColumns", path):
        yield from _column(column or {}, at)
    scale = (version.get("subresources") or {}).get("scale")
    if scale is not None:
        for field, root in (("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")):
            where = scale.get(field) or ""
            if not where.startswith(root):
                yield (
                    required((*path, "subresources", "scale"), field)
                    if not where
                    else invalid((*path, "subresources", "scale", field), where, f"must be a path below `{root[:-1]}`")
                )
        where = scale.get("labelSelectorPath")
        if where and not where.startswith((".spec.", ".status.")):
            at = (*path, "subresources", "scale", "labelSelectorPath")
            yield invalid(at, where, "must be a path below `.spec` or `.status`")
    told = version.get("deprecationWarning")
    if told is not None and version.get("deprecated") and not (0 < len(told) <= 256 and told.isprintable()):
        yield invalid((*path, "deprecationWarning"), told, "must have 1 to 256 printable characters")
    if version.get("deprecationWarning") is not None and not version.get("deprecated"):
        yield Problem(
            (*path, "deprecationWarning"), "is for deprecated versions only", "write `deprecated: true`", on_key=True
        )


def _selectable(version: Map, schema: Map, path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for at, field in items(version, "selectableFields", path):
        where = (field or {}).get("jsonPath") or ""
        if not where:
            yield required(at, "jsonPath")
            continue
        if why := _selected(where, schema):
            yield invalid((*at, "jsonPath"), where, why)
        elif where in seen:
            yield Problem((*at, "jsonPath"), f"`{where}` is there twice", "remove one of them")
        seen.add(where)
    if len(seen) > _MOST_SELECTABLE:
        yield Problem((*path, "selectableFields"), f"must not have more than {_MOST_SELECTABLE} fields")


def _selected(where: str, schema: Map) -> str:
    """Return why a path leads to no field that objects may be selected by, or the empty string."""
    first, *names = where.split(".")
    if first or not names or "[" in where:
        return "must be a path of names, such as `.spec.color`"
    if names[0] == "metadata":
        return "must not lead into `metadata`"
    for name in names:
        field = (schema.get("properties") or {}).get(name)
        if not isinstance(field, dict):
            return f"the schema has no field `{name}` there"
        schema = field
    return "" if schema.get("type") in _SELECTABLE else "must lead to a string, a boolean or an integer"


def _column(column: Map, path: Path) -> Iterator[Problem]:
    if not column.get("name"):
        yield required(path, "name")
    kind, form, where = column.get("type") or "", column.get("format"), column.get("jsonPath") or ""
    if kind not in _COLUMN_TYPES:
        yield required(path, "type") if not kind else unsupported((*path, "type"), kind, _COLUMN_TYPES)
    if form and form not in _COLUMN_FORMATS:
        yield unsupported((*path, "format"), form, _COLUMN_FORMATS)
    if not where:
        yield required(path, "jsonPath")
    elif not where.startswith("."):
        yield invalid((*path, "jsonPath"), where, "must start with `.`", f"write `.{where}`")


def _conversion(conversion: Map, path: Path) -> Iterator[Problem]:
    strategy, webhook = conversion.get("strategy", "") or "", conversion.get("webhook")
    if not strategy:
        yield required(path, "strategy")
    elif strategy not in ("None", "Webhook"):
        yield unsupported((*path, "strategy"), strategy, ("None", "Webhook"))
    elif strategy == "None" and webhook is not None:
        yield Problem((*path, "webhook"), "needs `strategy: Webhook`", "write `strategy: Webhook`", on_key=True)
    elif strategy == "Webhook":
        client = (webhook or {}).get("clientConfig")
        if client is None:
            yield required((*path, "webhook"), "clientConfig")
        else:
            yield from check_client(client, (*path, "webhook", "clientConfig"))
        versions = (webhook or {}).get("conversionReviewVersions") or ()
        yield from check_review_versions(versions, (*path, "webhook"), "conversionReviewVersions")


def check_preserve(view: View) -> Iterator[Problem]:
    """Refuse `preserveUnknownFields: true`, which v1 no longer takes."""
    if view.spec.get("preserveUnknownFields") and not view.body["apiVersion"].endswith("/v1beta1"):
        yield Problem(
            ("spec", "preserveUnknownFields"),
            "can't be true in apiextensions.k8s.io/v1",
            "set `x-kubernetes-preserve-unknown-fields: true` in the schema instead",
            on_key=True,
        )


_CRD = ("CustomResourceDefinition.apiextensions.k8s.io",)

RULES = (
    Rule("SC684", _CRD, check_crd_names),
    Rule("SC685", _CRD, check_crd_versions),
    Rule("SC686", _CRD, check_preserve),
)
