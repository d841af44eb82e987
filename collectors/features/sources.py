"""Where a deployment records the use of each feature (metrics.md FU1 to FU5)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, literal, select, true

from collectors.base import Unmapped
from collectors.definitions import Features
from collectors.features.families import ASSESSMENTS, DASHBOARD, FEEDBACK, LEARNING, PRACTICE
from collectors.schema import Schema


@dataclass(frozen=True, slots=True)
class Source:
    """The use events of a feature: whose they are, when, and the rows that hold both."""

    user_id: ColumnElement[int]
    instant: ColumnElement[datetime]
    rows: FromClause
    condition: ColumnElement[bool]

    def events(self, feature: str, start: datetime, end: datetime) -> Select[*tuple[Any, ...]]:
        """Select (feature, user_id, t) in [start, end)."""
        return (
            select(literal(feature).label("feature"), self.user_id.label("user_id"), self.instant.label("t"))
            .select_from(self.rows)
            .where(self.condition, self.instant >= start, self.instant < end)
        )


def sources(schema: Schema, meaning: Features) -> tuple[Mapping[str, Source], Mapping[str, str]]:
    """Return the features that have a source, and why the others have none."""
    found: dict[str, Source] = {}
    missing: dict[str, str] = {}
    for feature, find in FINDERS.items():
        try:
            found[feature] = find(schema, meaning)
        except Unmapped as unmapped:
            missing[feature] = unmapped.reason
    return found, missing


def _practice(schema: Schema, _: Features) -> Source:
    """Started, and not only made."""
    session = schema.table("session")
    return Source(session.c.user_id, session.c.start_time, session, session.c.is_practice)


def _feedback(schema: Schema, meaning: Features) -> Source:
    """Without a log of views: when a recommendation was shown."""
    unlogged = _why_unlogged(schema, meaning, FEEDBACK)
    shown = all(schema.has("recommendation", name) for name in ("shown_at", "user_id"))
    if unlogged and shown and schema.why_not("recommendation") is None:
        row = schema.table("recommendation")
        return Source(row.c.user_id, row.c.shown_at, row, true())
    return _logged(schema, meaning, FEEDBACK)


def _learning(schema: Schema, meaning: Features) -> Source:
    if schema.why_not("enrolment") is None:
        row = schema.table("enrolment")
        return Source(row.c.user_id, row.c.started_at, row, true())
    return _logged(schema, meaning, LEARNING)


def _dashboard(schema: Schema, meaning: Features) -> Source:
    return _logged(schema, meaning, DASHBOARD)


def _assessments(schema: Schema, _: Features) -> Source:
    session, row = schema.table("session"), schema.table("assessment")
    of_session = row.join(session, session.c.id == row.c.interview_session_id)
    return Source(session.c.user_id, row.c.created_at, of_session, true())


def _logged(schema: Schema, meaning: Features, feature: str) -> Source:
    if reason := _why_unlogged(schema, meaning, feature):
        raise Unmapped(f"no activity tells of {feature}", reason)
    row, words = schema.table("activity"), meaning.activity_values[feature]
    used = and_(row.c.feature != "", func.lower(row.c.feature).in_(words))
    return Source(row.c.user_id, row.c.occurred_at, row, used)


def _why_unlogged(schema: Schema, meaning: Features, feature: str) -> str | None:
    """Return why the log of activity does not tell of a feature; one that has no word for it lacks it like a column."""
    if reason := schema.why_not("activity"):
        return reason
    told = schema.has("activity", "feature") and meaning.activity_values[feature]
    return None if told else "column_unmapped"


FINDERS: Mapping[str, Callable[[Schema, Features], Source]] = {
    PRACTICE: _practice,
    FEEDBACK: _feedback,
    LEARNING: _learning,
    DASHBOARD: _dashboard,
    ASSESSMENTS: _assessments,
}
