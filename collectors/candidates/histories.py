"""The histories of candidates: their completed interviews in order, those without a start last (metrics.md 4.5)."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CTE, ColumnElement, Double, Subquery, and_, cast, extract, func, select

from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.session_values import DIMENSIONS
from collectors.sessions import Sessions

Kind = Literal["all", "hiring", "practice"]
MONTH_SECONDS = 30 * 86_400.0


def completed(session: CTE, kind: Kind) -> ColumnElement[bool]:
    """Tell that a session belongs to the history of its candidate."""
    return and_(session.c.completed, *([] if kind == "all" else [session.c.kind == kind]))


def histories(schema: Schema, definitions: Definitions, at: datetime, kind: Kind, since: datetime) -> Subquery:
    """One row per session of the whole history of each candidate who completed one in [since, at).

    Columns: id, user_id, start, end and the dimensions; beside each dimension `place_…`, how many values there are up
    to this row, and `n_…`, how many there are; `months`, how many times 30 days after the first start with a completion
    score it began.
    """
    recent, all_of_them = Sessions(schema, definitions, at), Sessions(schema, definitions, at)
    # Whose interviews they are is asked of the histories: those of all others are not read.
    ended = recent.unfiltered("recent", recent.ended_since(since))
    candidates = select(ended.c.user_id).where(completed(ended, kind), ended.c.end >= since)
    session = all_of_them.facts("histories", all_of_them.row.c.user_id.in_(candidates))
    whole: Any = {"partition_by": session.c.user_id}
    so_far = whole | {"order_by": (session.c.start.asc().nulls_last(), session.c.id), "rows": (None, 0)}
    values = {dimension: session.c[dimension] for dimension in DIMENSIONS}
    first = func.min(session.c.start).filter(session.c.completion.is_not(None)).over(**whole)
    # Exact before it is a floating number: starts at one instant must not differ by a rounding error.
    elapsed = cast(extract("epoch", session.c.start - first), Double)
    return (
        select(
            *(session.c.id, session.c.user_id, session.c.start, session.c.end, *values.values()),
            *(func.count(value).over(**so_far).label(f"place_{name}") for name, value in values.items()),
            *(func.count(value).over(**whole).label(f"n_{name}") for name, value in values.items()),
            (elapsed / MONTH_SECONDS).label("months"),
        )
        .where(completed(session, kind))
        .subquery("ordered")
    )
