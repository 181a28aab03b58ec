"""A small process that starts others and measures them; started by run.py as `python -I -S meter.py`.

It must be small: on Linux a started program's peak memory is never less than what its parent had at that time. Reads
one JSON line a measurement, {"commands": [{"argv", "cwd", "stdout"}]}, and answers with wall seconds, CPU seconds and
peak resident bytes of the commands run one after the other (memory: of the largest).
"""

import json
import os
import sys
import time
from typing import Any


def measure(command: dict[str, Any]) -> tuple[float, float, int]:
    """Run one command to its end. Raises RuntimeError when it fails."""
    argv = command["argv"]
    os.chdir(command["cwd"])
    to_file = (os.POSIX_SPAWN_OPEN, 1, command["stdout"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    quiet = (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)
    start = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[to_file, quiet])
    _, status, used = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    if status:
        raise RuntimeError(f"{argv} ended with {os.waitstatus_to_exitcode(status)}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Answer measurements until the input ends."""
    for line in sys.stdin:
        runs = [measure(command) for command in json.loads(line)["commands"]]
        answer = {"wall": sum(r[0] for r in runs), "cpu": sum(r[1] for r in runs), "rss": max(r[2] for r in runs)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
