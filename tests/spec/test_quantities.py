"""Quantities compare exactly."""

from __future__ import annotations

import pytest

from compiler.spec.quantities import UNIT, quantity


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1", UNIT),
        (2, 2 * UNIT),
        ("500m", UNIT // 2),
        ("0.5", UNIT // 2),
        ("1Ki", 1024 * UNIT),
        ("1.5Gi", 3 * 2**29 * UNIT),
        ("1k", 1000 * UNIT),
        ("2e3", 2000 * UNIT),
        ("1E", 10**18 * UNIT),
        ("1n", UNIT // 10**9),
        ("", None),
        ("-1", None),
        (-1, None),
        ("1gb", None),
        (True, None),
        (0.5, None),
        ("1" * 65, None),
    ],
)
def test_quantity_is_exact(text: object, amount: int | None) -> None:
    """Every suffix of Kubernetes counts, and what is no quantity is None."""
    assert quantity(text) == amount
