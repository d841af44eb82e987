"""PostgreSQL: one read-only transaction per run, with a deadline on both sides (sources.md, section 1)."""

import contextlib
import socket
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self, TypeVar

from sqlalchemy import URL, Connection, Executable, Row, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from exporter.model import Reason, SourceError
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
# The server's own timeout comes first; then the client asks it to cancel; then the client hangs up.
CANCEL_AFTER, SEVER_AFTER = 0.5, 2.5
SESSION = text(
    "SELECT set_config('statement_timeout', :statement, true), set_config('lock_timeout', :statement, true),"
    " set_config('idle_in_transaction_session_timeout', :idle, true), set_config('TimeZone', 'UTC', true),"
    " set_config('search_path', :schema, true)"
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


class Watch:
    """The client's deadline for one transaction: cancels the running statement, then cuts the connection."""

    def __init__(self, connection: Any, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self._timers = [
            threading.Timer(deadline + CANCEL_AFTER, self.end),
            threading.Timer(deadline + SEVER_AFTER, self._sever),
        ]
        self.ended = False

    def __enter__(self) -> Self:
        """Start the clock."""
        for timer in self._timers:
            timer.daemon = True
            timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the clock."""
        for timer in self._timers:
            timer.cancel()

    def end(self) -> None:
        """Ask the server to cancel what is running."""
        self.ended = True
        with contextlib.suppress(Exception):
            self._connection.cancel()

    def _sever(self) -> None:
        """Close the socket under the driver, whose read then returns: the network may swallow a cancel."""
        with contextlib.suppress(Exception), socket.fromfd(self._connection.fileno(), 0, 0) as wire:
            wire.shutdown(socket.SHUT_RDWR)


class Transaction:
    """What a collector sees of a run: the columns that exist, and the rows of its statements."""

    def __init__(
        self, connection: Connection, watch: Watch, columns: Mapping[str, frozenset[str]], explain: Explain | None
    ):
        self._connection, self._watch, self._explain = connection, watch, explain
        self.columns = columns

    def rows(self, name: str, statement: Executable) -> Sequence[Row[Any]]:
        """Run one statement; `name` stands for it in explanations."""
        if self._watch.ended:
            raise SourceError(Reason.TIMEOUT, f"no time was left for the query {name}")
        began = monotonic()
        rows = self._connection.execute(statement).all()
        if self._explain:
            sql = self._rendered(statement)
            self._explain(Query(name, sql, len(rows), monotonic() - began, self._plan(sql)))
        return rows

    def _rendered(self, statement: Any) -> str:
        compiled = statement.compile(dialect=self._connection.dialect, compile_kwargs={"render_postcompile": True})
        with self._cursor() as cursor:
            rendered: bytes = cursor.mogrify(str(compiled), compiled.params)
        return rendered.decode()

    def _plan(self, sql: str) -> str:
        with self._cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}")
            return "\n".join(line for (line,) in cursor.fetchall())

    def _cursor(self) -> Any:
        return self._connection.connection.cursor()


class Database:
    """The connections to one database.

    `schema` and `tables` are the database's own names, `workers` is how many runs may be in it at once. The columns
    are looked up in every transaction: it costs a millisecond, and a migration is seen by the next run.
    """

    def __init__(
        self, url: URL, *, schema: str, tables: Collection[str], workers: int, explain: Explain | None = None
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
            pool_pre_ping=True,
            pool_recycle=1800,
            connect_args=CONNECT_ARGS,
            execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
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
            watch.end()

    def close(self) -> None:
        """Close the idle connections."""
        self._engine.dispose()

    def _once(self, deadline: float, work: Callable[[Transaction], Found]) -> Found:
        with self._connection() as connection, self._watched(connection, deadline) as watch:
            milliseconds = max(int(deadline * 1000), 1)
            connection.execute(
                SESSION,
                {"statement": str(milliseconds), "idle": str(milliseconds + 5000), "schema": self._names["schema"]},
            )
            return work(Transaction(connection, watch, self._columns(connection), self._explain))

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Connection]:
        if self._stopped:
            raise SourceError(Reason.CONNECT, "the daemon is stopping")
        try:
            connection = self._engine.connect()
        except PoolTimeout as error:
            raise SourceError(reason_of(error), "no connection was free within 30 s") from None
        with connection:
            yield connection

    @contextlib.contextmanager
    def _watched(self, connection: Connection, deadline: float) -> Iterator[Watch]:
        watch = Watch(connection.connection.dbapi_connection, deadline)
        self._watches.add(watch)
        try:
            with watch:
                yield watch
        finally:
            self._watches.discard(watch)
            if watch.ended:
                # A cancel that arrives late would hit the next user of the connection.
                connection.invalidate()

    def _columns(self, connection: Connection) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for table, column in connection.execute(COLUMNS, self._names):
            found.setdefault(table, set()).add(column)
        return {table: frozenset(columns) for table, columns in found.items()}

    def _failure(self, error: DBAPIError, deadline: float) -> SourceError:
        reason = reason_of(error)
        if reason is Reason.TIMEOUT and code_of(error) == "57014":
            mend = "give the collector a longer deadline, or see where the time goes with collect --explain"
            return SourceError(reason, f"the database was not done within the deadline of {deadline:g} s; {mend}")
        return SourceError(reason, explained(error))
