"""The entry point: it answers `--version` before anything is imported, and leaves the rest to `compiler.cli`."""

import os
import sys

from compiler import __version__


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
    from compiler.cli import leave, run

    gc.freeze()
    gc.enable()
    return leave(run(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
