"""Where the published data lies, and the readers that ours is compared with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import upstream_data


@pytest.fixture(scope="session", name="data_folder")
def _data_folder(request: pytest.FixtureRequest) -> Path:
    """Return the folder of published data that STACKC_DATA names; skip loudly, or fail in CI, without it."""
    return upstream_data.data_folder(request)


@pytest.fixture(scope="session")
def kubectl() -> str:
    """Return a kubectl: of KUBEBUILDER_ASSETS, else of the sandbox's cache, else of PATH; skip without one."""
    assets = os.environ.get("KUBEBUILDER_ASSETS", "")
    if assets and (Path(assets) / "kubectl").is_file():
        return str(Path(assets) / "kubectl")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stackc"
    cached = sorted(cache.glob("**/kubectl")) if cache.is_dir() else []
    found = str(cached[-1]) if cached else shutil.which("kubectl")
    if found is None:
        pytest.skip("no kubectl in KUBEBUILDER_ASSETS, in the cache or on PATH")
    return found
