"""Trailing and calendar windows (metrics.md, section 2). Pure, half-open, safe over daylight-saving changes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

TRAILING = {
    "5m": timedelta(minutes=5),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "365d": timedelta(days=365),
}


class Window(NamedTuple):
    """The period `[start, end)` that the value `key` of the label `window` stands for, in UTC."""

    key: str
    start: datetime
    end: datetime


def trailing(key: str, at: datetime) -> Window:
    """Return the absolute window that ends at `at`; no time zone plays a part."""
    return Window(key, at - TRAILING[key], at)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a business day starts, in UTC; a midnight that is missing or comes twice is the earlier one."""
    return datetime(day.year, day.month, day.day, tzinfo=zone, fold=0).astimezone(UTC)


def business_date(at: datetime, zone: ZoneInfo) -> date:
    """Return the business date of an instant."""
    return at.astimezone(zone).date()


def previous_day(at: datetime, zone: ZoneInfo) -> Window:
    """Return the last complete business day."""
    today = business_date(at, zone)
    return Window("prev_day", midnight(today - timedelta(days=1), zone), midnight(today, zone))


def previous_week(at: datetime, zone: ZoneInfo, week_start: int) -> Window:
    """Return the last complete business week; `week_start` counts from Monday = 0."""
    today = business_date(at, zone)
    this_week = today - timedelta(days=(today.weekday() - week_start) % 7)
    return Window("prev_week", midnight(this_week - timedelta(days=7), zone), midnight(this_week, zone))


def previous_month(at: datetime, zone: ZoneInfo) -> Window:
    """Return the last complete business month."""
    return complete_months(at, zone, 1)[0]._replace(key="prev_month")


def complete_months(at: datetime, zone: ZoneInfo, count: int) -> Sequence[Window]:
    """Return the last complete business months, oldest first; a key is the month as `YYYY-MM`."""
    starts = [business_date(at, zone).replace(day=1)]
    for _ in range(count):
        starts.append((starts[-1] - timedelta(days=1)).replace(day=1))
    months = pairwise(reversed(starts))
    return [Window(f"{start:%Y-%m}", midnight(start, zone), midnight(end, zone)) for start, end in months]
