"""A progress bar: one line on a terminal, nothing elsewhere."""

from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Self, TextIO

from exporter.validation import spelled

WIDTH = 40


def bar(name: str, done: int, of: int, left: float | None) -> str:
    """Draw it; `left` is how many seconds remain, None while nobody can tell."""
    full = WIDTH * done // of
    remaining = "" if left is None else f", {spelled(timedelta(seconds=round(left)))} left"
    return f"{name} [{'#' * full}{'.' * (WIDTH - full)}] {done:,} of {of:,}{remaining}"


class Progress:
    """Counts steps of work, of which some were done before; `clock` counts seconds."""

    def __init__(self, stream: TextIO, name: str, done: int, of: int, clock: Callable[[], float]) -> None:
        self._stream, self._name, self._of, self._clock = stream, name, of, clock
        self._shown = stream.isatty()
        self._before = self._done = done
        self._began = clock()

    def __enter__(self) -> Self:
        """Draw the bar."""
        self._draw()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Go on to the next line, whatever happened."""
        if self._shown:
            self._stream.write("\n")

    def step(self) -> None:
        """One more is done."""
        self.reach(self._done + 1)

    def reach(self, done: int) -> None:
        """So many are done."""
        self._done = done
        self._draw()

    def _draw(self) -> None:
        if self._shown:
            # The rest of a longer line before is erased.
            self._stream.write(f"\r{bar(self._name, self._done, self._of, self._left())}\x1b[K")
            self._stream.flush()

    def _left(self) -> float | None:
        new = self._done - self._before
        return (self._clock() - self._began) / new * (self._of - self._done) if new else None
