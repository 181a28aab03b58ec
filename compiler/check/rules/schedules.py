"""Cron schedules and time zones as the server reads them.

Source: github.com/robfig/cron/v3 parser.go (ParseStandard); the names of the IANA time zone database.
"""

from __future__ import annotations

import re
from functools import cache

from compiler.formats.data_files import read_schema_file

_MONTHS = {
    name: i + 1
    for i, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}
_DAYS = {name: i for i, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
_DESCRIPTORS = frozenset(("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"))
_is_duration = re.compile(r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|[-+]?0").fullmatch


def schedule_problem(schedule: str) -> str:
    """Return what is wrong with a schedule, or the empty string."""
    if "TZ" in schedule:
        return "set `timeZone` instead of TZ or CRON_TZ in the schedule"
    if schedule.startswith("@"):
        if schedule in _DESCRIPTORS or (schedule.startswith("@every ") and _is_duration(schedule[7:])):
            return ""
        return f"an unknown word: one of {', '.join(sorted(_DESCRIPTORS))} or `@every 1h`"
    parts = schedule.split()
    if len(parts) != 5:
        return f"a schedule has exactly 5 fields (minute, hour, day of month, month, day of week), it has {len(parts)}"
    for (name, low, high, words), part in zip(_FIELDS, parts, strict=True):
        for item in part.split(","):
            if item and (why := _range_problem(item, low, high, words)):
                return f"{name} `{item[:40]}`: {why}"
    return ""


def _range_problem(item: str, low: int, high: int, words: dict[str, int]) -> str:
    span, slash, step = item.partition("/")
    if slash and ("/" in step or not (step.isascii() and step.isdigit()) or int(step[:9]) == 0):
        return "what follows `/` must be a number above 0"
    if span in ("*", "?"):
        return ""
    first, dash, last = span.partition("-")
    start = _number(first, words)
    end = _number(last, words) if dash else high if slash else start
    if start is None or end is None:
        return "must be numbers, `*`, or ranges such as 1-5"
    if start < low or end > high:
        return f"must be between {low} and {high}"
    return "must not end before it starts" if start > end else ""


def _number(text: str, words: dict[str, int]) -> int | None:
    if text.lower() in words:
        return words[text.lower()]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the IANA database, as the server has it."""
    lines = read_schema_file("time-zones.txt").decode("ascii").split("\n")
    return frozenset(line for line in lines if line and not line.startswith("#"))
