"""Hypothesis strategies for the rows of analysis_rows: good values and odd ones, at the ends of every window."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from hypothesis import strategies as st

from tests.oracle.analysis_rows import Assessment, Enrolment, Recommendation, Sentiment, Skill
from tests.oracle.histories import seldom
from tests.oracle.usage_histories import BESIDE, DAY, INFINITY, NAN, grid, ids, recent

LABELS = ["positive", "Neutral", "NEGATIVE", None, "", "mixed", " positive"]
GOOD_SCORES = [0.8, 0.75, 0.5, 1.0, 0.0, 0.7, 0.25, 0.9]
ODD_SCORES = [1.01, -0.01, 80.0, 100.0, 100.01, NAN, INFINITY, -INFINITY]
TIMES = [120.0, 0.0, 4500.5, -1.0, NAN, INFINITY, -INFINITY]
RATINGS = [1, 5, 4, 3, 0, 6, -1, 32767]
# In the order of bytes and of every locale.
CATEGORIES = [f"c{number:02}" for number in range(1, 25)]


@cache
def created(at: datetime) -> st.SearchStrategy[datetime]:
    """Categories are ranked by 90 days, the other windows are on the common grid."""
    edges = [at - 90 * DAY + shift for shift in BESIDE]
    return st.sampled_from(recent(at) * 2 + grid(at) + edges * 4)


@cache
def scores() -> st.SearchStrategy[float | None]:
    return st.sampled_from([*GOOD_SCORES * 3, *ODD_SCORES, None, None, None])


@cache
def sentiments(at: datetime) -> st.SearchStrategy[Sentiment]:
    return st.builds(
        Sentiment,
        id=st.just(0),
        interview_session_id=ids(20),
        created_at=created(at),
        positive_score=scores(),
        predicted_label=st.sampled_from(LABELS),
        human_label=st.sampled_from(LABELS),
        confidence=scores(),
        processing_time_ms=seldom(TIMES, 2),
    )


@cache
def assessments(at: datetime) -> st.SearchStrategy[Assessment]:
    return st.builds(
        Assessment,
        id=st.just(0),
        interview_session_id=ids(20),
        created_at=created(at),
        accumulated_score=scores(),
        skill_id=seldom(range(1, 25), 1) | st.none(),
        human_validated=st.booleans(),
        human_score=st.none() | scores(),
        human_agrees=st.sampled_from((None, None, True, False)),
        confidence=scores(),
    )


@cache
def skills() -> st.SearchStrategy[list[Skill]]:
    """Some categories have several skills, some skills have none."""
    names: list[str | None] = [*CATEGORIES[:3], None, "", "communication"]
    return st.lists(st.sampled_from(names), min_size=1, max_size=6).map(skills_of)


def skills_of(categories: Sequence[str | None]) -> list[Skill]:
    return [Skill(0, category) for category in categories]


@cache
def assessed(at: datetime) -> st.SearchStrategy[tuple[list[Skill], list[Assessment]]]:
    """Few rows of few skills, or more categories than are named, each with a row: ties for the last places."""

    def apiece(rows: Sequence[Assessment], more: Sequence[Assessment]) -> tuple[list[Skill], list[Assessment]]:
        first = [replace(row, skill_id=number) for number, row in enumerate(rows, 1)]
        return skills_of(CATEGORIES), [*first, *more]

    few = st.tuples(skills(), st.lists(assessments(at), max_size=8))
    some = assessments(at)
    sized = st.lists(some, min_size=20, max_size=24), st.lists(some, max_size=6)
    many = st.builds(apiece, *sized)
    return st.sampled_from((few, few, many)).flatmap(lambda one: one)


@cache
def recommendations(at: datetime) -> st.SearchStrategy[Recommendation]:
    instants = grid(at)
    return st.builds(
        Recommendation,
        id=st.just(0),
        created_at=st.sampled_from(recent(at) + instants),
        user_id=seldom(range(1, 7), 1) | st.none(),
        accepted_at=seldom(instants, 2),
        shown_at=seldom(recent(at) + instants, 1) | st.none(),
        rating=seldom(RATINGS, 2),
    )


@cache
def enrolments(at: datetime) -> st.SearchStrategy[Enrolment]:
    return st.builds(
        Enrolment,
        id=st.just(0),
        user_id=ids(6),
        started_at=st.sampled_from(recent(at) + grid(at)),
        completed_at=seldom([at + shift for shift in BESIDE] * 10 + recent(at), 2),
    )
