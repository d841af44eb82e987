"""The usage oracle against golden.md: sections 1, 3 and 5."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from tests.oracle import test_oracle as revenue
from tests.oracle.activity import calendar_windows
from tests.oracle.sessions import closing, completed
from tests.oracle.usage import (
    Activity,
    Session,
    Settings,
    User,
    Values,
    World,
    expected_engagement,
    expected_interviews,
    expected_operations,
    expected_session_quality,
    key,
)

UTC_SETTINGS = Settings()
NEW_YORK = Settings(timezone="America/New_York")
COUNTED = ("hiring", "practice")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def user(number: int, joined: str, login: str | None, verified: bool = True) -> User:
    return User(
        number,
        date_joined=instant(joined),
        last_login=None if login is None else instant(login),
        is_verified=verified,
        email_verified_at=instant(joined) if verified else None,
    )


def activity(number: int, user_id: int, day: str) -> Activity:
    return Activity(number, user_id, instant(f"2026-{day} 09:00"))


def session(number: int, user_id: int, status: str, start: str | None, end: str | None) -> Session:
    times = [None if text is None else instant(f"2026-04-{text}") for text in (start, end)]
    return Session(number, user_id, status, instant("2026-04-18"), start_time=times[0], end_time=times[1])


GOLDEN = World(
    users=(
        user(1, "2026-01-05 10:00", "2026-04-02 09:00"),
        user(2, "2026-01-20 10:00", "2026-02-03 09:00"),
        user(3, "2026-02-10 10:00", "2026-04-10 09:00", verified=False),
        user(4, "2026-02-11 10:00", None),
        user(5, "2026-03-01 00:00", "2026-03-01 00:00"),
    ),
    activities=(
        *(activity(1, 1, "01-05"), activity(2, 1, "02-05"), activity(3, 1, "03-05"), activity(4, 1, "04-02")),
        *(activity(5, 2, "01-20"), activity(6, 2, "02-03")),
        *(activity(7, 3, "02-10"), activity(8, 3, "03-15"), activity(9, 3, "04-10")),
        *(activity(10, 4, "02-11"), activity(11, 5, "03-01")),
    ),
    plans=revenue.GOLDEN.plans,
    subscriptions=revenue.GOLDEN.subscriptions,
    sessions=(
        session(1, 1, "completed", "20 11:00", "20 11:30"),
        session(2, 1, "in_progress", "20 10:30", None),
        session(3, 3, "completed", "20 09:00", "20 12:00"),
        session(4, 2, "abandoned", "19 09:00", "19 09:05"),
        session(5, 5, "scheduled", None, None),
    ),
)

# T | UE1 24h, 7d, 30d, prev_day, prev_week, prev_month | UE3 | UE3b | registered, verified | UE9b 24h, 7d, 30d
ENGAGEMENT = """
    2026-02-01 00:00 | 0 0 2 0 1 2 | -    | 2 | 2 2 | 0 0 2
    2026-02-11 12:00 | 1 3 4 1 2 2 | 4/90 | 3 | 4 3 | 1 2 3
    2026-03-01 00:00 | 0 0 4 0 0 4 | 1/30 | 4 | 4 3 | 0 0 2
    2026-03-20 00:00 | 0 1 3 0 1 4 | 1/30 | 3 | 5 4 | 0 0 1
    2026-04-01 00:00 | 0 0 2 0 0 3 | 1/30 | 2 | 5 4 | 0 0 0
    2026-04-20 12:00 | 0 0 2 0 0 3 | 1/30 | 2 | 5 4 | 0 0 0
    2026-05-01 00:00 | 0 0 2 0 0 2 | 1/30 | 2 | 5 4 | 0 0 0
"""
# source | 24h, 7d, 30d, prev_day, prev_week, prev_month at 2026-04-20 12:00
SOURCES = """
    activity | 0 0 2 0 0 3
    derived  | 2 3 5 1 1 2
    login    | 0 0 2 - - -
"""
# T | day | n_day | unbounded | bracket; all other pairs of these instants have an empty cohort
RETENTION = """
    2026-02-11 12:00 | 30 | 0/1 | 1/1 | 1/1
    2026-02-18 12:00 | 1  | 0/2 | 0/2 | 0/1
    2026-02-18 12:00 | 7  | 0/1 | 0/1 | -
    2026-03-18 12:00 | 7  | -   | -   | 0/1
    2026-03-18 12:00 | 30 | 0/2 | 1/2 | -
    2026-03-25 12:00 | 30 | -   | -   | 1/2
    2026-04-08 12:00 | 30 | -   | -   | 0/1
"""
# T | active, stale | scheduled, in progress | completed, started within the hour
LIVE = """
    2026-04-20 11:30 | 3 0 | 1 3 | 0 2
    2026-04-20 12:00 | 2 0 | 1 2 | 1 1
    2026-04-20 13:00 | 1 0 | 1 1 | 1 0
    2026-04-20 15:00 | 0 1 | 1 1 | 0 0
    2026-05-01 00:00 | 0 1 | 1 1 | 0 0
"""
# T | window | IA1 | IA2 | UE6 | IA12a abandoned | mean, p50, p95 of the duration
ENDED = """
    2026-04-20 12:00 | 24h | 3 | 1 | 1/1 | 0 | 1800 1800 1800
    2026-04-20 12:00 | 7d  | 4 | 1 | 1/2 | 1 | 1800 1800 1800
    2026-04-20 12:00 | 30d | 4 | 1 | 1/2 | 1 | 1800 1800 1800
    2026-04-20 13:00 | 24h | 3 | 2 | 2/2 | 0 | 6300 6300 10350
    2026-04-20 13:00 | 7d  | 4 | 2 | 2/3 | 1 | 6300 6300 10350
    2026-04-20 13:00 | 30d | 4 | 2 | 2/3 | 1 | 6300 6300 10350
    2026-04-20 15:00 | 24h | 3 | 2 | 2/3 | 0 | 6300 6300 10350
    2026-05-01 00:00 | 7d  | 0 | 0 | 0/0 | 0 | - - -
    2026-05-01 00:00 | 30d | 4 | 2 | 2/4 | 1 | 6300 6300 10350
"""


def table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


def pair(text: str) -> tuple[int, int]:
    part, whole = ("0", "0") if text == "-" else text.split("/")
    return int(part), int(whole)


def fraction(text: str) -> Fraction | None:
    return None if text == "-" else Fraction(text)


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def get(values: Values, family: str, **labels: str) -> Fraction | int | None:
    return values.get(key(f"jobhive_{family}", **labels))


def actives(values: Values) -> list[Fraction | None]:
    names = ("24h", "7d", "30d", "prev_day", "prev_week", "prev_month")
    found = [get(values, "active_users", window=name) for name in names]
    return [None if count is None else Fraction(count) for count in found]


@pytest.mark.parametrize("row", table(ENGAGEMENT), ids=lambda row: row[0])
def test_engagement(row: list[str]) -> None:
    at, counts, sticky, base, states, new = row
    values = expected_engagement(GOLDEN, instant(at), UTC_SETTINGS)
    assert actives(values) == [int(count) for count in counts.split()]
    assert get(values, "user_stickiness_ratio", window="30d") == fraction(sticky)
    assert get(values, "user_stickiness_base_users", window="30d") == int(base)
    assert [str(get(values, "users", state=state)) for state in ("registered", "verified")] == states.split()
    assert [str(get(values, "users_new", window=window)) for window in ("24h", "7d", "30d")] == new.split()


def test_thirty_utc_days_are_the_same_for_every_lag() -> None:
    values = expected_engagement(GOLDEN, instant("2026-04-20 12:00"), UTC_SETTINGS)
    assert [get(values, "active_users_utc_30d", lag_days=lag) for lag in "0123"] == [2, 2, 2, 2]


@pytest.mark.parametrize("row", table(SOURCES), ids=lambda row: row[0])
def test_activity_sources(row: list[str]) -> None:
    source, counts = row
    values = expected_engagement(GOLDEN, instant("2026-04-20 12:00"), Settings(activity_source=source))
    assert actives(values) == [fraction(count) for count in counts.split()]
    sources = {pairs for family, pairs in values if family == "jobhive_activity_source_info"}
    assert sources == {frozenset({("source", source)})}


def test_logins_tell_nothing_of_the_past() -> None:
    values = expected_engagement(GOLDEN, instant("2026-04-20 12:00"), Settings(activity_source="login"))
    assert {family for family, _ in values} == {
        *("jobhive_active_users", "jobhive_user_retention_cohort_users", "jobhive_users", "jobhive_users_new"),
        "jobhive_activity_source_info",
    }


@pytest.mark.parametrize("at", sorted({row[0] for row in table(RETENTION)}))
def test_retention(at: str) -> None:
    values = expected_engagement(GOLDEN, instant(at), UTC_SETTINGS)
    wanted = {int(row[1]): row[2:] for row in table(RETENTION) if row[0] == at}
    for day in (1, 7, 30):
        for kind, text in zip(("n_day", "unbounded", "bracket"), wanted.get(day, ["-"] * 3), strict=True):
            retained, cohort = pair(text)
            labels = {"day": str(day), "kind": kind}
            assert get(values, "user_retention_cohort_users", **labels) == cohort
            assert get(values, "user_retention_retained_users", **labels) == retained
            assert get(values, "user_retention_ratio", **labels) == share(retained, cohort)


@pytest.mark.parametrize("row", table(LIVE), ids=lambda row: row[0])
def test_operations(row: list[str]) -> None:
    at, live, states, recent = row
    values = expected_operations(GOLDEN, instant(at), UTC_SETTINGS)
    hiring = [get(values, family, kind="hiring") for family in ("interviews_active", "interviews_stale")]
    assert hiring == [int(count) for count in live.split()]
    found = [get(values, "interviews", kind="hiring", state=state) for state in ("scheduled", "in_progress")]
    assert found == [int(count) for count in states.split()]
    hour = [get(values, f"interviews_recent_{name}", kind="hiring", window="1h") for name in ("completed", "started")]
    assert hour == [int(count) for count in recent.split()]
    assert {count for (_, labels), count in values.items() if ("kind", "practice") in labels} == {0}


@pytest.mark.parametrize("row", table(ENDED), ids=lambda row: " ".join(row[:2]))
def test_interviews(row: list[str]) -> None:
    at, window, begun, done, completion, abandoned, durations = row
    values = expected_interviews(GOLDEN, instant(at), UTC_SETTINGS)
    counted = {"kind": "hiring", "window": window}
    assert get(values, "interviews_started", **counted) == int(begun)
    assert get(values, "interviews_completed", **counted) == int(done)
    assert get(values, "interviews_ended", outcome="completed", **counted) == int(done)
    assert get(values, "interviews_ended", outcome="abandoned", **counted) == int(abandoned)
    part, whole = pair(completion)
    assert get(values, "interview_completion_completed", **counted) == part
    assert get(values, "interview_completion_base", **counted) == whole
    for kind in ("hiring", "all"):
        labels = {"kind": kind, "window": window}
        assert get(values, "interview_completion_ratio", **labels) == share(part, whole)
        found = [get(values, f"interview_duration_{name}_seconds", **labels) for name in ("avg", "p50", "p95")]
        assert found == [fraction(text) for text in durations.split()]


def test_practice_is_zero_and_its_ratios_are_absent() -> None:
    values = expected_interviews(GOLDEN, instant("2026-04-20 13:00"), UTC_SETTINGS)
    practice = {name[0]: value for name, value in values.items() if ("kind", "practice") in name[1]}
    assert set(practice.values()) == {0}
    assert not [family for family in practice if family.endswith(("_ratio", "_seconds"))]


def test_complete_utc_days() -> None:
    for at, count in (("2026-04-20 13:00", 0), ("2026-05-01 00:00", 2)):
        values = expected_interviews(GOLDEN, instant(at), UTC_SETTINGS)
        for lag in "0123":
            assert get(values, "interviews_completed_utc_30d", kind="hiring", lag_days=lag) == count


def test_pipeline_of_sessions() -> None:
    values = expected_interviews(GOLDEN, instant("2026-04-20 12:00"), UTC_SETTINGS)
    wanted = {"24h": [0, 0, 0, 0], "7d": [5, 4, 1, 0], "30d": [5, 4, 1, 0]}
    for window, counts in wanted.items():
        labels = {"kind": "hiring", "window": window}
        stages = ("invited", "started", "completed", "passed")
        assert [get(values, "interview_pipeline_sessions", stage=stage, **labels) for stage in stages] == counts
        for n in range(3):
            pair = {"from": stages[n], "to": stages[n + 1]}
            rate = get(values, "interview_pipeline_conversion_ratio", **pair, **labels)
            assert rate == share(counts[n + 1], counts[n])


def test_null_scores_are_no_sample() -> None:
    values = expected_interviews(GOLDEN, instant("2026-04-20 12:00"), UTC_SETTINGS)
    absent = ("interview_score_avg_ratio", "interview_high_performer_ratio", "interview_progress_avg_ratio")
    assert not [family for family, _ in values if family.removeprefix("jobhive_") in absent]
    counted = ("interview_scored", "interview_high_performer_base", "interview_progress_samples")
    found = [value for (family, _), value in values.items() if family.removeprefix("jobhive_") in counted]
    assert (len(found), set(found)) == (3 * 6 + 6 + 6, {0})


def test_data_quality() -> None:
    checks = expected_session_quality(GOLDEN, instant("2026-04-20 12:00"), UTC_SETTINGS)
    broken = {check: rows for check, rows in checks.items() if rows}
    assert broken == {("session", "progress_null"): 1, ("session", "score_null"): 1}


# Section 3: New York


def test_calendar_windows_are_those_of_the_business_time_zone() -> None:
    at = instant("2026-04-20 12:00")
    windows = calendar_windows(at, NEW_YORK)
    assert windows["prev_month"] == (instant("2026-03-01 05:00"), instant("2026-04-01 04:00"))
    assert calendar_windows(at, UTC_SETTINGS)["prev_month"] == (instant("2026-03-01"), instant("2026-04-01"))
    assert windows["prev_week"] == (instant("2026-04-13 04:00"), instant("2026-04-20 04:00"))
    assert windows["prev_day"] == (instant("2026-04-19 04:00"), instant("2026-04-20 04:00"))


@pytest.mark.parametrize("row", table(ENGAGEMENT), ids=lambda row: row[0])
def test_trailing_windows_know_no_time_zone(row: list[str]) -> None:
    at, counts = instant(row[0]), row[1].split()
    values = expected_engagement(GOLDEN, at, NEW_YORK)
    assert actives(values)[:3] == [int(count) for count in counts[:3]]
    assert expected_interviews(GOLDEN, at, NEW_YORK) == expected_interviews(GOLDEN, at, UTC_SETTINGS)
    assert expected_operations(GOLDEN, at, NEW_YORK) == expected_operations(GOLDEN, at, UTC_SETTINGS)


def test_the_golden_rows_hold_the_words_of_the_contract() -> None:
    at, third = instant("2026-04-20 12:00"), GOLDEN.sessions[2]
    assert not completed(third, at, UTC_SETTINGS)
    assert completed(third, at.replace(microsecond=1), UTC_SETTINGS)
    assert closing(third, UTC_SETTINGS) == at
    assert closing(replace(third, status="NoShow", end_time=None), UTC_SETTINGS) == third.start_time
