"""Which week a report is about, and what it is called."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from exporter.reports.calendar import Week, last_complete, named
from exporter.reports.schedule import Due, owed, pause
from exporter.triggers import cron

NEW_YORK, UTC_ZONE = ZoneInfo("America/New_York"), ZoneInfo("UTC")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "week_start", "first"),
    [
        ("2026-11-22 23:59:59", UTC_ZONE, 0, date(2026, 11, 9)),
        ("2026-11-23 00:00", UTC_ZONE, 0, date(2026, 11, 16)),
        ("2026-11-29 12:00", UTC_ZONE, 0, date(2026, 11, 16)),
        ("2026-11-23 04:59:59", NEW_YORK, 0, date(2026, 11, 9)),
        ("2026-11-23 05:00", NEW_YORK, 0, date(2026, 11, 16)),
        ("2026-11-22 00:00", UTC_ZONE, 6, date(2026, 11, 15)),
        ("2026-11-21 23:00", UTC_ZONE, 6, date(2026, 11, 8)),
    ],
)
def test_the_last_complete_week_ends_at_a_business_midnight(
    now: str, zone: ZoneInfo, week_start: int, first: date
) -> None:
    assert last_complete(instant(now), zone, week_start).first == first


def test_a_week_is_half_open_and_is_shown_with_its_last_day() -> None:
    week = named("2026-W46", NEW_YORK, 0)
    assert (week.window.start, week.window.end) == (instant("2026-11-09 05:00"), instant("2026-11-16 05:00"))
    assert week.days == "Mon 9 – Sun 15 November 2026"
    assert (week.name, week.number, week.last) == ("2026-W46", 46, date(2026, 11, 15))
    assert week.before().name == "2026-W45"
    assert week.before().end == week.window.start


@pytest.mark.parametrize(
    ("name", "days", "hours"),
    [
        ("2026-W10", "Mon 2 – Sun 8 March 2026", 167),
        ("2026-W44", "Mon 26 October – Sun 1 November 2026", 169),
        ("2026-W53", "Mon 28 December 2026 – Sun 3 January 2027", 168),
    ],
)
def test_the_clocks_and_the_year_may_change_in_it(name: str, days: str, hours: int) -> None:
    week = named(name, NEW_YORK, 0)
    assert (week.days, week.hours) == (days, hours)
    assert week.window.end - week.window.start == timedelta(hours=hours)


def test_a_name_leads_to_the_week_that_bears_it_whatever_day_weeks_begin_with() -> None:
    for week_start in range(7):
        for day in range(800):
            week = Week(date(2025, 1, 6 + week_start) + timedelta(days=7 * (day // 7)), UTC_ZONE)
            assert named(week.name, UTC_ZONE, week_start) == week
    assert named("2026-W46", UTC_ZONE, 6).days == "Sun 8 – Sat 14 November 2026"


@pytest.mark.parametrize("name", ["2026-46", "2026-W54", "2026-W00", "W46", "2026-W46 ", "2025-W53"])
def test_what_is_no_week_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is not a week; write for example 2026-W46$"):
        named(name, UTC_ZONE, 0)


# Monday at 7 in New York; the report is made up for within three days.
OWED = [
    ("2026-11-23 11:59:59", None),
    ("2026-11-23 12:00", "2026-W47"),
    ("2026-11-26 12:00", "2026-W47"),
    ("2026-11-26 12:00:00.000001", None),
]


@pytest.mark.parametrize(("now", "week"), OWED)
def test_a_report_is_owed_from_its_slot_on_and_for_a_bounded_time(now: str, week: str | None) -> None:
    trigger = cron("0 7 * * 1", NEW_YORK)
    found = owed(trigger, NEW_YORK, 0, datetime.fromisoformat(now).replace(tzinfo=UTC), timedelta(days=3))
    slot = instant("2026-11-23 12:00")
    assert found == (Due(named(week, NEW_YORK, 0), slot) if week else None)


def test_the_latest_slot_counts_even_of_one_that_comes_every_minute() -> None:
    found = owed(cron("* * * * *", UTC_ZONE), UTC_ZONE, 0, instant("2026-11-25 10:30:30"), timedelta(days=3))
    assert found == Due(named("2026-W47", UTC_ZONE, 0), instant("2026-11-25 10:30"))


def test_pauses_double_up_to_an_hour() -> None:
    assert [pause(n) / timedelta(minutes=1) for n in (1, 2, 3, 6, 7, 100)] == [1, 2, 4, 32, 60, 60]
