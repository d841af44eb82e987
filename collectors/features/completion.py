"""What was begun and brought to an end: practice interviews and learning paths (metrics.md FU9)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, func, not_, select

from collectors.definitions import Definitions
from collectors.features.families import COMPLETED, COMPLETION_BASE, TRAILING
from collectors.schema import Schema
from collectors.sessions import Sessions
from exporter.model import Sample
from exporter.windows import trailing

Statement = Select[*tuple[Any, ...]]


def practised(schema: Schema, definitions: Definitions, at: datetime) -> Statement:
    """Count practice interviews as UE6 does: those whose outcome is not known yet are left out."""
    sessions = Sessions(schema, definitions, at)
    begun = sessions.started_since(trailing(TRAILING[-1], at).start)
    session = sessions.facts("practised", begun, sessions.row.c.is_practice)
    return _counted(session, session.c.start, not_(session.c.active), session.c.completed, at)


def learnt(schema: Schema, at: datetime) -> Statement:
    """Count learning paths."""
    row, users = schema.table("enrolment"), schema.users(at)
    enrolled = row.join(users, users.c.id == row.c.user_id)
    oldest = trailing(TRAILING[-1], at).start
    begun = and_(row.c.started_at >= oldest, row.c.started_at < at)
    return _counted(enrolled, row.c.started_at, begun, row.c.completed_at < at, at).where(begun)


def _counted(
    rows: FromClause, start: ColumnElement[Any], known: ColumnElement[bool], done: ColumnElement[bool], at: datetime
) -> Statement:
    columns = []
    for key in TRAILING:
        cohort = and_(known, start >= trailing(key, at).start)
        columns.append(func.count().filter(cohort).label(f"base_{key}"))
        columns.append(func.count().filter(and_(cohort, done)).label(f"completed_{key}"))
    return select(*columns).select_from(rows)


def samples(row: Row[Any], feature: str) -> Iterator[Sample]:
    """Turn the row of a feature into samples."""
    counts = row._asdict()
    for key in TRAILING:
        yield COMPLETION_BASE.sample(counts[f"base_{key}"], feature=feature, window=key)
        yield COMPLETED.sample(counts[f"completed_{key}"], feature=feature, window=key)
