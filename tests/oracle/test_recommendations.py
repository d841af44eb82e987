"""The oracle of AI10 to AI12 of metrics.md 4.8 by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from scipy.stats import pearsonr

from tests.oracle.test_ai_quality import DAY, TICK, T
from tests.oracle.usage import (
    Judging,
    Measured,
    Recommendation,
    Session,
    Settings,
    User,
    World,
    expected_ai_quality,
    key,
)

B = T - 20 * DAY
HOUR = timedelta(hours=1)
MADE = Recommendation(0, B, 1, shown_at=B)
USERS = tuple(User(number, T - 300 * DAY) for number in range(1, 41))
FEW = Judging(min_pairs=2, min_group=1)


def asked(*rows: Recommendation, judging: Judging = FEW, users: Sequence[User] = USERS, **tables: Any) -> Measured:
    numbered = tuple(replace(row, id=row.id or number) for number, row in enumerate(rows, 1))
    return expected_ai_quality(
        World(users=tuple(users), recommendations=numbered, **tables), T, Settings(judging=judging)
    )


def get(values: Measured, family: str, **labels: str) -> Any:
    return values.get(key(f"jobhive_{family}", window="90d", **labels))


def outcomes(values: Measured) -> list[Any]:
    return [get(values, "recommendations", outcome=name) for name in ("accepted", "dismissed", "ignored")]


@pytest.mark.parametrize(
    ("accepted", "dismissed", "found"),
    [
        (None, None, [0, 0, 1]),
        (B + HOUR, None, [1, 0, 0]),
        (B + 7 * DAY - TICK, None, [1, 0, 0]),
        (B + 7 * DAY, None, [0, 0, 1]),
        (B - DAY, None, [1, 0, 0]),
        (B + DAY, B + HOUR, [1, 0, 0]),
        (B + 8 * DAY, B + HOUR, [0, 1, 0]),
        (None, B + 7 * DAY - TICK, [0, 1, 0]),
        (None, B + 7 * DAY, [0, 0, 1]),
        (None, B - DAY, [0, 1, 0]),
    ],
)
def test_outcomes_are_those_of_the_first_week(
    accepted: datetime | None, dismissed: datetime | None, found: list[int]
) -> None:
    values = asked(replace(MADE, accepted_at=accepted, dismissed_at=dismissed))
    assert outcomes(values) == found
    assert get(values, "recommendation_acceptance_ratio") == found[0]


@pytest.mark.parametrize(
    ("b", "matured", "shown"),
    [
        (T - 7 * DAY, 0, 1),
        (T - 7 * DAY - TICK, 1, 1),
        (T - 90 * DAY, 1, 1),
        (T - 90 * DAY - TICK, 1, 0),
        (T - 97 * DAY, 1, 0),
        (T - 97 * DAY - TICK, 0, 0),
        (T - TICK, 0, 1),
        (T, 0, 0),
        (None, 0, 0),
    ],
)
def test_a_cohort_has_matured_since_it_was_shown(b: datetime | None, matured: int, shown: int) -> None:
    """Or since it was made, where nobody knows when it was shown."""
    values = asked(replace(MADE, shown_at=b))
    assert (sum(outcomes(values)), get(values, "recommendations_shown")) == (matured, shown)
    unshown = replace(FEW, lacking=frozenset({("recommendation", "shown_at")}))
    values = asked(replace(MADE, created_at=b or T, shown_at=None), judging=unshown)
    assert (sum(outcomes(values)), get(values, "recommendations_shown")) == (matured, shown)


def test_recommendations_of_nobody_count_and_those_of_staff_do_not() -> None:
    staff = User(2, T - DAY, is_staff=True)
    values = asked(*(replace(MADE, user_id=user) for user in (1, 2, None)), users=[USERS[0], staff])
    assert outcomes(values) == [0, 0, 2]
    unmapped = replace(FEW, lacking=frozenset({("recommendation", "user_id")}))
    assert outcomes(asked(*(replace(MADE, user_id=user) for user in (1, 2)), users=[staff], judging=unmapped)) == [
        0,
        0,
        2,
    ]
    unaccepted = replace(FEW, lacking=frozenset({("recommendation", "accepted_at")}))
    assert outcomes(asked(MADE, judging=unaccepted)) == [None] * 3
    undismissed = asked(MADE, judging=replace(FEW, lacking=frozenset({("recommendation", "dismissed_at")})))
    assert (outcomes(undismissed), get(undismissed, "recommendation_acceptance_ratio")) == ([None] * 3, 0)


@pytest.mark.parametrize(
    ("rating", "rated_at", "counted", "response"),
    [
        (1, T - TICK, 1, 1),
        (5, T - DAY, 1, 1),
        (0, T - DAY, 0, 0),
        (6, T - DAY, 0, 0),
        (None, T - DAY, 0, 0),
        (3, None, 0, 0),
        (3, T, 0, 0),
        (3, T - 90 * DAY, 1, 1),
        (3, T - 90 * DAY - TICK, 0, 1),
    ],
)
def test_ratings_are_of_the_time_of_the_rating(
    rating: int | None, rated_at: datetime | None, counted: int, response: int
) -> None:
    values = asked(replace(MADE, rating=rating, rated_at=rated_at))
    assert get(values, "recommendation_ratings") == counted
    assert get(values, "recommendation_rating_response_ratio") == response
    if counted:
        assert get(values, "recommendation_satisfaction_avg_ratio") == Fraction((rating or 0) - 1, 4)
        assert get(values, "recommendation_csat_ratio") == int((rating or 0) >= 4)


def test_satisfaction_is_a_mean_and_a_share() -> None:
    rows = [replace(MADE, rating=rating, rated_at=T - DAY) for rating in (1, 3, 4, 5, 7)]
    old = replace(rows[0], shown_at=T - 200 * DAY)
    values = asked(*rows, old, replace(MADE, shown_at=None))
    assert get(values, "recommendation_satisfaction_avg_ratio") == Fraction(0 + 2 + 3 + 4 + 0, 20)
    assert get(values, "recommendation_csat_ratio") == Fraction(2, 5)
    assert get(values, "recommendation_rating_response_ratio") == Fraction(4, 5)
    unrated = asked(*rows, judging=replace(FEW, lacking=frozenset({("recommendation", "rated_at")})))
    assert (get(unrated, "recommendations_shown"), get(unrated, "recommendation_ratings")) == (5, None)


# Improvement


def done(start: datetime, score: float | None, user: int = 1, lasted: timedelta = HOUR, **more: Any) -> Session:
    stop = start + lasted
    row = Session(0, user, "completed", start, start, stop, completion_percentage=score)
    return replace(row, **more)


def paired(row: Recommendation, *sessions: Session) -> list[Any]:
    """The pairs of one user, and the difference found by setting another beside it whose difference is 0."""
    other = replace(MADE, user_id=2, accepted_at=None if row.accepted_at else B)
    plain = [done(B - 2 * DAY, 50.0, 2), done(B + 8 * DAY, 50.0, 2)]
    rows = tuple(replace(one, id=number) for number, one in enumerate([*sessions, *plain], 1))
    values = asked(row, other, sessions=rows)
    counts = [get(values, "recommendation_improvement_pairs", group=name) for name in ("accepted", "not_accepted")]
    lift = get(values, "recommendation_improvement_lift_ratio")
    sign = 1 if row.accepted_at else -1
    return [counts, None if lift is None else sign * lift]


BEFORE = done(B - DAY, 50.0)
ACCEPTED = replace(MADE, accepted_at=B + DAY)


@pytest.mark.parametrize(
    ("row", "start", "counted"),
    [
        (ACCEPTED, B + DAY, True),
        (ACCEPTED, B + DAY - TICK, False),
        (MADE, B + 7 * DAY, True),
        (MADE, B + 7 * DAY - TICK, False),
        (replace(MADE, accepted_at=B - 3 * DAY), B - 2 * DAY, True),
    ],
)
def test_what_comes_after_starts_at_the_anchor(row: Recommendation, start: datetime, counted: bool) -> None:
    counts, delta = paired(row, BEFORE, done(start, 80.0))
    assert sum(counts) == 1 + counted
    if start > B:
        assert delta == (Fraction("0.3") if counted else None)


def test_an_acceptance_after_the_week_is_none_and_its_anchor_the_end_of_the_week() -> None:
    late = replace(MADE, accepted_at=B + 9 * DAY)
    values = asked(late, sessions=(BEFORE, done(B + 7 * DAY, 80.0, id=2)))
    assert get(values, "recommendation_improvement_pairs", group="not_accepted") == 1


@pytest.mark.parametrize(("stop", "counted"), [(B - TICK, True), (B, False)])
def test_what_comes_before_ended_before(stop: datetime, counted: bool) -> None:
    counts, _ = paired(ACCEPTED, done(stop - HOUR, 50.0), done(B + 2 * DAY, 80.0))
    assert sum(counts) == 1 + counted


def test_three_at_most_on_each_side_by_the_end_before_and_by_the_start_after() -> None:
    long = done(B - 30 * DAY, 90.0, lasted=30 * DAY - HOUR)
    before = [done(B - days * DAY, score) for days, score in ((9, 0.0), (3, 60.0), (2, 30.0))]
    after = [done(B + days * DAY, score) for days, score in ((2, 100.0), (3, 70.0), (4, 40.0), (5, 0.0))]
    assert paired(ACCEPTED, *before, long, *after)[1] == Fraction("0.7") - Fraction("0.6")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"completion_percentage": None},
        {"completion_percentage": 100.5},
        {"completion_percentage": float("nan")},
        {"status": "abandoned"},
        {"end_time": T},
        {"user_id": 3},
    ],
)
def test_only_completed_and_scored_sessions_of_the_user_count(spoilt: dict[str, Any]) -> None:
    after = done(B + 2 * DAY, 80.0)
    assert paired(ACCEPTED, BEFORE, after)[0] == [1, 1]
    assert paired(ACCEPTED, BEFORE, replace(after, **spoilt))[0] == [0, 1]
    assert paired(ACCEPTED, replace(BEFORE, **spoilt), after)[0] == [0, 1]
    assert paired(replace(ACCEPTED, user_id=None), BEFORE, after)[0] == [0, 1]


def test_the_latest_recommendation_speaks_for_its_user_even_if_it_has_no_pair() -> None:
    sessions = (BEFORE, done(B + 8 * DAY, 80.0, id=2))
    pairs = "recommendation_improvement_pairs"
    tie = asked(replace(ACCEPTED, id=2), replace(MADE, id=1), sessions=sessions)
    assert [get(tie, pairs, group=name) for name in ("accepted", "not_accepted")] == [1, 0]
    late = replace(MADE, shown_at=T - 8 * DAY, accepted_at=T - TICK)
    assert get(asked(ACCEPTED, late, sessions=sessions), pairs, group="accepted") == 0
    unripe = replace(late, shown_at=T - 7 * DAY)
    assert get(asked(ACCEPTED, unripe, sessions=sessions), pairs, group="accepted") == 1


def improving(accepted: int, ignored: int, deltas: Sequence[float]) -> Measured:
    rows, sessions = [], []
    for user in range(1, accepted + ignored + 1):
        rows.append(replace(ACCEPTED if user <= accepted else MADE, user_id=user))
        sessions += [done(B - DAY, 50.0, user), done(B + 8 * DAY, 50.0 + deltas[user % len(deltas)], user)]
    numbered = tuple(replace(one, id=number) for number, one in enumerate(sessions, 1))
    return asked(*rows, judging=Judging(), sessions=numbered)


@pytest.mark.parametrize(
    ("accepted", "ignored", "told"),
    [(20, 10, True), (10, 20, True), (9, 21, False), (21, 9, False), (19, 10, False), (15, 15, True)],
)
def test_improvement_is_told_of_thirty_pairs_and_ten_of_each(accepted: int, ignored: int, told: bool) -> None:
    deltas = (0.0, 10.0, -20.0, 30.0)
    values = improving(accepted, ignored, deltas)
    pairs = "recommendation_improvement_pairs"
    assert [get(values, pairs, group=name) for name in ("accepted", "not_accepted")] == [accepted, ignored]
    found = [get(values, f"recommendation_improvement_{name}") for name in ("correlation", "lift_ratio")]
    if not told:
        assert found == [None, None]
        return
    mine = [deltas[user % 4] / 100 for user in range(1, accepted + ignored + 1)]
    groups = [1] * accepted + [0] * ignored
    assert found[0] == pytest.approx(pearsonr(groups, mine).statistic)
    assert found[1] == pytest.approx(sum(mine[:accepted]) / accepted - sum(mine[accepted:]) / ignored)


def test_without_variance_there_is_no_improvement_to_tell() -> None:
    values = improving(15, 15, (10.0,))
    assert get(values, "recommendation_improvement_correlation") is None
    assert get(values, "recommendation_improvement_lift_ratio") is None
    assert get(values, "recommendation_improvement_pairs", group="accepted") == 15
