"""What every server of the demo has in common: a folder that it holds, a process, and an orderly end."""

import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self, TextIO

from demo.process import end


class EmbeddedServer(ABC):
    """A server in a folder of its own, reachable only by its owner and by root.

    `stop_signals` are sent one after the other, each with the seconds that the process has to end.
    """

    stop_signals: ClassVar[tuple[tuple[signal.Signals, float], ...]]

    def __init__(self, folder: Path) -> None:
        # Parents may be links (/tmp on macOS), the folder itself may not: that is checked when it is claimed.
        self.folder = folder.parent.resolve() / folder.name
        self._lock: TextIO | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process of the running server."""
        return self._process.pid if self._process else None

    @abstractmethod
    def start(self) -> None:
        """Start the server; returns when it answers."""

    def stop(self) -> None:
        """End the server (what is connected is cut off) and let the folder go."""
        process, self._process = self._process, None
        lock, self._lock = self._lock, None
        try:
            if process:
                end(process.pid, lambda: process.poll() is not None, self.stop_signals)
        finally:
            if lock:
                lock.close()
