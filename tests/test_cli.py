"""The command line: what it imports, how it ends, and that it starts fast."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from compiler import __version__, cli

ROOT = Path(__file__).parents[1]
HEAVY = ("kubernetes", "deepdiff", "jinja2", "jsonschema", "yaml", "asyncio", "dataclasses", "logging")


def python(code: str, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=os.environ | (env or {}), timeout=60)


def stackc(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "compiler", *arguments]
    return subprocess.run(command, capture_output=True, check=False, cwd=ROOT, env=os.environ | (env or {}), timeout=60)


def modules_after(code: str) -> set[str]:
    """Return what is imported after a piece of code, without what the interpreter had before it."""
    lead = "import sys; before = set(sys.modules)\n"
    tail = "\nsys.stderr.write(' '.join(sorted(set(sys.modules) - before)))"
    result = python(lead + code + tail)
    assert result.returncode == 0, result.stderr.decode()
    return set(result.stderr.decode().split())


class TestVersion:
    @pytest.mark.parametrize("word", ["--version", "version"])
    def test_version_prints_one_line(self, word: str) -> None:
        """On standard output, and nothing beside it."""
        result = stackc(word)

        assert (result.returncode, result.stdout, result.stderr) == (0, f"stackc {__version__}\n".encode(), b"")

    @pytest.mark.parametrize("word", ["--version", "version"])
    def test_version_imports_nothing(self, word: str) -> None:
        """Nothing but the entry itself."""
        code = f"sys.argv = ['stackc', {word!r}]\nfrom compiler.__main__ import main\nassert main() == 0"

        assert modules_after(code) == {"compiler", "compiler.__main__"}

    def test_version_by_the_command_is_the_same(self) -> None:
        """Where the short way is not taken."""
        code = "from compiler.cli import run; raise SystemExit(run(['version']))"

        assert python(code).stdout == stackc("version").stdout


class TestImports:
    def test_cli_imports_no_heavy_module_and_no_command(self) -> None:
        """`--help` needs the table of commands alone."""
        loaded = modules_after("import compiler.cli")

        assert not loaded & set(HEAVY)
        assert {name for name in loaded if name.startswith("compiler.")} == {"compiler.cli"}

    def test_help_imports_no_command(self) -> None:
        """Names and lines stand in the table."""
        loaded = modules_after("from compiler.cli import run; assert run(['--help']) == 0")

        assert {name for name in loaded if name.startswith("compiler.")} == {"compiler.cli"}
        assert not loaded & set(HEAVY)

    def test_options_and_reading_import_no_parser(self) -> None:
        """The parser is loaded with the first text."""
        loaded = modules_after(
            "import compiler.commands.common, compiler.formats.yaml_read, compiler.formats.yaml_emit"
        )

        assert not loaded & {"yaml", "kubernetes", "deepdiff", "jinja2", "jsonschema"}


class TestHelp:
    @pytest.mark.parametrize("word", ["--help", "-h"])
    def test_help_lists_every_command(self, word: str) -> None:
        """In the order of the table."""
        result = stackc(word)
        listed = re.findall(r"^  ([a-z]+)  ", result.stdout.decode().partition("Commands:")[2], re.MULTILINE)

        assert result.returncode == 0
        assert listed == [command.name for command in cli.COMMANDS]

    def test_commands_have_distinct_names_and_targets_of_their_own_file(self) -> None:
        """`compile` is in commands/compile.py."""
        names = [command.name for command in cli.COMMANDS]

        assert len(set(names)) == len(names)
        for command in cli.COMMANDS:
            module, _, function = command.target.partition(":")
            assert module == f"compiler.commands.{command.name}"
            assert function.rstrip("_") == command.name

    @pytest.mark.parametrize(
        "command", [command for command in cli.COMMANDS if find_spec(command.target.split(":")[0])]
    )
    @pytest.mark.parametrize("word", ["--help", "-h"])
    def test_help_of_a_command_works(self, command: cli.Command, word: str) -> None:
        """Both spellings, and a usage line."""
        result = stackc(command.name, word)

        assert result.returncode == 0, result.stderr.decode()
        assert result.stdout.decode().startswith(f"Usage: stackc {command.name} ")

    def test_help_as_a_kubectl_plugin_names_kubectl(self) -> None:
        """As the user called it."""
        code = "import sys; sys.argv[0] = '/x/kubectl-stackc'\nfrom compiler.cli import run; run(['--help'])"

        assert python(code).stdout.startswith(b"Usage: kubectl stackc ")


class TestExitCodes:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("explian",), "there is no command 'explian'; did you mean `explain`?"),
            (("zzz",), "there is no command 'zzz'"),
            (("--nothing",), "No such option"),
            (("explain", "--nothing"), "No such option"),
            (("explain", "SC9999"), "there is no code 'SC9999'"),
            (("completion", "tcsh"), "'tcsh' is not one of"),
            ((), "Usage: stackc"),
        ],
    )
    def test_wrong_usage_is_2(self, arguments: tuple[str, ...], message: str) -> None:
        """And says what would be right, on standard error."""
        result = stackc(*arguments)

        assert result.returncode == 2
        assert message in result.stderr.decode()
        assert result.stdout == b""

    def test_bug_is_70_with_the_traceback_in_a_file(self, tmp_path: Path) -> None:
        """The user sees one line."""
        code = (
            "from compiler import cli\n"
            "def fail(*_, **__): raise ZeroDivisionError('secret')\n"
            "cli.stackc.main = fail\n"
            "raise SystemExit(cli.run([]))"
        )
        result = python(code, env={"TMPDIR": str(tmp_path)})
        (log,) = tmp_path.glob("stackc-bug-*.log")

        assert result.returncode == 70
        assert result.stderr.decode() == (
            f"stackc: bug in stackc {__version__} (ZeroDivisionError), please report it; the traceback is in {log}\n"
        )
        assert "Traceback" in log.read_text()
        assert "ZeroDivisionError: secret" in log.read_text()
        assert log.stat().st_mode & 0o077 == 0

    def test_bug_without_a_temporary_folder_is_70_all_the_same(self) -> None:
        """The handler itself does not fail."""
        code = (
            "import tempfile\nfrom compiler import cli\n"
            "def fail(*_, **__): raise OSError(13, 'no')\n"
            "tempfile.mkstemp = cli.stackc.main = fail\n"
            "raise SystemExit(cli.run([]))"
        )

        assert python(code).returncode == 70

    @pytest.mark.parametrize(
        ("exception", "code"),
        [("KeyboardInterrupt", 130), ("SystemExit(5)", 5), ("SystemExit", 0), ("SystemExit('text')", 1)],
    )
    def test_exceptions_that_end_a_run(self, exception: str, code: int) -> None:
        """Interrupted, and what a command asks for."""
        text = (
            "import click\nfrom compiler import cli\n"
            f"@click.command()\ndef fail(): raise {exception}\n"
            "cli.LazyGroup.get_command = lambda *_: fail\n"
            "raise SystemExit(cli.run(['init']))"
        )

        assert python(text).returncode == code

    @pytest.mark.parametrize("value", [0, 1, 3, 4, 5])
    def test_the_number_that_a_command_returns_is_the_exit_code(self, value: int) -> None:
        """None is 0."""
        text = (
            "import click\nfrom compiler import cli\n"
            f"@click.command()\ndef done(): return {value} or None\n"
            "cli.LazyGroup.get_command = lambda *_: done\n"
            "raise SystemExit(cli.run(['init']))"
        )

        assert python(text).returncode == value

    def test_sigterm_is_143(self) -> None:
        """In order, and with one line."""
        text = (
            "import click, time\nfrom compiler import cli\n"
            "@click.command()\ndef wait():\n    print('here', flush=True)\n    time.sleep(30)\n"
            "cli.LazyGroup.get_command = lambda *_: wait\n"
            "raise SystemExit(cli.run(['init']))"
        )
        with subprocess.Popen(
            [sys.executable, "-c", text], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"here\n"
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=20)

        assert process.returncode == 143
        assert errors == b"stackc: terminated\n"

    @pytest.mark.parametrize("arguments", [("explain",), ("--version",), ("--help",), ("explain", "SC104")])
    def test_a_reader_that_has_gone_ends_the_run_quietly(self, arguments: tuple[str, ...]) -> None:
        """As with kubectl: the code of SIGPIPE, and no word."""
        reading, writing = os.pipe()
        os.close(reading)
        try:
            command = [sys.executable, "-m", "compiler", *arguments]
            result = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False, cwd=ROOT, timeout=60)
        finally:
            os.close(writing)

        assert (result.returncode, result.stderr) == (141, b"")

    @pytest.mark.parametrize("word", ["--version", "explain"])
    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
    def test_a_full_disk_is_no_bug(self, word: str) -> None:
        """The answer could not be given."""
        with Path("/dev/full").open("wb") as full:
            command = [sys.executable, "-m", "compiler", word]
            result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, cwd=ROOT, timeout=60)

        assert result.returncode == 1
        assert result.stderr == b"stackc: the output cannot be written: no space left on device\n"

    def test_closed_streams_are_no_bug(self) -> None:
        """A daemon may have closed them."""
        command = f"exec {sys.executable} -m compiler explain >&- 2>&-"

        assert subprocess.run(["sh", "-c", command], check=False, cwd=ROOT, timeout=60).returncode == 0


class TestExplain:
    def test_explain_shows_both_sides(self) -> None:
        """Title, what to do, the refused and the accepted text, with the place."""
        result = stackc("explain", "sc104")
        text = result.stdout.decode()

        assert result.returncode == 0
        assert text.startswith("SC104: a key is written twice\n\nremove one of the two")
        assert "\nRefused at 7:3:\n    apiVersion: stackc.dev/v1alpha1\n" in text
        assert "\nAccepted:\n    apiVersion" in text

    def test_explain_shows_the_files_that_an_example_needs(self) -> None:
        """Each beside the side that reads it."""
        refused, accepted = stackc("explain", "SC117").stdout.decode().split("Accepted:")

        assert "extra.yaml:\n    apiVersion: v1" in refused
        assert "good.yaml:\n" not in refused
        assert "good.yaml:\n    apiVersion: v1" in accepted

    def test_explain_of_an_example_with_control_characters_is_harmless(self) -> None:
        """The terminal gets none of them."""
        text = stackc("explain", "SC103").stdout.decode()

        assert "lab\\0.example" in text
        assert not re.search("[\x00-\x08\x0b-\x1f]", text)

    def test_explain_lists_all_codes(self) -> None:
        """One a line, sorted, each with its title."""
        lines = stackc("explain").stdout.decode().splitlines()

        assert lines == sorted(lines)
        assert all(re.fullmatch(r"[A-Z0-9]+  \S.*", line) for line in lines)
        assert "SC101  the text is not YAML" in lines

    def test_explain_is_utf_8_whatever_the_locale(self) -> None:
        """The same bytes everywhere."""
        plain = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}

        assert stackc("explain", env=plain | {"LC_ALL": "C"}).stdout == stackc("explain").stdout


class TestCompletion:
    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_completion_prints_a_script(self, shell: str) -> None:
        """For `stackc`, through an environment variable of its own."""
        result = stackc("completion", shell)

        assert result.returncode == 0
        assert f"_STACKC_COMPLETE={shell}_complete".encode() in result.stdout

    def test_completion_of_a_command_comes_from_the_table(self) -> None:
        """No command is imported for it."""
        env = {"_STACKC_COMPLETE": "bash_complete", "COMP_WORDS": "stackc comp", "COMP_CWORD": "1"}
        result = stackc(env=env)

        assert result.returncode == 0
        assert result.stdout.decode().split() == ["plain,compile", "plain,completion"]
