"""How long users stay: sessions of use, recorded or cut from their activity (metrics.md UE5b, UE5c)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Numeric, Row, Select, Subquery, and_, cast, extract, func, select

from collectors.activity import Activity, mapped
from collectors.engagement.families import SESSION_SECONDS, SESSIONS, TRAILING
from collectors.schema import Schema
from exporter.model import Sample
from exporter.windows import trailing

# Nobody who was seen this recently is known to be gone, and a longer silence is the end of a session.
GAP = timedelta(minutes=30)
LONGEST = timedelta(hours=24)
OLDEST = TRAILING[-1]


def table(schema: Schema, activity: Activity) -> str | None:
    """Return the logical table that tells of sessions: their own, or else the log of activity; None without both."""
    if mapped(schema, "user_session"):
        return "user_session"
    return "activity" if activity.source == "activity" else None


def recorded(schema: Schema, at: datetime) -> Subquery:
    """Return the sessions (start, end) of the population that ended in the longest window and are over."""
    session, users = schema.table("user_session"), schema.users(at)
    return (
        select(session.c.started_at.label("start"), session.c.last_seen_at.label("end"))
        .join_from(session, users, users.c.id == session.c.user_id)
        .where(session.c.last_seen_at >= trailing(OLDEST, at).start, session.c.last_seen_at < at - GAP)
        .subquery("stays")
    )


def cut(activity: Activity, at: datetime) -> Subquery:
    """Return the same, where activity without a pause is a session; one of a single instant has no known length.

    It looks back so far beyond the window that a session which began even earlier is recognised as too long.
    """
    oldest = trailing(OLDEST, at).start
    pairs = activity.pairs(oldest - LONGEST - 2 * GAP, at)
    over: Any = {"partition_by": pairs.c.user_id, "order_by": pairs.c.occurred_at}
    pause = pairs.c.occurred_at - func.lag(pairs.c.occurred_at).over(**over)
    seen = select(pairs.c.user_id, pairs.c.occurred_at, (pause > GAP).label("begins")).subquery("seen")
    over = {"partition_by": seen.c.user_id, "order_by": seen.c.occurred_at}
    number = func.count().filter(seen.c.begins).over(**over)
    numbered = select(seen.c.user_id, seen.c.occurred_at, number.label("number")).subquery("numbered")
    start, end = func.min(numbered.c.occurred_at), func.max(numbered.c.occurred_at)
    return (
        select(start.label("start"), end.label("end"))
        .group_by(numbered.c.user_id, numbered.c.number)
        .having(and_(start < end, end >= oldest, end < at - GAP))
        .subquery("stays")
    )


def lengths(stays: Subquery, at: datetime) -> Select[*tuple[Any, ...]]:
    """Select one row: the sessions and their seconds by window, and how many have no length that can be."""
    length = stays.c.end - stays.c.start
    sound = length.between(timedelta(0), LONGEST)
    seconds = cast(extract("epoch", length), Numeric)
    columns = []
    for key in TRAILING:
        counts = and_(sound, stays.c.end >= trailing(key, at).start)
        columns.append(func.count().filter(counts).label(f"sessions_{key}"))
        columns.append(func.coalesce(func.sum(seconds).filter(counts), 0).label(f"seconds_{key}"))
    return select(
        *columns,
        func.count().filter(length < timedelta(0)).label("negative_duration"),
        func.count().filter(length > LONGEST).label("duration_too_long"),
    )


def samples(row: Row[Any]) -> Iterator[Sample]:
    """Turn the row into samples."""
    figures = row._asdict()
    for key in TRAILING:
        yield SESSIONS.sample(figures[f"sessions_{key}"], window=key)
        yield SESSION_SECONDS.sample(figures[f"seconds_{key}"], window=key)


def dropped(row: Row[Any], table: str) -> Mapping[tuple[str, str], int]:
    """Tell how many sessions of the longest window were left out, by check; what is cut is never negative."""
    backwards = {(table, "negative_duration"): row.negative_duration} if table == "user_session" else {}
    return {(table, "duration_too_long"): row.duration_too_long, **backwards}
