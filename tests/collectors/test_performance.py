"""One candidate in detail: what a history says, and who is compared with whom."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from collectors.candidates.histories import Kind
from collectors.candidates.judgement import (
    Judged,
    Peers,
    Subject,
    improvement,
    judged,
    latest_mean,
    robust_improvement,
    slope,
)
from collectors.candidates.performance import Performance, performance, population
from collectors.definitions import Definitions
from collectors.mapping import mapped
from collectors.schema import Schema
from tests.collectors.asking import source
from tests.collectors.test_candidates import DAY, NOON, TICK, Interview, at_day, fill
from tests.conftest import execute


def asked(url: str, user: int = 1, at: datetime = NOON, kind: Kind = "all", **changes: Any) -> Performance | None:
    definitions = Definitions(**changes)
    with source(url, definitions) as database:
        return database.read(
            30, lambda reader: performance(reader, Schema(definitions, reader.columns), definitions, at, user, kind)
        )


def near(number: Any) -> Any:
    """Stand for a number where its type is asked for."""
    return pytest.approx(number)


def known(url: str, **how: Any) -> Performance:
    found = asked(url, **how)
    assert found
    return found


@pytest.mark.parametrize(
    ("scores", "simple", "robust"),
    [
        ([], None, None),
        ([0.5], None, None),
        ([0.5, 0.75], 0.25, None),
        ([0.5, 0.0, 0.25], -0.25, None),
        ([0.0, 0.5, 0.5, 1.0], 1.0, 0.5),
        ([0.0, 0.5, 9.0, 0.5, 1.0], 1.0, 0.5),
        ([0.0, 0.25, 0.5, 0.5, 0.75, 1.0], 1.0, 0.5),
        ([0.0, 0.25, 0.5, 9.0, 9.0, 9.0, 0.5, 0.75, 1.0], 1.0, 0.5),
    ],
)
def test_improvement_of_two_scores_and_of_more(scores: list[float], simple: float | None, robust: float | None) -> None:
    assert (improvement(scores), robust_improvement(scores)) == (simple, robust)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([], None),
        ([(1, 0.5), (2, 0.6)], None),
        ([(1, 0.5), (2, 0.75), (3, 1.0)], 0.25),
        ([(1, 0.5), (2, 0.5), (3, 0.5)], 0),
        ([(0.1, 0.5), (0.1, 0.75), (0.1, 1.0)], None),
        ([(0, 0.0), (0, 1.0), (2, 0.0)], -0.25),
    ],
)
def test_a_slope_needs_three_points_and_some_spread(points: list[tuple[float, float]], expected: float | None) -> None:
    assert slope(points) == expected


def test_the_latest_mean_is_over_three_scores_or_fewer() -> None:
    assert [latest_mean(scores) for scores in ([], [0.5], [0.5, 1], [9, 0.5, 1, 0])] == [None, 0.5, 0.75, 0.5]


A, B = Subject("dimension", "a"), Subject("skill_category", "b")
MANY, FEW = Peers(30, 0.4, 0.6), Peers(29, 0.1, 0.9)
# Mean, peers, then threshold and margin as a strength, and as an area.
THRESHOLDS: list[tuple[float, Peers | None, tuple[float, float] | None, tuple[float, float] | None]] = [
    (0.7, MANY, (0.6, 0.1), None),
    (0.6, MANY, (0.6, 0.0), None),
    (0.6 - 1e-10, MANY, (0.6, 0.0), None),
    (0.6 - 1e-8, MANY, None, None),
    (0.5, MANY, None, None),
    (0.4 + 1e-8, MANY, None, None),
    (0.4 + 1e-10, MANY, None, (0.4, 0.0)),
    (0.3, MANY, None, (0.4, 0.1)),
    (0.8, FEW, (0.75, 0.05), None),
    (0.75, None, (0.75, 0.0), None),
    (0.6, FEW, None, None),
    (0.5, None, None, (0.5, 0.0)),
    (0.2, FEW, None, (0.5, 0.3)),
    (0.5, Peers(99, 0.5, 0.5), (0.5, 0.0), None),
]


@pytest.mark.parametrize(("mean", "peers", "strength", "area"), THRESHOLDS)
def test_what_is_strong_and_what_is_weak(
    mean: float, peers: Peers | None, strength: tuple[float, float] | None, area: tuple[float, float] | None
) -> None:
    found = judged({A: mean}, {A: peers} if peers else {})
    for judgements, expected in zip(found, (strength, area), strict=True):
        assert [(one.subject, one.mean) for one in judgements] == ([(A, mean)] if expected else [])
        assert [(one.threshold, one.margin) for one in judgements] == ([near(expected)] if expected else [])


def test_the_clearest_five_come_first_and_equals_by_name() -> None:
    means = {
        Subject("skill_category", name): mean
        for name, mean in zip("fedcba", (1.0, 0.8, 0.8, 1.0, 0.8, 0.8), strict=True)
    }
    strengths, areas = judged(means | {A: 0.8, B: 0.1}, {})
    assert [one.subject.name for one in strengths] == ["c", "f", "a", "a", "d"]
    assert [one.subject.kind for one in strengths][2:4] == ["dimension", "skill_category"]
    assert areas == (Judged(B, 0.1, 0.5, 0.4),)


def sentiment(url: str, session: int, score: float | None, ago: timedelta, number: int) -> None:
    execute(
        url,
        "INSERT INTO interviews_sentimentsession (id, interview_session_id, positive_score, created_at)"
        f" VALUES ({number}, {session}, {'null' if score is None else repr(str(score))}, '{NOON - ago}')",
    )


def assess(url: str, session: int, score: float | None, skill: int | None = None, ago: timedelta = DAY) -> None:
    cells = ["null" if cell is None else repr(str(cell)) for cell in (score, skill)]
    execute(
        url,
        "INSERT INTO assessments_skillassessment (interview_session_id, accumulated_score, skill_id, created_at)"
        f" VALUES ({session}, {cells[0]}, {cells[1]}, '{NOON - ago}')",
    )


def test_who_is_no_user_has_no_performance(database: str) -> None:
    fill(database, at_day(9, 60), staff=True)
    execute(database, f"INSERT INTO accounts_user (id, date_joined) VALUES (2, '{NOON}'), (3, '{NOON - TICK}')")
    assert [asked(database, user) for user in (1, 2, 99)] == [None, None, None]
    nothing = known(database, user=3)
    assert (nothing.user_id, nothing.history, nothing.slope_per_interview) == (3, (), None)
    assert set(nothing.improvement.values()) == set(nothing.robust_improvement.values()) == {None}
    assert nothing.strengths == nothing.areas_for_improvement == ()


def test_a_history_is_in_order_and_ends_before_the_instant(database: str) -> None:
    fill(
        database,
        *(Interview(None, 90), at_day(9, 60), at_day(20, 50), at_day(9, 70), at_day(5, 80, status="abandoned")),
        *(at_day(1, 10, ends=0 * DAY), at_day(9, 99, user=2), at_day(3, 101, technical=80, practice=True)),
    )
    found = known(database)
    assert [interview.id for interview in found.history] == [3, 2, 4, 8, 1]
    assert [interview.scores["completion"] for interview in found.history] == [0.5, 0.6, 0.7, None, 0.9]
    assert [interview.scores["technical"] for interview in found.history] == [None, None, None, 0.8, None]
    assert [interview.start is None for interview in found.history] == [False] * 4 + [True]
    assert [interview.date for interview in found.history][:2] == [date(2026, 3, 31), date(2026, 4, 11)]
    assert found.history[-1].date is None
    assert found.improvement == {"technical": None, "behavioral": None, "completion": near(0.4)}
    assert found.robust_improvement["completion"] == near(0.25)
    assert found.slope_per_interview == near(0.13)
    assert found.slope_per_30d == near((0.65 - 0.5) / (11 / 30))
    practice = known(database, kind="practice")
    assert [interview.id for interview in practice.history] == [8]
    assert [interview.id for interview in known(database, kind="hiring").history] == [3, 2, 4, 1]


def test_a_date_is_of_the_business(database: str) -> None:
    fill(
        database,
        Interview(NOON - datetime(2026, 4, 1, 3, 59, tzinfo=UTC)),
        Interview(NOON - datetime(2026, 4, 1, 4, tzinfo=UTC)),
    )
    found = known(database, timezone=ZoneInfo("America/New_York"))
    assert [interview.date for interview in found.history] == [date(2026, 3, 31), date(2026, 4, 1)]


# The sentiments of one session in order of their ids as (score, age), then what holds.
SENTIMENTS: list[tuple[list[tuple[float | None, timedelta]], float | None]] = [
    ([], None),
    ([(0.5, DAY)], 0.5),
    ([(0.5, DAY), (0.7, 2 * DAY)], 0.5),
    ([(0.5, DAY), (0.7, DAY)], 0.7),
    ([(0.5, 2 * DAY), (None, DAY)], None),
    ([(0.5, 2 * DAY), (1.1, DAY)], None),
    ([(0.5, 2 * DAY), (float("nan"), DAY)], None),
    ([(0.5, DAY), (0.7, timedelta(0))], 0.5),
    ([(0.5, DAY), (0.7, TICK)], 0.7),
]


@pytest.mark.parametrize(("sentiments", "expected"), SENTIMENTS)
def test_the_latest_sentiment_holds(
    database: str, sentiments: list[tuple[float | None, timedelta]], expected: float | None
) -> None:
    fill(database, at_day(9, 60), at_day(8, 60))
    for number, (score, ago) in enumerate(sentiments, 1):
        sentiment(database, 1, score, ago, number)
    assert [interview.sentiment for interview in known(database).history] == [expected, None]


def test_skills_are_means_of_valid_scores(database: str) -> None:
    execute(database, "INSERT INTO assessments_skill (id, category) VALUES (1, 'data'), (2, 'people'), (3, null)")
    fill(database, at_day(9, 60), at_day(8, 60), at_day(7, 60))
    for score, skill in (
        (0.5, 1),
        (1.0, 1),
        (0.25, 2),
        (0.125, 3),
        (0.375, None),
        (1.5, 2),
        (None, 1),
        (float("nan"), 2),
    ):
        assess(database, 1, score, skill)
    assess(database, 1, 0.0, 1, timedelta(0))
    assess(database, 2, 0.5, None)
    sentiment(database, 1, 0.5, DAY, 1)
    first, second, third = known(database).history
    assert (first.skill, first.skills, first.sentiment) == (near(0.45), {"data": 0.75, "people": 0.25}, 0.5)
    assert (second.skill, second.skills) == (0.5, {})
    assert (third.skill, third.skills) == (None, {})


def test_scores_have_the_scales_of_their_deployment(database: str) -> None:
    fill(database, at_day(9, 4))
    sentiment(database, 1, 5, DAY, 1)
    assess(database, 1, 7)
    tables = mapped(
        {"session": {"score_scale": 5}, "sentiment": {"score_scale": 10}, "assessment": {"score_scale": 10}}
    )
    (interview,) = known(database, tables=tables).history
    assert (interview.scores["completion"], interview.sentiment, interview.skill) == (0.8, 0.5, 0.7)


@pytest.mark.parametrize("table", ["interviews_sentimentsession", "assessments_skillassessment", "assessments_skill"])
def test_what_a_deployment_lacks_is_unknown(database: str, table: str) -> None:
    execute(database, "INSERT INTO assessments_skill (id, category) VALUES (1, 'data')")
    fill(database, at_day(9, 60))
    sentiment(database, 1, 0.5, DAY, 1)
    assess(database, 1, 0.5, 1)
    execute(database, f"DROP TABLE {table} CASCADE")
    (interview,) = known(database).history
    assert interview.sentiment == (None if "sentiment" in table else 0.5)
    assert interview.skill == (None if table.endswith("assessment") else 0.5)
    assert interview.skills == ({"data": 0.5} if "sentiment" in table else {})


def candidates(url: str, *scores: float) -> None:
    fill(url, *(at_day(9, score, user=user) for user, score in enumerate(scores, 1)))


def completions(found: Performance) -> tuple[list[float], list[float]]:
    both = (found.strengths, found.areas_for_improvement)
    strengths, areas = (
        [one.threshold for one in judgements if one.subject.name == "completion"] for judgements in both
    )
    return strengths, areas


def test_thirty_candidates_make_a_population(database: str) -> None:
    candidates(database, *range(1, 31))
    # Type 7: h = 29 × 0.75 = 21.75, so 22.75 of 1 to 30, and 8.25.
    assert completions(known(database, user=23)) == ([near(0.2275)], [])
    assert completions(known(database, user=22)) == ([], [])
    assert completions(known(database, user=9)) == ([], [])
    assert completions(known(database, user=8)) == ([], [near(0.0825)])


def test_twenty_nine_do_not(database: str) -> None:
    candidates(database, *range(1, 29), 80)
    assert completions(known(database, user=28)) == ([], [0.5])
    assert completions(known(database, user=29)) == ([0.75], [])


@pytest.mark.parametrize(("ends", "counted"), [(180 * DAY, True), (180 * DAY + TICK, False)])
def test_a_population_was_here_in_the_last_half_year(database: str, ends: timedelta, counted: bool) -> None:
    fill(
        database,
        *(at_day(9, score, user=score) for score in range(1, 30)),
        *(at_day(190, 30, user=30, ends=ends), at_day(900, 99, user=31)),
    )
    assert completions(known(database, user=8)) == ([], [near(0.0825) if counted else 0.5])


def test_statistics_are_of_the_latest_three_scores(database: str) -> None:
    others = [at_day(9, score, user=user) for user, score in enumerate([*[50] * 15, *[90] * 16], 2)]
    fill(database, at_day(99, 0), at_day(9, 90), at_day(8, 60), at_day(7), at_day(6, 90), *others)
    # The mean of 90, 60, 90 is 80: below the third quartile of the others, which is 90.
    assert completions(known(database)) == ([], [])
    execute(database, "UPDATE interviews_interviewsession SET completion_percentage = 90 WHERE id = 3")
    assert completions(known(database)) == ([0.9], [])


def test_a_category_of_skills_is_judged_by_its_own_population(database: str) -> None:
    execute(database, "INSERT INTO assessments_skill (id, category) VALUES (1, 'data'), (2, 'data'), (3, 'people')")
    users = range(1, 31)
    fill(database, *(at_day(9 - n, user=user) for user in users for n in range(4)))
    for user in users:
        first = 4 * user - 3
        # The first interview is not among the latest three; two skills of one interview are one mean of it.
        assess(database, first, 1.0, 1)
        for session in range(first + 1, first + 4):
            assess(database, session, (user - 1) / 100, 1)
            assess(database, session, (user + 1) / 100, 2)
    assess(database, 4, 0.9, 3)
    subject, people = Subject("skill_category", "data"), Subject("skill_category", "people")
    weak, strong = known(database, user=1), known(database, user=30)
    assert weak.areas_for_improvement == (Judged(subject, near(0.01), near(0.0825), near(0.0725)),)
    assert weak.strengths == (Judged(people, 0.9, 0.75, near(0.15)),)
    assert strong.strengths == (Judged(subject, near(0.3), near(0.2275), near(0.0725)),)
    assert known(database, user=15).strengths == known(database, user=15).areas_for_improvement == ()
    # At the instant when it was said, nobody had a skill yet.
    assert known(database, user=30, at=NOON - DAY).strengths == ()


@pytest.mark.parametrize("category", ["''", "NULL"])
def test_a_skill_without_a_category_is_no_strength(database: str, category: str) -> None:
    execute(database, f"INSERT INTO assessments_skill (id, category) VALUES (1, {category})")
    fill(database, at_day(1, user=1))
    assess(database, 1, 0.9, 1)
    found = known(database, user=1)
    assert found.history[0].skill == near(0.9)
    assert [mark.subject.kind for mark in (*found.strengths, *found.areas_for_improvement)].count("skill_category") == 0


def test_a_population_may_be_asked_for_before(database: str) -> None:
    candidates(database, *range(1, 31))
    definitions = Definitions()
    with source(database, definitions) as connected:
        found = connected.read(
            30, lambda reader: population(reader, Schema(definitions, reader.columns), definitions, NOON)
        )
        completion = Subject("dimension", "completion")
        assert found == {completion: Peers(30, near(0.0825), near(0.2275))}
        judged_anew = connected.read(
            30,
            lambda reader: performance(
                reader, Schema(definitions, reader.columns), definitions, NOON, 1, known={completion: Peers(30, 0, 0)}
            ),
        )
    assert judged_anew
    assert [one.threshold for one in judged_anew.strengths] == [0]
