"""PostgreSQL: one read-only transaction per run, with a deadline on both sides (sources.md, section 1)."""

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, TypeVar

from psycopg2 import Error
from sqlalchemy import (
    URL,
    Connection,
    Executable,
    NullPool,
    Row,
    Subquery,
    TextClause,
    create_engine,
    event,
    literal_column,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, DisconnectionError, InvalidRequestError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from exporter.model import Interrupted, Reason, SourceError
from exporter.sources.deadline import Backend, Watch, sever, timer, too_slow
from exporter.sources.postgres_errors import code_of, explained, reason_of

CONNECT_ARGS = {
    "application_name": "jobhive_exporter",
    "connect_timeout": 5,
    # libpq has no deadline of its own for a running query: if the network swallows packets, only TCP notices.
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
}
SERIALIZATION_FAILURE = "40001"
# How long a connection may take to show that it still works, before another one is made.
PING_SECONDS = 2.0
# A search path of null is that of the role.
SESSION = text(
    "SELECT set_config('statement_timeout', :statement, true), set_config('lock_timeout', :statement, true),"
    " set_config('idle_in_transaction_session_timeout', :idle, true), set_config('TimeZone', 'UTC', true),"
    " set_config('search_path', :schema, true),"
    " pg_catalog.pg_backend_pid() AS pid, pg_catalog.transaction_timestamp() AS began"
)
# Not the cancel of libpq: psycopg2 holds the interpreter's lock while it waits for it, and where the network swallows
# packets the wait has no end. Nor the process alone: behind a pool it may serve another client by then.
CANCEL = text(
    "SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = :pid AND xact_start = :began"
)
COLUMNS = text(
    "SELECT c.relname, a.attname FROM pg_catalog.pg_attribute AS a"
    " JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = :schema AND c.relname = ANY (:tables) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
    " AND a.attnum > 0 AND NOT a.attisdropped"
)
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Query:
    """One statement that ran, as `collect --explain` shows it."""

    name: str
    sql: str
    rows: int
    seconds: float
    plan: str


Explain = Callable[[Query], None]


class Transaction:
    """What a collector sees of a run: the columns that exist, and the rows of its statements."""

    def __init__(
        self, connection: Connection, watch: Watch, columns: Mapping[str, frozenset[str]], explain: Explain | None
    ):
        self._connection, self._watch, self._explain = connection, watch, explain
        self.columns = columns

    def rows(self, name: str, statement: Executable) -> Sequence[Row[Any]]:
        """Run one statement; `name` stands for it in explanations."""
        return self._fetched(name, statement)[1]

    def table(self, name: str, statement: TextClause, most: int) -> tuple[Sequence[str], Sequence[Row[Any]]]:
        """Run a statement of a user: its columns, and its rows, one more than `most` at most.

        It becomes a subquery, since psycopg2 fetches all rows whatever is asked of it, and a cursor is never run in
        parallel.
        """
        return self._fetched(name, select(literal_column("*")).select_from(_named(statement)).limit(most + 1))

    def _fetched(self, name: str, statement: Executable) -> tuple[Sequence[str], Sequence[Row[Any]]]:
        if self._watch.ended:
            raise self._watch.ended
        began = monotonic()
        result = self._connection.execute(statement)
        columns, rows = tuple(result.keys()), result.all()
        if self._explain:
            sql = self._rendered(statement)
            self._explain(Query(name, sql, len(rows), monotonic() - began, self._plan(sql)))
        return columns, rows

    def _rendered(self, statement: Any) -> str:
        compiled = statement.compile(dialect=self._connection.dialect, compile_kwargs={"render_postcompile": True})
        driver: Any = self._connection.connection
        with driver.cursor() as cursor:
            rendered: bytes = cursor.mogrify(str(compiled), compiled.params)
        return rendered.decode()

    def _plan(self, sql: str) -> str:
        # The values are in the text already, where a percent sign is nothing but one.
        plan = self._connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, BUFFERS) {sql}", execution_options={"no_parameters": True}
        )
        return "\n".join(plan.scalars())


def _named(statement: TextClause) -> Subquery:
    return statement.columns().subquery("custom_query")


class Database:
    """The connections to one database.

    `schema` (None is what the role has) and `tables` are the database's own names, `workers` is how many runs may be
    in it at once. The columns are looked up in every transaction: it costs a millisecond, and a migration is seen by
    the next run.
    """

    def __init__(
        self, url: URL, *, schema: str | None, tables: Collection[str], workers: int, explain: Explain | None = None
    ) -> None:
        self._names = {"schema": schema, "tables": sorted(set(tables))}
        self._explain = explain
        self._watches: set[Watch] = set()
        self._stopped = False
        self._engine = create_engine(
            url,
            pool_size=workers,
            max_overflow=0,
            pool_timeout=30,
            pool_recycle=1800,
            connect_args=CONNECT_ARGS,
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        )
        event.listen(self._engine, "checkout", self._ping)
        self._canceller = create_engine(
            url,
            poolclass=NullPool,
            connect_args=CONNECT_ARGS | {"connect_timeout": 2},
            execution_options={"isolation_level": "AUTOCOMMIT"},
        )

    def read(self, deadline: float, work: Callable[[Transaction], Found]) -> Found:
        """Return what `work` makes of one transaction; `deadline` is in seconds from when a connection was got.

        A replica may cancel a query that stands in the way of replay: then the work is done once more. Raises
        SourceError.
        """
        began = monotonic()
        try:
            return self._once(deadline, work)
        except DBAPIError as error:
            if code_of(error) != SERIALIZATION_FAILURE:
                raise self._failure(error, deadline) from None
        try:
            return self._once(max(deadline - (monotonic() - began), 0.001), work)
        except DBAPIError as error:
            raise self._failure(error, deadline) from None

    def stop(self) -> None:
        """Cancel what is running and start nothing more; safe to call from another thread."""
        self._stopped = True
        for watch in list(self._watches):
            watch.end(Interrupted("the daemon is stopping"))

    def close(self) -> None:
        """Close the idle connections."""
        self._engine.dispose()

    def _once(self, deadline: float, work: Callable[[Transaction], Found]) -> Found:
        with self._connection() as connection, self._watched(connection, deadline) as watch, connection.begin():
            milliseconds = max(int(deadline * 1000), 1)
            session = connection.execute(
                SESSION,
                {"statement": str(milliseconds), "idle": str(milliseconds + 5000), "schema": self._names["schema"]},
            ).one()
            watch.backend = Backend(session.pid, session.began)
            return work(Transaction(connection, watch, self._columns(connection), self._explain))

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Connection]:
        if self._stopped:
            raise Interrupted("the daemon is stopping")
        try:
            connection = self._engine.connect()
        except PoolTimeout as error:
            raise SourceError(reason_of(error), "no connection was free within 30 s") from None
        except InvalidRequestError:
            raise SourceError(Reason.TIMEOUT, "the database takes connections, but answers nothing on them") from None
        with connection:
            yield connection

    def _ping(self, connection: Any, *_: object) -> None:
        """Replace a dead connection. Not the engine's own pre-ping, which waits for ever on a silent one."""
        scissors = timer(PING_SECONDS, lambda: sever(connection))
        scissors.start()
        try:
            self._engine.dialect.do_ping(connection)
        except Error:
            raise DisconnectionError from None
        finally:
            scissors.cancel()

    @contextlib.contextmanager
    def _watched(self, connection: Connection, deadline: float) -> Iterator[Watch]:
        watch = Watch(connection.connection.dbapi_connection, deadline, self._cancel)
        self._watches.add(watch)
        if self._stopped:
            watch.end(Interrupted("the daemon is stopping"))
        try:
            with watch:
                yield watch
        except DBAPIError:
            if watch.ended:
                raise watch.ended from None
            raise
        finally:
            self._watches.discard(watch)
            if watch.ended:
                # A cancel that arrives late would hit the next user of the connection.
                connection.invalidate()

    def _cancel(self, backend: Backend) -> None:
        with contextlib.suppress(SQLAlchemyError), self._canceller.connect() as connection:
            connection.execute(CANCEL, backend._asdict())

    def _columns(self, connection: Connection) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        if not self._names["tables"]:
            return {}
        for table, column in connection.execute(COLUMNS, self._names):
            found.setdefault(table, set()).add(column)
        return {table: frozenset(columns) for table, columns in found.items()}

    def _failure(self, error: DBAPIError, deadline: float) -> SourceError:
        reason = reason_of(error)
        if reason is Reason.TIMEOUT and code_of(error) == "57014":
            return too_slow(deadline)
        return SourceError(reason, explained(error))
