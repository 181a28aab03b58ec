"""What tests of all parts need from outside the checkout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from required import absent

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("STACKC_DATA") or ROOT.parent / "shared" / "data")


@pytest.fixture(scope="session")
def published(request: pytest.FixtureRequest) -> Path:
    """Return the folder of manifests, and of answers of a real API server, that others published."""
    if not DATA.is_dir():
        absent(request, f"no published manifests in {DATA}; STACKC_DATA names their folder")
    return DATA
