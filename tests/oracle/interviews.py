"""Every family of metrics.md 4.3 as exact fractions; by interviewer, and the pipeline of applications, in their files."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from tests.oracle.activity import utc_30d
from tests.oracle.interviewers import expected_interviewers
from tests.oracle.measures import Window, trailing
from tests.oracle.pipeline import expected_pipeline
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.samples import mean, percentile
from tests.oracle.sessions import CLOSED, DIMENSIONS, closing, completed, passed, session_class, started
from tests.oracle.usage_rows import Session, Settings, World
from tests.oracle.windowed import (
    KINDS,
    WINDOWS,
    Scope,
    cohort_in,
    completed_in,
    lengths,
    performers,
    scope_of,
    scores,
    started_in,
)

LAGS = (0, 1, 2, 3)
OUTCOMES = (*CLOSED, "other")
STEPS = ("invited", "started", "completed", "passed")


def expected_interviews(world: World, at: datetime, settings: Settings) -> Values:
    scope = scope_of(world, at, settings)
    values = core(scope, "jobhive_interview", {}) | utc_completed(scope) | expected_pipeline(world, at, settings)
    for name in (*KINDS, "all"):
        for window, days in WINDOWS.items():
            labels, part = {"kind": name, "window": window}, scope.of_kind(name)
            values |= percentiles(part, trailing(at, days), labels)
            values |= steps(part, trailing(at, days), labels)
            values |= outcomes(part, trailing(at, days), labels)
    for number, label in settings.companies:
        values |= core(scope.only(belongs_to(world, number)), "jobhive_company_interview", {"company": label})
    return values | (expected_interviewers(scope) if settings.interviewers else {})


# The families that exist per company too


def core(scope: Scope, prefix: str, labels: dict[str, str]) -> Values:
    values: Values = {}
    for name in (*KINDS, "all"):
        for window, days in WINDOWS.items():
            part, names = scope.of_kind(name), {**labels, "kind": name, "window": window}
            values |= ratios(part, trailing(scope.at, days), prefix, names)
            if name != "all":
                values |= counts(part, trailing(scope.at, days), prefix, names)
    return values


def counts(scope: Scope, window: Window, prefix: str, labels: dict[str, str]) -> Values:
    begun, done, cohort = started_in(scope, window), completed_in(scope, window), cohort_in(scope, window)
    high = performers(scope, window)
    found = {
        "s_started": len(begun),
        "s_completed": len(done),
        "_duration_samples": len(lengths(scope, window)),
        "_completion_base": len(cohort),
        "_completion_completed": sum(completed(row, scope.at, scope.settings) for row in cohort),
        "_progress_samples": len(scores(begun, "completion", scope.settings)),
        "_high_performers": sum(high),
        "_high_performer_base": len(high),
    }
    values: Values = {key(f"{prefix}{family}", **labels): count for family, count in found.items()}
    for dimension in DIMENSIONS:
        sample = scores(done, dimension, scope.settings)
        values[key(f"{prefix}_scored", dimension=dimension, **labels)] = len(sample)
    return values


def ratios(scope: Scope, window: Window, prefix: str, labels: dict[str, str]) -> Values:
    cohort, high = cohort_in(scope, window), performers(scope, window)
    done = sum(completed(row, scope.at, scope.settings) for row in cohort)
    progress = scores(started_in(scope, window), "completion", scope.settings)
    values = {
        **mean(key(f"{prefix}_duration_avg_seconds", **labels), lengths(scope, window)),
        **ratio(key(f"{prefix}_completion_ratio", **labels), done, len(cohort)),
        **mean(key(f"{prefix}_progress_avg_ratio", **labels), progress),
        **ratio(key(f"{prefix}_high_performer_ratio", **labels), sum(high), len(high)),
    }
    for dimension in DIMENSIONS:
        sample = scores(completed_in(scope, window), dimension, scope.settings)
        values |= mean(key(f"{prefix}_score_avg_ratio", dimension=dimension, **labels), sample)
    return values


def belongs_to(world: World, company: int) -> Callable[[Session], bool]:
    jobs = {job.id for job in world.jobs if job.company_id == company}
    return lambda session: session.job_id in jobs


# The families that exist once


def utc_completed(scope: Scope) -> Values:
    """IA2b."""
    return {
        key("jobhive_interviews_completed_utc_30d", kind=name, lag_days=str(lag)): len(
            completed_in(scope.of_kind(name), utc_30d(scope.at, lag))
        )
        for name in KINDS
        for lag in LAGS
    }


def percentiles(scope: Scope, window: Window, labels: dict[str, str]) -> Values:
    """UE5d, UE5e."""
    sample = lengths(scope, window)
    return {
        **percentile(key("jobhive_interview_duration_p50_seconds", **labels), sample, Fraction("0.5")),
        **percentile(key("jobhive_interview_duration_p95_seconds", **labels), sample, Fraction("0.95")),
    }


def outcomes(scope: Scope, window: Window, labels: dict[str, str]) -> Values:
    """IA12a. Nothing is asked but the instant: a session created later, with an end before T, has ended."""
    if labels["kind"] == "all":
        return {}
    instants = [(closing(row, scope.settings), session_class(row, scope.settings)) for row in scope.sessions]
    classes = [name for instant, name in instants if instant is not None and window[0] <= instant < window[1]]
    found = Counter(name if name in CLOSED else "other" for name in classes)
    return {key("jobhive_interviews_ended", outcome=name, **labels): found[name] for name in OUTCOMES}


def steps(scope: Scope, window: Window, labels: dict[str, str]) -> Values:
    """IA12b, IA12c."""
    rows: dict[str, list[Session]] = {}
    rows["invited"] = [row for row in scope.sessions if window[0] <= row.created_at < window[1]]
    rows["started"] = [row for row in rows["invited"] if started(row, scope.at)]
    rows["completed"] = [row for row in rows["started"] if completed(row, scope.at, scope.settings)]
    rows["passed"] = [row for row in rows["completed"] if passed(row, scope.settings)]
    values: Values = {}
    for step in STEPS if labels["kind"] != "all" else ():
        values[key("jobhive_interview_pipeline_sessions", stage=step, **labels)] = len(rows[step])
    for before, after in pairwise(STEPS):
        name = key("jobhive_interview_pipeline_conversion_ratio", **{"from": before, "to": after}, **labels)
        values |= ratio(name, len(rows[after]), len(rows[before]))
    return values
