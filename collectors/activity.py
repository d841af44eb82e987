"""The activity of users: (user, instant) pairs, from the best source that a deployment has (metrics.md 4.1)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, select, union_all

from collectors.base import Unmapped
from collectors.definitions import ActivitySource, WantedSource
from collectors.schema import Schema

# Where pairs come from: whose they are, when, and the rows that hold both.
Part = tuple[ColumnElement[int], ColumnElement[datetime], FromClause]


class Activity:
    """The activity of users in P0(at); `source` says what it is taken from.

    Raises SourceError where a table lacks what it must have, and
    Unmapped where nothing is mapped.
    """

    def __init__(self, schema: Schema, at: datetime, wanted: WantedSource) -> None:
        self._schema, self._at = schema, at
        self.source: ActivitySource = wanted if wanted != "auto" else _first_mapped(schema)
        parts = {"activity": _logged, "derived": _derived, "login": _logins}
        self._parts = tuple(parts[self.source](schema))

    def of_anyone(self, start: datetime | None = None, end: datetime | None = None) -> Subquery:
        """Return the same as `pairs`, of users in P0 or not: an index may bring them user by user."""
        selected = [_within(part, start, end or self._at) for part in self._parts]
        return (union_all(*selected) if len(selected) > 1 else selected[0]).subquery("happened")

    def pairs(self, start: datetime | None = None, end: datetime | None = None) -> Subquery:
        """Return (user_id, occurred_at) in [start, end), by default everything before `at`; a pair may come twice."""
        found, users = self.of_anyone(start, end), self._schema.users(self._at)
        return select(found).join_from(found, users, users.c.id == found.c.user_id).subquery("pairs")


def _within(part: Part, start: datetime | None, end: datetime) -> Select[int, datetime]:
    user_id, instant, rows = part
    found = select(user_id.label("user_id"), instant.label("occurred_at")).select_from(rows).where(instant < end)
    return found if start is None else found.where(instant >= start)


def _first_mapped(schema: Schema) -> ActivitySource:
    """Choose by what is mapped, never by what is in it: an empty table of activity means that nobody is active."""
    if mapped(schema, "activity"):
        return "activity"
    return "derived" if _readable(schema, "session") else "login"


def mapped(schema: Schema, table: str) -> bool:
    """Tell whether a deployment has an optional table; SourceError if it says so wrongly."""
    return (schema.has_table(table) or any(schema.mistakes(table))) and _readable(schema, table)


def _readable(schema: Schema, table: str) -> bool:
    """Tell whether a deployment has a table; what it ought to have and has not is an error all the same."""
    try:
        schema.table(table)
    except Unmapped:
        return False
    return True


def _logged(schema: Schema) -> Iterator[Part]:
    activity = schema.table("activity")
    yield activity.c.user_id, activity.c.occurred_at, activity


def _derived(schema: Schema) -> Iterator[Part]:
    """Everything that a user must have been there for; a column that a deployment lacks is null and adds nothing."""
    session, user = schema.table("session"), schema.table("user")
    yield session.c.user_id, session.c.start_time, session
    yield session.c.user_id, session.c.end_time, session
    if _readable(schema, "assessment"):
        assessment: Any = schema.table("assessment")
        of_session = assessment.join(session, session.c.id == assessment.c.interview_session_id)
        yield session.c.user_id, assessment.c.created_at, of_session
    if _readable(schema, "recommendation"):
        recommendation = schema.table("recommendation")
        yield recommendation.c.user_id, recommendation.c.accepted_at, recommendation
    if _readable(schema, "subscription"):
        subscription = schema.table("subscription")
        yield subscription.c.user_id, subscription.c.created_at, subscription
    yield user.c.id, user.c.date_joined, user
    yield user.c.id, user.c.last_login, user


def _logins(schema: Schema) -> Iterator[Part]:
    if not schema.has("user", "last_login"):
        raise Unmapped("neither activity nor sessions nor user.last_login are mapped", "column_unmapped")
    user = schema.table("user")
    yield user.c.id, user.c.last_login, user
