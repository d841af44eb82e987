"""Checks of interview sessions: what other figures leave out or cannot trust (metrics.md 4.13, table session)."""

from collections.abc import Mapping
from datetime import datetime
from math import inf
from typing import Any

from sqlalchemy import CTE, ColumnElement, Double, Text, and_, cast, func, literal, not_, or_

from collectors.data_quality.counts import SKEW, Check, Counts, Recent, counts, newest_of
from collectors.definitions import Definitions
from collectors.mapping import SessionMapping
from collectors.schema import Schema
from collectors.session_values import DIMENSIONS, LONGEST, session_class
from collectors.sessions import Sessions

# Those who ended without an end, beside `completed`, which has a check of its own.
LEFT = ("abandoned", "no_show")
CHECKS = (
    *("closed_without_end", "completed_without_end", "duration_too_long", "future_start", "negative_duration"),
    *("non_finite", "progress_null", "progress_out_of_range", "score_null", "score_out_of_range", "start_missing"),
    *("status_end_mismatch", "status_unknown"),
)


def session_checks(schema: Schema, definitions: Definitions, recent: Recent) -> Counts:
    """Check the recent sessions of everyone by their start, or else creation.

    Starts ahead of the instant by more than clocks differ know no horizon.
    """
    at, mapping = recent.at, definitions.tables.session
    sessions = Sessions(schema, definitions, at)
    row = sessions.row
    unstarted = and_(row.c.start_time.is_(None), recent.has(row.c.created_at))
    session = sessions.unfiltered("checked", or_(row.c.start_time >= at - recent.horizon, unstarted))
    is_recent = recent.has(func.coalesce(session.c.start, session.c.created_at))
    ahead = and_(session.c["class"].in_(("in_progress", "completed")), session.c.start > at + SKEW)
    broken = {**_ends(session, at), **_values(session, mapping)}
    checks = {check: Check(and_(is_recent, broken[check]) if check in broken else ahead) for check in CHECKS}
    return counts(newest_of(schema, "session", "start_time", at), checks).select_from(session)


def _ends(session: CTE, at: datetime) -> Mapping[str, ColumnElement[bool]]:
    klass, seconds = session.c["class"], session.c.any_seconds
    over = and_(session.c.end < at, _finite(seconds))
    return {
        "closed_without_end": and_(klass.in_(LEFT), session.c.started, session.c.end_time.is_(None)),
        "completed_without_end": and_(klass == "completed", session.c.end.is_(None)),
        "duration_too_long": and_(over, seconds > LONGEST.total_seconds()),
        "negative_duration": and_(over, seconds < 0),
        "start_missing": and_(klass == "completed", session.c.start.is_(None)),
        "status_end_mismatch": and_(klass.in_(("scheduled", "in_progress")), session.c.end_time < at),
    }


def _values(session: CTE, mapping: SessionMapping) -> Mapping[str, ColumnElement[bool]]:
    value = {dimension: session.c[column] for dimension, column in DIMENSIONS.items()}
    outside = {name: and_(_finite(it), not_(it.between(0, mapping.score_scale))) for name, it in value.items()}
    return {
        "non_finite": or_(_infinite(session.c.duration), *(not_(_finite(it)) for it in value.values())),
        "progress_null": and_(session.c.completed, value["completion"].is_(None)),
        "progress_out_of_range": outside["completion"],
        "score_null": and_(session.c.completed, or_(value["technical"].is_(None), value["behavioral"].is_(None))),
        "score_out_of_range": or_(outside["technical"], outside["behavioral"]),
        "status_unknown": session_class(session, mapping, None).is_(None),
    }


def _finite(value: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell that a number is neither null nor NaN nor infinite; NaN is above infinity."""
    number = cast(value, Double)
    return and_(number > literal(-inf, Double), number < literal(inf, Double))


def _infinite(value: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell that a value is NaN or infinite; of a duration nobody may know whether it is a number or an interval."""
    return func.lower(cast(value, Text)).in_(("nan", "infinity", "-infinity"))
