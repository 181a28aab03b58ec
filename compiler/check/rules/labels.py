"""Labels, label selectors and whether they match: helpers that rules of many kinds share.

Source: k8s.io/apimachinery pkg/apis/meta/v1/validation/validation.go, v0.36.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.check import syntax
from compiler.check.rule import Problem, invalid, required, unsupported
from compiler.model.source import Path

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


def check_labels(labels: dict[str, str], path: Path) -> Iterator[Problem]:
    """Refuse bad keys and values in a map of labels (labels, nodeSelector, matchLabels)."""
    for key, value in labels.items():
        if why := syntax.qualified_name(key):
            yield Problem((*path, key), f"label key `{key[:80]}` is not valid: {why}", on_key=True)
        if value and (why := syntax.label_value(value)):
            yield invalid((*path, key), value, why)


def check_selector(selector: dict[str, Any] | None, path: Path) -> Iterator[Problem]:
    """Refuse a label selector that the server can't read."""
    if not selector:
        return
    yield from check_labels(selector.get("matchLabels") or {}, (*path, "matchLabels"))
    for i, item in enumerate(selector.get("matchExpressions") or ()):
        yield from check_requirement(item or {}, (*path, "matchExpressions", i), OPERATORS)


def check_requirement(
    item: dict[str, Any], path: Path, operators: tuple[str, ...], *, are_labels: bool = True
) -> Iterator[Problem]:
    """Refuse one `{key, operator, values}` of a selector; nodes know the operators Gt and Lt too."""
    operator, values = item.get("operator") or "", item.get("values") or ()
    if operator not in operators:
        yield unsupported((*path, "operator"), operator, operators)
    elif operator in ("In", "NotIn") and not values:
        yield required(path, "values", f"operator `{operator}` compares with at least one value")
    elif operator in ("Exists", "DoesNotExist") and values:
        yield Problem((*path, "values"), f"operator `{operator}` takes no values", "remove `values`")
    elif operator in ("Gt", "Lt") and len(values) != 1:
        yield required(path, "values", f"operator `{operator}` compares with exactly one value")
    key = item.get("key") or ""
    if why := syntax.qualified_name(key):
        yield invalid((*path, "key"), key, why)
    for i, value in enumerate(values):
        if are_labels and value and (why := syntax.label_value(value)):
            yield invalid((*path, "values", i), value, why)


def is_empty(selector: dict[str, Any]) -> bool:
    """Tell whether a selector selects everything."""
    return not selector.get("matchLabels") and not selector.get("matchExpressions")


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Tell whether a label selector selects an object with these labels."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if key not in labels or (labels[key] or "") != (value or ""):
            return False
    for item in selector.get("matchExpressions") or ():
        key, operator, values = item.get("key"), item.get("operator"), item.get("values") or ()
        if operator == "In" and labels.get(key) not in values:
            return False
        if operator == "NotIn" and key in labels and labels[key] in values:
            return False
        if (operator == "Exists") != (key in labels) and operator in ("Exists", "DoesNotExist"):
            return False
    return True
