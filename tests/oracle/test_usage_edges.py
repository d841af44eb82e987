"""The usage oracle at its edges, by hand and to the microsecond: what golden.sql has no row for."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.activity import business_date, calendar_windows, utc_30d, visits
from tests.oracle.samples import percentile
from tests.oracle.sessions import active, closed, closing, completed, end, length, other, running, scheduled, stale
from tests.oracle.usage import (
    Activity,
    Assessment,
    Interviewer,
    Job,
    Recommendation,
    Session,
    Settings,
    User,
    UserSession,
    Values,
    World,
    expected_engagement,
    expected_interviews,
    expected_operations,
    expected_session_quality,
    key,
)

T = datetime(2026, 4, 20, 12, tzinfo=UTC)
TODAY = datetime(2026, 4, 20, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SETTINGS = Settings()
STATES = {
    "completed": completed,
    "running": running,
    "active": active,
    "stale": stale,
    "closed": closed,
    "scheduled": scheduled,
    "other": other,
}
LIVE = Session(1, 1, "in_progress", T - 10 * DAY, start_time=T - HOUR)
DONE = replace(LIVE, status="completed", end_time=T - TICK)


def changed(row: Session, changes: dict[str, Any]) -> Session:
    return replace(row, **changes)


def world(*sessions: Session, **rows: Any) -> World:
    return World(users=(User(1, T - 200 * DAY),), sessions=sessions, **rows)


def get(values: Values, family: str, **labels: str) -> Fraction | int | None:
    return values.get(key(f"jobhive_{family}", **labels))


def interviews(*sessions: Session, settings: Settings = SETTINGS) -> Values:
    numbered = (replace(row, id=number) for number, row in enumerate(sessions, 1))
    return expected_interviews(world(*numbered), T, settings)


# 2.4: the state of a session


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ({}, "running active"),
        ({"start_time": T}, "scheduled"),
        ({"start_time": T, "created_at": T}, ""),
        ({"start_time": None, "created_at": T - TICK}, "scheduled"),
        ({"start_time": T - TICK, "created_at": T}, "running active"),
        ({"start_time": T - 4 * HOUR}, "running active"),
        ({"start_time": T - 4 * HOUR - TICK}, "running stale"),
        ({"end_time": T}, "running active"),
        ({"end_time": T - TICK}, "closed"),
        ({"status": "LIVE"}, "running active"),
        ({"status": "mystery"}, "running active"),
        ({"status": "mystery", "start_time": None}, "other"),
        ({"status": "mystery", "start_time": None, "end_time": T}, "other"),
        ({"status": "mystery", "start_time": None, "end_time": T - TICK}, "closed"),
        ({"status": "completed"}, ""),
        ({"status": "completed", "start_time": None}, ""),
        ({"status": "completed", "end_time": T}, "running active"),
        ({"status": "Done", "end_time": T - TICK}, "completed closed"),
        ({"status": "completed", "start_time": None, "end_time": T - TICK}, "completed closed"),
        ({"status": "completed", "start_time": T + HOUR, "end_time": T - TICK}, "completed closed"),
        ({"status": "completed", "start_time": None, "end_time": T}, "scheduled"),
        ({"status": "scheduled", "start_time": T - DAY}, "running stale"),
        ({"status": "cancelled"}, "closed"),
        ({"status": "cancelled", "start_time": None, "created_at": T}, ""),
        ({"status": "noshow", "start_time": None, "scheduled_at": T}, ""),
        ({"status": "no_show", "start_time": None, "scheduled_at": T - TICK}, "closed"),
        ({"status": "abandoned", "start_time": None, "end_time": T}, "scheduled"),
        ({"ended_reason": "walked_off"}, "closed"),
        ({"status": "mystery", "ended_reason": "Walked_Off", "start_time": None}, "closed"),
    ],
)
def test_the_timestamps_decide_and_the_left_limit_holds(changes: dict[str, Any], states: str) -> None:
    settings = Settings(ended_reasons={"abandoned": ("walked_off",)})
    row = changed(LIVE, changes)
    assert [name for name, holds in STATES.items() if holds(row, T, settings)] == states.split()


@pytest.mark.parametrize(
    ("unit", "duration", "stop"),
    [
        ("from_timestamps", 60.0, None),
        ("seconds", 60.0, T - 59 * timedelta(minutes=1)),
        ("minutes", 60.0, T),
        ("microseconds", 1.0, T - HOUR + TICK),
        ("seconds", 0.0, T - HOUR),
        ("seconds", 86400.0, T + 23 * HOUR),
        ("minutes", 1440.5, None),
        ("seconds", -1.0, None),
        ("seconds", float("nan"), None),
        ("seconds", float("inf"), None),
        ("seconds", None, None),
    ],
)
def test_an_end_is_made_of_a_duration_of_known_unit(unit: str, duration: float | None, stop: datetime | None) -> None:
    settings = Settings(duration_unit=unit)
    row = replace(DONE, end_time=None, duration=duration)
    assert end(row, settings) == stop
    assert end(replace(row, status="abandoned"), settings) is None
    assert end(replace(row, start_time=None), settings) is None
    assert end(replace(row, end_time=T), settings) == T


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("completed", [T, None, None, None]),
        ("no_show", [T, T - 1 * DAY, T - 2 * DAY, T - 3 * DAY]),
        ("abandoned", [T, T - 2 * DAY, T - 2 * DAY, T - 3 * DAY]),
        ("cancelled", [T, T - 2 * DAY, T - 2 * DAY, T - 3 * DAY]),
        ("in_progress", [T, None, None, None]),
        ("mystery", [T, None, None, None]),
    ],
)
def test_the_closing_instant_is_the_first_that_is_known(status: str, found: list[datetime | None]) -> None:
    row = Session(1, 1, status, T - 3 * DAY, T - 2 * DAY, T, scheduled_at=T - DAY)
    instants = []
    for column in ("", "end_time", "scheduled_at", "start_time"):
        row = changed(row, {column: None}) if column else row
        instants.append(closing(row, SETTINGS))
    assert instants == found


@pytest.mark.parametrize(
    ("span", "valid"),
    [(timedelta(0), True), (-TICK, False), (DAY, True), (DAY + TICK, False)],
)
def test_a_length_is_valid_up_to_a_day(span: timedelta, valid: bool) -> None:
    row = replace(DONE, start_time=T - 2 * DAY, end_time=T - 2 * DAY + span)
    assert (length(row, SETTINGS) is not None) is valid
    values = interviews(row)
    assert get(values, "interviews_completed", kind="hiring", window="7d") == 1
    assert get(values, "interview_duration_samples", kind="hiring", window="7d") == valid


def test_a_column_of_known_unit_is_used_instead_of_the_timestamps() -> None:
    settings = Settings(duration_unit="minutes")
    for row, seconds in (
        (replace(DONE, duration=2.5), 150),
        (replace(DONE, start_time=None, duration=2.5), 150),
        (DONE, None),
        (replace(DONE, duration=-1.0), None),
    ):
        values = interviews(row, settings=settings)
        assert get(values, "interview_duration_avg_seconds", kind="all", window="24h") == seconds


# 4.3: interviews


def test_percentiles_interpolate_between_order_statistics() -> None:
    name = key("jobhive_interview_duration_p95_seconds")
    sample = [Fraction(n) for n in range(10, 0, -1)]
    assert percentile(name, sample, Fraction("0.95")) == {name: Fraction("9.55")}
    assert percentile(name, sample[:1], Fraction("0.95")) == {name: 10}
    assert percentile(name, [], Fraction("0.95")) == {}


@pytest.mark.parametrize("window", ["24h", "7d", "30d"])
def test_windows_are_closed_at_the_start_and_open_at_the_end(window: str) -> None:
    first = T - {"24h": 1, "7d": 7, "30d": 30}[window] * DAY
    for instant, inside in ((first, 1), (first - TICK, 0), (T - TICK, 1), (T, 0)):
        labels = {"kind": "hiring", "window": window}
        rows = replace(LIVE, start_time=instant), replace(DONE, start_time=None, end_time=instant)
        values = interviews(*rows, replace(LIVE, start_time=None, created_at=instant))
        assert get(values, "interviews_started", **labels) == inside
        assert get(values, "interviews_completed", **labels) == inside
        old = {"24h": 0, "7d": 0, "30d": 2}[window]  # the other two were created ten days ago
        assert get(values, "interview_pipeline_sessions", stage="invited", **labels) == inside + old


@pytest.mark.parametrize(
    ("changes", "cohort"),
    [
        ({}, (0, 0)),
        ({"start_time": T - 4 * HOUR}, (0, 0)),
        ({"start_time": T - 4 * HOUR - TICK}, (0, 1)),
        ({"status": "cancelled"}, (0, 1)),
        ({"status": "completed"}, (0, 1)),
        ({"status": "completed", "end_time": T}, (0, 0)),
        ({"status": "completed", "end_time": T - TICK}, (1, 1)),
        ({"status": "abandoned", "end_time": T - TICK}, (0, 1)),
        ({"start_time": T}, (0, 0)),
    ],
)
def test_completion_waits_until_a_session_is_no_longer_active(changes: dict[str, Any], cohort: tuple[int, int]) -> None:
    values, labels = interviews(changed(LIVE, changes)), {"kind": "hiring", "window": "24h"}
    names = ("interview_completion_completed", "interview_completion_base")
    assert tuple(get(values, name, **labels) for name in names) == cohort
    wanted = Fraction(*cohort) if cohort[1] else None
    assert get(values, "interview_completion_ratio", **labels) == wanted


@pytest.mark.parametrize(
    ("completion", "technical", "found"),
    [
        (80.0, 75.0, (1, 1)),
        (79.99, 75.0, (0, 1)),
        (80.0, 74.99, (0, 1)),
        (100.0, 100.0, (1, 1)),
        (None, 75.0, (0, 0)),
        (80.0, None, (0, 0)),
        (100.01, 75.0, (0, 0)),
        (80.0, -0.01, (0, 0)),
        (float("nan"), 75.0, (0, 0)),
        (80.0, float("inf"), (0, 0)),
    ],
)
def test_high_performers_have_both_values_and_reach_both(
    completion: float | None, technical: float | None, found: tuple[int, int]
) -> None:
    row = replace(DONE, completion_percentage=completion, technical_accuracy=technical)
    values, labels = interviews(row), {"kind": "hiring", "window": "24h"}
    names = ("interview_high_performers", "interview_high_performer_base")
    assert tuple(get(values, name, **labels) for name in names) == found


def test_scores_of_either_scale_are_the_same_numbers() -> None:
    scores = (0.7, 0.75, 0.8, None, 1.01)
    rows = [replace(DONE, technical_accuracy=score, completion_percentage=score) for score in scores]
    values = interviews(*rows, settings=Settings(score_scale=1))
    labels = {"kind": "hiring", "window": "24h"}
    assert get(values, "interview_score_avg_ratio", dimension="technical", **labels) == Fraction("0.75")
    assert get(values, "interview_scored", dimension="completion", **labels) == 3
    assert get(values, "interview_scored", dimension="behavioral", **labels) == 0
    assert get(values, "interview_score_avg_ratio", dimension="behavioral", **labels) is None
    assert get(values, "interview_high_performers", **labels) == 1
    passed = get(interviews(*rows), "interview_pipeline_sessions", stage="passed", kind="hiring", window="30d")
    assert passed == 0
    assert get(values, "interview_pipeline_sessions", stage="passed", kind="hiring", window="30d") == 3


def test_both_ends_of_the_scale_are_valid_scores() -> None:
    values = interviews(replace(DONE, behavioral_score=0.0, technical_accuracy=100.0))
    labels = {"kind": "all", "window": "24h"}
    assert get(values, "interview_score_avg_ratio", dimension="behavioral", **labels) == 0
    assert get(values, "interview_score_avg_ratio", dimension="technical", **labels) == 1


def test_progress_is_of_the_started_and_scores_are_of_the_ended() -> None:
    straddling = replace(DONE, start_time=T - 25 * HOUR, completion_percentage=40.0)
    values = interviews(straddling, replace(LIVE, completion_percentage=60.0))
    labels = {"kind": "all", "window": "24h"}
    assert get(values, "interview_progress_avg_ratio", **labels) == Fraction("0.6")
    assert get(values, "interview_score_avg_ratio", dimension="completion", **labels) == Fraction("0.4")


def test_kinds_add_up_in_all_which_has_no_counts() -> None:
    practice = replace(DONE, is_practice=True, start_time=T - 2 * HOUR, end_time=T - HOUR)
    values = interviews(DONE, practice, practice)
    lengths = {"hiring": HOUR - TICK, "practice": HOUR, "all": HOUR - TICK / 3}
    for kind in ("hiring", "practice"):
        seconds = Fraction(lengths[kind] // TICK, 10**6)
        assert get(values, "interview_duration_avg_seconds", kind=kind, window="24h") == seconds
    mean = get(values, "interview_duration_avg_seconds", kind="all", window="24h")
    assert mean == Fraction(3 * 3600 * 10**6 - 1, 3 * 10**6)
    counted = {family for family, labels in values if ("kind", "all") in labels}
    assert all(name.endswith(("_ratio", "_seconds")) for name in counted)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("done", "completed"), ("Expired", "abandoned"), ("canceled", "cancelled"), ("missed", "no_show")]
    + [(status, "other") for status in ("live", "booked", "mystery")],
)
def test_every_class_has_its_outcome(status: str, outcome: str) -> None:
    values = interviews(replace(DONE, status=status))
    outcomes = ("completed", "abandoned", "cancelled", "no_show", "other")
    found = [get(values, "interviews_ended", outcome=name, kind="hiring", window="24h") for name in outcomes]
    assert found == [int(name == outcome) for name in outcomes]


def test_utc_days_end_at_the_last_midnight() -> None:
    assert utc_30d(TODAY, 0) == (TODAY - 30 * DAY, TODAY)
    assert utc_30d(TODAY - TICK, 0) == (TODAY - 31 * DAY, TODAY - DAY)
    assert utc_30d(T, 3) == (TODAY - 33 * DAY, TODAY - 3 * DAY)
    rows = [replace(DONE, start_time=None, end_time=TODAY + shift) for shift in (-TICK, timedelta(0), -30 * DAY)]
    values = interviews(*rows)
    counts = [get(values, "interviews_completed_utc_30d", kind="hiring", lag_days=lag) for lag in "0123"]
    assert counts == [2, 1, 1, 1]


@pytest.mark.parametrize(
    "flag",
    [{"is_staff": True}, {"is_superuser": True}, {"is_test": True}, {"company_id": 3}, {"date_joined": T}],
)
def test_the_population_is_that_of_t(flag: dict[str, Any]) -> None:
    settings = Settings(exclude_company_ids=frozenset({3}))
    rows = replace(world(DONE, LIVE), users=(replace(User(1, T - TICK), **flag),))
    values = expected_interviews(rows, T, settings) | expected_operations(rows, T, settings)
    assert set(values.values()) == {0}
    for name in ({"deleted_at": T - DAY}, {"is_active": False}):
        there = replace(rows, users=(replace(User(1, T - TICK), **name),))
        assert get(expected_operations(there, T, settings), "interviews_active", kind="hiring") == 1


def test_the_last_hour() -> None:
    for instant, inside in ((T - HOUR, 1), (T - HOUR - TICK, 0), (T - TICK, 1), (T, 0)):
        rows = replace(LIVE, start_time=instant), replace(DONE, id=2, start_time=None, end_time=instant)
        values = expected_operations(world(*rows), T, SETTINGS)
        for family in ("started", "completed"):
            assert get(values, f"interviews_recent_{family}", kind="hiring", window="1h") == inside


# Per company and interviewer


def test_a_company_has_the_sessions_of_its_jobs() -> None:
    jobs = (Job(1, 7), Job(2, 8), Job(3), Job(4, 7))
    sessions = [replace(DONE, id=n, job_id=n if n < 5 else None) for n in range(1, 6)]
    settings = Settings(companies=((7, "acme"), (9, "nobody")))
    values = expected_interviews(world(*sessions, jobs=jobs), T, settings)
    for label, count in (("acme", 2), ("nobody", 0)):
        labels = {"company": label, "kind": "hiring", "window": "24h"}
        assert get(values, "company_interviews_completed", **labels) == count
        assert get(values, "company_interview_completion_base", **labels) == count
    assert {name for name, _ in values if "company" in name} == {
        *("jobhive_company_interviews_started", "jobhive_company_interviews_completed"),
        *("jobhive_company_interview_duration_avg_seconds", "jobhive_company_interview_duration_samples"),
        *("jobhive_company_interview_completion_ratio", "jobhive_company_interview_completion_base"),
        *("jobhive_company_interview_completion_completed", "jobhive_company_interview_progress_samples"),
        *("jobhive_company_interview_scored", "jobhive_company_interview_high_performers"),
        "jobhive_company_interview_high_performer_base",
    }


def test_interviewers_are_the_top_twenty_other_and_none() -> None:
    """Twenty-two have a slug: 1 leads, the others tie, so that the last two by slug are other, as is one without."""
    people = (*(Interviewer(n, f"s{n:02}") for n in range(1, 23)), Interviewer(23), Interviewer(24, "idle"))
    held = [*range(1, 24), 1, None]
    sessions = [replace(DONE, id=n, interviewer_id=who) for n, who in enumerate(held, 1)]
    values = expected_interviews(world(*sessions, interviewers=people), T, Settings(interviewers=True))
    labels = {"kind": "hiring", "window": "24h"}
    named = {dict(pairs)["interviewer"] for family, pairs in values if "interviewer_" in family}
    assert named == {*(f"s{n:02}" for n in range(1, 21)), "other", "none"}
    found = [get(values, "interviewer_interviews", interviewer=name, **labels) for name in ("s01", "other", "none")]
    assert found == [2, 3, 1]
    empty = expected_interviews(World(), T, Settings(interviewers=True))
    assert {dict(pairs)["interviewer"] for family, pairs in empty if "interviewer_" in family} == {"other", "none"}


def test_ratios_of_an_interviewer_need_ten_sessions() -> None:
    sessions = [
        replace(DONE, id=n, interviewer_id=1, technical_accuracy=50.0, completion_percentage=90.0 if n < 10 else None)
        for n in range(1, 11)
    ]
    people, settings = (Interviewer(1, "ada"),), Settings(interviewers=True)
    labels = {"interviewer": "ada", "kind": "all", "window": "7d"}
    values = expected_interviews(world(*sessions, interviewers=people), T, settings)
    assert get(values, "interviewer_completion_ratio", **labels) == 1
    assert get(values, "interviewer_score_avg_ratio", dimension="technical", **labels) == Fraction("0.5")
    assert get(values, "interviewer_score_avg_ratio", dimension="completion", **labels) is None
    assert get(values, "interviewer_high_performer_ratio", **labels) is None
    few = expected_interviews(world(*sessions[1:], interviewers=people), T, settings)
    assert get(few, "interviewer_completion_ratio", **labels) is None
    assert get(few, "interviewer_duration_avg_seconds", **labels) == Fraction(3600 * 10**6 - 1, 10**6)


# 4.1: engagement


def engaged(
    *instants: datetime, at: datetime = T, settings: Settings = SETTINGS, joined: datetime | None = None
) -> Values:
    rows = tuple(Activity(n, 1, instant) for n, instant in enumerate(instants, 1))
    return expected_engagement(World(users=(User(1, joined or T - 200 * DAY),), activities=rows), at, settings)


def test_an_active_user_is_one_of_the_window() -> None:
    for instant, inside in ((T - DAY, 1), (T - DAY - TICK, 0), (T - TICK, 1), (T, 0), (T + HOUR, 0)):
        assert get(engaged(instant, instant), "active_users", window="24h") == inside
    for instant, inside in ((TODAY - DAY, 1), (TODAY - DAY - TICK, 0), (TODAY - TICK, 1), (TODAY, 0)):
        assert get(engaged(instant), "active_users", window="prev_day") == inside


def test_a_week_begins_where_the_configuration_says() -> None:
    sunday = datetime(2026, 4, 19, tzinfo=UTC)
    assert calendar_windows(T, SETTINGS)["prev_week"] == (sunday - 6 * DAY, sunday + DAY)
    assert calendar_windows(T, Settings(week_start=6))["prev_week"] == (sunday - 7 * DAY, sunday)
    assert calendar_windows(sunday, Settings(week_start=6))["prev_week"] == (sunday - 7 * DAY, sunday)
    assert calendar_windows(sunday - TICK, Settings(week_start=6))["prev_week"] == (sunday - 14 * DAY, sunday - 7 * DAY)


def test_days_of_a_change_of_clocks_are_an_hour_short_or_long() -> None:
    zone = "America/New_York"
    for day, hours in ((8, 23), (9, 24)):
        window = calendar_windows(datetime(2026, 3, day + 1, 12, tzinfo=UTC), Settings(timezone=zone))["prev_day"]
        assert window[1] - window[0] == hours * HOUR
    autumn = calendar_windows(datetime(2026, 11, 2, 5, tzinfo=UTC), Settings(timezone=zone))
    assert autumn["prev_day"] == (datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC))
    assert business_date(datetime(2026, 11, 2, 5, tzinfo=UTC) - TICK, zone) == date(2026, 11, 1)


def test_a_midnight_that_does_not_exist_is_the_first_instant_of_its_date() -> None:
    change = datetime(2018, 11, 4, 3, tzinfo=UTC)  # 00:00 became 01:00
    assert business_date(change, "America/Sao_Paulo") == date(2018, 11, 4)
    assert business_date(change - TICK, "America/Sao_Paulo") == date(2018, 11, 3)


def test_stickiness_wants_history_and_counts_thirty_days() -> None:
    first = TODAY - 30 * DAY
    label = {"window": "30d"}
    assert get(engaged(first, TODAY - TICK), "user_stickiness_ratio", **label) == Fraction(2, 30)
    assert get(engaged(first + TICK), "user_stickiness_ratio", **label) is None
    assert get(engaged(first + TICK), "user_stickiness_base_users", **label) == 1
    assert get(engaged(first - TICK), "user_stickiness_ratio", **label) is None
    assert get(engaged(first - TICK), "user_stickiness_base_users", **label) == 0
    assert get(engaged(first - TICK, TODAY), "user_stickiness_base_users", **label) == 0


@pytest.mark.parametrize(
    ("kind", "age", "instants", "found"),
    [
        # The cohort of day 7 is D − 14 to D − 8.
        ("n_day", 8, [7 * DAY], (1, 1)),
        ("n_day", 8, [7 * DAY - TICK], (0, 1)),
        ("n_day", 8, [8 * DAY - TICK], (1, 1)),
        ("n_day", 8, [8 * DAY], (0, 1)),
        ("n_day", 7, [7 * DAY], (0, 0)),
        ("n_day", 14, [7 * DAY], (1, 1)),
        ("n_day", 15, [7 * DAY], (0, 0)),
        ("unbounded", 8, [8 * DAY + 12 * HOUR - TICK], (1, 1)),
        ("unbounded", 8, [8 * DAY + 12 * HOUR], (0, 1)),
        ("unbounded", 8, [7 * DAY - TICK], (0, 1)),
        ("bracket", 13, [7 * DAY], (0, 0)),
        ("bracket", 14, [14 * DAY - TICK], (1, 1)),
        ("bracket", 14, [14 * DAY], (0, 1)),
        ("bracket", 14, [7 * DAY - TICK], (0, 1)),
        ("bracket", 20, [7 * DAY], (1, 1)),
        ("bracket", 21, [7 * DAY], (0, 0)),
    ],
)
def test_retention_by_business_dates(kind: str, age: int, instants: list[timedelta], found: tuple[int, int]) -> None:
    """A user who joined late on the date ``age`` days ago, and activity so long after that date began."""
    born = TODAY - age * DAY
    values = engaged(*(born + span for span in instants), joined=born + DAY - TICK)
    labels = {"day": "7", "kind": kind}
    names = ("user_retention_retained_users", "user_retention_cohort_users")
    assert tuple(get(values, name, **labels) for name in names) == found


@pytest.mark.parametrize(
    ("gap", "sessions"),
    [(timedelta(minutes=30), 1), (timedelta(minutes=30) + TICK, 0)],
)
def test_a_gap_of_more_than_thirty_minutes_ends_an_app_session(gap: timedelta, sessions: int) -> None:
    first = T - 3 * HOUR
    values = engaged(first, first, first + gap, settings=Settings(app_sessions="activity"))
    assert get(values, "user_sessions", window="24h") == sessions
    found = get(values, "user_session_duration_avg_seconds", window="24h")
    assert found == (1800 if sessions else None)
    assert len(visits(frozenset({(1, first), (1, first + gap)}), first + gap)) == 0


@pytest.mark.parametrize(
    ("start", "seen", "counted"),
    [
        (T - 2 * HOUR, T - HOUR / 2 - TICK, 1),
        (T - 2 * HOUR, T - HOUR / 2, 0),
        (T - 2 * HOUR, T + HOUR, 0),
        (T - 2 * DAY, T - DAY, 1),
        (T - 2 * DAY, T - DAY - TICK, 0),
        (T - 2 * DAY, T - DAY + TICK, 0),
        (T - HOUR, T - HOUR, 1),
        (T - HOUR, T - HOUR - TICK, 0),
    ],
)
def test_app_sessions_of_the_table(start: datetime, seen: datetime, counted: int) -> None:
    rows = World(users=(User(1, T - 9 * DAY),), user_sessions=(UserSession(1, 1, start, seen),))
    values = expected_engagement(rows, T, Settings(app_sessions="usersession", activity_source="login"))
    assert get(values, "user_sessions", window="24h") == counted


def test_app_sessions_are_not_cut_from_derived_activity() -> None:
    for settings in (SETTINGS, Settings(app_sessions="activity", activity_source="derived")):
        assert not [name for name, _ in engaged(T - HOUR, settings=settings) if "session" in name]


def test_derived_activity_is_a_union_of_what_users_did() -> None:
    seen = {"start_time": T - 9 * DAY, "end_time": T - 8 * DAY, "created_at": T - 5 * HOUR}
    rows = World(
        users=tuple(User(n, T - 100 * DAY) for n in range(1, 6)),
        sessions=(changed(DONE, seen),),
        assessments=(Assessment(1, 1, T - 2 * DAY),),
        recommendations=(
            *(Recommendation(1, T - HOUR, user_id=2), Recommendation(2, T - HOUR, user_id=3, accepted_at=T - HOUR)),
            Recommendation(3, T - HOUR, accepted_at=T - HOUR),
        ),
    )
    values = expected_engagement(rows, T, Settings(activity_source="derived"))
    assert [get(values, "active_users", window=window) for window in ("24h", "7d", "30d")] == [1, 2, 2]


def test_deleted_users_are_not_registered_but_were_new() -> None:
    for deleted, registered in ((T - TICK, 0), (T, 1), (None, 1)):
        rows = World(users=(User(1, T - HOUR, deleted_at=deleted, is_verified=True),))
        values = expected_engagement(rows, T, SETTINGS)
        assert get(values, "users", state="registered") == registered
        assert get(values, "users", state="verified") == 0
        assert get(values, "users_new", window="24h") == 1
        flagged = expected_engagement(rows, T, Settings(verification_time=False))
        assert get(flagged, "users", state="verified") == registered


def test_a_user_is_verified_once_the_time_has_passed() -> None:
    for verified, count in ((T - TICK, 1), (T, 0)):
        rows = World(users=(User(1, T - HOUR, email_verified_at=verified),))
        assert get(expected_engagement(rows, T, SETTINGS), "users", state="verified") == count


# 4.13: data quality


@pytest.mark.parametrize(
    ("changes", "checks"),
    [
        ({}, "progress_null score_null"),
        ({"end_time": T}, ""),
        ({"status": "mystery"}, "status_unknown"),
        ({"end_time": None}, "completed_without_end"),
        ({"end_time": None, "start_time": None}, "completed_without_end start_missing"),
        ({"start_time": None}, "progress_null score_null start_missing"),
        ({"status": "abandoned", "end_time": None}, "closed_without_end"),
        ({"status": "no_show", "end_time": None, "start_time": None}, ""),
        ({"status": "cancelled", "end_time": None}, ""),
        ({"status": "booked"}, "status_end_mismatch"),
        ({"status": "live", "end_time": T}, ""),
        ({"status": "cancelled", "end_time": T - 2 * HOUR}, "negative_duration"),
        ({"status": "cancelled", "start_time": T - DAY - TICK}, ""),
        ({"status": "cancelled", "start_time": T - DAY - 2 * TICK}, "duration_too_long"),
        ({"status": "cancelled", "start_time": T - 30 * DAY}, "duration_too_long"),
        ({"status": "cancelled", "start_time": T - 30 * DAY - TICK}, ""),
        ({"status": "live", "start_time": T + timedelta(seconds=60), "end_time": None}, ""),
        ({"status": "live", "start_time": T + timedelta(seconds=60) + TICK, "end_time": None}, "future_start"),
        ({"status": "booked", "start_time": T + DAY, "end_time": None}, ""),
        ({"status": "cancelled", "completion_percentage": 100.01}, "progress_out_of_range"),
        ({"status": "cancelled", "completion_percentage": float("inf")}, "non_finite"),
        ({"status": "cancelled", "technical_accuracy": -0.1, "behavioral_score": 101.0}, "score_out_of_range"),
        ({"technical_accuracy": float("nan"), "completion_percentage": 1.0}, "non_finite score_null"),
        ({"status": "cancelled", "duration": float("nan")}, "non_finite"),
        ({"status": "cancelled", "duration": -5.0}, ""),
    ],
)
def test_a_broken_session_breaks_these_checks(changes: dict[str, Any], checks: str) -> None:
    found = expected_session_quality(world(changed(DONE, changes)), T, SETTINGS)
    assert sorted(check for (_, check), rows in found.items() if rows) == checks.split()


def test_broken_activities_and_users() -> None:
    late = T + timedelta(seconds=60)
    features = ("", "Learning_Path", "export", "mystery")
    rows = World(
        users=(User(1, late), User(2, late + TICK, is_staff=True)),
        activities=(
            *(Activity(n, 1, T - TICK, feature) for n, feature in enumerate(features, 1)),
            *(Activity(5, 1, T - 30 * DAY - TICK, "mystery"), Activity(6, 1, late, "mystery")),
            Activity(7, 1, late + TICK, "mystery"),
        ),
    )
    found = expected_session_quality(rows, T, Settings(ignored_features=("EXPORT",)))
    broken = {name: count for name, count in found.items() if count}
    assert broken == {("activity", "feature_unknown"): 1, ("activity", "future_date"): 1, ("user", "future_date"): 1}
