"""The oracle of metrics.md 4.7: golden.md sections 3, 4 and 6, and the edges that golden.sql has no row for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.test_usage import GOLDEN, NEW_YORK, UTC_SETTINGS, fraction, get, instant, pair, share, table
from tests.oracle.usage import Activity, Plan, Session, Settings, Subscription, User, Values, World, expected_journey

STAGES = ("registration", "email_verification", "first_interview", "completed_interview", "subscription")
T = datetime(2026, 4, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# T | cohort | strict | loose | UJ4 | UJ5 of stages 2 to 5
FUNNEL = """
    2026-04-20 12:00 | all | 5 4 2 1 1 | 5 4 3 1 5 | 1/5 | 0 8379900 9077400 9077400
    2026-04-20 12:00 | 90d | 3 2 0 0 0 | 3 2 1 0 3 | 0/3 | 0 - - -
    2026-04-20 12:00 | 30d | 0 0 0 0 0 | 0 0 0 0 0 | 0/0 | - - - -
    2026-04-20 13:00 | all | 5 4 2 1 1 | 5 4 3 2 5 | 1/5 | 0 8379900 9077400 9077400
    2026-05-01 00:00 | 90d | 3 2 0 0 0 | 3 2 1 1 3 | 0/3 | 0 - - -
"""
# T | zone | cohort | UJ6c | M1, M2, M3
COHORTS = """
    2026-05-01 00:00 | UTC              | 2026-01 | 2 | 2/2 1/2 1/2
    2026-05-01 00:00 | UTC              | 2026-02 | 2 | 1/2 1/2 -
    2026-05-01 00:00 | UTC              | 2026-03 | 1 | 0/1 - -
    2026-04-20 12:00 | UTC              | 2026-01 | 2 | 2/2 1/2 -
    2026-04-20 12:00 | UTC              | 2026-02 | 2 | 1/2 - -
    2026-04-20 12:00 | UTC              | 2026-03 | 1 | - - -
    2026-05-01 04:00 | America/New_York | 2026-02 | 3 | 2/3 1/3 -
    2026-05-01 00:00 | America/New_York | 2026-01 | 2 | 2/2 1/2 -
"""


@pytest.mark.parametrize("row", table(FUNNEL), ids=lambda row: " ".join(row[:2]))
def test_funnel(row: list[str]) -> None:
    at, cohort, strict, loose, overall, times = row
    values = expected_journey(GOLDEN, instant(at), UTC_SETTINGS)
    for mode, text in (("strict", strict), ("loose", loose)):
        found = [get(values, "funnel_users", cohort=cohort, mode=mode, stage=stage) for stage in STAGES]
        assert found == [int(count) for count in text.split()]
    assert get(values, "funnel_overall_conversion_ratio", cohort=cohort) == share(*pair(overall))
    medians = [get(values, "funnel_time_to_stage_p50_seconds", cohort=cohort, stage=stage) for stage in STAGES[1:]]
    assert medians == [fraction(text) for text in times.split()]


def test_conversion_is_between_neighbours() -> None:
    values = expected_journey(GOLDEN, instant("2026-04-20 12:00"), UTC_SETTINGS)
    steps = zip(STAGES, STAGES[1:], [Fraction(4, 5), Fraction(2, 4), Fraction(1, 2), Fraction(1)], strict=False)
    for before, after, rate in steps:
        labels = {"from": before, "to": after}
        assert get(values, "funnel_conversion_ratio", cohort="all", **labels) == rate
        assert get(values, "funnel_conversion_ratio", cohort="30d", **labels) is None
    assert len([name for name, _ in values if name == "jobhive_funnel_conversion_ratio"]) == 4 + 2


@pytest.mark.parametrize("row", table(COHORTS), ids=lambda row: " ".join(row[:3]))
def test_cohorts(row: list[str]) -> None:
    at, zone, cohort, size, months = row
    values = expected_journey(GOLDEN, instant(at), Settings(timezone=zone))
    assert get(values, "cohort_users", cohort=cohort) == int(size)
    for month, text in enumerate(months.split(), 1):
        labels = {"cohort": cohort, "month": str(month)}
        assert get(values, "cohort_active_users", **labels) == (None if text == "-" else pair(text)[0])
        assert get(values, "cohort_retention_ratio", **labels) == share(*pair(text))


@pytest.mark.parametrize("settings", [UTC_SETTINGS, NEW_YORK], ids=["UTC", "New York"])
def test_thirteen_cohorts_have_seventy_eight_complete_months(settings: Settings) -> None:
    values = expected_journey(GOLDEN, instant("2026-05-01 00:00"), settings)
    assert len([name for name, _ in values if name == "jobhive_cohort_users"]) == 13
    counts = {labels: value for (name, labels), value in values.items() if name == "jobhive_cohort_active_users"}
    assert len(counts) == 78
    rates = {labels for name, labels in values if name == "jobhive_cohort_retention_ratio"}
    assert {value for labels, value in counts.items() if labels not in rates} == {0}


def test_logins_know_the_size_of_a_cohort_and_not_who_came_back() -> None:
    values = expected_journey(GOLDEN, T, Settings(activity_source="login"))
    families = {name for name, _ in values if "cohort" in name}
    assert families == {"jobhive_cohort_users"}


# Edges

USER = User(1, T - 10 * DAY, email_verified_at=T - 9 * DAY)
SESSION = Session(1, 1, "completed", T - 8 * DAY, start_time=T - 8 * DAY, end_time=T - 7 * DAY)
SUB = Subscription(1, 1, 1, "active", T - 6 * DAY)
PLAN = Plan(1, "month", Decimal(30))


def journey(
    user: User = USER, session: Session = SESSION, sub: Subscription = SUB, settings: Settings = UTC_SETTINGS
) -> Values:
    world = World(users=(user,), sessions=(session,), plans=(PLAN,), subscriptions=(sub,))
    return expected_journey(world, T, settings)


def reached(values: Values, mode: str) -> str:
    found = [stage[0] for stage in STAGES if get(values, "funnel_users", cohort="all", mode=mode, stage=stage)]
    return "".join(found)


@pytest.mark.parametrize(
    ("user", "session", "sub", "strict", "loose"),
    [
        ({}, {}, {}, "refcs", "refcs"),
        ({"email_verified_at": T}, {}, {}, "r", "rfcs"),
        ({"email_verified_at": None, "is_verified": True}, {}, {}, "r", "rfcs"),
        ({}, {"start_time": T - TICK}, {}, "refcs", "refcs"),
        ({}, {"start_time": T}, {}, "re", "recs"),
        ({}, {"start_time": None}, {}, "re", "recs"),
        ({}, {"end_time": T - TICK}, {}, "refcs", "refcs"),
        ({}, {"end_time": T}, {}, "ref", "refs"),
        ({}, {"status": "abandoned"}, {}, "ref", "refs"),
        ({}, {"is_practice": True}, {}, "refcs", "refcs"),
        ({}, {}, {"created_at": T - TICK}, "refcs", "refcs"),
        ({}, {}, {"created_at": T}, "refc", "refc"),
        ({}, {}, {"trial_end": T}, "refc", "refc"),
        ({}, {}, {"trial_end": T - TICK, "ended_at": T}, "refcs", "refcs"),
        ({}, {}, {"trial_end": T - TICK, "ended_at": T - TICK}, "refc", "refc"),
        ({}, {}, {"status": "canceled", "ended_at": T - DAY}, "refcs", "refcs"),
        ({}, {}, {"status": "canceled"}, "refc", "refc"),
        ({}, {}, {"status": "incomplete"}, "refc", "refc"),
        ({}, {}, {"quantity": 0}, "refc", "refc"),
        ({}, {}, {"status": "unpaid"}, "refcs", "refcs"),
        ({"deleted_at": T - DAY}, {}, {}, "refcs", "refcs"),
        ({"is_test": True}, {}, {}, "", ""),
        ({"date_joined": T}, {}, {}, "", ""),
        ({"date_joined": T - TICK}, {}, {}, "refcs", "refcs"),
    ],
)
def test_stages(user: dict[str, Any], session: dict[str, Any], sub: dict[str, Any], strict: str, loose: str) -> None:
    values = journey(replace(USER, **user), replace(SESSION, **session), replace(SUB, **sub))
    assert (reached(values, "strict"), reached(values, "loose")) == (strict, loose)


@pytest.mark.parametrize(
    ("age", "cohorts"),
    [(30 * DAY, "30d 90d"), (30 * DAY + TICK, "90d"), (90 * DAY, "90d"), (90 * DAY + TICK, ""), (TICK, "30d 90d")],
)
def test_a_cohort_begins_with_its_window(age: timedelta, cohorts: str) -> None:
    values = journey(replace(USER, date_joined=T - age))
    labels = {"mode": "loose", "stage": "registration"}
    assert get(values, "funnel_users", cohort="all", **labels) == 1
    found = [name for name in ("30d", "90d") if get(values, "funnel_users", cohort=name, **labels)]
    assert found == cohorts.split()


def test_the_time_to_a_stage_is_the_latest_of_those_before_and_never_negative() -> None:
    def times(values: Values) -> list[Fraction | int | None]:
        return [get(values, "funnel_time_to_stage_p50_seconds", cohort="all", stage=stage) for stage in STAGES[1:]]

    day = 86400
    assert times(journey()) == [day, 2 * day, 3 * day, 4 * day]
    early = replace(SUB, created_at=T - 20 * DAY)
    assert times(journey(sub=early)) == [day, 2 * day, 3 * day, 3 * day]
    late = replace(USER, email_verified_at=T - DAY)
    assert times(journey(user=late)) == [9 * day, 9 * day, 9 * day, 9 * day]
    before = replace(USER, email_verified_at=T - 11 * DAY)
    assert times(journey(user=before)) == [0, 2 * day, 3 * day, 4 * day]
    flag = Settings(verification_time=False)
    assert times(journey(user=replace(late, is_verified=True), settings=flag)) == [None, 2 * day, 3 * day, 4 * day]
    assert times(journey(user=late, settings=flag)) == [None] * 4


@pytest.mark.parametrize(
    ("zone", "at", "first"),
    [
        ("America/Asuncion", "2023-11-01 03:00", "2023-10-01 04:00"),  # 00:00 became 01:00
        ("Asia/Amman", "2016-04-30 21:00", "2016-03-31 22:00"),  # 00:00 became 01:00
        ("America/Havana", "2026-12-01 05:00", "2026-11-01 04:00"),  # 01:00 became 00:00
        ("UTC", "2026-05-01 00:00", "2026-04-01 00:00"),
    ],
)
def test_a_month_begins_at_its_first_midnight_wherever_that_is(zone: str, at: str, first: str) -> None:
    start, now = instant(first), instant(at)
    for joined, seen, month in ((start, start, 0), (start - TICK, start, 1)):
        world = World(users=(User(1, joined),), activities=(Activity(1, 1, seen), Activity(2, 1, now)))
        values = expected_journey(world, now, Settings(timezone=zone))
        cohorts = sorted(dict(labels)["cohort"] for name, labels in values if name == "jobhive_cohort_users")
        assert len(cohorts) == 13
        mine = cohorts[-1 - month]
        assert get(values, "cohort_users", cohort=mine) == 1
        if month:
            assert get(values, "cohort_retention_ratio", cohort=mine, month="1") == 1
        before = expected_journey(world, now - TICK, Settings(timezone=zone))
        assert get(before, "cohort_users", cohort=cohorts[-1]) is None
