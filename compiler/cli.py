"""The command line: which commands there are, and how every run ends.

A command is imported when it is called; names and help lines stand in `COMMANDS`, so `--help` imports none. Commands
return an exit code (or None for 0); everything else that ends a run is turned into one here.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Any, NamedTuple

import click

from compiler import __version__

EXIT_DONE, EXIT_NO, EXIT_USAGE, EXIT_STACK, EXIT_CLUSTER, EXIT_DECIDE, EXIT_BUG = 0, 1, 2, 3, 4, 5, 70
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
EXIT_INTERRUPTED, EXIT_BROKEN_PIPE, EXIT_TERMINATED = 130, 141, 143


class Command(NamedTuple):
    """A command: its name, where its function is (`module:function`), and its line in `--help`."""

    name: str
    target: str
    help: str


COMMANDS: tuple[Command, ...] = (
    Command("init", "compiler.commands.init:init", "Write a first stack file."),
    Command("compile", "compiler.commands.compile:compile_", "Compile a stack into Kubernetes manifests."),
    Command("validate", "compiler.commands.validate:validate", "Check a stack or plain manifests, without a cluster."),
    Command("diff", "compiler.commands.diff:diff", "Show what apply would change on the cluster."),
    Command("apply", "compiler.commands.apply:apply", "Apply a stack to the cluster, in order, and wait for it."),
    Command("images", "compiler.commands.images:images", "List every image that will run."),
    Command("graph", "compiler.commands.graph:graph", "Show which object needs which."),
    Command("explain", "compiler.commands.explain:explain", "Explain the code of an error, with examples."),
    Command("values", "compiler.commands.values:values", "Show the stack after all layers are merged."),
    Command("schema", "compiler.commands.schema:schema", "Print the JSON Schema of stacks, for editors."),
    Command("catalog", "compiler.commands.catalog:catalog", "List the components and their parameters."),
    Command("sandbox", "compiler.commands.sandbox:sandbox", "Run a real API server on this machine to try a stack on."),
    Command("completion", "compiler.commands.completion:completion", "Print a script for completion in the shell."),
    Command("version", "compiler.commands.version:version", "Print the version."),
)
_BY_NAME = {command.name: command for command in COMMANDS}


class LazyGroup(click.Group):
    """The group of all commands: it imports one only when that one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(_BY_NAME)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in _BY_NAME:
            return None
        from importlib import import_module

        module, _, function = _BY_NAME[cmd_name].target.partition(":")
        command: click.Command = getattr(import_module(module), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(command.name, command.help) for command in COMMANDS])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may be meant."""
        name = args[0]
        if name in _BY_NAME or name.startswith("-"):
            return super().resolve_command(ctx, args)
        from compiler.formats.suggest import nearest

        near = nearest(name, _BY_NAME)
        hint = f"; did you mean `{near}`?" if near else ""
        raise click.UsageError(f"there is no command {name!r}{hint}", ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete command names from the table, and options as every command does."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(c.name, help=c.help) for c in COMMANDS if c.name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stackc", message="%(prog)s %(version)s")
def stackc() -> None:
    """Compile one stack file into validated Kubernetes manifests, then diff and apply them."""


class Terminated(BaseException):
    """The process was asked to end by SIGTERM."""


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; whatever happens, the message is short."""
    _prepare_process()
    try:
        code = _invoke(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        _silence_stdout()
        return EXIT_BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted")
        return EXIT_INTERRUPTED
    except Terminated:
        _say("terminated")
        return EXIT_TERMINATED
    except OSError as fault:
        if fault.errno not in _NO_ROOM:
            return _report_bug(fault)
        _silence_stdout()
        _say(f"the output cannot be written: {(fault.strerror or '').lower()}")
        return EXIT_NO
    except Exception as fault:  # the one place where anything may be caught: all else is a bug
        return _report_bug(fault)


def _invoke(arguments: list[str]) -> int:
    stdout = sys.stdout
    try:
        result = stackc.main(arguments, prog_name=_program_name(), standalone_mode=False)
        return result if isinstance(result, int) else EXIT_DONE
    except click.UsageError as fault:
        fault.show()
        return EXIT_USAGE
    except click.ClickException as fault:
        fault.show()
        return EXIT_USAGE
    except SystemExit as end:  # a command, or click's shell completion
        if sys.stdout is not stdout:  # click met a broken pipe: it wraps the stream and ends with a code of its own
            sys.stdout = stdout
            raise BrokenPipeError from end
        return end.code if isinstance(end.code, int) else EXIT_DONE if end.code is None else EXIT_NO


def _program_name() -> str:
    """Return how the user calls us: kubectl runs plugins as `kubectl-NAME`."""
    return "kubectl stackc" if os.path.basename(sys.argv[0]).startswith("kubectl-") else "stackc"  # noqa: PTH119


def _prepare_process() -> None:
    """Write UTF-8 and plain line ends whatever the locale says, and end in order on SIGTERM."""
    if sys.stdout is None or sys.stderr is None:  # a caller may have closed them
        nowhere = open(os.devnull, "w")  # noqa: SIM115, PTH123 - it stays open to the end
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    for stream, errors in ((sys.stdout, "strict"), (sys.stderr, "backslashreplace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors=errors, newline="\n")

    def terminate(*_: object) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, terminate)


def _silence_stdout() -> None:
    """Let the interpreter flush into nothing: the reader of the pipe has gone, which is no fault."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _report_bug(fault: Exception) -> int:
    """Say that stackc is at fault, and leave the traceback in a file for the report."""
    import tempfile
    import traceback

    try:
        descriptor, path = tempfile.mkstemp(prefix="stackc-bug-", suffix=".log", text=True)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"stackc {__version__}, Python {sys.version}\n")
            log.writelines(traceback.format_exception(fault))
        where = f"the traceback is in {path}"
    except OSError:
        where = "the traceback could not be written to the temporary folder"
    _say(f"bug in stackc {__version__} ({type(fault).__name__}), please report it; {where}")
    return EXIT_BUG


def _say(text: str) -> None:
    try:
        sys.stderr.write(f"stackc: {text}\n")
        sys.stderr.flush()
    except OSError:
        pass  # nobody listens any more
