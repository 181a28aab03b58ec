"""Bad input: a diagnostic or a bundle every time, never a traceback, within 5 seconds and 500 MB."""

from __future__ import annotations

import os

import pytest
from fuzz_cases import SEED, case
from fuzz_pool import Sample, run_sample

FIXED, FULL = 160, 2000


def assert_harmless(sample: Sample, count: int) -> None:
    assert sample.problems == ()
    assert sample.cases == count
    assert sample.peak < 500 << 20
    assert set(sample.codes) <= {0, 1, 2, 3}
    # The sample is worth something: it reaches every end, and does not drown in one of them.
    assert all(sample.codes.get(code, 0) >= count // 100 for code in (0, 1, 3))


def test_fixed_sample() -> None:
    """The first cases of the fixed seed."""
    assert_harmless(run_sample(SEED, FIXED), FIXED)


@pytest.mark.long
def test_full_sample() -> None:
    """All cases of the fixed seed; `make test-long` writes down what they showed."""
    sample = run_sample(SEED, FULL)
    if os.environ.get("STACKC_RECORD") == "1":
        from benchmarks.results import write_section

        ends = {0: "compiled", 1: "refused by validate", 2: "wrong usage", 3: "refused by compile"}
        shown = ", ".join(f"{count} {ends.get(code, code)}" for code, count in sorted(sample.codes.items()))
        text = (
            f"Seed {SEED}, {sample.cases:,} cases: {shown}; {len(sample.problems)} broken promises; the slowest took "
        )
        write_section("Bad input", f"{text}{sample.slowest:.2f} s, the largest process {sample.peak >> 20} MB.")

    assert_harmless(sample, FULL)


def test_a_case_is_the_same_everywhere() -> None:
    """A failure can be looked at again by its seed and number alone."""
    assert [case(SEED, n) for n in range(40)] == [case(SEED, n) for n in range(40)]
    assert len({str(case(SEED, n)) for n in range(200)}) > 190
