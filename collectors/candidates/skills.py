"""What is said of skills in interviews: a mean for each category of each session (metrics.md CA1, CA6)."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Subquery, Text, cast, func, null, select

from collectors.activity import mapped
from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.session_values import scored


def skill_scores(schema: Schema, definitions: Definitions, at: datetime, session: FromClause) -> Subquery | None:
    """One row per session and category (null: none is known) with `n` valid scores and their `total`.

    None where a deployment has no assessments.
    """
    if not mapped(schema, "assessment"):
        return None
    assessment = schema.table("assessment")
    source: FromClause = assessment.join(session, session.c.id == assessment.c.interview_session_id)
    category: ColumnElement[Any] = cast(null(), Text)
    if mapped(schema, "skill"):
        skill = schema.table("skill")
        source, category = source.outerjoin(skill, skill.c.id == assessment.c.skill_id), skill.c.category
    score = scored(assessment.c.accumulated_score, definitions.tables.assessment.score_scale)
    return (
        select(
            *(session.c.id.label("session_id"), category.label("category")),
            *(func.count(score).label("n"), func.sum(score).label("total")),
        )
        .select_from(source)
        .where(assessment.c.created_at < at, score.is_not(None))
        .group_by(session.c.id, category)
        .subquery("skill_scores")
    )
