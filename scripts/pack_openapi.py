"""Enums and defaults from a running server's /openapi/v3, which the published OpenAPI v2 definitions lack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

Schema = dict[str, Any]
Fields = dict[str, dict[str, Schema]]


def read_folder(folder: Path) -> list[Schema]:
    """Return the OpenAPI v3 documents saved in a folder, one JSON file a group and version."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("**/*.json"))]


def read_server(kubeconfig: Path) -> list[Schema]:
    """Return the OpenAPI v3 document of every group and version that a server serves.

    Shape: the kubeconfig holds one cluster and a token, as `stackc sandbox` writes it.
    """
    import base64
    import ssl
    import urllib.request

    config = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
    cluster = config["clusters"][0]["cluster"]
    context = ssl.create_default_context()
    if data := cluster.get("certificate-authority-data"):
        context.load_verify_locations(cadata=base64.b64decode(data).decode())
    elif file := cluster.get("certificate-authority"):
        context.load_verify_locations(cafile=str(kubeconfig.parent / file))
    elif cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    token = config["users"][0]["user"]["token"]

    def get(path: str) -> Schema:
        request = urllib.request.Request(cluster["server"] + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            document: Schema = json.load(answer)
        return document

    paths = get("/openapi/v3")["paths"]
    return [get(entry["serverRelativeURL"]) for _, entry in sorted(paths.items())]


def fields_of(documents: Iterable[Mapping[str, Any]]) -> Fields:
    """Return enum and default by definition and field: `{definition: {field: {"enum": …, "default": …}}}`.

    A list's item enum stands under `field[]`. Empty defaults are what Go's zero values look like, not a choice of the
    API, and are left out, except the `""` of an optional string (which completes a list-map key).
    """
    found: Fields = {}
    for document in documents:
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            required = schema.get("required", ())
            for field, child in schema.get("properties", {}).items():
                if field in ("apiVersion", "kind"):
                    continue
                if facts := _facts(child, empty=field not in required):
                    found.setdefault(name, {})[field] = facts
                if facts := _facts(child.get("items", {})):
                    found.setdefault(name, {})[f"{field}[]"] = facts
    return found


def _facts(schema: Mapping[str, Any], *, empty: bool = False) -> Schema:
    facts: Schema = {}
    if "enum" in schema:
        facts["enum"] = sorted(schema["enum"])
    value = schema.get("default")
    if value or (empty and value == ""):
        facts["default"] = value
    return facts


def fold(definitions: Mapping[str, Schema], fields: Mapping[str, Mapping[str, Schema]]) -> dict[str, Schema]:
    """Return the definitions with the facts added to every field that they have."""
    return {name: _with(schema, fields.get(name, {})) for name, schema in definitions.items()}


def _with(schema: Schema, fields: Mapping[str, Schema]) -> Schema:
    properties = dict(schema.get("properties", {}))
    changed = False
    for field, facts in sorted(fields.items()):
        name = field.removesuffix("[]")
        if name not in properties:
            continue
        changed = True
        if field == name:
            properties[name] = {**properties[name], **facts}
        else:
            properties[name] = {**properties[name], "items": {**properties[name]["items"], **facts}}
    return {**schema, "properties": properties} if changed else schema
