"""The time of the demo's company: when it began, what time it is, and how its days and weeks go."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
YEARS = 2
# How busy each hour of the day is, in UTC, for customers in Europe and on the American east coast.
HOURS = (1, 1, 1, 1, 1, 2, 5, 12, 25, 36, 38, 34, 28, 34, 40, 40, 36, 28, 18, 12, 9, 7, 4, 2)
CLOCK = [hour for hour, weight in enumerate(HOURS) for _ in range(weight)]
WEEKEND_SHARE = 0.3


@dataclass(frozen=True)
class World:
    """What every part of the data set has to know."""

    users: int
    seed: int
    start: int
    now: int

    def source(self, subject: str) -> Random:
        """The chance of one subject; its own, so that a change of one subject leaves the others as they are."""
        return Random(f"{self.seed}/{subject}")  # noqa: S311 - play data

    def progress(self, instant: int) -> float:
        """0 at the founding, 1 now."""
        return (instant - self.start) / (self.now - self.start)

    def past(self, instant: float) -> int | None:
        """The instant, or None if it has not come yet."""
        return int(instant) if instant < self.now else None


def make_world(users: int, seed: int, now: datetime) -> World:
    """The world at this instant, two years after the founding."""
    end = int(now.timestamp())
    return World(users, seed, end - YEARS * 365 * DAY, end)


def is_weekend(instant: int) -> bool:
    """Whether the instant lies on a Saturday or Sunday; the epoch began on a Thursday."""
    return (instant // DAY + 3) % 7 >= 5


def on_day(chance: Random, instant: float) -> int:
    """A usual time of the day on the day of the instant."""
    hour = CLOCK[int(chance.random() * len(CLOCK))]
    return int(instant) // DAY * DAY + hour * HOUR + int(chance.random() * HOUR)


def at_office(chance: Random, instant: float) -> int:
    """A working time not before the instant: the same day if it is still ahead, never on a weekend."""
    chosen = on_day(chance, instant)
    while chosen < instant or is_weekend(chosen):
        chosen += DAY
    return chosen


def add_months(instant: int, months: int) -> int:
    """The same day and time some months later, or the last day of a month that is too short."""
    moment = datetime.fromtimestamp(instant, UTC)
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return int(moment.replace(year=year, month=month + 1, day=day).timestamp())
