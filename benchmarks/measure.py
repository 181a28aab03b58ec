"""Whole processes side by side: alternating runs, medians, ratios."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

METER = Path(__file__).with_name("meter.py")


class Command(NamedTuple):
    """One command of a contestant, its standard output, and where it runs."""

    argv: tuple[str, ...]
    stdout: str = "/dev/null"
    cwd: str = "/"


class Contestant(NamedTuple):
    """What is measured as one: commands run one after the other."""

    name: str
    commands: tuple[Command, ...]


class Figure(NamedTuple):
    """Medians of all runs of one contestant. Units: seconds; `rss` in bytes and the largest of all runs."""

    wall: float
    cpu: float
    rss: int


def side_by_side(contestants: Sequence[Contestant], rounds: int) -> dict[str, Figure]:
    """Run every contestant once a round, in turn, so that a busy moment hits all of them.

    One more round comes first and is not counted: it fills the system's file cache.
    """
    runs: dict[str, list[dict[str, float]]] = {c.name: [] for c in contestants}
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(METER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as meter:
        assert meter.stdin is not None and meter.stdout is not None
        for number in range(rounds + 1):
            for contestant in contestants:
                commands = [command._asdict() for command in contestant.commands]
                meter.stdin.write(json.dumps({"commands": commands}) + "\n")
                meter.stdin.flush()
                answer = meter.stdout.readline()
                if not answer:
                    raise RuntimeError(f"{contestant.name} failed")
                if number:
                    runs[contestant.name].append(json.loads(answer))
        meter.stdin.close()
    return {name: _figure(found) for name, found in runs.items()}


def _figure(runs: list[dict[str, float]]) -> Figure:
    wall = statistics.median(run["wall"] for run in runs)
    cpu = statistics.median(run["cpu"] for run in runs)
    return Figure(wall, cpu, int(max(run["rss"] for run in runs)))
