"""ConfigMaps and Secrets.

Source: kubernetes pkg/apis/core/validation/validation.go at v1.36 (ValidateConfigMap, ValidateSecret).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, Rule, required
from compiler.check.view import View
from compiler.model.manifest import UNFILLED

Map = dict[str, Any]

_LIMIT = 1024 * 1024
_NEEDS: dict[str, tuple[str, ...]] = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


def check_config_map(view: View) -> Iterator[Problem]:
    """Refuse bad keys, a key that is there twice, and more than 1 MiB."""
    data, binary = view.body.get("data") or {}, view.body.get("binaryData") or {}
    yield from _keys(data, "data")
    yield from _keys(binary, "binaryData")
    for key in data:
        if key in binary:
            yield Problem(("data", key), f"key `{key}` is in `binaryData`, too", "keep it in one of them", on_key=True)
    size = sum(map(_size, data.values()))
    if binary:
        size += sum(len(v or "") * 3 // 4 for v in binary.values())
    if size > _LIMIT:
        yield Problem(
            ("data",),
            f"a ConfigMap has at most {_LIMIT} bytes, this one has {size}",
            "split it, or put the file into a volume",
            on_key=True,
        )


def _size(text: str | None) -> int:
    return 0 if not text else len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _keys(data: Map, field: str) -> Iterator[Problem]:
    for key in data:
        if why := syntax.config_key(key):
            yield Problem((field, key), f"key `{key[:80]}` is not valid: {why}", on_key=True)


def _decode(value: str | None) -> bytes:
    try:
        return base64.b64decode(value or "", validate=False)
    except (ValueError, binascii.Error):
        return b""


def check_secret(view: View) -> Iterator[Problem]:
    """Refuse bad keys, missing keys of the Secret's type, and content that the type can't have."""
    data, texts = view.body.get("data") or {}, view.body.get("stringData") or {}
    yield from _keys(data, "data")
    yield from _keys(texts, "stringData")
    size = sum(_size(v) if k in texts else len(v or "") * 3 // 4 for k, v in {**data, **texts}.items())
    if size > _LIMIT:
        yield Problem(("data",), f"a Secret has at most {_LIMIT} bytes, this one has {size}", on_key=True)
    kind = view.body.get("type") or "Opaque"
    unfilled = ((view.metadata.get("annotations") or {}).get(UNFILLED) or "").split(",")
    given = {*data, *texts, *unfilled}
    for key in _NEEDS.get(kind, ()):
        if key not in given:
            yield required(("data",), key, f"the type is {kind}")
    if (
        kind == "kubernetes.io/ssh-auth"
        and "ssh-privatekey" in given
        and not (data.get("ssh-privatekey") or texts.get("ssh-privatekey"))
    ):
        if "ssh-privatekey" not in unfilled:
            yield required(("data",), "ssh-privatekey", f"the type is {kind}")
    elif kind == "kubernetes.io/basic-auth" and not {"username", "password"} & given:
        yield required(("data",), "password", f"the type is {kind}")
    elif kind == "kubernetes.io/service-account-token" and not (view.metadata.get("annotations") or {}).get(
        "kubernetes.io/service-account.name"
    ):
        yield required(("metadata", "annotations"), "kubernetes.io/service-account.name", f"the type is {kind}")
    elif kind in ("kubernetes.io/dockercfg", "kubernetes.io/dockerconfigjson"):
        yield from _docker(_NEEDS[kind][0], data, texts)


def _docker(key: str, data: Map, texts: Map) -> Iterator[Problem]:
    if key not in data and key not in texts:
        return
    field = "stringData" if key in texts else "data"
    raw = (texts[key] or "").encode("utf-8", "surrogatepass") if key in texts else _decode(data[key])
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        content = ()
    if not isinstance(content, dict) and content is not None:
        yield Problem(
            (field, key),
            f"`{key}` must be a JSON object (its content is not shown)",
            'write the output of `docker login`: `{"auths": {…}}`',
        )


RULES = (
    Rule("SC672", ("ConfigMap.",), check_config_map),
    Rule("SC673", ("Secret.",), check_secret),
)
