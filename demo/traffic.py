"""Live traffic: a thread that keeps writing into the demo's database, so that the numbers move."""

import signal
import threading
import time
from collections.abc import Callable
from random import Random
from types import TracebackType
from typing import Self

import psycopg2
from psycopg2.extensions import connection

from demo.agenda import Change
from demo.changes import change, renew
from demo.database import connect
from demo.live import State, apply, go_on, interview, move_on, sign_up, step, visit
from demo.tables import read_state, write

TICK_SECONDS = 1.0
STOP_SECONDS = 3.0
DECISIONS = (renew, go_on, change, sign_up, visit, interview, apply, move_on)


class Traffic:
    """Writes what happens in the company, second by second, until it is stopped."""

    def __init__(self, url: str, seed: int, say: Callable[[str], None], clock: Callable[[], float] = time.time) -> None:
        self._url, self._say, self._clock = url, say, clock
        self._chance = Random(f"{seed}/traffic")  # noqa: S311 - play data
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic")
        self._link: connection | None = None
        self._state: State | None = None
        # What could not be written yet: the state takes it as written, so it goes first.
        self._due: list[Change] = []
        self._is_failing = False

    def __enter__(self) -> Self:
        """Start writing."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop writing."""
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start writing."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, within a second."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        # The daemon waits for signals in its own thread; one that came here would be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            while not self._stop.wait(TICK_SECONDS):
                self._try()
        except Exception as error:  # noqa: BLE001 - the daemon goes on without traffic
            self._say(f"The live traffic has ended ({type(error).__name__}: {error}); the exporter goes on.")
        finally:
            self._disconnect()

    def _try(self) -> None:
        try:
            self._tick()
        except psycopg2.Error as error:
            self._disconnect()
            if not self._is_failing and not self._stop.is_set():
                reason = str(error).strip().partition("\n")[0]
                self._say(f"The live traffic cannot write ({reason}); it tries again every second.")
            self._is_failing = True
        else:
            self._is_failing = False

    def _tick(self) -> None:
        link, now = self._connected(), int(self._clock())
        self._state = self._state or read_state(link, now)
        self._due = self._due or step(self._state, self._chance, now, DECISIONS)
        write(link, self._due)
        self._due = []

    def _connected(self) -> connection:
        if self._link is None:
            self._link = connect(self._url)
        return self._link

    def _disconnect(self) -> None:
        link, self._link = self._link, None
        if link:
            link.close()
