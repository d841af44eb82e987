"""The oracle of metrics.md 4.13: golden.md section 5, and the checks that golden.sql has no row for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.oracle.analysis_rows import Assessment, Recommendation, Sentiment, Skill
from tests.oracle.test_usage import GOLDEN, UTC_SETTINGS, get, instant
from tests.oracle.usage import (
    Application,
    Session,
    Settings,
    StageEvent,
    User,
    World,
    expected_analysis_quality,
    expected_checks,
)

T = datetime(2026, 4, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NAN, INFINITY = float("nan"), float("inf")
SESSION = Session(1, 1, "completed", T - DAY)
SENTIMENT = Sentiment(1, 1, T - HOUR)
ASSESSMENT = Assessment(1, 1, T - HOUR)
RECOMMENDATION = Recommendation(1, T - HOUR, user_id=1)


def broken(settings: Settings = UTC_SETTINGS, **rows: Any) -> str:
    world = World(users=(User(1, T - DAY, is_test=True),), sessions=(SESSION,), **rows)
    found = expected_analysis_quality(world, T, settings)
    return " ".join(sorted(check for (_, check), count in found.items() if count))


def test_golden_checks() -> None:
    values = expected_checks(GOLDEN, instant("2026-04-20 12:00"), UTC_SETTINGS)
    defects = {
        (dict(labels)["table"], dict(labels)["check"]): rows
        for (name, labels), rows in values.items()
        if name == "jobhive_data_quality_rows" and rows
    }
    assert defects == {
        ("session", "progress_null"): 1,
        ("session", "score_null"): 1,
        ("subscription", "past_due_since_unknown"): 1,
    }
    newest: dict[str, str | None] = {
        "user": "2026-03-01 00:00",
        "session": "2026-04-20 11:00",
        "subscription": "2026-04-01 00:00",
    }
    newest |= {"activity": "2026-04-10 09:00", "sentiment": None, "assessment": None, "recommendation": None}
    for table, text in newest.items():
        stamp = None if text is None else instant(text).timestamp()
        assert get(values, "source_newest_row_timestamp_seconds", table=table) == stamp


def test_the_newest_row_is_before_t_and_of_anybody() -> None:
    world = World(users=(User(1, T), User(2, T - TICK, is_staff=True)), sentiments=(SENTIMENT,), sessions=(SESSION,))
    values = expected_checks(world, T, UTC_SETTINGS)
    stamps = [get(values, "source_newest_row_timestamp_seconds", table=name) for name in ("user", "sentiment")]
    seconds = int(T.timestamp())
    assert stamps[0] is not None
    assert (seconds - stamps[0]) * 10**6 == 1
    assert stamps[1] == seconds - 3600
    assert get(values, "source_newest_row_timestamp_seconds", table="session") is None


@pytest.mark.parametrize("age", [30 * DAY, TICK, 30 * DAY + TICK, 0 * DAY])
def test_checks_look_at_thirty_days(age: timedelta) -> None:
    made = T - age
    found = broken(
        sentiments=(replace(SENTIMENT, confidence=2.0, created_at=made),),
        assessments=(replace(ASSESSMENT, human_validated=True, created_at=made),),
        recommendations=(replace(RECOMMENDATION, rating=0, created_at=made),),
        applications=(Application(1, 1, 1, made, "limbo"),),
    )
    every = "confidence_out_of_range rating_out_of_range stage_unknown validated_without_judgement"
    assert found == (every if timedelta(0) < age <= 30 * DAY else "")


@pytest.mark.parametrize(
    ("changes", "checks"),
    [
        ({"predicted_label": "Positive", "human_label": "NEUTRAL"}, ""),
        ({"predicted_label": "", "human_label": None}, ""),
        ({"predicted_label": "mixed"}, "label_unknown"),
        ({"predicted_label": "positive", "human_label": "mixed"}, "label_unknown"),
        ({"confidence": 0.0, "positive_score": 1.0, "processing_time_ms": 0.0}, ""),
        ({"confidence": 1.0, "positive_score": 0.0, "processing_time_ms": 1e9}, ""),
        ({"confidence": 1.01}, "confidence_out_of_range"),
        ({"confidence": NAN}, "confidence_out_of_range"),
        ({"positive_score": -0.01}, "score_out_of_range"),
        ({"positive_score": INFINITY}, "score_out_of_range"),
        ({"processing_time_ms": -1.0}, "processing_time_invalid"),
        ({"processing_time_ms": NAN}, "processing_time_invalid"),
        ({"processing_time_ms": INFINITY}, "processing_time_invalid"),
    ],
)
def test_sentiments(changes: dict[str, Any], checks: str) -> None:
    assert broken(sentiments=(replace(SENTIMENT, **changes),)) == checks


@pytest.mark.parametrize(
    ("changes", "checks"),
    [
        ({"accumulated_score": 1.0, "human_score": 0.0, "confidence": 1.0}, ""),
        ({"accumulated_score": 1.01}, "score_out_of_range"),
        ({"accumulated_score": NAN}, "score_out_of_range"),
        ({"accumulated_score": 0.5, "human_score": -INFINITY}, "score_out_of_range"),
        ({"confidence": -0.01}, "confidence_out_of_range"),
        ({"human_validated": True}, "validated_without_judgement"),
        ({"human_validated": True, "human_agrees": False}, ""),
        ({"human_validated": True, "human_score": NAN}, "score_out_of_range"),
    ],
)
def test_assessments(changes: dict[str, Any], checks: str) -> None:
    assert broken(assessments=(replace(ASSESSMENT, **changes),)) == checks


def test_scales_are_those_of_the_mapping() -> None:
    hundred = Settings(sentiment_scale=100, assessment_scale=100)
    for score, checks in ((80.0, ""), (100.0, ""), (100.01, "score_out_of_range")):
        assert broken(hundred, sentiments=(replace(SENTIMENT, positive_score=score),)) == checks
        assert broken(hundred, assessments=(replace(ASSESSMENT, human_score=score),)) == checks
    assert broken(hundred, sentiments=(replace(SENTIMENT, confidence=80.0),)) == "confidence_out_of_range"


@pytest.mark.parametrize(
    ("changes", "checks"),
    [
        ({"rating": 1}, ""),
        ({"rating": 5}, ""),
        ({"rating": 0}, "rating_out_of_range"),
        ({"rating": 6}, "rating_out_of_range"),
        ({"accepted_at": T - HOUR}, ""),
        ({"accepted_at": T - HOUR - TICK}, "accepted_before_created"),
        ({"user_id": None}, "user_missing"),
    ],
)
def test_recommendations(changes: dict[str, Any], checks: str) -> None:
    assert broken(recommendations=(replace(RECOMMENDATION, **changes),)) == checks


def test_categories_outside_the_top_twenty_are_folded() -> None:
    """Twenty of two rows, one of a single row, one that is old, and rows of none: a null, an empty one, no skill."""
    skills = [Skill(n, f"c{n:02}") for n in range(1, 23)] + [Skill(23), Skill(24, "")]
    named = [n for n in range(1, 21) for _ in "12"] + [21, 23, 24, None]
    rows = [Assessment(number, 1, T - DAY, skill_id=skill) for number, skill in enumerate(named, 1)]
    users = (User(1, T - DAY),)
    world = World(users=users, sessions=(SESSION,), skills=tuple(skills), assessments=tuple(rows))
    assert expected_analysis_quality(world, T, UTC_SETTINGS)["assessment", "category_folded"] == 1
    old = [Assessment(100 + n, 1, T - 90 * DAY, skill_id=22) for n in range(3)]
    fresh = Assessment(200, 1, T - HOUR, skill_id=22)
    world = replace(world, assessments=(*rows, *old, fresh))
    # c22 has four rows of 90 days now and is in; c20 is the last by name, with its two rows, and c21 is out anyway.
    assert expected_analysis_quality(world, T, UTC_SETTINGS)["assessment", "category_folded"] == 1 + 2
    older = [replace(row, created_at=row.created_at - TICK) for row in old]
    world = replace(world, assessments=(*rows, *older, fresh))
    assert expected_analysis_quality(world, T, UTC_SETTINGS)["assessment", "category_folded"] == 1 + 1


@pytest.mark.parametrize(
    ("pipeline", "events", "unknown"),
    [
        ("events", [], "stage_unknown"),
        ("events", [(T - TICK, "Hired")], ""),
        ("events", [(T, "limbo")], ""),
        ("events", [(T - HOUR, "hired"), (T - HOUR, "limbo")], "stage_unknown"),
        ("stage", [(T - TICK, "hired")], "stage_unknown"),
        (None, [], ""),
    ],
)
def test_the_stage_of_t_is_known(pipeline: str | None, events: list[tuple[datetime, str]], unknown: str) -> None:
    rows = tuple(StageEvent(n, 1, when, stage) for n, (when, stage) in enumerate(events, 1))
    application = Application(1, 1, 1, T - DAY, "limbo")
    assert broken(Settings(pipeline=pipeline), applications=(application,), stage_events=rows) == unknown


def test_what_is_not_mapped_is_not_checked() -> None:
    empty = expected_checks(World(), T, UTC_SETTINGS)
    assert set(empty.values()) == {0}
    names = {dict(labels)["check"] for _, labels in expected_checks(World(), T, Settings(pipeline=None))}
    assert {dict(labels)["check"] for _, labels in empty} - names == {"stage_unknown"}
    names = {dict(labels)["check"] for _, labels in expected_checks(World(), T, Settings(feature_column=False))}
    assert {dict(labels)["check"] for _, labels in empty} - names == {"feature_unknown"}
