"""What is asked of a backfill: a grid of instants, and labels for its series. Pure."""

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter

from collectors.base import Duration
from exporter.model import ExporterError, Family, Labels

ONE_SECOND = timedelta(seconds=1)
LABEL_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")


class OrderError(ExporterError):
    """What is asked for cannot be."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The instants `start`, `start` + `step`, … before `end`."""

    start: datetime
    end: datetime
    step: timedelta

    def __len__(self) -> int:
        """Count the instants."""
        return -((self.start - self.end) // self.step)

    def instants(self, after: int | None = None) -> Iterator[datetime]:
        """Yield the instants in order; with `after`, in seconds since the epoch, only those after that one."""
        first = 0 if after is None else (datetime.fromtimestamp(after, UTC) - self.start) // self.step + 1
        yield from (self.start + number * self.step for number in range(first, len(self)))


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for: `collectors` are names, all if there are none; `labels` are added to every series."""

    grid: Grid
    out: Path
    collectors: Sequence[str]
    labels: Labels

    @property
    def end(self) -> int:
        """Return where the grid ends, in seconds since the epoch."""
        return seconds(self.grid.end)

    @property
    def spool(self) -> Path:
        """Return where unfinished work is kept."""
        return self.out.with_name(f"{self.out.name}.part")

    def check(self, now: datetime) -> None:
        """Raise OrderError unless there is an instant and none in the future, and each label is there once."""
        start, end = self.grid.start.isoformat(), self.grid.end.isoformat()
        if self.grid.start >= self.grid.end:
            raise OrderError(
                f"--from {start} is not before --to {end}; --to itself is not included, so it must be later"
            )
        if self.grid.end > now:
            raise OrderError(f"--to {end} lies in the future; only the past can be rebuilt")
        if self.out.is_dir():
            raise OrderError(f"--out {self.out} is a folder; name a file in it")
        names = [name for name, _ in self.labels]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise OrderError(f"--label {twice} is given more than once; give each label once")

    def check_labels(self, families: Iterable[Family]) -> None:
        """Raise OrderError where a family has one of the labels itself."""
        for family in families:
            for name in {name for name, _ in self.labels} & {label.name for label in family.labels}:
                raise OrderError(f"--label {name}: {family.name} has a label {name} of its own; choose another name")


def seconds(instant: datetime) -> int:
    """Return the whole seconds since the epoch."""
    return int(instant.timestamp())


def step(text: str) -> timedelta:
    """Read --step: a duration as in config.yaml, in whole seconds."""
    try:
        span: timedelta = TypeAdapter(Duration).validate_python(text)
    except (ValueError, OverflowError):
        span = timedelta(0)
    if not span or span % ONE_SECOND:
        raise argparse.ArgumentTypeError("not a duration of whole seconds; write for example 5m, 1h or 1d")
    return span


def whole(instant: datetime) -> datetime:
    """Refuse an instant with a fraction of a second, which promtool might round."""
    if instant.microsecond:
        raise argparse.ArgumentTypeError("not a whole second; write for example 2026-04-01T00:00:00Z")
    return instant


def label(text: str) -> tuple[str, str]:
    """Read --label."""
    name, separator, value = text.partition("=")
    if not separator or not LABEL_NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(
            "not a label; write name=value, the name of letters, digits and _, without __ at its start"
        )
    if not value or not value.isprintable():
        raise argparse.ArgumentTypeError(f"the value of label {name} is empty or not printable; write {name}=value")
    return name, value
