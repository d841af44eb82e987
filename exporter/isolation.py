"""Runs a command on files of strangers in a process of its own: what would end this one becomes a message."""

import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PROBLEMS = 1
OURSELVES = (sys.executable, "-m", "exporter")
FLAG = "--isolate"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the process may use: seconds, and bytes of memory."""

    seconds: int = 300
    memory: int = 2 * 2**30


def run(
    arguments: Sequence[str],
    files: Sequence[Path],
    command: Sequence[str] = OURSELVES,
    bounds: Bounds = Bounds(),
) -> int:
    """Run a command without its flag --isolate; returns its code, or 1 after telling which file ended it."""
    inner = [one for one in arguments if one != FLAG]
    ended = _ended([*command, *inner], bounds)
    if isinstance(ended, int):
        return ended
    if len(files) < 2:
        _tell(str(files[0]) if files else "the files", ended)
        return PROBLEMS
    options = [one for one in inner if Path(one) not in files]
    culprits = [(str(file), problem) for file, problem in _culprits(files, [*command, *options], bounds)]
    for file, problem in culprits or [("the files together", ended)]:
        _tell(file, problem)
    return PROBLEMS


def _culprits(files: Sequence[Path], command: Sequence[str], bounds: Bounds) -> Iterator[tuple[Path, str]]:
    """Yield the files that end the process alone too; what is wrong in the others is told as always."""
    for file in files:
        ended = _ended([*command, str(file)], bounds)
        if isinstance(ended, str):
            yield file, ended


def _ended(command: Sequence[str], bounds: Bounds) -> int | str:
    """Run a process; returns its code, or in words what ended it."""

    def bind() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (bounds.memory, bounds.memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    try:
        # It is this program again.
        done = subprocess.run(command, check=False, timeout=bounds.seconds, preexec_fn=bind)  # noqa: S603
    except subprocess.TimeoutExpired:
        return f"takes longer than {bounds.seconds} s"
    code = done.returncode
    return code if code >= 0 else f"ends the process that reads it ({signal.Signals(-code).name})"


def _tell(what: str, problem: str) -> None:
    sys.stderr.write(f"jobhive-exporter: {what}: {problem}; leave it out\n")
