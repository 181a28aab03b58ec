"""The entry point: it answers `--version` before anything is imported, and leaves the rest to `compiler.cli`."""

import sys

from compiler import __version__


def main() -> int:
    """Run the command line and return the exit code."""
    if sys.argv[1:] in (["--version"], ["version"]) and sys.stdout is not None:
        try:
            sys.stdout.write(f"stackc {__version__}\n")
            sys.stdout.flush()
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
    sys.exit(main())
