"""Business weeks: their bounds, their names, and which one is complete (metrics.md 2.3 and RP1). Pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from exporter.windows import Window, business_date, midnight

ONE_DAY, ONE_WEEK = timedelta(days=1), timedelta(days=7)
# A week is named after the ISO week that has most of its days, whatever day it begins with.
MIDDLE = timedelta(days=3)
NAME = re.compile(r"(\d{4})-W(\d{2})")
# The value of the label `window` for the days of the week itself.
KEY = "week"


@dataclass(frozen=True)
class Week:
    """A business week, by its first day."""

    first: date
    zone: ZoneInfo

    @cached_property
    def window(self) -> Window:
        """Return its period `[start, end)` in UTC."""
        return Window(KEY, midnight(self.first, self.zone), midnight(self.first + ONE_WEEK, self.zone))

    @property
    def end(self) -> datetime:
        """Return the instant T of its figures."""
        return self.window.end

    @property
    def last(self) -> date:
        """Return its inclusive last day (metrics.md RP4)."""
        return self.first + ONE_WEEK - ONE_DAY

    @property
    def name(self) -> str:
        """Return its name, like 2026-W46."""
        year, number, _ = (self.first + MIDDLE).isocalendar()
        return f"{year:04}-W{number:02}"

    @property
    def number(self) -> int:
        """Return its number in the year."""
        return (self.first + MIDDLE).isocalendar().week

    @property
    def days(self) -> str:
        """Return its days for people, both of them included: Mon 9 – Sun 15 November 2026."""
        first, last = self.first, self.last
        start = f"{first:%a} {first.day}"
        if first.year != last.year:
            start += f" {first:%B} {first.year}"
        elif first.month != last.month:
            start += f" {first:%B}"
        return f"{start} – {last:%a} {last.day} {last:%B} {last.year}"

    @property
    def hours(self) -> int:
        """Return its length: 168 unless the clocks change in it."""
        return round((self.window.end - self.window.start) / timedelta(hours=1))

    def before(self, weeks: int = 1) -> "Week":
        """Return an earlier week."""
        return Week(self.first - weeks * ONE_WEEK, self.zone)


def last_complete(now: datetime, zone: ZoneInfo, week_start: int) -> Week:
    """Return the last week that is over; `week_start` counts from Monday = 0."""
    today = business_date(now, zone)
    return Week(today - timedelta(days=(today.weekday() - week_start) % 7) - ONE_WEEK, zone)


def named(name: str, zone: ZoneInfo, week_start: int) -> Week:
    """Return the week of a name; ValueError if there is none."""
    match = NAME.fullmatch(name)
    try:
        earliest = date.fromisocalendar(int(match[1]), int(match[2]), 1) - MIDDLE if match else None
    except ValueError:
        earliest = None
    if earliest is None:
        raise ValueError(f"{name} is not a week; write for example 2026-W46")
    return Week(earliest + timedelta(days=(week_start - earliest.weekday()) % 7), zone)
