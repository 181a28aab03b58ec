"""The only importer of `jsonschema`: judging schemas themselves, and values where speed does not matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compiler.model.source import Path


def check_meta(schema: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a schema itself, one line a fault: `path: message`, sorted.

    Source: JSON Schema 2020-12's own meta-schema.
    """
    from jsonschema import Draft202012Validator

    faults = Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema)
    return sorted(f"{'/'.join(map(str, fault.absolute_path))}: {fault.message}" for fault in faults)


def validate_reference(value: object, schema: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """Return what the reference implementation finds wrong with a value: paths and messages, sorted.

    Plain JSON Schema 2020-12: none of the words of ours, and `additionalProperties` is true unless said. For files of
    the catalog, and as the oracle of our own walker's tests.
    """
    from jsonschema import Draft202012Validator

    faults = Draft202012Validator(schema).iter_errors(value)
    return sorted(((tuple(fault.absolute_path), fault.message) for fault in faults), key=repr)
