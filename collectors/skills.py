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
    """Select the categories with the most assessments of 90 days, then by name; those without any have no rank.

    Everyone's count, as in every check. An order of the database's own would depend on its locale.
    """
    row, skill = schema.table("assessment"), schema.table("skill")
    category = label_text(skill.c.category)
    return (
        select(category)
        .join_from(row, skill, skill.c.id == row.c.skill_id)
        .where(row.c.created_at >= trailing("90d", at).start, row.c.created_at < at, category.is_not(None))
        .group_by(category)
        .order_by(func.count().desc(), collate(category, "C"))
        .limit(MOST)
    )
