"""What is measured: stacks for stackc, and the same objects in the form that each peer reads.

Everything is written to one folder and depends on nothing but the checkout, so two machines measure the same bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compiler.formats.packs import load_pack
from compiler.formats.yaml_emit import emit, emit_stream

HERE = Path(__file__).parent
LEVELS = ("debug", "info", "warning")


def fleet(instances: int) -> list[dict[str, Any]]:
    """Return the instances of the component `web`, each with its own values; three objects come of each."""
    return [
        {
            "name": f"web-{n:04d}",
            "use": "web",
            "version": "1.0.0",
            "namespace": f"team-{n % 10}",
            "params": {
                "image": f"registry.example.com/team-{n % 10}/web-{n:04d}:1.{n % 7}.{n % 13}",
                "port": 8000 + n % 100,
                "workers": 2 + n % 6,
                "replicas": 1 + n % 3,
                "level": LEVELS[n % 3],
                "env": {"FEATURE_FLAGS": f"a,b,c{n % 9}", "QUOTA": str(n % 50), "REGION": f"region-{n % 4}"},
            },
        }
        for n in range(instances)
    ]


def fleet_stack(folder: Path, instances: int) -> Path:
    """Write a root with the component `web` and a stack of so many instances; return the stack file."""
    shutil.copytree(HERE / "components", folder / "components", dirs_exist_ok=True)
    file = folder / "stack.yaml"
    spec = {"kubernetes": "1.34", "components": fleet(instances)}
    body = {"apiVersion": "stackc.dev/v1alpha1", "kind": "Stack", "metadata": {"name": "fleet"}, "spec": spec}
    file.write_text(emit(body), encoding="utf-8")
    return file


def fleet_chart(folder: Path, instances: int) -> Path:
    """Write a Helm chart whose one template loops over the same instances; return its folder.

    It makes every value itself, which is faster for Helm than to read them: `fleet` in template form.
    """
    shutil.copytree(HERE / "chart", folder, dirs_exist_ok=True)
    (folder / "values.yaml").write_text(emit({"instances": instances, "levels": list(LEVELS)}), encoding="utf-8")
    return folder


def kustomization(folder: Path, objects: list[dict[str, Any]]) -> Path:
    """Write objects as a kustomize base, one file each, with the labels and the namespaces left as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{n:04d}.yaml" for n in range(len(objects))]
    for name, body in zip(names, objects, strict=True):
        (folder / name).write_text(emit(body), encoding="utf-8")
    body = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": names}
    (folder / "kustomization.yaml").write_text(emit(body), encoding="utf-8")
    return folder


def stream(file: Path, objects: list[dict[str, Any]]) -> Path:
    """Write objects as one YAML stream."""
    file.write_text(emit_stream(objects), encoding="utf-8")
    return file


def kubeconform_schemas(folder: Path, minor: int) -> str:
    """Write our pack of one minor as kubeconform reads it, one self-contained file a kind; return the location.

    The schemas are strict: an object with properties takes no others, as with `kubectl --validate=strict`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pack = load_pack(minor)
    for (group, version, kind), name in pack.kinds.items():
        suffix = f"-{group.split('.')[0]}-{version}" if group else f"-{version}"
        schema = {**_strict(pack.definitions[name]), "$defs": _closure(name, pack.definitions)}
        text = json.dumps(schema, separators=(",", ":"))
        (folder / f"{kind.lower()}{suffix}.json").write_text(text, encoding="utf-8")
    return f"{folder}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"


def _closure(name: str, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return every definition that one refers to, itself included if it refers to itself."""
    made: dict[str, Any] = {}
    waiting = list(_references(definitions[name]))
    while waiting:
        wanted = waiting.pop()
        if wanted not in made:
            made[wanted] = _strict(definitions[wanted])
            waiting.extend(_references(definitions[wanted]))
    return made


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for item in schema for name in _references(item)]
    if not isinstance(schema, Mapping):
        return []
    here = [schema["$ref"]] if isinstance(schema.get("$ref"), str) else []
    return here + [name for value in schema.values() for name in _references(value)]


def _strict(schema: Any) -> Any:
    """Return plain JSON Schema: references as JSON pointers, no unknown keys, our own formats spelled out."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    if schema.get("format") in ("int-or-string", "quantity"):
        return {"type": ["string", "integer", "number"]}
    made = {k: _strict(v) for k, v in schema.items() if not k.startswith("x-") and k not in ("format", "default")}
    if isinstance(schema.get("properties"), Mapping):
        made["properties"] = {k: _strict(v) for k, v in schema["properties"].items()}
        made.setdefault("additionalProperties", False)
    return made
