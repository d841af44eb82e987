"""Windows and the business calendar, over daylight-saving changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.windows import (
    TRAILING,
    business_date,
    complete_months,
    midnight,
    previous_day,
    previous_month,
    previous_week,
    trailing,
)

ZONES = [
    "UTC",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Cairo",
]
INSTANTS = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "start", "end"),
    [
        ("2026-04-20 12:00", "America/New_York", "2026-03-01 05:00", "2026-04-01 04:00"),  # 743 hours
        ("2026-04-20 12:00", "UTC", "2026-03-01", "2026-04-01"),  # 744 hours
        ("2026-04-01 03:59:59.999999", "America/New_York", "2026-02-01 05:00", "2026-03-01 05:00"),
        ("2026-04-01 04:00", "America/New_York", "2026-03-01 05:00", "2026-04-01 04:00"),
        ("2026-01-01", "UTC", "2025-12-01", "2026-01-01"),
    ],
)
def test_the_previous_month_is_the_last_complete_one(at: str, zone: str, start: str, end: str) -> None:
    assert previous_month(utc(at), ZoneInfo(zone)) == ("prev_month", utc(start), utc(end))


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 3, 9), 24)])
def test_a_business_day_is_as_long_as_the_wall_clock_makes_it(day: date, hours: int) -> None:
    zone = ZoneInfo("America/New_York")
    assert midnight(day + timedelta(days=1), zone) - midnight(day, zone) == timedelta(hours=hours)


def test_a_midnight_that_does_not_exist_is_the_change_itself() -> None:
    # Beirut went from 00:00 to 01:00 on 2023-03-30 (a late decree); Sao Paulo did so every October until 2018.
    assert midnight(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo")) == utc("2018-11-04 03:00")


def test_a_midnight_that_comes_twice_is_the_first() -> None:
    assert midnight(date(2026, 11, 1), ZoneInfo("America/Havana")) == utc("2026-11-01 04:00")


@pytest.mark.parametrize(("week_start", "start"), [(0, "2026-04-13"), (6, "2026-04-12"), (1, "2026-04-07")])
def test_a_week_starts_when_the_business_says(week_start: int, start: str) -> None:
    week = previous_week(utc("2026-04-20 12:00"), ZoneInfo("UTC"), week_start)
    assert week == ("prev_week", utc(start), utc(start) + timedelta(days=7))


@pytest.mark.parametrize("key", TRAILING)
def test_trailing_windows_end_at_the_instant(key: str) -> None:
    at = utc("2026-03-08 12:00")
    assert trailing(key, at) == (key, at - TRAILING[key], at)


@given(at=INSTANTS, zone=st.sampled_from(ZONES).map(ZoneInfo), week_start=st.integers(0, 6))
def test_calendar_windows_are_whole_complete_and_adjacent(at: datetime, zone: ZoneInfo, week_start: int) -> None:
    day, week, month = previous_day(at, zone), previous_week(at, zone, week_start), previous_month(at, zone)
    for window in (day, week, month):
        assert window.start < window.end <= at
    for window in (day, week, month):
        first, after = (business_date(edge, zone) for edge in (window.start, window.end))
        assert midnight(first, zone) == window.start
        assert midnight(after, zone) == window.end
    assert business_date(week.start, zone).weekday() == week_start
    assert previous_month(month.start + timedelta(hours=2), zone).end == month.start


@given(at=INSTANTS, zone=st.sampled_from(ZONES), count=st.integers(1, 40))
def test_complete_months_follow_each_other_up_to_the_current_one(at: datetime, zone: str, count: int) -> None:
    months = complete_months(at, ZoneInfo(zone), count)
    assert len({month.key for month in months}) == count
    assert [month.end for month in months[:-1]] == [month.start for month in months[1:]]
    assert months[-1].end <= at
    assert all(f"{month.start.astimezone(ZoneInfo(zone)):%Y-%m}" == month.key for month in months)
    following = business_date(at, ZoneInfo(zone)).replace(day=1)
    assert months[-1].end == midnight(following, ZoneInfo(zone))
    assert months[-1].key == f"{following - timedelta(days=1):%Y-%m}"
