"""The folder of published manifests and answers, loud when it is not there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def published(request: pytest.FixtureRequest) -> Path:
    """Return STACKC_DATA; skip without it with a line nobody can miss, and fail where CI requires it."""
    folder = os.environ.get("STACKC_DATA", "")
    if folder and Path(folder).is_dir():
        return Path(folder)
    reason = "STACKC_DATA does not name the folder of published manifests"
    if os.environ.get("STACKC_CI") == "1":
        pytest.fail(f"required by STACKC_CI=1: {reason}", pytrace=False)
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        sys.stderr.write(f"\nUPSTREAM TESTS SKIPPED: {reason}\n")
    pytest.skip(reason)
