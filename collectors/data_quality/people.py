"""Checks of users, and of the log of what they did (metrics.md 4.13)."""

from datetime import datetime

from sqlalchemy import case, func, select

from collectors.data_quality.counts import SKEW, Check, Counts, Recent, counts, newest_of
from collectors.definitions import Features
from collectors.schema import Schema


def user_checks(schema: Schema, at: datetime) -> Counts:
    """Check all users; who joins in the future has no upper bound."""
    user = schema.table("user")
    newest = func.max(case((user.c.date_joined < at, user.c.date_joined)))
    return counts(newest, {"future_date": Check(user.c.date_joined > at + SKEW)})


def activity_checks(schema: Schema, meaning: Features, recent: Recent) -> Counts:
    """Check all activity, the longest table: by the ends of an index, and no more of it than the horizon."""
    row, newest = schema.table("activity"), newest_of(schema, "activity", "occurred_at", recent.at)
    future = select(func.count()).where(row.c.occurred_at > recent.at + SKEW).scalar_subquery()
    found = select(newest.label("newest"), future.label("future_date"))
    if not schema.has("activity", "feature"):
        return found
    known = (*(word for words in meaning.activity_values.values() for word in words), *meaning.ignored_values)
    unknown = select(func.count()).where(
        recent.has(row.c.occurred_at), row.c.feature != "", func.lower(row.c.feature).not_in(known)
    )
    return found.add_columns(unknown.scalar_subquery().label("feature_unknown"))
