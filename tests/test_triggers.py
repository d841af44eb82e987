"""Slots and cron expressions as functions, against oracles that look at every slot and at every minute."""

import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from exporter.triggers import MOST_LOST, SlotTrigger, cron, firings, offset

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
NEW_YORK, DUBLIN, UTC_ZONE = (ZoneInfo(name) for name in ("America/New_York", "Europe/Dublin", "UTC"))
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
# Days on which the clocks change: New York and Dublin, spring and autumn; Lord Howe changes by half an hour.
CHANGES = [
    (NEW_YORK, date(2026, 3, 8)),
    (NEW_YORK, date(2026, 11, 1)),
    (DUBLIN, date(2026, 3, 29)),
    (DUBLIN, date(2026, 10, 25)),
    (LORD_HOWE, date(2026, 10, 4)),
]
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def slots(seconds: int, within: float, jitter: Callable[[], float]) -> SlotTrigger:
    return SlotTrigger(timedelta(seconds=seconds), timedelta(seconds=within), jitter)


@pytest.mark.parametrize("seconds", [1, 15, 60, 300, 86400])
@pytest.mark.parametrize("jitter", [lambda: 0.0, lambda: 0.999999, random.Random(7).random])
def test_slots_do_not_wander(seconds: int, jitter: Callable[[], float]) -> None:
    interval = timedelta(seconds=seconds)
    trigger, most = slots(seconds, seconds / 3, jitter), timedelta(seconds=min(seconds * 0.05, 2.0))
    fired = list(islice(firings(trigger, START, datetime.max.replace(tzinfo=UTC)), 10_000))
    first = slots(seconds, seconds / 3, lambda: 0.0).get_next_fire_time(None, START)
    for number in (0, 1, 4999, 9999):
        assert timedelta(0) <= fired[number] - first - number * interval <= most
    assert all(timedelta(0) < later - earlier < 2 * interval for earlier, later in pairwise(fired))


@given(st.integers(1, 1000), st.integers(0, 10**6), st.integers(0, 50), st.randoms())
def test_lost_slots_are_those_between_two_firings(seconds: int, at: int, skipped: int, chance: random.Random) -> None:
    trigger = slots(seconds, seconds * chance.random(), chance.random)
    fired = list(islice(firings(trigger, START + timedelta(seconds=at), START + 9999 * DAY), skipped + 2))
    assert trigger.lost(fired[0], fired[-1]) == skipped
    assert trigger.lost(fired[-1], fired[0]) == 0


def test_the_first_slot_counts_from_now() -> None:
    assert slots(60, 20, lambda: 0).get_next_fire_time(None, START) == START + timedelta(seconds=20)


def test_an_offset_is_the_same_in_every_process() -> None:
    script = (
        "from datetime import timedelta; from exporter.triggers import offset\n"
        "print(*(offset(name, timedelta(hours=1)).total_seconds() for name in ('revenue', 'journey')))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    here = [offset(name, timedelta(hours=1)).total_seconds() for name in ("revenue", "journey")]
    assert told == {f"{here[0]} {here[1]}\n"}
    assert here[0] != here[1]
    assert all(0 <= seconds < 3600 for seconds in here)


def members(field: str, first: int, last: int) -> set[int]:
    """Read a field as cron does; days of the week count from Sunday, which is 0 and 7."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, dash, high = (str(first), "-", str(last)) if span == "*" else span.partition("-")
        numbers = [DAYS.index(word) if word in DAYS else int(word) for word in (low, high or low)]
        end = numbers[1] if dash or not step else last
        found.update(range(numbers[0], end + 1, int(step or 1)))
    return found


def oracle(expression: str, zone: ZoneInfo, after: datetime, before: datetime) -> list[datetime]:
    """Look at every minute of the wall clock, those that no clock in the zone shows included."""
    minute, hour, day, month, weekday = expression.split()
    wanted = (members(minute, 0, 59), members(hour, 0, 23), members(day, 1, 31), members(month, 1, 12))
    weekdays = {number % 7 for number in members(weekday, 0, 6)}
    wall = after.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0) - 2 * HOUR
    found = set()
    while wall < before.astimezone(zone).replace(tzinfo=None) + 2 * HOUR:
        fields = (wall.minute, wall.hour, wall.day, wall.month, wall.isoweekday() % 7)
        if all(value in allowed for value, allowed in zip(fields, (*wanted, weekdays), strict=True)):
            found.add(wall.replace(tzinfo=zone).astimezone(UTC))
        wall += MINUTE
    return sorted(instant for instant in found if after < instant < before)


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", {"Sun"}),
        ("7", {"Sun"}),
        ("1", {"Mon"}),
        ("6", {"Sat"}),
        ("sun", {"Sun"}),
        ("MON-fri", {"Mon", "Tue", "Wed", "Thu", "Fri"}),
        ("1-5", {"Mon", "Tue", "Wed", "Thu", "Fri"}),
        ("5-7", {"Fri", "Sat", "Sun"}),
        ("0,3,6", {"Sun", "Wed", "Sat"}),
        ("*/2", {"Sun", "Tue", "Thu", "Sat"}),
        ("1-5/2", {"Mon", "Wed", "Fri"}),
        ("3/2", {"Wed", "Fri"}),
        ("*", {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}),
    ],
)
def test_days_of_the_week_are_those_of_cron(field: str, days: set[str]) -> None:
    fired = firings(cron(f"30 6 * * {field}", UTC_ZONE), START, START + 14 * DAY)
    assert {instant.strftime("%a") for instant in fired} == days


@pytest.mark.parametrize(
    "expression",
    [
        *("", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *"),
        *("* * * * 8", "* * * * -1", "* * * * mon-", "* * * * 5-1", "* * * * */0", "*/0 * * * *", "x * * * *"),
        *("0 0 1 * 1", "0 0 */2 * sun", "0 0 30 2 *"),
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is that of settings, which tells what to write
        cron(expression, UTC_ZONE)


def field(first: int, last: int) -> st.SearchStrategy[str]:
    number = st.integers(first, last)
    span = st.tuples(number, number).map(lambda ends: f"{min(ends)}-{max(ends)}")
    stepped = st.tuples(st.just("*") | span, st.integers(1, last)).map(lambda parts: f"{parts[0]}/{parts[1]}")
    one = number.map(str) | span | stepped
    return st.just("*") | st.lists(one, min_size=1, max_size=3).map(",".join)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    minute, hour, month = draw(field(0, 59)), draw(field(0, 23)), draw(st.just("*") | field(1, 12))
    by_week = draw(st.booleans())
    day, weekday = ("*", draw(field(0, 7))) if by_week else (draw(field(1, 31)), "*")
    return f"{minute} {hour} {day} {month} {weekday}"


@settings(deadline=None, max_examples=30)
@given(expressions(), st.sampled_from(CHANGES))
def test_cron_fires_at_every_time_once_over_a_change_of_the_clocks(
    expression: str, change: tuple[ZoneInfo, date]
) -> None:
    zone, day = change
    try:
        trigger = cron(expression, zone)
    except ValueError:
        assume(False)
    middle = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    after, before = middle - 7 * HOUR, middle + 31 * HOUR
    found, expected = list(firings(trigger, after, before)), oracle(expression, zone, after, before)
    assert found == expected
    assert trigger.lost(after, before) == min(len(expected), MOST_LOST)


@pytest.mark.parametrize(
    ("expression", "zone", "day", "expected"),
    [
        # 02:30 is skipped: it comes an hour later.
        ("30 2 * * *", NEW_YORK, date(2026, 3, 8), ["03-07 02:30-0500", "03-08 03:30-0400", "03-09 02:30-0400"]),
        # 01:30 is there twice: the first one counts.
        ("30 1 * * *", NEW_YORK, date(2026, 11, 1), ["10-31 01:30-0400", "11-01 01:30-0400", "11-02 01:30-0500"]),
        ("30 1 * * *", DUBLIN, date(2026, 3, 29), ["03-28 01:30+0000", "03-29 02:30+0100", "03-30 01:30+0100"]),
        ("30 1 * * *", DUBLIN, date(2026, 10, 25), ["10-24 01:30+0100", "10-25 01:30+0100", "10-26 01:30+0000"]),
        # All that is skipped comes, each an hour later.
        (
            "*/20 2 * * *",
            NEW_YORK,
            date(2026, 3, 8),
            [
                *("03-07 02:00-0500", "03-07 02:20-0500", "03-07 02:40-0500"),
                *("03-08 03:00-0400", "03-08 03:20-0400", "03-08 03:40-0400"),
                *("03-09 02:00-0400", "03-09 02:20-0400", "03-09 02:40-0400"),
            ],
        ),
        # Half an hour is skipped: 02:05 comes at 02:35, behind 02:31.
        (
            "5,31 2 * * *",
            LORD_HOWE,
            date(2026, 10, 4),
            [
                *("10-03 02:05+1030", "10-03 02:31+1030", "10-04 02:31+1100"),
                *("10-04 02:35+1100", "10-05 02:05+1100", "10-05 02:31+1100"),
            ],
        ),
        ("0 0 * * *", NEW_YORK, date(2026, 11, 1), ["10-31 00:00-0400", "11-01 00:00-0400", "11-02 00:00-0500"]),
    ],
)
def test_a_daily_time_comes_every_day(expression: str, zone: ZoneInfo, day: date, expected: list[str]) -> None:
    after = datetime(day.year, day.month, day.day, tzinfo=zone) - DAY - MINUTE
    fired = [instant.astimezone(zone) for instant in firings(cron(expression, zone), after, after + 3 * DAY)]
    assert [instant.strftime("%m-%d %H:%M%z") for instant in fired] == expected


def test_a_year_of_midnights_has_as_many_as_days() -> None:
    for zone in (NEW_YORK, DUBLIN, ZoneInfo("America/Santiago")):
        after = datetime(2025, 12, 31, 12, tzinfo=zone).astimezone(UTC)
        fired = list(firings(cron("0 0 * * *", zone), after, after + 365 * DAY))
        assert len({instant.astimezone(zone).date() for instant in fired}) == len(fired) == 365


def test_a_leap_day_comes_every_four_years() -> None:
    fired = list(firings(cron("0 0 29 2 *", UTC_ZONE), START, START + 3000 * DAY))
    assert [instant.year for instant in fired] == [2028, 2032]
