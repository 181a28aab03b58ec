"""README.md is true: its commands run, they print what it shows, and what it links to is there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from readme_blocks import README, ROOT, Command, blocks, commands, environment, matches, play, run
from required import absent

from compiler.sandbox.binaries import programs
from compiler.sandbox.paths import cache_root

PROGRAMS = Path(sys.prefix) / "bin"
TEXT = README.read_text(encoding="utf-8")

ELSEWHERE = {
    "make demo": ("tests/test_readme.py", '["make", "demo"]'),
    "make test": (".ci/run", "exec make test"),
    "stackc sandbox up": ("tests/test_readme.py", 'startswith("$ stackc sandbox up'),
}
"""Blocks of the README that run elsewhere, by their first command: the file that runs them, and a word in it."""


def test_commands_print_what_the_readme_shows(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Every block in its order, in one folder, as a newcomer would type them."""
    work = tmp_path / "work"
    work.mkdir()
    played = list(play(TEXT, work, environment(tmp_path, PROGRAMS), frozenset(ELSEWHERE)))
    wrong = [
        f"README.md:{command.line}: {command.text}\n{printed}"
        for _, command, printed in played
        if not matches(command.output or "", printed)
    ]

    assert len(played) > 20
    assert not wrong, "\n".join([*wrong, "python tests/readme_blocks.py brings it up to date"])


def test_blocks_that_run_elsewhere_do_run_there() -> None:
    """The table is no place to hide a command in."""
    first = [commands(block)[0].text for block in blocks(TEXT) if block.language == "console"]

    assert set(ELSEWHERE) <= set(first)
    for file, word in ELSEWHERE.values():
        assert word in (ROOT / file).read_text(encoding="utf-8"), file


def test_every_command_of_the_program_is_mentioned() -> None:
    """A newcomer meets all of them here."""
    from compiler.cli import COMMANDS

    missing = [c.name for c in COMMANDS if c.name not in ("completion", "version") and f"stackc {c.name}" not in TEXT]
    assert missing == []


def test_links_lead_to_files_and_headings() -> None:
    """Relative ones and anchors; the web is not asked."""
    prose = re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)]+)\)", prose)
    headings = {
        re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    }

    assert targets
    for target in targets:
        if target.startswith("#"):
            assert target[1:] in headings, target
        elif not target.startswith("https://"):
            assert (ROOT / target).exists(), target


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_make_demo_compiles_the_example(tmp_path: Path) -> None:
    """The first command of the README, on a machine without a built sandbox."""
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", "build-out", "dist", "__pycache__"))
    _lend_environment(checkout)
    plain = {
        k: v for k, v in os.environ.items() if k not in ("KUBEBUILDER_ASSETS", "KUBECONFIG", "MAKEFLAGS", "MAKELEVEL")
    }
    env = {**plain, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    result = subprocess.run(
        ["make", "demo"], cwd=checkout, env=env, capture_output=True, text=True, check=False, timeout=120
    )

    assert result.returncode == 0, result.stderr
    assert "$ stackc compile build-out/demo/openfx-lab/stack.yaml" in result.stdout
    assert re.search(r"^\d+ objects in \d+ waves for Kubernetes 1\.\d+:$", result.stdout, re.MULTILINE)
    assert (checkout / "build-out/demo/openfx-lab/out/index.json").is_file()


@pytest.mark.live
def test_the_block_on_a_cluster_prints_what_the_readme_shows(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """On a sandbox of its own, away from the user's."""
    if programs().value is None:
        absent(request, "there is no toolchain to build the sandbox with")
    (block,) = [block for block in blocks(TEXT) if block.text.startswith("$ stackc sandbox up\n")]
    wanted = [Command("stackc init fx --preset openfx", None, 0), *commands(block)]
    env = environment(tmp_path, PROGRAMS) | {"XDG_CACHE_HOME": str(cache_root().parents[1])}
    try:
        printed = run(wanted, tmp_path, env)
    finally:
        run([Command("stackc sandbox down", None, 0)], tmp_path, env)
    wrong = [
        f"$ {c.text}\n{p}" for c, p in list(zip(wanted, printed, strict=True))[1:] if not matches(c.output or "", p)
    ]

    assert not wrong, "\n".join(wrong)


def _lend_environment(checkout: Path) -> None:
    """Give a checkout the virtual environment that runs this test, with a stamp that says it is complete."""
    venv = checkout / ".venv"
    venv.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        if (Path(sys.prefix) / name).exists():
            (venv / name).symlink_to(Path(sys.prefix) / name)
    digits = subprocess.check_output("cksum < pyproject.toml | tr -dc '0-9'", shell=True, cwd=checkout, text=True)
    (venv / f".installed-{digits}").touch()


class TestBlocks:
    """The reader of the README itself: a test that can not fail would prove nothing."""

    @pytest.mark.parametrize(
        ("shown", "printed", "is_right"),
        [
            ("a\nb\n", "a\nb\n", True),
            ("a\n", "a\nb\n", False),
            ("a\n…\nd\n", "a\nb\nc\nd\n", True),
            ("a\n…\nd\n", "a\nd\n", True),
            ("a\n…\nd\n", "a\nb\n", False),
            ("at … o'clock\n", "at 5 o'clock\n", True),
            ("at … o'clock\n", "at 5\n o'clock\n", False),
            ("", "", True),
            ("", "x\n", False),
            ("a.c\n", "abc\n", False),
        ],
    )
    def test_matches(self, shown: str, printed: str, is_right: bool) -> None:
        assert matches(shown, printed) is is_right

    def test_commands_of_a_block(self) -> None:
        text = "```console\n$ cat <<EOF\n> x\n> EOF\nx\n$ true\n```\n"
        (block,) = blocks(text)

        assert commands(block) == [Command("cat <<EOF\nx\nEOF", "x\n", 2), Command("true", None, 6)]

    def test_play_runs_in_one_folder_and_keeps_exit_codes(self, tmp_path: Path) -> None:
        text = "```yaml a/b.yaml\nx: 1\n```\n\n```console\n$ cat a/b.yaml\n$ false\n$ echo $?\n$ printf y\n```\n"
        printed = [out for _, _, out in play(text, tmp_path, environment(tmp_path, PROGRAMS), frozenset())]

        assert printed == ["x: 1\n", "", "1\n", "y\n"]
