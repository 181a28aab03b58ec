"""The commands of README.md: how they are written, run and compared. Run as a program, it brings the README up to date.

A block ```` ```console ```` holds commands and what they print: a line that begins with `$ ` is a command, `> ` goes on
with it, all else is its output. `…` stands for any text within a line, and alone on a line for any lines. A block
```` ```yaml PATH ```` is a file that the commands after it find.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"

_FENCE = re.compile(r"^```(\w*)(?: ([^\n`]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MARK = "@@ end of command"


class Command(NamedTuple):
    """One command with the output that the README shows; `output` is None where it shows none."""

    text: str
    output: str | None
    line: int


class Block(NamedTuple):
    """One fenced block: a file to write, or commands to run."""

    language: str
    name: str
    text: str
    line: int
    start: int
    end: int


def blocks(readme: str) -> Iterator[Block]:
    """Yield the fenced blocks in their order; `start` and `end` are the place of their text."""
    for match in _FENCE.finditer(readme):
        line = readme.count("\n", 0, match.start()) + 1
        yield Block(match[1], (match[2] or "").strip(), match[3], line, match.start(3), match.end(3))


def commands(block: Block) -> list[Command]:
    """Return the commands of a console block."""
    found: list[Command] = []
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if line.startswith("$ "):
            found.append(Command(line[2:], None, number))
        elif line.startswith("> ") and found[-1].output is None:
            found[-1] = found[-1]._replace(text=f"{found[-1].text}\n{line[2:]}")
        else:
            found[-1] = found[-1]._replace(output=(found[-1].output or "") + line + "\n")
    return found


def run(wanted: list[Command], folder: Path, env: Mapping[str, str]) -> list[str]:
    """Run commands one after another in one shell, and return what each printed, errors included.

    Shape: `$?` in a command is the exit code of the one before, as in a terminal.
    """
    script = ["exec 2>&1"]
    for command in wanted:
        script += [command.text, f"code=$?; echo; echo '{_MARK}'; (exit $code)"]
    shell = ["bash", "-c", "\n".join(script)]
    result = subprocess.run(shell, cwd=folder, env=dict(env), stdout=subprocess.PIPE, check=False, timeout=300)
    pieces = result.stdout.decode().split(f"\n{_MARK}\n")
    return [piece + "\n" if piece and not piece.endswith("\n") else piece for piece in pieces[: len(wanted)]]


def matches(shown: str, printed: str) -> bool:
    """Tell whether a command printed what the README shows."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in shown.splitlines()
    )
    return re.fullmatch(pattern, printed) is not None


def environment(home: Path, programs: Path) -> dict[str, str]:
    """Return the environment of a newcomer: our command on the path, a home of its own, no cluster, no colours."""
    kept = {
        key: value for key, value in os.environ.items() if key in ("LANG", "LC_ALL", "TMPDIR", "COVERAGE_PROCESS_START")
    }
    path = f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return {**kept, "PATH": path, "HOME": str(home), "PYTHONUNBUFFERED": "1"}


def play(
    readme: str, folder: Path, env: Mapping[str, str], skipped: frozenset[str]
) -> Iterator[tuple[Block, Command, str]]:
    """Write the files and run the commands of a README in a folder; yield each command with what it printed.

    Shape: a block whose first command is in `skipped` is left out.
    """
    for block in blocks(readme):
        if block.language == "yaml" and block.name:
            file = folder / block.name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        if block.language == "console":
            wanted = commands(block)
            if wanted[0].text not in skipped:
                yield from ((block, *pair) for pair in zip(wanted, run(wanted, folder, env), strict=True))


def updated(readme: str, folder: Path, env: Mapping[str, str], skipped: frozenset[str]) -> str:
    """Return a README with today's output wherever what it shows is no longer true."""
    outputs: dict[int, list[tuple[Command, str]]] = {}
    places = {block.line: block for block in blocks(readme)}
    for block, command, printed in play(readme, folder, env, skipped):
        outputs.setdefault(block.line, []).append((command, printed))
    for line in sorted(outputs, reverse=True):
        text = ""
        for command, printed in outputs[line]:
            text += "$ " + command.text.replace("\n", "\n> ") + "\n"
            shown = command.output or ""
            text += shown if matches(shown, printed) else printed
        readme = readme[: places[line].start] + text + readme[places[line].end :]
    return readme


if __name__ == "__main__":
    import tempfile

    from test_readme import ELSEWHERE

    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / "work"
        work.mkdir()
        surroundings = environment(Path(temporary), Path(sys.prefix) / "bin")
        text = updated(README.read_text(encoding="utf-8"), work, surroundings, frozenset(ELSEWHERE))
    README.write_text(text, encoding="utf-8")
