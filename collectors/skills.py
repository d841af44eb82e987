"""The categories of skills: the most assessed have a name, the rest are folded into one (metrics.md AI7b)."""

from datetime import datetime

from sqlalchemy import Select, collate, func, select

from collectors.labels import label_text
from collectors.schema import Schema
from exporter.windows import trailing

MOST = 20


def folded(schema: Schema, at: datetime) -> Select[int]:
    """Select the skills whose category is not among the most assessed; one without a category is not folded."""
    skill = schema.table("skill")
    category = label_text(skill.c.category)
    return select(skill.c.id).where(category.is_not(None), category.not_in(most_assessed(schema, at)))


def most_assessed(schema: Schema, at: datetime) -> Select[str | None]:
    """Select the categories with the most assessments of P0(at) in 90 days, then by name; without any they have none.

    An order of the database's own would depend on its locale.
    """
    row, session, skill = schema.table("assessment"), schema.table("session"), schema.table("skill")
    users, category = schema.users(at), label_text(skill.c.category)
    source = (
        row.join(skill, skill.c.id == row.c.skill_id)
        .join(session, session.c.id == row.c.interview_session_id)
        .join(users, users.c.id == session.c.user_id)
    )
    return (
        select(category)
        .select_from(source)
        .where(row.c.created_at >= trailing("90d", at).start, row.c.created_at < at, category.is_not(None))
        .group_by(category)
        .order_by(func.count().desc(), collate(category, "C"))
        .limit(MOST)
    )
