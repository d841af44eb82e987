"""Recommendations: who took them up in time, what users think of them, and how they do afterwards."""

from datetime import timedelta
from typing import Any

import pytest

from tests.collectors.judged import (
    DAY,
    HOUR,
    NAN,
    TICK,
    Answer,
    T,
    asked,
    insert,
    people,
    recommendations,
)
from tests.conftest import execute

WEEK = 7 * DAY
SHOWN = T - 20 * DAY
OUTCOMES = ("accepted", "dismissed", "ignored")


@pytest.fixture
def url(database: str) -> str:
    """A database with users and interviews."""
    return people(database)


def quarter(found: Answer, name: str, **labels: str) -> Any:
    return found.of(name, window="90d", **labels)


def outcomes(found: Answer) -> list[Any]:
    return [quarter(found, "recommendations", outcome=outcome) for outcome in OUTCOMES]


MATURE = [
    (T, 0, 0),
    (T - TICK, 0, 1),
    (T - WEEK, 0, 1),
    (T - WEEK - TICK, 1, 1),
    (T - 90 * DAY, 1, 1),
    (T - 90 * DAY - TICK, 1, 0),
    (T - 97 * DAY, 1, 0),
    (T - 97 * DAY - TICK, 0, 0),
]


@pytest.mark.parametrize(("shown_at", "matured", "shown"), MATURE)
def test_young_recommendations_are_not_judged(url: str, shown_at: Any, matured: int, shown: int) -> None:
    # Shown long after it was made, which does not matter.
    recommendations(url, {"shown_at": shown_at, "created_at": T - 200 * DAY}, {"shown_at": None})
    found = asked(url)
    assert outcomes(found) == [0, 0, matured]
    assert quarter(found, "recommendation_acceptance_ratio") == (0 if matured else None)
    assert quarter(found, "recommendations_shown") == shown
    assert quarter(found, "recommendation_rating_response_ratio") == (0 if shown else None)


def test_without_the_time_it_was_shown_a_recommendation_counts_from_when_it_was_made(url: str) -> None:
    execute(url, "ALTER TABLE recommendations_recommendation DROP COLUMN shown_at")
    insert(url, "recommendations_recommendation", [{"user_id": 1, "created_at": T - WEEK - TICK}])
    assert outcomes(asked(url)) == [0, 0, 1]


REPLIES: list[tuple[dict[str, Any], str]] = [
    ({"accepted_at": SHOWN + WEEK - TICK}, "accepted"),
    ({"accepted_at": SHOWN + WEEK}, "ignored"),
    ({"accepted_at": SHOWN - HOUR}, "accepted"),
    ({"dismissed_at": SHOWN + WEEK - TICK}, "dismissed"),
    ({"dismissed_at": SHOWN + WEEK}, "ignored"),
    ({"accepted_at": SHOWN + DAY, "dismissed_at": SHOWN + HOUR}, "accepted"),
    ({"accepted_at": SHOWN + 8 * DAY, "dismissed_at": SHOWN + HOUR}, "dismissed"),
    ({}, "ignored"),
]


@pytest.mark.parametrize(("reply", "outcome"), REPLIES, ids=str)
def test_what_became_of_a_recommendation_in_its_first_week(url: str, reply: dict[str, Any], outcome: str) -> None:
    recommendations(url, reply)
    found = asked(url)
    assert outcomes(found) == [int(outcome == name) for name in OUTCOMES]
    assert quarter(found, "recommendation_acceptance_ratio") == int(outcome == "accepted")


def test_nobody_in_particular_counts_and_staff_does_not(url: str) -> None:
    recommendations(url, {"user_id": None}, {"user_id": 2}, {"user_id": 3}, rating=5, rated_at=T - DAY)
    found = asked(url)
    assert outcomes(found) == [0, 0, 2]
    assert quarter(found, "recommendation_ratings") == 2
    assert quarter(found, "recommendations_shown") == 2


def test_ratings_from_one_to_five_given_in_the_window(url: str) -> None:
    execute(url, "ALTER TABLE recommendations_recommendation ALTER rating TYPE double precision")
    given = [(1, T - TICK), (4, T - 90 * DAY), (5, T - DAY), (3, T - DAY)]
    others = [(5, T), (5, T - 90 * DAY - TICK), (0, T - DAY), (6, T - DAY), (NAN, T - DAY), (5, None), (None, T - DAY)]
    recommendations(url, *({"rating": rating, "rated_at": at} for rating, at in given + others))
    found = asked(url)
    assert quarter(found, "recommendation_ratings") == 4
    assert float(quarter(found, "recommendation_satisfaction_avg_ratio")) == (0 + 0.75 + 1 + 0.5) / 4
    assert quarter(found, "recommendation_csat_ratio") == 0.5
    # The one that was rated too early for the window has an answer all the same.
    assert quarter(found, "recommendation_rating_response_ratio") == 5 / 11


UNMAPPED = [
    ("accepted_at", {"recommendation_acceptance_ratio", "recommendations"}, True),
    ("dismissed_at", {"recommendations"}, False),
    ("user_id", set[str](), True),
]
IMPROVEMENT = {f"recommendation_improvement_{what}" for what in ("correlation", "lift_ratio", "pairs")}
RATINGS = {
    *("recommendation_satisfaction_avg_ratio", "recommendation_csat_ratio", "recommendation_ratings"),
    "recommendation_rating_response_ratio",
}


@pytest.mark.parametrize(("column", "families", "is_unpaired"), UNMAPPED)
def test_what_is_not_known_of_replies_is_not_told(url: str, column: str, families: set[str], is_unpaired: bool) -> None:
    recommendations(url, {"accepted_at": SHOWN})
    execute(url, f"ALTER TABLE recommendations_recommendation DROP COLUMN {column}")
    found = asked(url)
    missing = families | (IMPROVEMENT if is_unpaired else set())
    assert found.noted("column_unmapped") == missing
    assert not missing & found.names()
    assert quarter(found, "recommendations_shown") == 1


@pytest.mark.parametrize("column", ["rating", "rated_at"])
def test_ratings_need_their_time(url: str, column: str) -> None:
    execute(url, f"ALTER TABLE recommendations_recommendation DROP COLUMN {column}")
    found = asked(url)
    assert found.noted("column_unmapped") == RATINGS
    assert quarter(found, "recommendations_shown") == 0


def test_a_deployment_without_recommendations_says_so(url: str) -> None:
    found = asked(url, recommendation={"columns": {"id": None}})
    every = {"recommendation_acceptance_ratio", "recommendations", "recommendations_shown"} | RATINGS | IMPROVEMENT
    assert found.noted("column_unmapped") == every
    assert not found.names() & every


def company(url: str, accepted: int, others: int) -> None:
    """Users 11 and on, with one interview long before and one long after a recommendation each."""
    n = accepted + others
    execute(
        url,
        f"""
        INSERT INTO accounts_user (id, date_joined) SELECT n, '2026-01-01+00' FROM generate_series(11, {10 + n}) AS n;
        INSERT INTO recommendations_recommendation (user_id, created_at, shown_at, accepted_at)
            SELECT n, '2026-03-31 12:00+00', '2026-03-31 12:00+00',
                   CASE WHEN n <= {10 + accepted} THEN timestamptz '2026-04-01 12:00+00' END
            FROM generate_series(11, {10 + n}) AS n;
        INSERT INTO interviews_interviewsession
            (user_id, status, is_practice, created_at, start_time, end_time, completion_percentage)
            SELECT n, 'completed', true, t, t, t + interval '1 hour',
                   CASE WHEN t > '2026-04-01+00' AND n <= {10 + accepted} THEN 80 ELSE 50 + n % 7 END
            FROM generate_series(11, {10 + n}) AS n,
                 unnest(ARRAY['2026-03-01+00', '2026-04-10+00']::timestamptz[]) AS t;
        """,
    )


PAIRS = [(10, 20, True), (10, 19, False), (9, 21, False), (21, 9, False)]


@pytest.mark.parametrize(("accepted", "others", "is_told"), PAIRS)
def test_few_pairs_tell_nothing(url: str, accepted: int, others: int, is_told: bool) -> None:
    company(url, accepted, others)
    found = asked(url)
    assert quarter(found, "recommendation_improvement_pairs", group="accepted") == accepted
    assert quarter(found, "recommendation_improvement_pairs", group="not_accepted") == others
    for name in ("recommendation_improvement_correlation", "recommendation_improvement_lift_ratio"):
        assert (quarter(found, name) is not None) == is_told, name


def test_the_lift_is_what_those_who_accepted_gained_more(url: str) -> None:
    company(url, 14, 21)
    found = asked(url)
    gained = [0.8 - (50 + n % 7) / 100 for n in range(11, 25)]
    assert quarter(found, "recommendation_improvement_lift_ratio") == pytest.approx(sum(gained) / 14, rel=1e-12)
    assert quarter(found, "recommendation_improvement_correlation") > 0.98


def test_the_same_change_for_all_is_no_variance_however_it_is_rounded(url: str) -> None:
    company(url, 14, 21)
    execute(
        url,
        """
        UPDATE interviews_interviewsession SET completion_percentage = 30.1 + user_id WHERE start_time < '2026-04-01+00';
        UPDATE interviews_interviewsession SET completion_percentage = 40.4 + user_id WHERE start_time > '2026-04-01+00';
        """,
    )
    found = asked(url)
    assert quarter(found, "recommendation_improvement_pairs", group="accepted") == 14
    assert quarter(found, "recommendation_improvement_correlation") is None
    assert quarter(found, "recommendation_improvement_lift_ratio") is None


def session(end: Any, score: float | None, length: timedelta = HOUR, **changes: Any) -> dict[str, Any]:
    plain = {"user_id": 1, "status": "completed", "is_practice": True, "created_at": T - 200 * DAY}
    return plain | {"start_time": end - length, "end_time": end, "completion_percentage": score} | changes


def test_three_interviews_on_each_side_make_a_mean(url: str) -> None:
    company(url, 10, 20)
    # Of user 1: the anchor is the week after, as nothing was accepted.
    recommendations(url, {}, {"shown_at": T - 30 * DAY}, {"shown_at": T - DAY, "accepted_at": T - DAY})
    after = SHOWN + WEEK
    before = [session(SHOWN - TICK, 40), session(SHOWN - DAY, 50), session(SHOWN - 2 * DAY, 90)]
    later = [session(after + HOUR, 60), session(after + DAY, 61), session(T - TICK, 66)]
    left_out = [
        *(session(SHOWN - 3 * DAY, 0), session(SHOWN, 0), session(SHOWN - HOUR, None), session(SHOWN - HOUR, NAN)),
        *(session(SHOWN - HOUR, 120), session(after + HOUR - TICK, 0), session(T, 0), session(T - TICK, 0, TICK)),
        session(after + 2 * HOUR, 0, status="abandoned"),
    ]
    plain = asked(url)
    insert(url, "interviews_interviewsession", before + later + left_out)
    found = asked(url)
    assert quarter(found, "recommendation_improvement_pairs", group="not_accepted") == 21
    lift = [float(quarter(one, "recommendation_improvement_lift_ratio")) for one in (plain, found)]
    change = ((60 + 61 + 66) - (40 + 50 + 90)) / 300
    assert lift[1] == pytest.approx(lift[0] - change / 21, rel=1e-9)


def test_the_latest_recommendation_speaks_even_if_it_has_no_pair(url: str) -> None:
    recommendations(url, {"shown_at": T - 40 * DAY}, {"shown_at": T - 8 * DAY})
    insert(url, "interviews_interviewsession", [session(T - 50 * DAY, 50), session(T - 20 * DAY, 60)])
    assert quarter(asked(url), "recommendation_improvement_pairs", group="not_accepted") == 0
    execute(url, "DELETE FROM recommendations_recommendation WHERE shown_at > '2026-04-01+00'")
    assert quarter(asked(url), "recommendation_improvement_pairs", group="not_accepted") == 1


def test_of_two_recommendations_at_once_the_later_row_speaks(url: str) -> None:
    recommendations(url, {"accepted_at": None}, {"accepted_at": SHOWN + DAY})
    insert(url, "interviews_interviewsession", [session(SHOWN - DAY, 50), session(SHOWN + 9 * DAY, 60)])
    found = asked(url)
    assert quarter(found, "recommendation_improvement_pairs", group="accepted") == 1
    assert quarter(found, "recommendation_improvement_pairs", group="not_accepted") == 0
