"""The detail of one candidate by hand: CA1 and CA2j to CA7 of metrics.md 4.5."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from tests.oracle.performance import Performance
from tests.oracle.test_usage import GOLDEN, UTC_SETTINGS, instant
from tests.oracle.usage import (
    Assessment,
    Interview,
    Sentiment,
    Session,
    Settings,
    Skill,
    User,
    World,
    expected_performance,
)

T = datetime(2026, 4, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DONE = Session(1, 1, "completed", T - 100 * DAY, start_time=T - DAY, end_time=T - HOUR, completion_percentage=80.0)


def world(*values: float | None, user: int = 1, first: int = 1) -> World:
    """One user with a completed session a day, whose completion is given."""
    rows = [
        replace(DONE, id=number, user_id=user, start_time=T - 50 * DAY + number * DAY, completion_percentage=value)
        for number, value in enumerate(values, first)
    ]
    return World(users=(User(user, T - 200 * DAY),), sessions=tuple(rows))


def of(rows: World, settings: Settings = UTC_SETTINGS, user: int = 1) -> Performance:
    found = expected_performance(rows, T, settings, user)
    assert found is not None
    return found


def test_golden_performance() -> None:
    found = expected_performance(GOLDEN, instant("2026-04-20 12:00"), UTC_SETTINGS, 1)
    assert found is not None
    assert found.history == (Interview(1, date(2026, 4, 20), None, None, None, None, None),)
    assert found.total_interviews == 1
    assert {*found.improvement.values(), *found.robust_improvement.values(), *found.improvement_rate.values()} == {None}
    assert (found.strengths, found.areas) == ((), ())
    idle = expected_performance(GOLDEN, instant("2026-04-20 12:00"), UTC_SETTINGS, 3)
    assert idle is not None
    assert (idle.history, idle.total_interviews) == ((), 0)


def test_who_is_of_no_population_has_no_performance() -> None:
    rows = replace(world(80.0), users=(User(1, T - DAY, is_test=True), User(2, T)))
    assert [expected_performance(rows, T, UTC_SETTINGS, user) for user in (1, 2, 3)] == [None] * 3
    assert of(rows, Settings(exclude_test=False)).total_interviews == 1


def test_the_history_has_the_dates_of_the_business_and_ends_with_what_has_none() -> None:
    rows = [
        replace(DONE, start_time=None),
        replace(DONE, id=2, start_time=datetime(2026, 4, 1, 3, 59, tzinfo=UTC)),
        replace(DONE, id=3, start_time=datetime(2026, 4, 1, 4, tzinfo=UTC)),
        replace(DONE, id=4, end_time=T),
        replace(DONE, id=5, status="abandoned"),
    ]
    found = of(replace(world(), sessions=tuple(rows)), Settings(timezone="America/New_York"))
    assert [(row.interview_id, row.date) for row in found.history] == [
        (2, date(2026, 3, 31)),
        (3, date(2026, 4, 1)),
        (1, None),
    ]


def test_an_interview_has_its_latest_sentiment_and_its_mean_skill() -> None:
    sentiments = [Sentiment(1, 1, T - HOUR, 0.9), Sentiment(2, 1, T - HOUR, 0.4), Sentiment(3, 1, T, 1.0)]
    skills = [Assessment(1, 1, T - HOUR, 0.5), Assessment(2, 1, T - HOUR, 1.0), Assessment(3, 1, T, 0.0)]
    skills += [Assessment(4, 1, T - DAY, float("nan")), Assessment(5, 1, T - DAY), Assessment(6, 1, T - DAY, 1.5)]
    rows = replace(world(80.0), sentiments=tuple(sentiments), assessments=tuple(skills))
    assert of(rows).history == (
        Interview(1, date(2026, 3, 2), Fraction("0.8"), None, None, Fraction("0.4"), Fraction("0.75")),
    )
    for value in (None, float("inf"), -0.1, 1.1):
        last = Sentiment(9, 1, T - TICK, value)
        assert of(replace(rows, sentiments=(*sentiments, last))).history[0].sentiment is None
    scaled = of(replace(rows, sentiments=(Sentiment(1, 1, T - HOUR, 40.0),)), Settings(sentiment_scale=100))
    assert scaled.history[0].sentiment == Fraction("0.4")
    older = Sentiment(9, 1, T - HOUR - TICK, 0.1)
    assert of(replace(rows, sentiments=(*sentiments, older))).history[0].sentiment == Fraction("0.4")


@pytest.mark.parametrize(
    ("values", "improvement", "robust", "rate"),
    [
        ([], None, None, None),
        ([10.0], None, None, None),
        ([10.0, 40.0], "0.3", None, None),
        ([10.0, 20.0, 60.0], "0.5", None, "0.25"),
        ([10.0, None, 30.0, 20.0, 40.0], "0.3", "0.1", "0.08"),
        ([10.0, 30.0, 90.0, 20.0, 40.0], "0.3", "0.1", "0.05"),
        ([10.0, 10.0, 10.0, 40.0, 40.0, 40.0], "0.3", "0.3", "27/350"),
        ([10.0, 10.0, 10.0, 99.0, 40.0, 40.0, 40.0], "0.3", "0.3", "9/140"),
        ([10.0, 10.0, 10.0, 99.0, 0.0, 40.0, 40.0, 40.0], "0.3", "0.3", "117/2800"),
    ],
)
def test_improvement(values: list[float | None], improvement: str | None, robust: str | None, rate: str | None) -> None:
    found = of(world(*values))
    wanted = [None if text is None else Fraction(text) for text in (improvement, robust, rate)]
    assert [
        found.improvement["completion"],
        found.robust_improvement["completion"],
        found.improvement_rate["interview"],
    ] == wanted
    assert found.improvement["technical"] is None


# CA6, CA7


def scores(technical: float | None, behavioral: float | None, completion: float | None, count: int = 1) -> World:
    rows = world(*[completion] * count)
    sessions = [replace(row, technical_accuracy=technical, behavioral_score=behavioral) for row in rows.sessions]
    return replace(rows, sessions=tuple(sessions))


def test_without_thirty_candidates_the_thresholds_are_absolute() -> None:
    found = of(scores(75.0, 50.0, 60.0))
    assert found.strengths == (("technical", Fraction(0)),)
    assert found.areas == (("behavioral", Fraction(0)),)
    found = of(scores(74.9, 50.1, 95.0))
    assert found.strengths == (("completion", Fraction("0.2")),)
    assert found.areas == ()
    assert of(scores(75 - 5e-8, 50 + 5e-8, None)).strengths[0][0] == "technical"
    assert of(scores(75 - 5e-8, 50 + 5e-8, None)).areas[0][0] == "behavioral"
    assert of(scores(75 - 2e-7, 50 + 2e-7, None)).strengths == ()


def test_the_last_three_values_count() -> None:
    rows = world(0.0, None, 70.0, 80.0, 90.0, None)
    assert of(rows).strengths == (("completion", Fraction("0.05")),)
    assert of(world(0.0, 80.0)).areas == (("completion", Fraction("0.1")),)


def test_marks_are_sorted_by_margin_then_name_and_at_most_five() -> None:
    rows = scores(80.0, 90.0, 80.0)
    names = ["zeal", "art", "music", None, "", "low"]
    skills = tuple(Skill(n, name) for n, name in enumerate(names, 1))
    values = [0.8, 0.95, 0.8, 1.0, 1.0, 0.1]
    assessments = tuple(Assessment(n, 1, T - DAY, value, skill_id=n) for n, value in enumerate(values, 1))
    found = of(replace(rows, skills=skills, assessments=(*assessments, Assessment(99, 1, T - DAY, 1.0))))
    assert [name for name, _ in found.strengths] == ["art", "behavioral", "completion", "music", "technical"]
    assert found.areas == (("low", Fraction("0.4")),)


def test_a_skill_category_has_one_mean_per_session() -> None:
    rows = world(None, None)
    skills = (Skill(1, "art"), Skill(2, "art"))
    made = [(1, 1, 1.0), (1, 2, 1.0), (1, 1, 1.0), (2, 1, 0.6), (2, 2, None), (2, 2, 7.0)]
    assessments = tuple(
        Assessment(n, session, T - DAY, value, skill_id=skill) for n, (session, skill, value) in enumerate(made, 1)
    )
    assert of(replace(rows, skills=skills, assessments=assessments)).strengths == (("art", Fraction("0.05")),)


def peers(count: int, stop: datetime = T - HOUR) -> World:
    """Candidates 1 to ``count`` whose completion is their number in percent."""
    rows = [
        replace(DONE, id=number, user_id=number, end_time=stop, completion_percentage=float(number))
        for number in range(1, count + 1)
    ]
    return World(users=tuple(User(n, T - 300 * DAY) for n in range(1, count + 1)), sessions=tuple(rows))


def test_thirty_candidates_make_the_thresholds_the_candidate_included() -> None:
    """The quartiles of 1 to 33 are 9 and 25, those of 1 to 30 are 8.25 and 22.75."""
    for count, low, high in ((33, 9, 25), (30, 8, 23)):
        rows = peers(count)
        strong = [user for user in range(1, count + 1) if of(rows, user=user).strengths]
        weak = [user for user in range(1, count + 1) if of(rows, user=user).areas]
        assert (strong, weak) == ([*range(high, count + 1)], [*range(1, low + 1)])
    assert of(peers(30), user=30).strengths == (("completion", Fraction("0.0725")),)
    assert of(peers(30), user=1).areas == (("completion", Fraction("0.0725")),)
    assert of(peers(29), user=29).areas == (("completion", Fraction("0.21")),)


def test_what_qualifies_for_both_is_a_strength() -> None:
    rows = peers(30)
    equal = replace(rows, sessions=tuple(replace(row, completion_percentage=10.0) for row in rows.sessions))
    found = of(equal)
    assert found.strengths == (("completion", Fraction(0)),)
    assert found.areas == ()


def test_the_population_completed_a_session_within_180_days() -> None:
    assert of(peers(30, stop=T - 180 * DAY), user=30).strengths
    assert of(peers(30, stop=T - 180 * DAY - TICK), user=30).areas
    unscored = [replace(row, completion_percentage=None) for row in peers(30).sessions[:1]]
    rows = replace(peers(30), sessions=(*unscored, *peers(30).sessions[1:]))
    assert of(rows, user=30).areas  # twenty-nine have the statistic
