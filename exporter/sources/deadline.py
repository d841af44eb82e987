"""The client's deadline for a transaction: what happens when a server, or the network to it, says nothing in time."""

import contextlib
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, Self

from exporter.model import ExporterError, Reason, SourceError

# The server's own timeout comes first; then the client asks it to cancel; then the client hangs up.
CANCEL_AFTER, SEVER_AFTER = 0.5, 2.5


class Backend(NamedTuple):
    """A transaction as the server knows it: its process, and when it began there."""

    pid: int
    began: datetime


def sever(connection: Any) -> None:
    """Close the socket under the driver, whose read then returns: the network may swallow a cancel."""
    with contextlib.suppress(Exception), socket.fromfd(connection.fileno(), 0, 0) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def timer(seconds: float, act: Callable[[], None]) -> threading.Timer:
    """Make a timer that does not keep the process alive."""
    made = threading.Timer(seconds, act)
    made.daemon = True
    return made


def too_slow(deadline: float) -> SourceError:
    """Make the error of a run that took too long."""
    mend = "give the collector a longer deadline, or see where the time goes with collect --explain"
    return SourceError(Reason.TIMEOUT, f"the database was not done within the deadline of {deadline:g} s; {mend}")


class Watch:
    """The client's deadline for one transaction: has its statement cancelled, then cuts the connection.

    `ended` is why it did so. `backend` is the transaction as the server knows it, once that is known.
    """

    def __init__(self, connection: Any, deadline: float, cancel: Callable[[Backend], None]) -> None:
        self._connection, self._cancel = connection, cancel
        self._lock, self._over = threading.Lock(), False
        self._clock = timer(deadline + CANCEL_AFTER, lambda: self.end(too_slow(deadline)))
        self._scissors = timer(SEVER_AFTER - CANCEL_AFTER, self._sever)
        self.backend: Backend | None = None
        self.ended: ExporterError | None = None

    def __enter__(self) -> Self:
        """Start the clock."""
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the clock; what comes later touches neither the connection nor a file that has its number by then."""
        with self._lock:
            self._over = True
        self._clock.cancel()
        self._scissors.cancel()

    def end(self, why: ExporterError) -> None:
        """Have the statement cancelled; returns at once."""
        with self._lock:
            if self._over or self.ended:
                return
            self.ended = why
            self._scissors.start()
        if backend := self.backend:
            threading.Thread(target=self._cancel, args=[backend], name="cancel", daemon=True).start()

    def _sever(self) -> None:
        with self._lock:
            if not self._over:
                sever(self._connection)
