"""The deep report of one changed object, made by deepdiff: for people and tools that know its form."""

from __future__ import annotations

from typing import Any


def deep_report(old: object, new: object) -> dict[str, Any]:
    """Return deepdiff's own view of two forms of an object, as plain JSON data.

    Shape: `{"values_changed": {"root['spec']['replicas']": {"new_value": 2, "old_value": 1}}, …}`, empty where equal.
    Lists are compared by position: which items belong together is said by `diff_objects`.
    """
    from json import loads

    from deepdiff import DeepDiff  # 140 ms, so only when a report is asked for

    report: dict[str, Any] = loads(DeepDiff(old, new, verbose_level=2, threshold_to_diff_deeper=0).to_json())
    return report
