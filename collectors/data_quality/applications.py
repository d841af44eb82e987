"""Checks of applications (metrics.md 4.13)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Subquery, case, exists, func, literal, null, or_, select, true

from collectors.data_quality.counts import Check, Counts, Recent, counts
from collectors.schema import Schema


def application_checks(schema: Schema, stages: Sequence[str], recent: Recent) -> Counts:
    """Check the applications made recently, by their stage at the instant."""
    row = schema.table("application")
    source, stage = _staged(schema, row, stages[0], recent)
    unknown = or_(stage.is_(None), func.lower(stage).not_in(stages))
    # They are no table of DQ2.
    found = counts(null(), {"stage_unknown": Check(unknown)})
    return found.select_from(source).where(recent.has(row.c.created_at))


def _staged(schema: Schema, row: Subquery, first: str, recent: Recent) -> tuple[FromClause, ColumnElement[Any]]:
    """Return applications with their stage, as IA12d tells it: by their events, looked up one by one, or the column."""
    if schema.why_not("stage_event"):
        return row, row.c.stage
    event, other = schema.table("stage_event"), schema.table("stage_event")
    latest = (
        select(event.c.id, event.c.to_stage)
        .where(event.c.application_id == row.c.id, event.c.occurred_at < recent.at)
        .order_by(event.c.occurred_at.desc(), event.c.id.desc())
        .limit(1)
        .lateral("latest_event")
    )
    stage = case(
        (latest.c.id.is_not(None), latest.c.to_stage),
        (exists().where(other.c.application_id == row.c.id), literal(first)),
        else_=row.c.stage,
    )
    return row.outerjoin(latest, true()), stage
