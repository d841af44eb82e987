"""Processes by their number: what runs under it, and how it is ended."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from demo.errors import DemoError

PROC = Path("/proc")


def command_of(pid: int) -> str:
    """The command line of a process; empty if there is none, or if it only waits to be reaped."""
    if not PROC.joinpath("self").exists():
        listing = ["/bin/ps", "-o", "command=", "-p", str(pid)]
        return subprocess.run(listing, capture_output=True, text=True, check=False).stdout  # noqa: S603
    try:
        return PROC.joinpath(str(pid), "cmdline").read_text(errors="replace").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def end(pid: int, gone: Callable[[], bool], signals: Iterable[tuple[signal.Signals, float]]) -> None:
    """Send one signal after the other, each with its time to work, until the process is gone."""
    for number, seconds in signals:
        # The number of a process that is gone may be somebody else's by now.
        if gone():
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if wait(gone, seconds):
            return
    raise DemoError(f"process {pid} does not end, not even by SIGKILL; look at it with: ps -fp {pid}")


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Look every few milliseconds until the condition holds; false if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
