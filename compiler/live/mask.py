"""Secret values never leave this folder: bodies are masked before they are compared, texts before they are told."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from json import dumps
from typing import Any

from compiler.model.manifest import Body, Manifest

SAME = "***"
BEFORE = "*** (before)"
AFTER = "*** (after)"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SHORTEST = 4  # a shorter value would blot out half of every text
_LINE = 16


def is_secret(body: Body) -> bool:
    """Tell whether an object is a Secret, whose values are never shown."""
    return bool(body.get("kind") == "Secret" and body.get("apiVersion") == "v1")


def mask_pair(old: Body, new: Body) -> tuple[Body, Body]:
    """Return two forms of an object without secret values: equal or changed is visible, lengths are not.

    Shape: of Secrets `data`, `stringData` and the last-applied annotation are masked; other objects come back as is.
    """
    if not is_secret(old) and not is_secret(new):
        return old, new
    for field in ("data", "stringData"):
        old, new = _mask_map(old, new, (field,), None)
    return _mask_map(old, new, ("metadata", "annotations"), LAST_APPLIED)


def _mask_map(old: Body, new: Body, path: tuple[str, ...], only: str | None) -> tuple[Body, Body]:
    left, right = _at(old, path), _at(new, path)
    keys = [key for key in {**left, **right} if only in (None, key)]
    masked = {key: _mask_values(left.get(key), right.get(key)) for key in keys}
    one = {key: masked[key][0] if key in masked else value for key, value in left.items()}
    other = {key: masked[key][1] if key in masked else value for key, value in right.items()}
    return (_put(old, path, one) if left else old), (_put(new, path, other) if right else new)


def _mask_values(left: object, right: object) -> tuple[str, str]:
    changed = left is not None and right is not None and left != right
    return (BEFORE, AFTER) if changed else (SAME, SAME)


def _at(body: Body, path: tuple[str, ...]) -> dict[str, Any]:
    value: Any = body
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _put(body: Body, path: tuple[str, ...], value: object) -> Body:
    key, *rest = path
    return {**body, key: _put(body[key], tuple(rest), value) if rest else value}


class Redactor:
    """Takes known secret values out of any text, in every form in which a server may quote them."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = {form for value in values for form in _forms(value) if len(form) >= _SHORTEST}
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    def __repr__(self) -> str:
        return "<Redactor>"

    def text(self, text: str) -> str:
        """Return the text with `***` in place of every known value."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, SAME)
        return text

    def value(self, value: Any) -> Any:
        """Return a JSON value with `***` in place of every known value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self.value(inner) for key, inner in value.items()}
        return [self.value(inner) for inner in value] if isinstance(value, list) else value


def _forms(value: str) -> Iterable[str]:
    """Yield a value plain, escaped and in base64, whole and line by line."""
    lines = [line for line in value.splitlines() if len(line) >= _LINE] if "\n" in value else []
    for text in (value, value.strip(), *lines):
        yield text
        yield dumps(text)[1:-1]
        yield dumps(text, ensure_ascii=False)[1:-1]
        yield b64encode(text.encode("utf-8", "surrogateescape")).decode()


def secret_values(manifests: Iterable[Manifest]) -> Iterable[str]:
    """Yield every value of the Secrets in a bundle, as text."""
    for manifest in manifests:
        if is_secret(manifest.body):
            for field in ("data", "stringData"):
                for value in _at(manifest.body, (field,)).values():
                    if isinstance(value, str):
                        yield value
                        if field == "data":
                            yield _decoded(value)


def _decoded(value: str) -> str:
    try:
        return b64decode(value, validate=True).decode("utf-8", "surrogateescape")
    except ValueError:
        return ""
