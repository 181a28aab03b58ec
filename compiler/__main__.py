"""The entry point: it answers `--version` before anything is imported, and leaves the rest to `compiler.cli`."""

import os
import sys

from compiler import __version__


def start() -> None:
    """Run the command line, and end the process at once with its exit code.

    Nothing is taken down piece by piece: that takes a tenth of a large run, and a thread may still wait for a server
    that does not answer.
    """
    code = main()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            try:  # noqa: SIM105 (contextlib costs more to import than all of `--version`)
                stream.flush()
            except OSError:
                pass  # it was told where it could be
    os._exit(code)


def main() -> int:
    """Run the command line and return the exit code."""
    if sys.argv[1:] in (["--version"], ["version"]) and sys.stdout is not None:
        try:
            os.write(1, f"stackc {__version__}\n".encode())  # past the buffer: what fails leaves nothing in it
            return 0
        except OSError:
            pass  # the command line knows how to end then
    import gc

    gc.disable()  # what is imported stays: the collector need not look at it, now or later
    from compiler.cli import run

    gc.freeze()
    gc.enable()
    return run(sys.argv[1:])


if __name__ == "__main__":
    start()
