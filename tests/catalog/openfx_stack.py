"""The stack of OpenFx that its tests start from, and what compiling it gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.catalog.support import compile_text, errors, stack_text

ROOT = Path(__file__).parents[2]
LAB = ROOT / "stacks" / "openfx-lab" / "stack.yaml"
FILES = ROOT / "compiler" / "catalog" / "openfx" / "files"
TARGETS = ("1.15", "1.16", "1.22", "1.28", "1.34", "1.37")
EVERYTHING = """
registry: {imagePullSecrets: [{name: regcred}]}
secrets:
- {name: regcred, type: docker-registry, keys: {server: {fromEnv: S}, username: {fromEnv: U}, password: {fromEnv: P}}}
- {name: grafana, keys: {admin-username: {fromEnv: GU}, admin-password: {fromEnv: GP}}}
components:
- {name: metrics-server, version: 0.7.2, params: {kubeletInsecureTLS: true, addressTypes: [InternalIP]}}
openfx:
  version: 0.1.0
  imageRepository: keti.asuscomm.com:5000
  prometheus: {nodeExporters: ["10.0.0.180:9100"]}
  grafana: {admin: {secretRef: {name: grafana}}}
  functions: [{name: hello, runtime: go, image: "hello:1"}]
"""
"""A stack that asks for all that upstream installs, with upstream's own values where they are parameters."""


def made(more: dict[str, Any], kubernetes: str = "1.34") -> dict[tuple[str, str], dict[str, Any]]:
    """Return the objects of a stack that compiles, by kind and name; `more` is laid over EVERYTHING."""
    bundle, found = compile_text(stack_text(EVERYTHING, more), kubernetes)
    assert errors(found) == []
    return {(m.id.kind, m.id.name): m.body for m in bundle}


def function(**fields: Any) -> dict[str, Any]:
    """Return a stack with one more function, `fx`."""
    return {"openfx": {"functions": [{"name": "fx", "runtime": "python3", "image": "acme/fx:1", **fields}]}}
