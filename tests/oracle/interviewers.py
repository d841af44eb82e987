"""IA11 of metrics.md 4.3: the interview families by interviewer, which are JSON only."""

from collections import Counter
from dataclasses import replace

from tests.oracle.measures import Window, trailing
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.samples import mean
from tests.oracle.sessions import DIMENSIONS, completed
from tests.oracle.usage_rows import Session
from tests.oracle.windowed import KINDS, WINDOWS, Scope, cohort_in, completed_in, lengths, performers, scores

TOP = 20
ENOUGH = 10


def expected_interviewers(scope: Scope) -> Values:
    label = interviewer_labels(scope)
    values: Values = {}
    for name in {*label.values(), "other", "none"}:
        own = replace(scope, sessions=tuple(row for row in scope.sessions if label_of(row, label) == name))
        for family, days in WINDOWS.items():
            for which in (*KINDS, "all"):
                labels = {"interviewer": name, "kind": which, "window": family}
                values |= interviewer(own.of_kind(which), trailing(scope.at, days), labels)
    return values


def interviewer_labels(scope: Scope) -> dict[int, str]:
    """The label of each interviewer who has one of the top slugs: those with a completed session in 30 days.

    An interviewer with none is not ranked: a row without a time, added later, would change the past (property 6).
    """
    slugs = {row.id: row.slug for row in scope.world.interviewers if row.slug}
    done = completed_in(scope, trailing(scope.at, 30))
    found = Counter(row.interviewer_id for row in done if row.interviewer_id is not None)
    ranked = sorted((-count, slugs[number], number) for number, count in found.items() if number in slugs)
    return {number: slug for _, slug, number in ranked[:TOP]}


def label_of(session: Session, labels: dict[int, str]) -> str:
    return "none" if session.interviewer_id is None else labels.get(session.interviewer_id, "other")


def interviewer(scope: Scope, window: Window, labels: dict[str, str]) -> Values:
    done, cohort, high = completed_in(scope, window), cohort_in(scope, window), performers(scope, window)
    finished = sum(completed(row, scope.at, scope.settings) for row in cohort)
    values = mean(key("jobhive_interviewer_duration_avg_seconds", **labels), lengths(scope, window))
    if labels["kind"] != "all":
        values[key("jobhive_interviewer_interviews", **labels)] = len(done)
    if len(cohort) >= ENOUGH:
        values |= ratio(key("jobhive_interviewer_completion_ratio", **labels), finished, len(cohort))
    if len(high) >= ENOUGH:
        values |= ratio(key("jobhive_interviewer_high_performer_ratio", **labels), sum(high), len(high))
    for dimension in DIMENSIONS:
        sample = scores(done, dimension, scope.settings)
        if len(sample) >= ENOUGH:
            values |= mean(key("jobhive_interviewer_score_avg_ratio", dimension=dimension, **labels), sample)
    return values
