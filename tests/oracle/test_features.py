"""The oracle of metrics.md 4.6: golden.md section 6, and the edges that golden.sql has no row for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.test_usage import GOLDEN, UTC_SETTINGS, get, instant
from tests.oracle.usage import (
    Activity,
    Assessment,
    Enrolment,
    Recommendation,
    Session,
    Settings,
    User,
    Values,
    World,
    expected_features,
)

FEATURES = ("interview_practice", "ai_feedback", "learning_paths", "analytics_dashboard", "skill_assessments")
T = datetime(2026, 4, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
USERS = (User(1, T - 200 * DAY), User(2, T - 200 * DAY), User(3, T - 200 * DAY, is_test=True))
PRACTICE = Session(1, 1, "completed", T - DAY, start_time=T - 2 * HOUR, end_time=T - HOUR, is_practice=True)


def test_golden_features() -> None:
    values = expected_features(GOLDEN, instant("2026-04-20 12:00"), UTC_SETTINGS)
    assert get(values, "feature_adoption_base", window="30d") == 2
    for feature in FEATURES:
        labels = {"feature": feature, "window": "30d"}
        counts = [get(values, f"feature_{name}", **labels) for name in ("events", "users", "adopters")]
        assert counts == [0, 0, 0]
        assert get(values, "feature_adoption_ratio", **labels) == 0
    assert not [name for name, _ in values if name.endswith(("per_user_avg", "completion_ratio"))]


def features(settings: Settings = UTC_SETTINGS, **rows: Any) -> Values:
    return expected_features(World(users=USERS, **rows), T, settings)


def events(values: Values, window: str = "24h") -> list[Fraction | int | None]:
    return [get(values, "feature_events", feature=feature, window=window) for feature in FEATURES]


@pytest.mark.parametrize(("window", "days"), [("24h", 1), ("7d", 7), ("30d", 30)])
def test_windows_are_closed_at_the_start_and_open_at_the_end(window: str, days: int) -> None:
    for when, inside in ((T - days * DAY, 1), (T - days * DAY - TICK, 0), (T - TICK, 1), (T, 0)):
        seen = Activity(1, 1, when, "Dashboard"), Activity(2, 1, when, "AI_FEEDBACK")
        values = features(
            sessions=(replace(PRACTICE, start_time=when),),
            activities=seen,
            assessments=(Assessment(1, 1, when),),
            enrolments=(Enrolment(1, 1, when),),
        )
        assert events(values, window) == [inside] * 5


def test_what_is_a_use_of_a_feature() -> None:
    rows: dict[str, Any] = {
        "sessions": (
            replace(PRACTICE, status="mystery"),
            replace(PRACTICE, id=2, is_practice=False),
            replace(PRACTICE, id=3, start_time=None),
            replace(PRACTICE, id=4, user_id=3),
        ),
        "activities": tuple(
            Activity(n, user, T - HOUR, feature)
            for n, (user, feature) in enumerate([(1, "ai_feedback"), (3, "ai_feedback"), (1, ""), (2, "mystery")], 1)
        ),
        "assessments": tuple(Assessment(n, n, T - HOUR) for n in (1, 2, 4)),
        "recommendations": (Recommendation(1, T - HOUR, user_id=2, shown_at=T - HOUR),),
        "enrolments": (Enrolment(1, 3, T - HOUR), Enrolment(2, 2, T - HOUR)),
    }
    assert events(features(**rows)) == [1, 1, 1, 0, 2]


def test_a_feature_without_a_source_has_no_sample() -> None:
    shown = [(1, T - HOUR), (2, None), (3, T - HOUR), (None, T - HOUR), (1, T)]
    rows: dict[str, Any] = {
        "activities": (Activity(1, 1, T - HOUR, "learning_path"), Activity(2, 1, T - HOUR, "dashboard")),
        "recommendations": tuple(
            Recommendation(n, T - DAY, user_id=who, shown_at=when) for n, (who, when) in enumerate(shown, 1)
        ),
        "enrolments": (Enrolment(1, 1, T - HOUR),) * 2,
    }
    found = {
        (columns, enrolments): features(Settings(feature_column=columns, enrolments=enrolments), **rows)
        for columns in (True, False)
        for enrolments in (True, False)
    }
    assert events(found[True, True]) == [0, 0, 2, 1, 0]
    assert events(found[True, False]) == [0, 0, 1, 1, 0]
    assert events(found[False, True]) == [0, 2, 2, None, 0]
    assert events(found[False, False]) == [0, 2, None, None, 0]
    feedback = {"feature": "ai_feedback", "window": "24h"}
    assert get(found[False, True], "feature_users", **feedback) == 1
    assert get(found[False, True], "feature_events_per_user_avg", **feedback) == 2
    path = {"feature": "learning_paths", "window": "24h"}
    bases = {mapped: get(values, "feature_completion_base", **path) for mapped, values in found.items()}
    assert bases == {(True, True): 2, (True, False): None, (False, True): 2, (False, False): None}


def test_adopters_are_users_who_are_active_in_the_window_too() -> None:
    rows: dict[str, Any] = {
        "sessions": (PRACTICE, replace(PRACTICE, id=2, user_id=2), replace(PRACTICE, id=3, user_id=2)),
        "activities": (Activity(1, 1, T - HOUR), Activity(2, 2, T - 2 * DAY), Activity(3, 3, T - HOUR)),
    }
    values = features(**rows)
    day, week = ({"feature": "interview_practice", "window": window} for window in ("24h", "7d"))
    assert get(values, "feature_adoption_base", window="24h") == 1
    assert get(values, "feature_adoption_ratio", **day) == 1
    assert (get(values, "feature_adopters", **day), get(values, "feature_users", **day)) == (1, 2)
    assert get(values, "feature_events_per_user_avg", **day) == Fraction(3, 2)
    assert get(values, "feature_adopters", **week) == 2
    nobody = features(sessions=rows["sessions"])
    assert get(nobody, "feature_adoption_base", window="24h") == 0
    assert get(nobody, "feature_adoption_ratio", **day) is None
    assert get(nobody, "feature_adopters", **day) == 0
    derived = features(Settings(activity_source="derived"), **rows)
    assert get(derived, "feature_adoption_base", window="24h") == 2


@pytest.mark.parametrize(("done", "rate"), [(None, 0), (T - TICK, 1), (T, 0), (T - 5 * DAY, 1)])
def test_a_path_is_completed_before_t(done: datetime | None, rate: int) -> None:
    values = features(enrolments=(Enrolment(1, 1, T - HOUR, done), Enrolment(2, 1, T - DAY - TICK, T - HOUR)))
    labels = {"feature": "learning_paths", "window": "24h"}
    assert get(values, "feature_completion_base", **labels) == 1
    assert get(values, "feature_completion_ratio", **labels) == rate
    assert get(values, "feature_completion_ratio", feature="learning_paths", window="7d") == Fraction(1 + rate, 2)


def test_completion_of_practice_is_that_of_interviews() -> None:
    rows = (
        PRACTICE,
        replace(PRACTICE, id=2, status="in_progress", end_time=None),
        replace(PRACTICE, id=3, status="in_progress", start_time=T - 5 * HOUR, end_time=None),
        replace(PRACTICE, id=4, is_practice=False, status="abandoned"),
    )
    labels = {"feature": "interview_practice", "window": "24h"}
    values = features(sessions=rows)
    assert get(values, "feature_events", **labels) == 3
    assert get(values, "feature_completion_base", **labels) == 2
    assert get(values, "feature_completion_ratio", **labels) == Fraction(1, 2)
    assert {dict(names)["feature"] for name, names in values if "completion" in name} == {
        "interview_practice",
        "learning_paths",
    }
