"""The command line. `entry` is the program, `main` is a command within a process that goes on."""

import os
import sys
import threading
from collections.abc import Sequence

from exporter.cli.interruption import INTERRUPTED

BROKEN_PIPE = 141


def entry() -> None:
    """Run the program; leaves at once where a collector still hangs, as the interpreter would wait for its thread."""
    code = _code()
    if threading.active_count() > 1:
        os._exit(code)
    sys.exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns its exit code (wrong usage raises SystemExit with 2, and so does --help with 0).

    Logging stays as it is: that is the matter of the process.
    """
    return _run(sys.argv[1:] if arguments is None else list(arguments), own_process=False)


def _run(arguments: Sequence[str], *, own_process: bool) -> int:
    try:
        # To import everything takes a second, in which Ctrl-C should end the program as quietly as later.
        from exporter.cli import program

        return program.run(arguments, own_process=own_process)
    except KeyboardInterrupt:
        return INTERRUPTED


def _code() -> int:
    """Run and write everything out; returns the exit code, a shell's for SIGPIPE if nobody reads on."""
    try:
        try:
            return _run(sys.argv[1:], own_process=True)
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else 0
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
    except BrokenPipeError:
        # The interpreter writes out once more at its end, and would complain.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        return BROKEN_PIPE
