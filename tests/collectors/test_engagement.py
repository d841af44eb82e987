"""Engagement on the golden data set (the values come from its own document), and on single mistakes made visible."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collectors.base import Harvest, Run, complete
from collectors.definitions import Definitions
from collectors.engagement import Collector, Options, families
from collectors.mapping import mapped
from exporter.model import SourceError, Value
from exporter.sources.database import Database
from tests.collectors.asking import Key, same, source
from tests.conftest import execute


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked_with(
    options: dict[str, Any], database: Database, at: datetime, definitions: Definitions
) -> tuple[dict[Key, Value], Harvest]:
    """Ask the collector with options of its own."""
    chosen = Options.model_validate(options)
    meaning = replace(definitions, activity_source=chosen.activity_source)
    harvest = Collector(chosen, database).collect(Run(at, 30, meaning))
    samples = complete(families(chosen), harvest)
    found = {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found, harvest


def asked(url: str, at: str, options: dict[str, Any] | None = None, **changes: Any) -> tuple[dict[Key, Value], Harvest]:
    definitions = Definitions(**changes)
    with source(url, definitions) as database:
        return asked_with(options or {}, database, instant(at), definitions)


def value(found: dict[Key, Value], name: str, **labels: str) -> Value | None:
    return found.get((f"jobhive_{name}", frozenset(labels.items())))


def actives(found: dict[Key, Value]) -> tuple[Value | None, ...]:
    windows = ("24h", "7d", "30d", "prev_day", "prev_week", "prev_month")
    return tuple(value(found, "active_users", window=window) for window in windows)


# T, active users by window, stickiness, its base, registered, verified, new by window (golden.md section 1).
GOLDEN = [
    ("2026-02-01 00:00", (0, 0, 2, 0, 1, 2), None, 2, (2, 2), (0, 0, 2)),
    ("2026-02-11 12:00", (1, 3, 4, 1, 2, 2), "4/90", 3, (4, 3), (1, 2, 3)),
    ("2026-03-01 00:00", (0, 0, 4, 0, 0, 4), "4/120", 4, (4, 3), (0, 0, 2)),
    ("2026-03-20 00:00", (0, 1, 3, 0, 1, 4), "3/90", 3, (5, 4), (0, 0, 1)),
    ("2026-04-01 00:00", (0, 0, 2, 0, 0, 3), "2/60", 2, (5, 4), (0, 0, 0)),
    ("2026-04-20 12:00", (0, 0, 2, 0, 0, 3), "2/60", 2, (5, 4), (0, 0, 0)),
    ("2026-05-01 00:00", (0, 0, 2, 0, 0, 2), "2/60", 2, (5, 4), (0, 0, 0)),
]


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: str(row[0]))
def test_who_is_active_and_who_there_is(golden: str, row: tuple[Any, ...]) -> None:
    at, active, stickiness, base, users, new = row
    found, _ = asked(golden, at)
    assert actives(found) == active
    ratio = value(found, "user_stickiness_ratio", window="30d")
    assert ratio is None if stickiness is None else same(ratio or 0, Fraction(stickiness))
    assert value(found, "user_stickiness_base_users", window="30d") == base
    assert tuple(value(found, "users", state=state) for state in ("registered", "verified")) == users
    assert tuple(value(found, "users_new", window=window) for window in ("24h", "7d", "30d")) == new
    assert value(found, "activity_source_info", source="activity") == 1


def test_the_thirty_utc_days_before_each_of_the_last_midnights(golden: str) -> None:
    found, _ = asked(golden, "2026-04-20 12:00")
    assert [value(found, "active_users_utc_30d", lag_days=lag) for lag in "0123"] == [2, 2, 2, 2]


SOURCES = [
    ("auto", (0, 0, 2, 0, 0, 3), "activity"),
    ("activity", (0, 0, 2, 0, 0, 3), "activity"),
    ("derived", (2, 3, 5, 1, 1, 2), "derived"),
    ("login", (0, 0, 2, None, None, None), "login"),
]


@pytest.mark.parametrize(("wanted", "active", "used"), SOURCES)
def test_sources_of_activity_disagree_and_say_so(
    golden: str, wanted: str, active: tuple[int | None, ...], used: str
) -> None:
    found, harvest = asked(golden, "2026-04-20 12:00", {"activity_source": wanted})
    assert actives(found) == active
    assert {key for key in found if key[0] == "jobhive_activity_source_info"} == {
        ("jobhive_activity_source_info", frozenset({("source", used)}))
    }
    reasons = {note.reason for note in harvest.notes if note.family == "jobhive_active_users"}
    flag = {"activity": set(), "derived": {"activity_derived"}, "login": {"activity_login_only"}}
    assert reasons == flag[used]


def test_logins_alone_know_nothing_of_the_past(golden: str) -> None:
    found, harvest = asked(golden, "2026-02-18 12:00", {"activity_source": "login"})
    disabled = {note.family for note in harvest.notes if note.reason == "history_unavailable"}
    assert disabled == {
        *("jobhive_active_users_utc_30d", "jobhive_user_stickiness_ratio", "jobhive_user_stickiness_base_users"),
        *("jobhive_user_retention_ratio", "jobhive_user_retention_retained_users"),
    }
    assert not {name for name, _ in found} & disabled
    assert value(found, "user_retention_cohort_users", day="1", kind="n_day") == 2


# T, day, then retained and cohort by kind; every other pair of these instants has an empty cohort.
RETENTION = [
    ("2026-02-11 12:00", {("30", "n_day"): (0, 1), ("30", "unbounded"): (1, 1), ("30", "bracket"): (1, 1)}),
    (
        "2026-02-18 12:00",
        {
            ("1", "n_day"): (0, 2),
            ("1", "unbounded"): (0, 2),
            ("1", "bracket"): (0, 1),
            ("7", "n_day"): (0, 1),
            ("7", "unbounded"): (0, 1),
        },
    ),
    ("2026-03-18 12:00", {("7", "bracket"): (0, 1), ("30", "n_day"): (0, 2), ("30", "unbounded"): (1, 2)}),
    ("2026-03-25 12:00", {("30", "bracket"): (1, 2)}),
    ("2026-04-08 12:00", {("30", "bracket"): (0, 1)}),
]


@pytest.mark.parametrize(("at", "counts"), RETENTION)
def test_who_comes_back(golden: str, at: str, counts: dict[tuple[str, str], tuple[int, int]]) -> None:
    found, _ = asked(golden, at)
    for day in ("1", "7", "30"):
        for kind in ("n_day", "unbounded", "bracket"):
            retained, cohort = counts.get((day, kind), (0, 0))
            names = ("user_retention_retained_users", "user_retention_cohort_users")
            assert tuple(value(found, name, day=day, kind=kind) for name in names) == (retained, cohort), (day, kind)
            ratio = value(found, "user_retention_ratio", day=day, kind=kind)
            assert ratio == (retained / cohort if cohort else None)


NEW_YORK: dict[str, Any] = {"timezone": ZoneInfo("America/New_York")}


def test_a_month_ends_in_the_business_time_zone_and_a_trailing_window_has_none(golden: str) -> None:
    execute(
        golden,
        """
        INSERT INTO analytics_useractivity (user_id, occurred_at) VALUES
            (2, '2026-03-01 04:59:59.999999+00'), (5, '2026-04-01 03:59:59.999999+00'), (4, '2026-04-01 04:00+00');
        """,
    )
    utc, _ = asked(golden, "2026-04-20 12:00")
    local, _ = asked(golden, "2026-04-20 12:00", **NEW_YORK)
    # In UTC user 2 belongs to March, user 5 to March and April, in New York to February and March.
    assert value(utc, "active_users", window="prev_month") == 4
    assert value(local, "active_users", window="prev_month") == 3
    for window in ("24h", "7d", "30d"):
        assert value(local, "active_users", window=window) == value(utc, "active_users", window=window)


# A day that lasts 23 hours, and one that lasts 25, in New York; its first instant, and the first of the next.
SHORT_AND_LONG = [
    ("2026-03-09 12:00", "2026-03-08 05:00", "2026-03-09 04:00", 23),
    ("2026-11-02 12:00", "2026-11-01 04:00", "2026-11-02 05:00", 25),
]


@pytest.mark.parametrize(("at", "first", "after", "hours"), SHORT_AND_LONG)
def test_a_day_on_which_the_clock_changes_ends_when_the_next_begins(
    database: str, at: str, first: str, after: str, hours: int
) -> None:
    assert instant(after) - instant(first) == timedelta(hours=hours)
    moments = (f"'{first}+00'", f"timestamptz '{after}+00' - interval '1 us'", f"'{after}+00'")
    values = ", ".join(f"({user}, {moment})" for user, moment in enumerate(moments, 1))
    execute(
        database,
        f"""
        INSERT INTO accounts_user (id, date_joined)
            SELECT n, timestamptz '{first}+00' - interval '1 day' FROM generate_series(1, 4) AS n;
        INSERT INTO analytics_useractivity (user_id, occurred_at) VALUES {values},
            (4, timestamptz '{first}+00' - interval '1 us');
        """,
    )
    found, _ = asked(database, at, **NEW_YORK)
    assert value(found, "active_users", window="prev_day") == 2
    # Everyone joined the day before, and those two came the day after.
    assert value(found, "user_retention_retained_users", day="1", kind="n_day") == 2
    assert value(found, "user_retention_retained_users", day="1", kind="unbounded") == 3
    assert value(found, "user_retention_cohort_users", day="1", kind="n_day") == 4


def test_a_week_starts_when_the_business_says(golden: str) -> None:
    # Sunday 19 April belongs to the week before Monday 20 April; where weeks start on Sunday it is in the present one.
    execute(golden, "INSERT INTO analytics_useractivity (user_id, occurred_at) VALUES (1, '2026-04-19 12:00+00')")
    assert value(asked(golden, "2026-04-20 12:00")[0], "active_users", window="prev_week") == 1
    assert value(asked(golden, "2026-04-20 12:00", week_start=6)[0], "active_users", window="prev_week") == 0


def test_both_ends_of_a_window_and_rows_of_the_future(golden: str) -> None:
    execute(
        golden,
        """
        INSERT INTO analytics_useractivity (user_id, occurred_at) VALUES
            (1, '2026-04-19 12:00+00'), (2, '2026-04-19 11:59:59.999999+00'), (3, '2026-04-20 12:00+00'),
            (4, '2026-04-20 11:59:59.999999+00'), (5, '2026-04-21 12:00+00');
        """,
    )
    assert actives(asked(golden, "2026-04-20 12:00")[0])[:2] == (2, 3)


POPULATION = ["is_staff = true", "is_superuser = true", "is_test = true", "date_joined = '2026-04-20 12:00+00'"]


@pytest.mark.parametrize("change", POPULATION)
@pytest.mark.parametrize("activity_source", ["activity", "derived", "login"])
def test_who_is_no_user_leaves_no_activity(golden: str, change: str, activity_source: str) -> None:
    before, _ = asked(golden, "2026-04-20 12:00", {"activity_source": activity_source})
    execute(golden, f"UPDATE accounts_user SET {change} WHERE id = 3")
    after, _ = asked(golden, "2026-04-20 12:00", {"activity_source": activity_source})
    assert value(after, "users", state="registered") == 4
    active = [int(value(found, "active_users", window="30d") or 0) for found in (before, after)]
    assert active[0] - active[1] == 1


def test_the_deleted_stay_in_cohorts_and_are_users_no_more(golden: str) -> None:
    execute(golden, "UPDATE accounts_user SET deleted_at = '2026-02-15 00:00+00' WHERE id = 3")
    found, _ = asked(golden, "2026-02-18 12:00")
    assert value(found, "user_retention_cohort_users", day="1", kind="n_day") == 2
    assert value(found, "users", state="registered") == 3
    assert value(found, "users_new", window="30d") == 3


def test_stickiness_needs_activity_at_the_start_of_its_days_or_before(database: str) -> None:
    execute(
        database,
        """
        INSERT INTO accounts_user (id, date_joined) VALUES (1, '2026-01-01+00');
        INSERT INTO analytics_useractivity (user_id, occurred_at) VALUES (1, '2026-04-01 00:00:00.000001+00');
        """,
    )
    found, _ = asked(database, "2026-05-01 06:00")
    assert value(found, "user_stickiness_ratio", window="30d") is None
    assert value(found, "user_stickiness_base_users", window="30d") == 1
    execute(database, "INSERT INTO analytics_useractivity (user_id, occurred_at) VALUES (1, '2026-04-01 00:00+00')")
    found, _ = asked(database, "2026-05-01 06:00")
    assert same(value(found, "user_stickiness_ratio", window="30d") or 0, Fraction(1, 30))


SESSIONS = """
    INSERT INTO accounts_user (id, date_joined) VALUES (1, '2026-01-01+00'), (2, '2026-01-01+00');
    INSERT INTO analytics_usersession (user_id, started_at, last_seen_at) VALUES
        (1, '2026-04-20 10:00+00', '2026-04-20 11:29:59.999999+00'),
        (1, '2026-04-20 11:00+00', '2026-04-20 11:30+00'),
        (2, '2026-04-18 10:00+00', '2026-04-18 10:10+00'),
        (2, '2026-04-17 10:10+00', '2026-04-17 10:00+00'),
        (2, '2026-04-16 10:00+00', '2026-04-17 10:00:00.000001+00'),
        (2, '2026-03-21 11:00+00', '2026-03-21 11:59:59.999999+00');
"""


def test_sessions_of_use_that_are_over(database: str) -> None:
    execute(database, SESSIONS)
    found, harvest = asked(database, "2026-04-20 12:00", {"session_duration": True})
    assert [value(found, "user_sessions", window=window) for window in ("24h", "7d", "30d")] == [1, 2, 2]
    first = Fraction(5400) - Fraction(1, 10**6)
    assert same(value(found, "user_session_duration_avg_seconds", window="24h") or 0, first)
    assert same(value(found, "user_session_duration_avg_seconds", window="7d") or 0, (first + 600) / 2)
    assert harvest.dropped == {("user_session", "negative_duration"): 1, ("user_session", "duration_too_long"): 1}


def test_sessions_of_use_are_not_asked_for_by_default(golden: str) -> None:
    found, harvest = asked(golden, "2026-04-20 12:00")
    names = {"jobhive_user_sessions", "jobhive_user_session_duration_avg_seconds"}
    assert {note.family for note in harvest.notes if note.reason == "not_enabled"} == names
    assert not names & {name for name, _ in found}


PAUSES = """
    DROP TABLE analytics_usersession;
    INSERT INTO accounts_user (id, date_joined) VALUES (1, '2026-01-01+00'), (2, '2026-01-01+00');
    INSERT INTO analytics_useractivity (user_id, occurred_at) VALUES
        (1, '2026-04-20 09:00+00'), (1, '2026-04-20 09:30+00'), (1, '2026-04-20 09:40+00'),
        (1, '2026-04-20 10:10:00.000001+00'), (1, '2026-04-20 10:10:00.000001+00'),
        (1, '2026-04-20 11:20+00'), (1, '2026-04-20 11:30+00'),
        (2, '2026-04-20 09:35+00');
    INSERT INTO analytics_useractivity (user_id, occurred_at)
        SELECT 2, timestamptz '2026-03-20 11:30+00' + n * interval '30 min' FROM generate_series(0, 49) AS n;
"""


def test_sessions_of_use_are_cut_from_activity_at_long_pauses(database: str) -> None:
    execute(database, PAUSES)
    found, harvest = asked(database, "2026-04-20 12:00", {"session_duration": True})
    # Twice the same instant has no length; the last may go on; a day and a half hour is no session.
    assert [value(found, "user_sessions", window=window) for window in ("24h", "7d", "30d")] == [1, 1, 1]
    assert value(found, "user_session_duration_avg_seconds", window="30d") == 2400
    assert harvest.dropped == {("activity", "duration_too_long"): 1}


def test_without_both_tables_there_are_no_sessions_of_use(golden: str) -> None:
    execute(golden, "DROP TABLE analytics_usersession; DROP TABLE analytics_useractivity")
    _, harvest = asked(golden, "2026-04-20 12:00", {"session_duration": True})
    unmapped = {note.family for note in harvest.notes if note.reason == "table_unmapped"}
    assert unmapped == {"jobhive_user_sessions", "jobhive_user_session_duration_avg_seconds"}


OPTIONAL = ("email_verified_at", "is_staff", "is_superuser", "is_test", "deleted_at", "company_id")


def test_the_seeds_columns_alone_give_an_approximation_that_says_so(golden: str) -> None:
    derived, _ = asked(golden, "2026-04-20 12:00", {"activity_source": "derived"})
    drops = "; ".join(f"ALTER TABLE accounts_user DROP COLUMN {column}" for column in OPTIONAL)
    execute(golden, f"{drops}; DROP TABLE analytics_useractivity; DROP TABLE analytics_usersession")
    found, harvest = asked(golden, "2026-04-20 12:00")
    assert found == derived
    reasons = {(note.family, note.reason) for note in harvest.notes}
    assert ("jobhive_users", "verification_time_unknown") in reasons
    assert ("jobhive_active_users", "activity_derived") in reasons


def test_nobody_knows_who_is_verified_without_a_column(golden: str) -> None:
    tables = mapped({"user": {"columns": {"email_verified_at": None, "is_verified": None}}})
    found, _ = asked(golden, "2026-04-20 12:00", tables=tables)
    assert value(found, "users", state="registered") == 5
    assert value(found, "users", state="verified") is None


UNMAPPED = [
    ({"activity": {"columns": {"occurred_at": None}}}, "derived"),
    ({"activity": {"columns": {"occurred_at": None}}, "session": {"columns": {"start_time": None}}}, "login"),
]


@pytest.mark.parametrize(("tables", "used"), UNMAPPED)
def test_the_first_source_that_is_mapped_is_taken(golden: str, tables: dict[str, Any], used: str) -> None:
    found, _ = asked(golden, "2026-04-20 12:00", tables=mapped(tables))
    assert value(found, "activity_source_info", source=used) == 1
    assert actives(found) == dict(zip(("derived", "login"), (SOURCES[2][1], SOURCES[3][1]), strict=True))[used]


def test_an_empty_table_of_activity_means_that_nobody_is_active(golden: str) -> None:
    execute(golden, "DELETE FROM analytics_useractivity")
    found, _ = asked(golden, "2026-04-20 12:00")
    assert value(found, "activity_source_info", source="activity") == 1
    assert actives(found) == (0, 0, 0, 0, 0, 0)


def test_a_wrong_name_is_told_and_not_replaced_by_a_guess(golden: str) -> None:
    with pytest.raises(SourceError, match=r"there is no table public\.clicks"):
        asked(golden, "2026-04-20 12:00", tables=mapped({"activity": {"name": "clicks"}}))
    execute(golden, "ALTER TABLE analytics_useractivity RENAME COLUMN occurred_at TO happened_at")
    with pytest.raises(SourceError, match="has no column occurred_at"):
        asked(golden, "2026-04-20 12:00")


def test_no_row_at_all_is_zero_and_a_ratio_of_nothing_is_absent(database: str) -> None:
    found, _ = asked(database, "2026-04-20 12:00", {"session_duration": True})
    found.pop(("jobhive_activity_source_info", frozenset({("source", "activity")})))
    assert set(found.values()) == {0}
    assert not {name for name, _ in found if name.endswith(("_ratio", "_avg_seconds"))}
    assert len(found) == 6 + 4 + 1 + 9 + 9 + 3 + 2 + 3


@pytest.mark.parametrize("activity_source", ["activity", "derived"])
def test_later_rows_do_not_change_the_past(golden: str, activity_source: str) -> None:
    options = {"activity_source": activity_source}
    before, _ = asked(golden, "2026-03-20 00:00", options)
    execute(
        golden,
        """
        INSERT INTO accounts_user (id, date_joined, email_verified_at) VALUES (99, '2026-03-20', '2026-03-20');
        INSERT INTO analytics_useractivity (user_id, occurred_at) VALUES (1, '2026-03-20'), (99, '2026-03-01');
        INSERT INTO interviews_interviewsession (user_id, status, is_practice, created_at, start_time, end_time)
            VALUES (1, 'completed', false, '2026-03-01', '2026-03-20', '2026-03-21');
        UPDATE accounts_user SET deleted_at = '2026-03-20' WHERE id = 2;
        """,
    )
    assert asked(golden, "2026-03-20 00:00", options)[0] == before
