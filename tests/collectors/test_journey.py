"""The journey on the golden data set (the values come from its own document), and on single mistakes made visible."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collectors.base import Harvest
from collectors.definitions import Billing, Definitions, Population
from collectors.mapping import mapped
from exporter.model import Value
from tests.collectors.asking import Key, ask, source
from tests.collectors.test_revenue import SEED_ONLY
from tests.conftest import execute

STAGES = ("registration", "email_verification", "first_interview", "completed_interview", "subscription")
NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
ALL_MONTHS = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 13)]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked_of(url: str, at: datetime, **changes: Any) -> tuple[dict[Key, Value], Harvest]:
    definitions = Definitions(**changes)
    with source(url, definitions) as database:
        return ask("journey", database, at, definitions)


def asked(url: str, at: datetime, **changes: Any) -> dict[Key, Value]:
    return asked_of(url, at, **changes)[0]


def value(found: dict[Key, Value], name: str, **labels: str) -> Value | None:
    return found.get((f"jobhive_{name}", frozenset(labels.items())))


def funnel(found: dict[Key, Value], cohort: str, mode: str = "strict") -> list[Value | None]:
    return [value(found, "funnel_users", cohort=cohort, mode=mode, stage=stage) for stage in STAGES]


def times(found: dict[Key, Value], cohort: str = "all") -> list[Value | None]:
    names = STAGES[1:]
    return [value(found, "funnel_time_to_stage_p50_seconds", cohort=cohort, stage=stage) for stage in names]


# golden.md 6: T, cohort, strict, loose, median times of the four later stages.
FUNNELS: list[tuple[str, str, list[int], list[int], list[int | None]]] = [
    ("2026-04-20 12:00", "all", [5, 4, 2, 1, 1], [5, 4, 3, 1, 5], [0, 8379900, 9077400, 9077400]),
    ("2026-04-20 12:00", "90d", [3, 2, 0, 0, 0], [3, 2, 1, 0, 3], [0, None, None, None]),
    ("2026-04-20 12:00", "30d", [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [None, None, None, None]),
    ("2026-04-20 13:00", "all", [5, 4, 2, 1, 1], [5, 4, 3, 2, 5], [0, 8379900, 9077400, 9077400]),
    ("2026-05-01 00:00", "90d", [3, 2, 0, 0, 0], [3, 2, 1, 1, 3], [0, None, None, None]),
]


@pytest.mark.parametrize("row", FUNNELS, ids=lambda row: f"{row[0]} {row[1]}")
def test_the_golden_funnel(golden: str, row: tuple[str, str, list[int], list[int], list[int | None]]) -> None:
    at, cohort, strict, loose, medians = row
    found = asked(golden, instant(at))
    assert funnel(found, cohort) == strict
    assert funnel(found, cohort, "loose") == loose
    assert times(found, cohort) == medians
    for (stage, users), (following, came) in pairwise(zip(STAGES, strict, strict=True)):
        step = {"cohort": cohort, "from": stage, "to": following}
        assert value(found, "funnel_conversion_ratio", **step) == (came / users if users else None)
    overall = value(found, "funnel_overall_conversion_ratio", cohort=cohort)
    assert overall == (strict[-1] / strict[0] if strict[0] else None)


def test_only_neighbours_are_compared(golden: str) -> None:
    steps = {
        (dict(labels)["from"], dict(labels)["to"])
        for name, labels in asked(golden, NOON)
        if name == "jobhive_funnel_conversion_ratio"
    }
    assert steps == set(pairwise(STAGES))


# golden.md 4 and 3: T, zone, then size and shares by cohort; all other cohorts are empty.
COHORTS: list[tuple[str, str, dict[str, tuple[int, list[tuple[int, int]]]]]] = [
    (
        "2026-05-01 00:00",
        "UTC",
        {
            "2026-01": (2, [(2, 2), (1, 2), (1, 2)]),
            "2026-02": (2, [(1, 2), (1, 2)]),
            "2026-03": (1, [(0, 1)]),
        },
    ),
    ("2026-04-20 12:00", "UTC", {"2026-01": (2, [(2, 2), (1, 2)]), "2026-02": (2, [(1, 2)]), "2026-03": (1, [])}),
    (
        "2026-05-01 04:00",
        "America/New_York",
        {"2026-01": (2, [(2, 2), (1, 2), (1, 2)]), "2026-02": (3, [(2, 3), (1, 3)])},
    ),
    # In New York April is not over yet.
    ("2026-05-01 00:00", "America/New_York", {"2026-01": (2, [(2, 2), (1, 2)]), "2026-02": (3, [(2, 3)])}),
]


def shares(found: dict[Key, Value], cohort: str) -> list[tuple[Value | None, Value | None]]:
    names = ("cohort_active_users", "cohort_retention_ratio")
    rows = [tuple(value(found, name, cohort=cohort, month=str(month)) for name in names) for month in range(1, 14)]
    return [(active, ratio) for active, ratio in rows if active is not None]


@pytest.mark.parametrize("row", COHORTS, ids=lambda row: f"{row[0]} {row[1]}")
def test_the_golden_cohorts(golden: str, row: tuple[str, str, dict[str, tuple[int, list[tuple[int, int]]]]]) -> None:
    at, zone, cohorts = row
    found = asked(golden, instant(at), timezone=ZoneInfo(zone))
    last = instant(at).astimezone(ZoneInfo(zone)).strftime("%Y-%m")
    months = ALL_MONTHS[ALL_MONTHS.index(last) - 13 : ALL_MONTHS.index(last)]
    assert {dict(labels)["cohort"] for name, labels in found if name.startswith("jobhive_cohort")} == set(months)
    assert len([name for name, _ in found if name == "jobhive_cohort_active_users"]) == 78
    for age, month in enumerate(reversed(months)):
        size, active = cohorts.get(month, (0, [(0, 0)] * age))
        assert value(found, "cohort_users", cohort=month) == size
        assert shares(found, month) == [(users, users / of if of else None) for users, of in active]


def test_the_month_of_joining_is_json_only(golden: str) -> None:
    found, harvest = asked_of(golden, NOON)
    document: Any = harvest.documents["cohort_active_users_month_0"]
    assert {month: users for month, users in document.items() if users} == {"2026-01": 2, "2026-02": 2, "2026-03": 1}
    assert len(document) == 13
    assert "0" not in {dict(labels).get("month") for _, labels in found}


def join(url: str, *users: tuple[int, datetime], **columns: object) -> None:
    """Insert users of their ids and instants, all with the same further columns."""
    names, cells = "".join(f", {name}" for name in columns), "".join(f", '{cell}'" for cell in columns.values())
    rows = ", ".join(f"({user}, '{joined}'{cells})" for user, joined in users)
    execute(url, f"INSERT INTO accounts_user (id, date_joined{names}) VALUES {rows}")


def be_active(url: str, user: int, *moments: datetime) -> None:
    rows = ", ".join(f"({user}, '{moment}')" for moment in moments)
    execute(url, f"INSERT INTO analytics_useractivity (user_id, occurred_at) VALUES {rows}")


# Zone, the start of a month there and of the next one: over daylight saving, a midnight that is missing and two of one.
MONTHS = [
    ("UTC", "2026-03-01 00:00", "2026-04-01 00:00", "2026-03"),
    ("America/New_York", "2026-03-01 05:00", "2026-04-01 04:00", "2026-03"),
    ("America/New_York", "2025-11-01 04:00", "2025-12-01 05:00", "2025-11"),
    ("America/Sao_Paulo", "2018-11-01 03:00", "2018-12-01 02:00", "2018-11"),
    ("America/Sao_Paulo", "2018-02-01 02:00", "2018-03-01 03:00", "2018-02"),
    ("America/Asuncion", "2017-10-01 04:00", "2017-11-01 03:00", "2017-10"),
    ("America/Havana", "2015-11-01 04:00", "2015-12-01 05:00", "2015-11"),
    ("Asia/Kathmandu", "2026-02-28 18:15", "2026-03-31 18:15", "2026-03"),
]


@pytest.mark.parametrize("row", MONTHS, ids=lambda row: f"{row[0]} {row[3]}")
def test_a_cohort_is_a_business_month(database: str, row: tuple[str, str, str, str]) -> None:
    first, last, month, zone = instant(row[1]), instant(row[2]), row[3], row[0]
    join(database, (1, first - TICK), (2, first), (3, last - TICK), (4, last))
    found = asked(database, last + 65 * DAY, timezone=ZoneInfo(zone))
    sizes = {dict(labels)["cohort"]: n for (name, labels), n in found.items() if name == "jobhive_cohort_users" and n}
    assert len(sizes) == 3
    assert sizes[month] == 2


def test_a_month_of_activity_is_half_open_and_complete_months_only(database: str) -> None:
    join(database, (1, instant("2026-01-31 23:59")), (2, instant("2026-01-01")), (3, instant("2026-01-15")))
    be_active(database, 1, instant("2026-02-01"), instant("2026-02-20"))
    be_active(database, 2, instant("2026-03-01") - TICK, instant("2026-01-20"))
    be_active(database, 3, instant("2026-03-01"), instant("2026-04-01"), instant("2026-05-01"))
    for at, expected in {
        "2026-04-01": [(2, 2 / 3), (1, 1 / 3)],
        "2026-04-30 23:59:59.999999": [(2, 2 / 3), (1, 1 / 3)],
        "2026-05-01": [(2, 2 / 3), (1, 1 / 3), (1, 1 / 3)],
    }.items():
        assert shares(asked(database, instant(at)), "2026-01") == expected


def test_a_cohort_is_thirteen_months_old_at_most(database: str) -> None:
    join(database, (1, instant("2025-03-01") - TICK), (2, instant("2025-03-01")), (3, instant("2026-04-01")))
    be_active(database, 2, *(instant(f"{month}-15") for month in ALL_MONTHS[2:16]))
    found = asked(database, NOON)
    sizes = {dict(labels)["cohort"]: n for (name, labels), n in found.items() if name == "jobhive_cohort_users"}
    assert (sizes.pop("2025-03"), set(sizes.values()), "2026-04" in sizes) == (1, {0}, False)
    assert shares(found, "2025-03") == [(1, 1)] * 12


def test_activity_before_joining_and_of_others_is_none_of_theirs(database: str) -> None:
    join(database, (1, instant("2026-02-10")))
    join(database, (2, instant("2026-02-10")), is_staff=True)
    be_active(database, 1, instant("2026-01-10"))
    be_active(database, 2, instant("2026-03-10"))
    found = asked(database, NOON)
    assert value(found, "cohort_users", cohort="2026-02") == 1
    assert shares(found, "2026-02") == [(0, 0)]
    everyone = asked(database, NOON, population=Population(exclude_staff=False))
    assert shares(everyone, "2026-02") == [(1, 0.5)]


# What it is, columns of the user, sessions as (status, start, end), subscriptions as (start, end, trial end, status,
# plan), then strict, loose, times. The user joined ten days before noon, and verified a day later unless told otherwise.
Rows = Iterable[tuple[Any, ...]]
JOINED, VERIFIED = NOON - 10 * DAY, NOON - 9 * DAY
DONE = ("completed", NOON - 8 * DAY, NOON - 7 * DAY)
PAYING = (NOON - 6 * DAY, None, None, "active", 1)
D = 86_400
STEPS: list[tuple[str, dict[str, Any], Rows, Rows, str, str, list[int]]] = [
    ("all of it", {}, [DONE], [PAYING], "11111", "11111", [D, 2 * D, 3 * D, 4 * D]),
    ("not verified", {"email_verified_at": None}, [DONE], [PAYING], "10000", "10111", []),
    ("verified at T", {"email_verified_at": NOON}, [], [], "10000", "10000", []),
    ("verified just before T", {"email_verified_at": NOON - TICK}, [], [], "11000", "11000", [10 * D]),
    ("verified before joining", {"email_verified_at": JOINED - DAY}, [], [], "11000", "11000", [0]),
    ("deactivated and deleted later", {"is_active": False, "deleted_at": VERIFIED}, [], [], "11000", "11000", [D]),
    ("only an appointment", {}, [("scheduled", None, None)], [], "11000", "11000", [D]),
    ("started at T", {}, [("in_progress", NOON, None)], [], "11000", "11000", [D]),
    ("started just before T", {}, [("in_progress", NOON - TICK, None)], [], "11100", "11100", [D, 10 * D]),
    ("gone away", {}, [("abandoned", *DONE[1:])], [], "11100", "11100", [D, 2 * D]),
    ("ends at T", {}, [("completed", NOON - DAY, NOON)], [], "11100", "11100", [D, 9 * D]),
    ("ended just before T", {}, [("completed", NOON - DAY, NOON - TICK)], [], "11110", "11110", [D, 9 * D, 10 * D]),
    ("opened again", {}, [("in_progress", *DONE[1:])], [], "11100", "11100", [D, 2 * D]),
    ("completed without a start", {}, [("completed", None, DONE[2])], [], "11000", "11010", [D]),
    (
        "the earliest start and the earliest end, of two interviews",
        {},
        [("abandoned", NOON - 9 * DAY, None), ("completed", NOON - 3 * DAY, NOON - 2 * DAY), DONE, DONE],
        [],
        *("11110", "11110", [D, D, 3 * D]),
    ),
    (
        "paid and left",
        {},
        [DONE],
        [(*PAYING[:1], NOON - DAY, None, "canceled", 1)],
        "11111",
        "11111",
        [D, 2 * D, 3 * D, 4 * D],
    ),
    ("paid from T on", {}, [DONE], [(NOON, *PAYING[1:])], "11110", "11110", [D, 2 * D, 3 * D]),
    ("paid just before T", {}, [DONE], [(NOON - TICK, *PAYING[1:])], "11111", "11111", [D, 2 * D, 3 * D, 10 * D]),
    (
        "a trial that goes on",
        {},
        [DONE],
        [(*PAYING[:2], NOON + DAY, "trialing", 1)],
        "11110",
        "11110",
        [D, 2 * D, 3 * D],
    ),
    (
        "a trial that is over",
        {},
        [DONE],
        [(*PAYING[:2], NOON - 5 * DAY, "active", 1)],
        "11111",
        "11111",
        [D, 2 * D, 3 * D, 5 * D],
    ),
    (
        "a trial cancelled",
        {},
        [DONE],
        [(*PAYING[:1], NOON - 5 * DAY, NOON - 4 * DAY, "canceled", 1)],
        "11110",
        "11110",
        [D, 2 * D, 3 * D],
    ),
    ("a free plan", {}, [DONE], [(*PAYING[:4], 2)], "11110", "11110", [D, 2 * D, 3 * D]),
    ("never complete", {}, [DONE], [(*PAYING[:3], "incomplete", 1)], "11110", "11110", [D, 2 * D, 3 * D]),
    ("cancelled without an end", {}, [DONE], [(*PAYING[:3], "canceled", 1)], "11110", "11110", [D, 2 * D, 3 * D]),
    ("paid before all else", {}, [DONE], [(JOINED - DAY, *PAYING[1:])], "11111", "11111", [D, 2 * D, 3 * D, 3 * D]),
    (
        "the earliest of two",
        {},
        [DONE],
        [PAYING, (NOON - 5 * DAY, *PAYING[1:])],
        "11111",
        "11111",
        [D, 2 * D, 3 * D, 4 * D],
    ),
]


@pytest.mark.parametrize("row", STEPS, ids=lambda row: row[0])
def test_how_far_a_user_came(database: str, row: tuple[Any, ...]) -> None:
    _, columns, sessions, subscriptions, strict, loose, seconds = row
    stored = {"email_verified_at": VERIFIED, "is_verified": False} | columns
    join(database, (1, JOINED), **{name: cell for name, cell in stored.items() if cell is not None})
    execute(database, "INSERT INTO billing_plan (id, interval, price) VALUES (1, 'month', 30), (2, 'month', 0)")
    for cells in sessions:
        insert(
            database,
            "interviews_interviewsession (status, start_time, end_time, user_id, created_at)",
            *cells,
            1,
            JOINED,
        )
    for cells in subscriptions:
        names = "started_at, ended_at, trial_end, status, plan_id, user_id, created_at"
        insert(database, f"billing_customersubscription ({names})", *cells, 1, JOINED)
    found = asked(database, NOON)
    for cohort in ("30d", "90d", "all"):
        assert "".join(map(str, funnel(found, cohort))) == strict
        assert "".join(map(str, funnel(found, cohort, "loose"))) == loose
        assert times(found, cohort) == pytest.approx([*seconds, *[None] * (4 - len(seconds))], abs=2e-6)


def insert(url: str, columns: str, *cells: object) -> None:
    row = ", ".join("null" if cell is None else f"'{cell}'" for cell in cells)
    execute(url, f"INSERT INTO {columns} VALUES ({row})")


def test_a_cohort_begins_with_its_window(database: str) -> None:
    instants = [NOON - n * DAY - tick for n in (30, 90) for tick in (timedelta(0), TICK)]
    join(database, *enumerate([*instants, NOON - TICK, NOON], 1))
    found = asked(database, NOON)
    assert [funnel(found, cohort)[0] for cohort in ("30d", "90d", "all")] == [2, 4, 5]


def test_a_median_lies_between_two(database: str) -> None:
    for user, days in enumerate((1, 2, 4, 10), 1):
        join(database, (user, NOON - 20 * DAY), email_verified_at=NOON - 20 * DAY + days * DAY)
    assert times(asked(database, NOON))[0] == 3 * D


def test_a_subscription_of_a_company_is_a_step_of_its_user(golden: str) -> None:
    execute(golden, "INSERT INTO companies_company (id) VALUES (1)")
    execute(golden, "UPDATE billing_customersubscription SET company_id = 1")
    assert funnel(asked(golden, NOON, billing=Billing(customer_key="company")), "all") == [5, 4, 2, 1, 1]


FUNNEL_FAMILIES = {
    "jobhive_funnel_users",
    "jobhive_funnel_conversion_ratio",
    "jobhive_funnel_overall_conversion_ratio",
    "jobhive_funnel_time_to_stage_p50_seconds",
}
OF_ACTIVITY = {"jobhive_cohort_retention_ratio", "jobhive_cohort_active_users"}


def noted(harvest: Harvest, reason: str) -> set[tuple[str, str]]:
    return {(note.kind, note.family) for note in harvest.notes if note.reason == reason}


def test_without_its_time_verification_is_what_it_is_now(golden: str) -> None:
    tables = mapped({"user": {"columns": {"email_verified_at": None}}})
    execute(golden, "UPDATE accounts_user SET is_verified = (id = 3)")
    found, harvest = asked_of(golden, NOON, tables=tables)
    # User 3, who alone is verified now, ends the first interview at noon.
    assert funnel(found, "all") == [5, 1, 1, 0, 0]
    assert times(found) == [
        None,
        (instant("2026-04-20 09:00") - instant("2026-02-10 10:00")) / timedelta(seconds=1),
        None,
        None,
    ]
    assert noted(harvest, "verification_time_unknown") == {("approximate", name) for name in FUNNEL_FAMILIES}


def test_without_any_word_on_verification_there_is_no_funnel(golden: str) -> None:
    tables = mapped({"user": {"columns": {"email_verified_at": None, "is_verified": None}}})
    found, harvest = asked_of(golden, NOON, tables=tables)
    assert noted(harvest, "column_unmapped") == {("disabled", name) for name in FUNNEL_FAMILIES}
    assert not {name for name, _ in found} & FUNNEL_FAMILIES
    assert value(found, "cohort_users", cohort="2026-01") == 2


def test_the_golden_notes(golden: str) -> None:
    _, harvest = asked_of(golden, NOON)
    # It has no log of events, so that prices may have been others.
    assert noted(harvest, "price_history_unknown") == {("approximate", name) for name in FUNNEL_FAMILIES}
    assert len(harvest.notes) == len(FUNNEL_FAMILIES)


def test_seed_columns_alone_are_said_to_be_guesses(golden: str) -> None:
    _, harvest = asked_of(golden, NOON, tables=mapped(SEED_ONLY))
    assert noted(harvest, "seed_only_subscription_span") == {("approximate", name) for name in FUNNEL_FAMILIES}


def test_activity_that_is_derived_is_said_to_be(golden: str) -> None:
    found, harvest = asked_of(golden, NOON, activity_source="derived")
    assert noted(harvest, "activity_derived") == {("approximate", name) for name in OF_ACTIVITY}
    # User 4 paid anew in March.
    assert shares(found, "2026-02") == [(1, 0.5)]


def test_logins_know_no_months(golden: str) -> None:
    found, harvest = asked_of(golden, NOON, activity_source="login")
    assert noted(harvest, "history_unavailable") == {("disabled", name) for name in OF_ACTIVITY}
    assert not {name for name, _ in found} & OF_ACTIVITY
    assert value(found, "cohort_users", cohort="2026-01") == 2
    assert not harvest.documents


def test_later_rows_change_nothing(golden: str) -> None:
    before = asked(golden, NOON)
    join(golden, (9, NOON))
    be_active(golden, 1, NOON, NOON + DAY)
    insert(
        golden, "interviews_interviewsession (status, start_time, user_id, created_at)", "in_progress", NOON, 5, NOON
    )
    insert(
        golden,
        "billing_customersubscription (status, started_at, user_id, plan_id, created_at)",
        "active",
        NOON,
        9,
        1,
        NOON,
    )
    assert asked(golden, NOON) == before
