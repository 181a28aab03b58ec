"""Many fuzz cases in a few processes: every case is answered for, also by a process that died on it."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
CHUNK = 50


class Sample(NamedTuple):
    """What a sample showed. Units: seconds of the slowest case; bytes of the largest process."""

    cases: int
    codes: dict[int, int]
    slowest: float
    peak: int
    problems: tuple[str, ...]


def run_sample(seed: int, count: int, *, processes: int = 2) -> Sample:
    """Run cases 0 … count-1 of a seed."""
    chunks = [(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
    with ThreadPoolExecutor(processes) as pool:
        rows = [row for part in pool.map(lambda chunk: _chunk(seed, *chunk), chunks) for row in part]
    results = [row for row in rows if "case" in row]
    codes: dict[int, int] = {}
    for row in results:
        codes[row["code"]] = codes.get(row["code"], 0) + 1
    problems = tuple(f"seed {seed}, case {row['case']}: {row['problem']}" for row in results if row.get("problem"))
    slowest = max(row["seconds"] for row in results)
    return Sample(len(results), codes, slowest, max(row.get("peak", 0) for row in rows), problems)


def _chunk(seed: int, first: int, last: int) -> list[dict[str, Any]]:
    """Run some cases in one process; after a death the next process goes on behind the case that killed it."""
    rows: list[dict[str, Any]] = []
    while first < last:
        command = [sys.executable, str(HERE / "fuzz_worker.py"), str(seed), str(first), str(last)]
        ended = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, check=False)
        done = [json.loads(line) for line in ended.stdout.splitlines()]
        rows += done
        first += sum("case" in row for row in done)
        if ended.returncode == 0:
            return rows
        rows.append(
            {"case": first, "code": ended.returncode, "seconds": 0.0, "problem": f"died: {ended.stderr[-3000:]}"}
        )
        first += 1
    return rows
