"""Checks of recommendations (metrics.md 4.13)."""

from sqlalchemy import not_

from collectors.data_quality.counts import Check, Counts, Recent, counts, newest_of
from collectors.schema import Schema


def recommendation_checks(schema: Schema, recent: Recent) -> Counts:
    """Check the recent recommendations."""
    row = schema.table("recommendation")

    def mapped(column: str) -> bool:
        return schema.has("recommendation", column)

    checks = {
        "accepted_before_created": Check(row.c.accepted_at < row.c.created_at, mapped("accepted_at")),
        "rating_out_of_range": Check(not_(row.c.rating.between(1, 5)), mapped("rating")),
        "user_missing": Check(row.c.user_id.is_(None), mapped("user_id")),
    }
    newest = newest_of(schema, "recommendation", "created_at", recent.at)
    return counts(newest, checks, recent.has(row.c.created_at))
