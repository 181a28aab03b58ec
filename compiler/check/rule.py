"""What a rule is: one small function that looks at one object and says what the API server would refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from compiler.check.view import View
from compiler.formats.suggest import nearest
from compiler.model.source import Path


class Problem(NamedTuple):
    """One thing that a rule refuses.

    Shape: `path` leads to the value in the object, or to the key itself when `on_key`; a missing field is named by the
    map it belongs in. `warning` marks what the server accepts and then does otherwise than written.
    """

    path: Path
    message: str
    help: str = ""
    on_key: bool = False
    warning: bool = False


Check = Callable[[View], Iterable[Problem]]


class Rule(NamedTuple):
    """A code, the kinds it looks at, and the function that looks.

    Shape: `kinds` are written `Kind.group` (`Deployment.apps`, `Service.` for the core group); `*` is every kind.
    Its refusing and its passing example stand in compiler/rules/codes/manifests.yaml under the same code.
    """

    code: str
    kinds: tuple[str, ...]
    check: Check


def required(parent: Path, name: str, why: str = "") -> Problem:
    """Report a field that must be set: it is absent, null or empty."""
    return Problem((*parent, name), f"`{name}` is required{': ' + why if why else ''}", f"set `{name}`")


def unsupported(path: Path, value: object, allowed: Iterable[str]) -> Problem:
    """Report a value outside a closed list, with the nearest allowed value as help."""
    names = list(allowed)
    listed = ", ".join(f"`{n}`" for n in names)
    near = nearest(str(value), names)
    said = f"`{shown(value)}`" if value != "" else "an empty text"
    return Problem(path, f"{said} is not supported: write one of {listed}", f"write `{near}`" if near else "")


def invalid(path: Path, value: object, why: str, help: str = "") -> Problem:
    """Report a value with the reason why the server refuses it."""
    said = f"`{shown(value)}`" if value != "" else "an empty text"
    return Problem(path, f"{said} is not valid: {why}", help)


def shown(value: object, limit: int = 80) -> str:
    """Return a value as text short enough for a message."""
    text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
