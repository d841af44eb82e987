"""Properties of metrics.md section 9 that the usage oracle must have for every history, exactly in fractions."""

import math
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

from hypothesis import HealthCheck, given
from hypothesis import settings as profile

from tests.oracle.sessions import closed_without_end, end, running
from tests.oracle.usage import (
    Settings,
    StageEvent,
    Values,
    World,
    expected_engagement,
    expected_interviews,
    expected_operations,
    expected_session_quality,
    key,
)
from tests.oracle.usage_histories import DAY, Case, cases
from tests.oracle.windowed import completed_in, scope_of, started_in

often = profile(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)

LATE = datetime.max.replace(tzinfo=UTC)
KINDS = ("hiring", "practice")
WINDOWS = ("24h", "7d", "30d")
# Ratio, numerator, denominator; all without kind "all", which has no counts.
RATIOS = (
    ("user_retention_ratio", "user_retention_retained_users", "user_retention_cohort_users"),
    ("interview_completion_ratio", "interview_completion_completed", "interview_completion_base"),
    ("interview_high_performer_ratio", "interview_high_performers", "interview_high_performer_base"),
    (
        "company_interview_completion_ratio",
        "company_interview_completion_completed",
        "company_interview_completion_base",
    ),
)
MEANS = (
    ("interview_duration_avg_seconds", "interview_duration_samples"),
    ("interview_duration_p50_seconds", "interview_duration_samples"),
    ("interview_progress_avg_ratio", "interview_progress_samples"),
    ("interview_score_avg_ratio", "interview_scored"),
    ("pipeline_stage_duration_p50_seconds", "pipeline_stage_exits"),
    ("time_to_hire_p50_seconds", "pipeline_hires"),
    ("user_session_duration_avg_seconds", "user_sessions"),
)


def ask(case: Case) -> Values:
    rows = (case.world, case.at, case.settings)
    return expected_engagement(*rows) | expected_interviews(*rows) | expected_operations(*rows)


def get(values: Values, family: str, **labels: str) -> Fraction | int:
    return values[key(f"jobhive_{family}", **labels)]


def every(values: Values, family: str) -> dict[frozenset[tuple[str, str]], Fraction | int]:
    return {labels: value for (name, labels), value in values.items() if name == f"jobhive_{family}"}


@often
@given(cases())
def test_open_sessions_are_active_or_stale_and_what_ended_completed_is_completed(case: Case) -> None:
    values = ask(case)
    for kind in KINDS:
        live = get(values, "interviews_active", kind=kind) + get(values, "interviews_stale", kind=kind)
        assert get(values, "interviews", kind=kind, state="in_progress") == live
        for window in WINDOWS:
            done = get(values, "interviews_completed", kind=kind, window=window)
            assert get(values, "interviews_ended", kind=kind, outcome="completed", window=window) == done


@often
@given(cases())
def test_ratios_are_reproduced_by_their_companions_and_at_most_one(case: Case) -> None:
    values = ask(case)
    for name, part, whole in RATIOS:
        for labels, base in every(values, whole).items():
            numerator = values.get((f"jobhive_{part}", labels))
            if numerator is not None:  # Logins know the cohort, and not who came back.
                found = values.get((f"jobhive_{name}", labels))
                assert found == (Fraction(numerator) / base if base else None)
                assert 0 <= numerator <= base
    assert all(0 <= value <= 1 for (name, _), value in values.items() if name.endswith("_ratio"))


@often
@given(cases())
def test_a_mean_is_there_exactly_where_its_sample_is(case: Case) -> None:
    values = ask(case)
    for name, size in MEANS:
        found = {labels for labels in every(values, name) if ("kind", "all") not in labels}
        assert found == {labels for labels, count in every(values, size).items() if count}


@often
@given(cases())
def test_pipelines_are_monotone_and_complete(case: Case) -> None:
    values = ask(case)
    stages = ("invited", "started", "completed", "passed")
    for kind in KINDS:
        for window in WINDOWS:
            labels = {"kind": kind, "window": window}
            counts = [get(values, "interview_pipeline_sessions", stage=stage, **labels) for stage in stages]
            assert counts == sorted(counts, reverse=True)
    for window in WINDOWS if case.settings.pipeline == "events" else ():
        assert get(values, "pipeline_hires", window=window) <= len(case.world.applications)


@often
@given(cases())
def test_adjacent_windows_partition(case: Case) -> None:
    scope, (a, b, c) = scope_of(case.world, case.at, case.settings), (case.at - days * DAY for days in (30, 7, 0))
    for rows in (started_in, completed_in):
        both = len(rows(scope, (a, b))) + len(rows(scope, (b, c)))
        assert len(rows(scope, (a, c))) == both


@often
@given(cases())
def test_the_difference_of_two_states_is_what_happened_between(case: Case) -> None:
    """Of rows whose end is not before their start: the others were never there."""

    def sound(session: object) -> bool:
        return session in whole

    settings, (a, b) = case.settings, (case.at - 7 * DAY, case.at)
    scope = scope_of(case.world, case.at, settings)
    lives = [
        (row, row.start_time, end(row, settings)) for row in scope.sessions if not closed_without_end(row, settings)
    ]
    whole = [row for row, start, stop in lives if start is not None and (stop is None or start <= stop)]
    states = [sum(running(row, instant, settings) for row in whole) for instant in (a, b)]
    begun = [row for row in started_in(scope, (a, b)) if sound(row)]
    gone = [row for row, _, stop in lives if stop is not None and a <= stop < b and sound(row)]
    assert states[1] - states[0] == len(begun) - len(gone)


@often
@given(cases())
def test_rows_of_a_later_time_change_nothing(case: Case) -> None:
    assert ask(replace(case, world=known(case.world, case.at))) == ask(case)


def known(world: World, at: datetime) -> World:
    """Without the rows whose every event is at T or later; a first stage event is exempt (IA12d)."""
    here = {user.id for user in world.users if user.date_joined < at}
    sessions = tuple(
        row
        for row in world.sessions
        if min(row.created_at, row.start_time or LATE, row.end_time or LATE, row.scheduled_at or LATE) < at
    )
    ids = {row.id for row in sessions}
    early = {event.application_id for event in world.stage_events if event.occurred_at < at}

    def kept(event: StageEvent) -> bool:
        return event.occurred_at < at or event.application_id not in early

    return replace(
        world,
        users=tuple(user for user in world.users if user.id in here),
        sessions=sessions,
        activities=tuple(row for row in world.activities if row.occurred_at < at),
        user_sessions=tuple(row for row in world.user_sessions if min(row.started_at, row.last_seen_at) < at),
        assessments=tuple(row for row in world.assessments if row.created_at < at and row.interview_session_id in ids),
        recommendations=tuple(row for row in world.recommendations if (row.accepted_at or LATE) < at),
        subscriptions=tuple(row for row in world.subscriptions if row.created_at < at),
        applications=tuple(row for row in world.applications if row.created_at < at),
        stage_events=tuple(filter(kept, world.stage_events)),
    )


@often
@given(cases())
def test_the_time_zone_moves_calendar_windows_only(case: Case) -> None:
    calendar = ("jobhive_user_retention", "jobhive_user_stickiness")

    def trailing(timezone: str) -> Values:
        values = ask(replace(case, settings=replace(case.settings, timezone=timezone)))
        return {
            (name, labels): value
            for (name, labels), value in values.items()
            if not name.startswith(calendar) and not any(value.startswith("prev_") for _, value in labels)
        }

    assert trailing("UTC") == trailing("America/New_York")


@often
@given(cases())
def test_the_same_counts_are_present_in_every_world(case: Case) -> None:
    settings = replace(case.settings, interviewers=False)  # Interviewers are data: their labels come and go.
    empty, full = (ask(replace(case, settings=settings, world=world)) for world in (World(), case.world))
    info = {name for name in empty if name[0] == "jobhive_activity_source_info"}
    assert {value for name, value in empty.items() if name not in info} == {0}
    assert empty.keys() <= full.keys()
    assert all(label and text for _, labels in full for label, text in labels)
    assert all(isinstance(value, int | Fraction) and math.isfinite(value) for value in full.values())


@often
@given(cases())
def test_the_order_of_the_rows_does_not_matter(case: Case) -> None:
    world = replace(
        case.world,
        users=case.world.users[::-1],
        jobs=case.world.jobs[::-1],
        interviewers=case.world.interviewers[::-1],
        sessions=case.world.sessions[::-1],
        activities=case.world.activities[::-1],
        applications=case.world.applications[::-1],
        stage_events=case.world.stage_events[::-1],
    )
    assert ask(replace(case, world=world)) == ask(case)
    assert quality(world, case) == quality(case.world, case)


def quality(world: World, case: Case) -> dict[tuple[str, str], int]:
    return expected_session_quality(world, case.at, case.settings)


@often
@given(cases())
def test_data_quality_counts_every_row_once_at_most(case: Case) -> None:
    sizes = {
        "session": len(case.world.sessions),
        "activity": len(case.world.activities),
        "user": len(case.world.users),
    }
    found = quality(case.world, case)
    assert found.keys() == expected_session_quality(World(), case.at, Settings()).keys()
    assert all(0 <= rows <= sizes[table] for (table, _), rows in found.items())
