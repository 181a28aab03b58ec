"""Run fuzz cases in this process, under limits: `python fuzz_worker.py SEED FIRST LAST` prints a JSON line a case.

Memory is the address space of the whole process, which is more than what is resident. Time is CPU time, so that a busy
machine breaks no promise. A case that takes too long is interrupted; where Python cannot be, or a case waits for
something, the watchdog ends the process with a traceback.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import json
import os
import re
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fuzz_cases import Case, case

SECONDS = 5
MEMORY = 500 << 20
ALLOWED = {0, 1, 2, 3}
_LOG = re.compile(r"the traceback is in (\S+)")


class TooSlow(BaseException):
    """Passes every `except Exception` on its way out."""


def run(given: Case, root: Path) -> dict[str, Any]:
    """Run one case and return what there is to say: exit code, seconds, and `problem` when a promise is broken."""
    from compiler import cli

    for name, raw in given.files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(raw)
    arguments = [word.replace("{root}", str(root)) for word in given.arguments]
    out, err = io.StringIO(), io.StringIO()
    start = time.process_time()
    faulthandler.dump_traceback_later(12 * SECONDS, exit=True)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.run(arguments)
    except TooSlow:
        code = -1
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()
    result = {"code": code, "seconds": time.process_time() - start}
    problem = verdict(code, out.getvalue(), err.getvalue())
    return result | ({"problem": problem} if problem else {})


def verdict(code: int, out: str, err: str) -> str:
    """Return what is wrong with the end of a run, `` when nothing is."""
    if code == -1:
        return f"more than {SECONDS} s"
    if code not in ALLOWED:
        log = _LOG.search(err)
        return f"exit code {code}: {err[-300:]}\n{Path(log[1]).read_text()[-3000:] if log else ''}"
    if "Traceback" in err or "Traceback (most" in out:
        return f"a traceback: {err[-2000:]}"
    if code and not (re.search(r"^(error|Error)", err, re.MULTILINE) or '"severity": "error"' in out):
        return f"exit code {code} without an error: {err[-500:]!r}"
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", err):
        return f"control characters on the terminal: {err[-500:]!r}"
    return ""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _too_slow(*_: object) -> None:
    raise TooSlow


def main(seed: int, first: int, last: int) -> None:
    """Run cases first … last-1."""

    signal.signal(signal.SIGPROF, _too_slow)
    with tempfile.TemporaryDirectory(prefix="stackc-fuzz-") as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        # Everything is imported before the limit stands, so that it is about the input.
        run(Case(("compile", "{root}/stack.yaml"), case(seed, 0).files), Path(folder) / "warm")
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        for number in range(first, last):
            _say(json.dumps({"case": number, **run(case(seed, number), Path(folder) / str(number))}))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << (0 if sys.platform == "darwin" else 10)
        _say(json.dumps({"peak": peak}))


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
