"""Hypothesis strategies for candidates and their history (metrics.md 4.5)."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from hypothesis import strategies as st

from tests.oracle import analysis_histories as analyses
from tests.oracle import usage_histories
from tests.oracle.analysis_rows import Assessment, Skill
from tests.oracle.histories import seldom
from tests.oracle.part_histories import cases_of
from tests.oracle.usage_histories import BESIDE, DAY, HOUR, ODD_STATUSES, TICK, Case, ids, numbered, users
from tests.oracle.usage_rows import Session, Settings, User, World


def candidate_cases() -> st.SearchStrategy[Case]:
    return cases_of(candidate_worlds, candidate_settings())


def performance_cases() -> st.SearchStrategy[Case]:
    """As above; every other one with the thirty candidates who make a population."""
    both = st.sampled_from((candidate_worlds, peers))
    return both.flatmap(lambda worlds: cases_of(worlds, candidate_settings()))


def candidate_settings() -> st.SearchStrategy[Settings]:
    kinds, scales = st.sampled_from(("all", "all", "hiring", "practice")), st.sampled_from((1, 1, 100))
    return st.builds(
        lambda chosen, kind, *scale: replace(
            chosen, candidate_kind=kind, sentiment_scale=scale[0], assessment_scale=scale[1]
        ),
        usage_histories.settings(),
        kinds,
        scales,
        scales,
    )


@cache
def candidate_sessions(at: datetime, people: int = 4) -> st.SearchStrategy[Session]:
    """Starts are whole hours apart, or equal: a slope over microseconds is not to be had in floating point."""
    hours = [1, 1, 2, 3, 24, 25, 48, 168, 169, 720, 721, 2159, 2160, 2161, 4320, 8760]
    starts = [at - hour * HOUR for hour in hours] + [at + HOUR]
    ends = [at - days * DAY + shift for days in (0, 1, 30, 90, 90, 180) for shift in BESIDE] + [
        at - HOUR,
        at - 100 * DAY,
    ] * 5
    return st.builds(
        Session,
        id=st.just(0),
        user_id=ids(people),
        status=st.sampled_from(["completed"] * 30 + ODD_STATUSES),
        created_at=st.just(at - 200 * DAY),
        start_time=st.sampled_from([*starts, None, None, None]),
        end_time=st.sampled_from([*ends * 2, None]),
        is_practice=st.sampled_from((False, False, True)),
        duration=st.sampled_from((1800.0, 60.0, None)),
        completion_percentage=usage_histories.scores(),
        technical_accuracy=usage_histories.scores(),
        behavioral_score=usage_histories.scores(),
        ended_reason=st.sampled_from([None] * 20 + ["timeout"]),
    )


@cache
def candidate_worlds(at: datetime) -> st.SearchStrategy[World]:
    return st.builds(
        lambda judged, **rows: numbered(skills=judged[0], assessments=judged[1], **rows),
        analyses.assessed(at),
        users=st.lists(veterans(at) | users(at), min_size=2, max_size=5),
        sessions=st.lists(candidate_sessions(at), min_size=8, max_size=24),
        sentiments=st.lists(analyses.sentiments(at), max_size=8),
    )


@cache
def veterans(at: datetime) -> st.SearchStrategy[User]:
    return st.builds(User, st.just(0), st.just(at - 400 * DAY), deleted_at=seldom([at - DAY], 8))


@cache
def peers(at: datetime) -> st.SearchStrategy[World]:
    """Around thirty candidates with a session or two: whether they are enough depends on a few nulls."""

    def apiece(sessions: list[Session], more: list[Session], categories: list[int], late: timedelta) -> World:
        first = [
            replace(row, user_id=number, status="completed", end_time=at - late)
            for number, row in enumerate(sessions, 1)
        ]
        scores = [None if row.completion_percentage is None else row.completion_percentage / 100 for row in sessions]
        judged = [
            Assessment(0, number, at - DAY, score, skill_id=skill)
            for number, (score, skill) in enumerate(zip(scores, categories, strict=False), 1)
        ]
        people = [User(0, at - 400 * DAY) for _ in first]
        return numbered(users=people, sessions=[*first, *more], skills=[Skill(0, "art"), Skill(0)], assessments=judged)

    return st.builds(
        apiece,
        st.lists(candidate_sessions(at), min_size=31, max_size=40),
        st.lists(candidate_sessions(at, people=30), max_size=12),
        st.lists(st.sampled_from((1, 1, 1, 1, 2)), min_size=40, max_size=40),
        st.sampled_from((DAY, DAY, 180 * DAY, 180 * DAY + TICK)),
    )
