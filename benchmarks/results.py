"""RESULTS.md: one section a kind of measurement, each rewritten as a whole when it is measured again."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from benchmarks.peers import PEERS, version_of

RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = "# Results\n\nWritten by `make bench` and `make test-long`; run them to measure your own machine.\n"


def write_section(title: str, text: str) -> None:
    """Put a section into RESULTS.md in the place of its last one."""
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else _HEAD
    section = f"\n## {title}\n\n{text.strip()}\n"
    found = re.search(rf"\n## {re.escape(title)}\n.*?(?=\n## |\Z)", old, re.DOTALL)
    new = old[: found.start()] + section + old[found.end() :] if found else old.rstrip("\n") + "\n" + section
    RESULTS.write_text(new, encoding="utf-8")


def machine() -> str:
    """Say what measured what: cores, Python, and the versions of the peers."""
    peers = ", ".join(f"{each.name} {version_of(each.name)}" for each in PEERS)
    system = f"{platform.system()} {platform.machine()}"
    return (
        f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}; {peers}; medians of alternating runs."
    )
