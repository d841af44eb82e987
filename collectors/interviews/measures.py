"""What is counted of the sessions of a window, by kind and together, in one pass."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Double, FromClause, Select, and_, cast, func, not_, or_, select, true
from sqlalchemy.dialects.postgresql import array

from collectors.definitions import Interviews
from collectors.interviews.families import KINDS, OUTCOMES
from collectors.periods import periods, within
from collectors.session_values import DIMENSIONS
from exporter.windows import Window

# A value by the name of its family, without prefix, and the values of the labels beside kind and window.
Measure = tuple[str, tuple[tuple[str, str], ...]]
Measures = dict[Measure, ColumnElement[Any]]
Statement = Select[*tuple[Any, ...]]


def counts(
    session: FromClause, windows: Sequence[Window], meaning: Interviews, *by: str
) -> tuple[Statement, list[Measure]]:
    """Select all measures by window, kind and the columns `by`; all of them add up over kinds.

    The order of the measures is that of the columns after window, kind and `by`.
    """
    instants = (session.c.created_at, session.c.start, session.c.end, session.c.closing)
    period = _beside(windows, *instants)
    measures = _durations(session, period) | _outcomes(session, period) | _scores(session, period, meaning)
    if "company" not in by:
        measures |= _endings(session, period) | _stages(session, period, meaning)
    keys = (period.c.window, session.c.kind, *(session.c[name] for name in by))
    statement = select(*keys, *measures.values()).join_from(session, period, true()).group_by(*keys)
    return statement, list(measures)


def endings(session: CTE, windows: Sequence[Window], utc: Sequence[Window]) -> tuple[Statement, list[tuple[str, str]]]:
    """Select one row of what is made of completed sessions alone: durations, and counts of complete UTC days.

    First the median and 95th percentile for each kind and window (the keys that are returned), then the counts for each
    kind and window of `utc`. Each aggregate sorts nothing but its own numbers: groups would be sorted as a whole.
    """
    seconds = cast(session.c.seconds, Double)
    both = func.percentile_cont(array([0.5, 0.95])).within_group(seconds)
    found: dict[tuple[str, str], ColumnElement[Any]] = {}
    for window in windows:
        ended = and_(_completed(session, window), seconds.is_not(None))
        found["all", window.key] = both.filter(ended)
        for kind in KINDS:
            found[kind, window.key] = both.filter(and_(ended, session.c.kind == kind))
    days = (_count(_completed(session, window), session.c.kind == kind) for kind in KINDS for window in utc)
    return select(*found.values(), *days).select_from(session), list(found)


def _completed(session: CTE, window: Window) -> ColumnElement[bool]:
    return and_(session.c.completed, session.c.end >= window.start, session.c.end < window.end)


def _beside(windows: Sequence[Window], *instants: ColumnElement[Any]) -> FromClause:
    """The windows that one of the instants of a row lies in.

    Looked up row by row (the offset says so): the other way round, the sessions would be kept on disk and read once
    for each window.
    """
    period = periods(windows)
    return select(period).where(or_(*(within(instant, period) for instant in instants))).offset(0).lateral("period")


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(and_(*conditions))


def _durations(session: FromClause, period: Any) -> Measures:
    ended = and_(session.c.completed, within(session.c.end, period))
    return {
        ("interviews_started", ()): _count(within(session.c.start, period)),
        ("interviews_completed", ()): _count(ended),
        ("interview_duration_samples", ()): _count(ended, session.c.seconds.is_not(None)),
        ("interview_duration_sum", ()): func.sum(session.c.seconds).filter(ended),
    }


def _outcomes(session: FromClause, period: Any) -> Measures:
    started = within(session.c.start, period)
    known = and_(started, not_(session.c.active))
    return {
        ("interview_completion_base", ()): _count(known),
        ("interview_completion_completed", ()): _count(known, session.c.completed),
        ("interview_progress_samples", ()): _count(started, session.c.completion.is_not(None)),
        ("interview_progress_sum", ()): func.sum(session.c.completion).filter(started),
    }


def _scores(session: FromClause, period: Any, meaning: Interviews) -> Measures:
    ended = and_(session.c.completed, within(session.c.end, period))
    both = and_(ended, session.c.completion.is_not(None), session.c.technical.is_not(None))
    high = and_(
        session.c.completion >= meaning.high_performer_completion,
        session.c.technical >= meaning.high_performer_technical,
    )
    measures: Measures = {
        ("interview_high_performer_base", ()): _count(both),
        ("interview_high_performers", ()): _count(both, high),
    }
    for dimension in DIMENSIONS:
        label = (("dimension", dimension),)
        measures["interview_scored", label] = _count(ended, session.c[dimension].is_not(None))
        measures["interview_score_sum", label] = func.sum(session.c[dimension]).filter(ended)
    return measures


def _endings(session: FromClause, period: Any) -> Measures:
    over, named = within(session.c.closing, period), OUTCOMES[:-1]
    klass = session.c["class"]
    return {
        **{("interviews_ended", (("outcome", name),)): _count(over, klass == name) for name in named},
        ("interviews_ended", (("outcome", "other"),)): _count(over, klass.not_in(named)),
    }


def _stages(session: FromClause, period: Any, meaning: Interviews) -> Measures:
    came = {
        "invited": within(session.c.created_at, period),
        "started": session.c.started,
        "completed": session.c.completed,
        "passed": session.c[meaning.pass_dimension] >= meaning.pass_threshold,
    }
    return {
        ("interview_pipeline_sessions", (("stage", stage),)): _count(*list(came.values())[: place + 1])
        for place, stage in enumerate(came)
    }
