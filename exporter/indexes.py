"""The indexes that the queries of the collectors lean on, and what each is good for (docs/indexes.md)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy.dialects import postgresql

from collectors.base import Catalogue
from collectors.definitions import Definitions
from collectors.sessions import closed_words

_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
_quoted = _DIALECT.identifier_preparer.quote
QUOTE = "'"
# Which rows an index has: all, those without an end, or of these the ones that may still be going on.
Only = Literal["", "unended", "open"]


class Index(NamedTuple):
    """An index of the database: its columns in order, and whether it has some of the rows only."""

    columns: tuple[str, ...]
    partial: bool = False


# By the table's name in the database.
Existing = Mapping[str, Collection[Index]]


@dataclass(frozen=True, slots=True)
class Suggested:
    """An index on a logical table, and what it is good for."""

    table: str
    columns: tuple[str, ...]
    buys: str
    only: Only = ""

    def sql(self, definitions: Definitions, *, concurrently: bool = True) -> str:
        """Return the statement that makes it, in a deployment's own names."""
        mapping = definitions.tables[self.table]
        place = f"{_quoted(definitions.schema)}.{_quoted(mapping.name)}"
        columns = ", ".join(_quoted(str(mapping.column(column))) for column in self.columns)
        how = " CONCURRENTLY" if concurrently else ""
        return f"CREATE INDEX{how} ON {place} ({columns}){self._where(definitions)};"

    def _where(self, definitions: Definitions) -> str:
        if not self.only:
            return ""
        session = definitions.tables.session
        unended = f" WHERE {_quoted(str(session.column('end_time')))} IS NULL"
        words = ", ".join(f"'{word.replace(QUOTE, QUOTE * 2)}'" for word in closed_words(session))
        if self.only == "unended" or not words:
            return unended
        # PostgreSQL takes the index where the query says the same as this, word by word.
        return f"{unended}\n    AND (lower({_quoted(str(session.column('status')))}) NOT IN ({words})) IS NOT FALSE"


SUGGESTED = (
    Suggested("user", ("date_joined",), "users who joined in a window: cohorts, new users, conversion"),
    Suggested("user", ("last_login",), "active users where nothing but logins is known"),
    Suggested("job", ("company_id",), "interviews per company"),
    Suggested("session", ("start_time",), "interviews started in a window, and the newest one"),
    Suggested("session", ("end_time",), "interviews that ended in a window, also in the last hour"),
    Suggested("session", ("created_at",), "interviews made in a window"),
    Suggested("session", ("user_id", "start_time"), "the interviews of one user in order"),
    Suggested("session", ("job_id",), "interviews per company"),
    Suggested(
        "session", ("start_time",), "interviews going on, every minute: without it all sessions are read", "open"
    ),
    Suggested("session", ("scheduled_at",), "who did not come, by the appointment", "unended"),
    Suggested("sentiment", ("created_at",), "analyses made in a window"),
    Suggested("sentiment", ("interview_session_id",), "the analyses of a session"),
    Suggested("assessment", ("created_at",), "assessments made in a window"),
    Suggested("assessment", ("interview_session_id",), "the assessments of a session"),
    Suggested("recommendation", ("created_at",), "recommendations made in a window"),
    Suggested("recommendation", ("user_id",), "the recommendations of a user"),
    Suggested("recommendation", ("accepted_at",), "activity derived from what users accepted"),
    Suggested("activity", ("occurred_at",), "active users of a window, and the newest activity"),
    Suggested("activity", ("user_id", "occurred_at"), "the activity of a user in order"),
    Suggested("activity", ("feature", "occurred_at"), "users of a feature in a window"),
    Suggested("user_session", ("started_at",), "sessions of use that began in a window"),
    Suggested("user_session", ("last_seen_at",), "sessions of use that ended in a window"),
    Suggested("enrolment", ("started_at",), "learning paths begun in a window"),
    Suggested("subscription", ("user_id",), "the subscriptions of a user"),
    Suggested("subscription", ("created_at",), "activity derived from purchases"),
    Suggested("subscription_event", ("subscription_id", "occurred_at"), "the log of a subscription in order"),
    Suggested("stage_event", ("application_id", "occurred_at"), "the stages of an application in order"),
    Suggested("stage_event", ("occurred_at",), "applications that moved in a window"),
)


def missing(definitions: Definitions, columns: Catalogue, existing: Existing) -> Iterator[Suggested]:
    """Yield what is suggested for columns that the database has, where no index of it begins with them."""
    for suggested in SUGGESTED:
        mapping = definitions.tables[suggested.table]
        names = tuple(str(mapping.column(column)) for column in suggested.columns)
        if not set(names) <= columns.get(mapping.name, frozenset()):
            continue
        alike = (index for index in existing.get(mapping.name, ()) if index.partial == bool(suggested.only))
        if not any(index.columns[: len(names)] == names for index in alike):
            yield suggested
