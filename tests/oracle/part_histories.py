"""Hypothesis strategies for Worlds of one part of metrics.md each: the features and the checks.

The rows of a part are dense in what it looks at, and the tables that it never reads are empty.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import cache

from hypothesis import strategies as st

from tests.oracle import analysis_histories as analyses
from tests.oracle import histories, usage_histories
from tests.oracle.usage_histories import (
    Case,
    evaluations,
    grid,
    ids,
    jobs,
    numbered,
    odd_sessions,
    recent,
    sound_sessions,
    users,
)
from tests.oracle.usage_rows import Activity, Session, Settings, World

Worlds = Callable[[datetime], st.SearchStrategy[World]]


def cases_of(worlds: Worlds, settings: st.SearchStrategy[Settings]) -> st.SearchStrategy[Case]:
    def asked(at: datetime) -> st.SearchStrategy[Case]:
        return st.builds(Case, worlds(at), st.just(at), settings)

    return evaluations().flatmap(asked)


def mixed_sessions(at: datetime) -> st.SearchStrategy[Session]:
    return st.sampled_from((sound_sessions(at), sound_sessions(at), odd_sessions(at))).flatmap(lambda one: one)


# Features


def feature_cases() -> st.SearchStrategy[Case]:
    return cases_of(feature_worlds, feature_settings())


def feature_settings() -> st.SearchStrategy[Settings]:
    return st.builds(
        lambda chosen, columns, enrolments: replace(chosen, feature_column=columns, enrolments=enrolments),
        usage_histories.settings(),
        st.sampled_from((True, True, False)),
        st.sampled_from((True, True, False)),
    )


@cache
def feature_activities(at: datetime) -> st.SearchStrategy[Activity]:
    words = usage_histories.FEATURES
    return st.builds(Activity, st.just(0), ids(6), st.sampled_from(recent(at) * 2 + grid(at)), st.sampled_from(words))


@cache
def feature_worlds(at: datetime) -> st.SearchStrategy[World]:
    return st.builds(
        numbered,
        users=st.lists(users(at), min_size=3, max_size=6),
        sessions=st.lists(mixed_sessions(at), min_size=4, max_size=12),
        activities=st.lists(feature_activities(at), min_size=4, max_size=16),
        skills=analyses.skills(),
        assessments=st.lists(analyses.assessments(at), max_size=8),
        recommendations=st.lists(analyses.recommendations(at), max_size=8),
        enrolments=st.lists(analyses.enrolments(at), max_size=8),
        plans=st.lists(histories.plans(), min_size=1, max_size=1),
        subscriptions=st.lists(usage_histories.subscriptions(at), max_size=2),
    )


# Checks


def check_cases() -> st.SearchStrategy[Case]:
    scales = st.sampled_from((1, 1, 100))
    chosen = st.builds(
        lambda chosen, *scale: replace(chosen, sentiment_scale=scale[0], assessment_scale=scale[1]),
        feature_settings(),
        scales,
        scales,
    )
    return cases_of(check_worlds, chosen)


@cache
def check_worlds(at: datetime) -> st.SearchStrategy[World]:
    subscriptions = st.sampled_from((histories.sound_subscriptions(at), histories.odd_subscriptions(at)))
    return st.builds(
        lambda judged, **rows: numbered(skills=judged[0], assessments=judged[1], **rows),
        analyses.assessed(at),
        users=st.lists(users(at), min_size=2, max_size=5),
        jobs=jobs(),
        sessions=st.lists(mixed_sessions(at), min_size=2, max_size=8),
        activities=st.lists(feature_activities(at), max_size=8),
        sentiments=st.lists(analyses.sentiments(at), max_size=10),
        recommendations=st.lists(analyses.recommendations(at), max_size=8),
        applications=st.lists(usage_histories.applications(at), min_size=1, max_size=6),
        stage_events=st.lists(usage_histories.stage_events(at), max_size=10),
        plans=st.lists(histories.plans(), min_size=1, max_size=4),
        subscriptions=st.lists(subscriptions.flatmap(lambda one: one), min_size=1, max_size=6),
        events=st.lists(histories.events(at), max_size=6),
    )
