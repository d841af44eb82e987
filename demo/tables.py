"""The demo's rows in PostgreSQL, outside of the bulk load: read back, and changed by single statements."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from psycopg2 import sql
from psycopg2.extensions import connection, cursor

from demo.agenda import Added, Change, Changed, instants
from demo.changes import BY_ID
from demo.live import STAGES, State, person_of
from demo.people import Market
from demo.rows import TABLES, Application, Job, Row, Session, Subscription, User
from demo.world import HOUR

# Who was here last comes again; more of them would only cost memory.
MOST_PEOPLE = 20_000
MOST_APPLICATIONS = 5_000
# Interviews that nobody closed stay as they are.
LONGEST_INTERVIEW = 4 * HOUR
# A thread that waits for the database cannot be told to end.
STATEMENT_TIMEOUT = "800ms"
RowType = TypeVar("RowType", bound=Row)


def read_state(link: connection, now: int) -> State:
    """Everything that the decisions have to know."""
    with link, link.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_user")
        [(population,)] = cursor.fetchall()
        cursor.execute("SELECT min(id) FROM accounts_user WHERE company_id IS NOT NULL GROUP BY company_id")
        owners = {number for (number,) in cursor.fetchall()}
        users = _rows(cursor, User, "is_active ORDER BY last_login DESC, id LIMIT %s", MOST_PEOPLE)
        jobs = _rows(cursor, Job, "true ORDER BY created_at, id")
        subscriptions = _rows(
            cursor,
            Subscription,
            "ended_at IS NULL AND status IN ('active', 'trialing', 'past_due', 'paused') AND plan_id = ANY(%s)"
            " ORDER BY id",
            list(BY_ID),
        )
        recent = datetime.fromtimestamp(now - LONGEST_INTERVIEW, UTC)
        sessions = _rows(
            cursor,
            Session,
            "end_time IS NULL AND (status = 'in_progress' AND start_time > %s"
            " OR status = 'scheduled' AND scheduled_at > %s) ORDER BY id",
            recent,
            recent,
        )
        applications = _rows(
            cursor,
            Application,
            "stage = ANY(%s) ORDER BY created_at DESC, id LIMIT %s",
            list(STAGES),
            MOST_APPLICATIONS,
        )
        return State(
            at=now,
            population=population,
            last={kind: _last(cursor, kind) for kind in TABLES},
            people={user.id: person_of(user, is_owner=user.id in owners) for user in users},
            market=Market(jobs, [job.created_at for job in jobs]),
            subscriptions={row.id: row for row in subscriptions},
            sessions={row.id: row for row in sessions},
            applications={row.id: row for row in applications},
        )


def write(link: connection, changes: Iterable[Change]) -> None:
    """Write changes, all or none of them; waits for nobody. A connection on which this fails has to be closed."""
    last: dict[type[Row], int] = {}
    with link.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [STATEMENT_TIMEOUT])
        for change in changes:
            if isinstance(change, Added):
                kind: type[Row] = type(change.row)
                cursor.execute(_insert(kind), _values(kind, change.row._asdict()))
                last[kind] = max(last.get(kind, 0), change.row.id)
            else:
                _update(cursor, change)
        # Whoever adds a row by hand gets a number that is free.
        for kind, number in last.items():
            sequence = f"{TABLES[kind]}_id_seq"
            move_on = sql.SQL("SELECT setval(%s, greatest(last_value, %s)) FROM {}").format(sql.Identifier(sequence))
            cursor.execute(move_on, [sequence, number])
    link.commit()


def _rows(cursor: cursor, kind: type[RowType], condition: str, *values: object) -> list[RowType]:
    names = kind._fields  # type: ignore[attr-defined]
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    select = sql.SQL("SELECT {} FROM {} WHERE ").format(columns, sql.Identifier(TABLES[kind]))
    cursor.execute(select + sql.SQL(condition), values)
    return [kind(*map(_seconds, row)) for row in cursor.fetchall()]


def _last(cursor: cursor, kind: type[Row]) -> int:
    cursor.execute(sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(TABLES[kind])))
    [(number,)] = cursor.fetchall()
    return int(number)


def _update(cursor: cursor, change: Changed) -> None:
    assignments = [sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in change.values]
    statement = sql.SQL("UPDATE {} SET {} WHERE id = {}").format(
        sql.Identifier(TABLES[change.kind]), sql.SQL(", ").join(assignments), sql.Placeholder("id")
    )
    cursor.execute(statement, _values(change.kind, change.values) | {"id": change.id})


@cache
def _insert(kind: type[Row]) -> sql.Composed:
    names = kind._fields  # type: ignore[attr-defined]
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(TABLES[kind]),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(", ").join(map(sql.Placeholder, names)),
    )


def _values(kind: type[Row], values: dict[str, Any]) -> dict[str, Any]:
    """The values as PostgreSQL takes them."""
    times = instants(kind)
    return {
        name: datetime.fromtimestamp(value, UTC) if name in times and value is not None else value
        for name, value in values.items()
    }


def _seconds(value: Any) -> Any:
    return int(value.timestamp()) if isinstance(value, datetime) else value
