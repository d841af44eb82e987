"""Properties of metrics.md section 9 that the oracles of 4.5, 4.6, 4.7 and 4.13 must have for every history."""

import math
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.activity import active_in
from tests.oracle.candidate_histories import candidate_cases, performance_cases
from tests.oracle.candidates import histories
from tests.oracle.features import uses
from tests.oracle.journey_histories import journey_cases
from tests.oracle.part_histories import check_cases, feature_cases
from tests.oracle.revenue import Values
from tests.oracle.test_usage_properties import LATE, every, get, often
from tests.oracle.usage import (
    World,
    expected_candidates,
    expected_checks,
    expected_engagement,
    expected_features,
    expected_journey,
    expected_performance,
)
from tests.oracle.usage_histories import DAY, Case
from tests.oracle.windowed import completed_in, scope_of

Oracle = Callable[..., Values]

STAGES = ("registration", "email_verification", "first_interview", "completed_interview", "subscription")
PARTS: tuple[tuple[Oracle, Callable[[], st.SearchStrategy[Case]]], ...] = (
    (expected_candidates, candidate_cases),
    (expected_features, feature_cases),
    (expected_journey, journey_cases),
    (expected_checks, check_cases),
)
# Ratio or mean, numerator (None where a mean has none), denominator.
RATIOS = (
    ("candidate_improved_ratio", "candidates_improved", "candidates_repeat"),
    ("candidate_improvement_avg_ratio", None, "candidates_repeat"),
    ("candidate_improvement_rate_avg_ratio", None, "candidate_improvement_rate_candidates"),
    ("candidate_interviews_avg", None, "candidates"),
    ("feature_events_per_user_avg", "feature_events", "feature_users"),
    ("feature_completion_ratio", None, "feature_completion_base"),
    ("cohort_retention_ratio", "cohort_active_users", None),
)
any_part = pytest.mark.parametrize(("oracle", "cases"), PARTS, ids=[oracle.__name__ for oracle, _ in PARTS])


def ask(oracle: Oracle, case: Case) -> Values:
    return oracle(case.world, case.at, case.settings)


# Of every part


@any_part
@often
@given(data=st.data())
def test_values_are_finite_labelled_and_complete(oracle: Oracle, cases: Any, data: st.DataObject) -> None:
    case: Case = data.draw(cases())
    empty, full = ask(oracle, replace(case, world=World())), ask(oracle, case)
    assert set(empty.values()) == {0}
    assert empty.keys() <= full.keys()
    assert all(label and text for _, labels in full for label, text in labels)
    assert all(isinstance(value, int | Fraction) and math.isfinite(value) for value in full.values())
    bounded = {
        name: value for (name, _), value in full.items() if name.endswith("_ratio") and "improvement" not in name
    }
    assert all(0 <= value <= 1 for value in bounded.values())


@pytest.mark.parametrize(("oracle", "cases"), PARTS[:3], ids=[oracle.__name__ for oracle, _ in PARTS[:3]])
@often
@given(data=st.data())
def test_companions_reproduce_ratios_and_tell_where_they_are(oracle: Oracle, cases: Any, data: st.DataObject) -> None:
    values = ask(oracle, data.draw(cases()))
    for name, part, whole in RATIOS:
        found = every(values, name)
        for labels, base in every(values, whole).items() if whole else ():
            assert (labels in found) is (base > 0)
            if part and base:
                assert found[labels] == Fraction(values[f"jobhive_{part}", labels]) / base


@any_part
@often
@given(data=st.data())
def test_the_order_of_rows_does_not_matter(oracle: Oracle, cases: Any, data: st.DataObject) -> None:
    case: Case = data.draw(cases())
    turned = {field.name: getattr(case.world, field.name)[::-1] for field in fields(case.world)}
    assert ask(oracle, replace(case, world=World(**turned))) == ask(oracle, case)


@any_part
@often
@given(data=st.data())
def test_rows_of_a_later_time_change_nothing(oracle: Oracle, cases: Any, data: st.DataObject) -> None:
    """But for the checks of the future, which are about such rows."""

    def asked(world: World) -> Values:
        values = ask(oracle, replace(case, world=world))
        return {
            name: value for name, value in values.items() if not dict(name[1]).get("check", "").startswith("future")
        }

    case: Case = data.draw(cases())
    assert asked(known(case.world, case.at)) == asked(case.world)


def known(world: World, at: datetime) -> World:
    """Without the rows whose every event is at T or later; a first stage event is exempt (IA12d)."""

    def early(*instants: datetime | None) -> bool:
        return min(instant or LATE for instant in instants) < at

    sentiments = tuple(row for row in world.sentiments if row.created_at < at)
    assessments = tuple(row for row in world.assessments if row.created_at < at)
    judged = {row.interview_session_id for row in sentiments} | {row.interview_session_id for row in assessments}
    begun = {event.application_id for event in world.stage_events if event.occurred_at < at}
    return replace(
        world,
        sentiments=sentiments,
        assessments=assessments,
        users=tuple(row for row in world.users if row.date_joined < at),
        sessions=tuple(
            row
            for row in world.sessions
            if row.id in judged or early(row.created_at, row.start_time, row.end_time, row.scheduled_at)
        ),
        activities=tuple(row for row in world.activities if row.occurred_at < at),
        recommendations=tuple(
            row for row in world.recommendations if early(row.created_at, row.shown_at, row.accepted_at)
        ),
        enrolments=tuple(row for row in world.enrolments if row.started_at < at),
        subscriptions=tuple(row for row in world.subscriptions if early(row.created_at, row.started_at)),
        events=tuple(row for row in world.events if row.occurred_at < at),
        applications=tuple(row for row in world.applications if row.created_at < at),
        stage_events=tuple(
            row for row in world.stage_events if row.occurred_at < at or row.application_id not in begun
        ),
    )


@any_part
@often
@given(data=st.data())
def test_the_time_zone_moves_cohorts_only(oracle: Oracle, cases: Any, data: st.DataObject) -> None:
    def absolute(timezone: str) -> Values:
        values = ask(oracle, replace(case, settings=replace(case.settings, timezone=timezone)))
        return {name: value for name, value in values.items() if not name[0].startswith("jobhive_cohort_")}

    case: Case = data.draw(cases())
    assert absolute("UTC") == absolute("Asia/Amman")


# 4.5


@often
@given(candidate_cases())
def test_candidates_are_those_of_their_windows(case: Case) -> None:
    values = ask(expected_candidates, case)
    scope = scope_of(case.world, case.at, case.settings).of_kind(case.settings.candidate_kind)
    for window, days in (("30d", 30), ("90d", 90)):
        done = completed_in(scope, (case.at - days * DAY, case.at))
        assert get(values, "candidates", window=window) == len({row.user_id for row in done})
        total = values.get(("jobhive_candidate_interviews_avg", frozenset({("window", window)})), 0)
        assert total * get(values, "candidates", window=window) == len(done)
    for dimension in ("technical", "behavioral", "completion"):
        labels = {"dimension": dimension, "window": "90d"}
        repeat, improved = get(values, "candidates_repeat", **labels), get(values, "candidates_improved", **labels)
        assert 0 <= improved <= repeat <= get(values, "candidates", window="90d")
        change = every(values, "candidate_improvement_avg_ratio").get(frozenset(labels.items()), Fraction(0))
        assert -1 <= change <= 1
    per = [
        get(values, "candidate_improvement_rate_candidates", per=name, window="90d") for name in ("30d", "interview")
    ]
    assert 0 <= per[0] <= per[1] <= get(values, "candidates_repeat", dimension="completion", window="90d")


@often
@given(performance_cases())
def test_the_detail_of_a_candidate_agrees_with_itself(case: Case) -> None:
    every_history = histories(case.world, case.at, case.settings)
    for user in case.world.users[:8]:
        found = expected_performance(case.world, case.at, case.settings, user.id)
        if found is None:
            assert user.id not in every_history
            continue
        assert found.total_interviews == len(found.history) == len(every_history.get(user.id, []))
        for dimension, change in found.improvement.items():
            line = [value for row in found.history if (value := getattr(row, dimension)) is not None]
            assert change == (line[-1] - line[0] if len(line) > 1 else None)
            assert (found.robust_improvement[dimension] is None) is (len(line) < 4)
        dates = [row.date for row in found.history if row.date is not None]
        assert dates == sorted(dates)
        assert [row.date for row in found.history[len(dates) :]] == [None] * (len(found.history) - len(dates))
        for marks in (found.strengths, found.areas):
            assert len(marks) <= 5
            assert [margin for _, margin in marks] == sorted((margin for _, margin in marks), reverse=True)
            assert all(margin >= -Fraction(1, 10**9) for _, margin in marks)
        assert not {name for name, _ in found.strengths} & {name for name, _ in found.areas}


# 4.6


@often
@given(feature_cases())
def test_adopters_are_users_and_active(case: Case) -> None:
    values = ask(expected_features, case)
    for labels, adopters in every(values, "feature_adopters").items():
        base = get(values, "feature_adoption_base", window=dict(labels)["window"])
        users = values["jobhive_feature_users", labels]
        assert 0 <= adopters <= min(base, users) <= users <= values["jobhive_feature_events", labels]
        rate = values.get(("jobhive_feature_adoption_ratio", labels))
        assert rate == (Fraction(adopters) / base if base else None)
    engaged = ask(expected_engagement, case)
    for window in ("24h", "7d", "30d"):
        assert get(values, "feature_adoption_base", window=window) == get(engaged, "active_users", window=window)


@often
@given(feature_cases())
def test_uses_of_adjacent_windows_add_up(case: Case) -> None:
    a, b, c = (case.at - days * DAY for days in (30, 7, 0))
    for feature, events in uses(case.world, case.at, case.settings).items():
        counts = [sum(first <= when < stop for _, when in events) for first, stop in ((a, b), (b, c), (a, c))]
        assert counts[0] + counts[1] == counts[2]
        assert get(ask(expected_features, case), "feature_events", feature=feature, window="30d") == counts[2]
        ids = frozenset((who, when) for who, when in events if who is not None)
        assert active_in(ids, (a, c)) == active_in(ids, (a, b)) | active_in(ids, (b, c))


# 4.7


@often
@given(journey_cases())
def test_a_strict_funnel_is_monotone_and_within_the_loose_one(case: Case) -> None:
    values = ask(expected_journey, case)
    counts = {
        (cohort, mode): [get(values, "funnel_users", cohort=cohort, mode=mode, stage=stage) for stage in STAGES]
        for cohort in ("30d", "90d", "all")
        for mode in ("strict", "loose")
    }
    for cohort in ("30d", "90d", "all"):
        strict, loose = counts[cohort, "strict"], counts[cohort, "loose"]
        assert strict == sorted(strict, reverse=True)
        assert strict[0] == loose[0]
        assert all(one <= other <= loose[0] for one, other in zip(strict, loose, strict=True))
        rates = [
            values.get(("jobhive_funnel_conversion_ratio", frozenset({("cohort", cohort), ("from", a), ("to", b)})))
            for a, b in pairwise(STAGES)
        ]
        assert rates == [Fraction(b) / a if a else None for a, b in pairwise(strict)]
    for mode in ("strict", "loose"):
        nested = zip(counts["30d", mode], counts["90d", mode], counts["all", mode], strict=True)
        assert all(month <= quarter <= ever for month, quarter, ever in nested)


@often
@given(journey_cases())
def test_times_to_stages_grow_and_are_there_where_users_are(case: Case) -> None:
    values = ask(expected_journey, case)
    for labels, median in every(values, "funnel_time_to_stage_p50_seconds").items():
        assert median >= 0
        assert values["jobhive_funnel_users", labels | {("mode", "strict")}] > 0
    times = [name for name in STAGES[1:] if name != "email_verification" or case.settings.verification_time]
    for cohort in ("30d", "90d", "all"):
        present = {
            dict(labels)["stage"]
            for labels in every(values, "funnel_time_to_stage_p50_seconds")
            if ("cohort", cohort) in labels
        }
        strict = {stage for stage in times if get(values, "funnel_users", cohort=cohort, mode="strict", stage=stage)}
        assert present == strict


@often
@given(journey_cases())
def test_the_difference_of_two_registrations_is_who_joined_between(case: Case) -> None:
    def registered(at: datetime) -> Fraction | int:
        values = expected_journey(case.world, at, case.settings)
        return get(values, "funnel_users", cohort="all", mode="loose", stage="registration")

    joined = get(ask(expected_engagement, case), "users_new", window="7d")
    assert registered(case.at) - registered(case.at - 7 * DAY) == joined


@often
@given(journey_cases())
def test_cohorts_are_thirteen_and_retain_no_more_than_they_have(case: Case) -> None:
    values = ask(expected_journey, case)
    sizes = {dict(labels)["cohort"]: size for labels, size in every(values, "cohort_users").items()}
    assert len(sizes) == 13
    active = every(values, "cohort_active_users")
    assert len(active) == (0 if case.settings.activity_source == "login" else 78)
    rates = every(values, "cohort_retention_ratio")
    for labels, count in active.items():
        size = sizes[dict(labels)["cohort"]]
        assert 0 <= count <= size
        assert rates.get(labels) == (Fraction(count) / size if size else None)
    assert rates.keys() <= active.keys()
    assert sum(sizes.values()) <= get(values, "funnel_users", cohort="all", mode="loose", stage="registration")


# 4.13


@often
@given(check_cases())
def test_a_check_counts_a_row_once_at_most(case: Case) -> None:
    world, values = case.world, ask(expected_checks, case)
    sizes = {
        "user": world.users,
        "session": world.sessions,
        "activity": world.activities,
        "sentiment": world.sentiments,
        "assessment": world.assessments,
        "recommendation": world.recommendations,
        "application": world.applications,
        "plan": world.plans,
        "subscription": world.subscriptions,
    }
    for labels, rows in every(values, "data_quality_rows").items():
        assert 0 <= rows <= len(sizes[dict(labels)["table"]])
    for stamp in every(values, "source_newest_row_timestamp_seconds").values():
        assert stamp < case.at.timestamp()
