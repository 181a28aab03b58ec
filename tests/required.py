"""What the tests cannot do without: where it is absent they skip loudly, and CI fails."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import pytest


def announce(request: pytest.FixtureRequest, line: str) -> None:
    """Print a line past pytest's capture."""
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stderr.write(f"\n{line}\n")
        sys.stderr.flush()


def absent(request: pytest.FixtureRequest, reason: str) -> NoReturn:
    """Skip with a line that nobody can miss; fail where nothing may be skipped."""
    if os.environ.get("STACKC_CI") == "1":
        pytest.fail(f"required by STACKC_CI=1: {reason}", pytrace=False)
    announce(request, f"TESTS SKIPPED: {reason}")
    pytest.skip(reason)
