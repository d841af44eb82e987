"""When a collector runs: slots that do not wander, spread by a hash of the name; and how many were lost. Pure."""

import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JITTER_SHARE, MOST_JITTER = 0.05, 2.0
MOST_LOST = 1000
# Clocks go forward by an hour or less; a skipped time has come when that much has passed.
LONGEST_GAP = timedelta(hours=1)
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


class Trigger(Protocol):
    """A trigger that knows what was lost between two of its firings."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the next firing after the previous one, or after now where there was none."""
        ...

    def lost(self, previous: datetime, this: datetime) -> int:
        """Return how many firings lie between two."""
        ...


def offset(name: str, within: timedelta) -> timedelta:
    """Return a part of `within` that is always the same for a name; Python's own hash changes with the process."""
    return within * (zlib.crc32(name.encode()) / 2**32)


class SlotTrigger(BaseTrigger):  # type: ignore[misc]
    """Fires at offset + k·interval, plus a jitter that never adds up; the library's own jitter moves the slots."""

    def __init__(self, interval: timedelta, offset: timedelta, jitter: Callable[[], float]) -> None:
        self._interval, self._offset, self._jitter = interval, offset, jitter

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """Return the instant of the slot after the previous one, or after now where there was none."""
        start = EPOCH + self._offset + (self._slot(previous or now) + 1) * self._interval
        most = min(self._interval.total_seconds() * JITTER_SHARE, MOST_JITTER)
        return start + timedelta(seconds=self._jitter() * most)

    def lost(self, previous: datetime, this: datetime) -> int:
        """Return how many slots lie between those of two firings."""
        return max(self._slot(this) - self._slot(previous) - 1, 0)

    def _slot(self, instant: datetime) -> int:
        return (instant - EPOCH - self._offset) // self._interval


class CronSlots(BaseTrigger):  # type: ignore[misc]
    """Fires at the times of a cron expression on the wall clock of a zone.

    The library's own cron loses days and months over a daylight-saving change (its issues 529 and 606), so it counts on
    a clock without one, and what it finds is placed in the zone here: a time that is skipped comes an hour later, one
    that is repeated comes once.
    """

    def __init__(self, wall: CronTrigger, zone: ZoneInfo) -> None:
        self._wall, self._zone = wall, zone

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Return the next time of the expression."""
        after, best = previous or now, None
        wall = self._shown(after) - self._skipped_before(after)
        while wall := self._wall.get_next_fire_time(wall, wall + timedelta(microseconds=1)):
            found = wall.replace(tzinfo=self._zone).astimezone(UTC)
            if found > after and (best is None or found < best):
                best = found
            # A skipped time is placed behind some that come after it on the wall.
            if best and wall >= self._shown(best):
                break
        return best

    def lost(self, previous: datetime, this: datetime) -> int:
        """Return how many firings lie between two, a thousand at most."""
        return sum(1 for _ in zip(range(MOST_LOST), firings(self, previous, this), strict=False))

    def _shown(self, instant: datetime) -> datetime:
        """Return what the clock on the wall shows, written as UTC."""
        return instant.astimezone(self._zone).replace(tzinfo=UTC, fold=0)

    def _skipped_before(self, instant: datetime) -> timedelta:
        """Return how much the clock has just left out: the times in there are still to come."""
        shift = self._shown(instant) - self._shown(instant - LONGEST_GAP) - LONGEST_GAP
        return max(shift, timedelta(0))


def firings(trigger: Trigger, after: datetime, before: datetime) -> Iterator[datetime]:
    """Yield the firings between two instants, both excluded."""
    while (found := trigger.get_next_fire_time(after, after)) and found < before:
        yield found
        after = found


def cron(expression: str, zone: ZoneInfo) -> CronSlots:
    """Return the trigger of a cron expression of five fields; ValueError if it is none.

    The library counts the days of the week from Monday, cron from Sunday: they are put into names. It wants both a
    day of the month and one of the week to match where cron wants either, so only one of them may be given.
    """
    minute, hour, day, month, day_of_week = expression.split()
    if day != "*" and day_of_week != "*":
        raise ValueError("both a day of the month and one of the week")
    days = _weekdays(day_of_week)
    slots = CronSlots(CronTrigger(None, month, day, None, days, hour, minute, timezone=UTC), zone)
    if slots.get_next_fire_time(None, EPOCH) is None:
        raise ValueError("no such day")
    return slots


def _weekdays(field: str) -> str:
    if field == "*":
        return field
    days = {number % 7 for part in field.lower().split(",") for number in _weekday_range(part)}
    return ",".join(WEEKDAYS[day] for day in sorted(days))


def _weekday_range(part: str) -> range:
    span, _, step = part.partition("/")
    first, dash, last = ("0", "-", "6") if span == "*" else span.partition("-")
    start = _weekday(first)
    end = _weekday(last) if dash else 6 if step else start
    if end < start or (step and int(step) < 1):
        raise ValueError(part)
    return range(start, end + 1, int(step or 1))


def _weekday(text: str) -> int:
    number = WEEKDAYS.index(text) if text in WEEKDAYS else int(text)
    if not 0 <= number <= 7:
        raise ValueError(text)
    return number
