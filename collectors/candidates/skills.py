"""What is said of skills in interviews (metrics.md CA1, CA6)."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Text, and_, cast, func, null

from collectors.activity import mapped
from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.session_values import scored


class Skills(NamedTuple):
    """Sessions joined with the valid scores that were given to their skills, and the categories of these (or null)."""

    source: FromClause
    category: ColumnElement[str]
    score: ColumnElement[float]
    known: ColumnElement[bool]


def skills(schema: Schema, definitions: Definitions, at: datetime, session: FromClause) -> Skills | None:
    """Return the skills of sessions, as `known` before `at`; None where a deployment has no assessments."""
    if not mapped(schema, "assessment"):
        return None
    row = schema.table("assessment")
    source: FromClause = session.join(row, row.c.interview_session_id == session.c.id)
    category: ColumnElement[Any] = cast(null(), Text)
    if mapped(schema, "skill"):
        skill = schema.table("skill")
        # An empty name is no category.
        source, category = source.outerjoin(skill, skill.c.id == row.c.skill_id), func.nullif(skill.c.category, "")
    score = scored(row.c.accumulated_score, definitions.tables.assessment.score_scale)
    return Skills(source, category, score, and_(row.c.created_at < at, score.is_not(None)))
