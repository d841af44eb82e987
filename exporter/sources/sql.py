"""A database of any kind that SQLAlchemy knows: one transaction per run, with a deadline that the client keeps.

The driver works in a thread that nobody waits for longer than the deadline, as there is no way to call off a statement
that all drivers have. A thread that is left behind ends when its driver does, and keeps its place until then.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError, wait
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, QueuePool, Row, TextClause, create_engine
from sqlalchemy.exc import DBAPIError, ProgrammingError, SQLAlchemyError

from exporter.model import Interrupted, Reason, SourceError
from exporter.sources.database import Explain, Query
from exporter.sources.deadline import too_slow

AUTH = re.compile(r"access denied|authenticat|password|login failed|not authorized|ORA-01017", re.IGNORECASE)
# Where the server keeps the deadline too, its own error comes first.
GRACE = 0.5
Found = TypeVar("Found")


class SqlTransaction:
    """What a collector sees of a run: the rows of its statements."""

    def __init__(
        self,
        connection: Connection,
        run: "Future[Any]",
        plan: Callable[[Connection, TextClause], str],
        explain: Explain | None,
    ) -> None:
        self._connection, self._run, self._plan, self._explain = connection, run, plan, explain

    def table(self, name: str, statement: TextClause, most: int) -> tuple[Sequence[str], Sequence[Row[Any]]]:
        """Run a statement: its columns, and its rows, one more than `most` at most."""
        if self._run.done():
            raise Interrupted("nobody waits for this run any more")
        began = monotonic()
        result = self._connection.execute(statement)
        if not result.returns_rows:
            raise SourceError(Reason.QUERY, "the statement returns no rows; write a SELECT")
        columns, rows = tuple(result.keys()), result.fetchmany(most + 1)
        result.close()
        if self._explain:
            sql, taken = str(statement).strip(), monotonic() - began
            self._explain(Query(name, sql, len(rows), taken, self._plan(self._connection, statement)))
        return columns, rows


class SqlDatabase:
    """The connections to one database; `workers` is how many runs may be in it at once."""

    def __init__(self, url: URL, *, workers: int, explain: Explain | None = None) -> None:
        self._explain = explain
        self._free = threading.BoundedSemaphore(workers)
        self._runs: set[Future[Any]] = set()
        self._stopped = False
        self._engine = self._open(url, workers)

    def read(self, deadline: float, work: Callable[[SqlTransaction], Found]) -> Found:
        """Return what `work` makes of one transaction; `deadline` is in seconds. Raises SourceError."""
        if not self._free.acquire(blocking=False):
            text = "runs from before still wait for the driver to come back; see what the database is doing"
            raise SourceError(Reason.TIMEOUT, text)
        run: Future[Found] = Future()
        self._runs.add(run)
        if self._stopped:
            run.set_exception(Interrupted("the daemon is stopping"))
        threading.Thread(target=self._work, args=[run, deadline, work], name="sql", daemon=True).start()
        try:
            if not wait([run], deadline + GRACE).done:
                _end(run, too_slow(deadline))
            return run.result()
        finally:
            self._runs.discard(run)

    def stop(self) -> None:
        """Wait for no run any longer and start nothing more; safe to call from another thread."""
        self._stopped = True
        for run in list(self._runs):
            _end(run, Interrupted("the daemon is stopping"))

    def close(self) -> None:
        """Close the idle connections."""
        self._engine.dispose()

    def _open(self, url: URL, workers: int) -> Engine:
        return create_engine(
            url,
            poolclass=QueuePool,
            pool_size=workers,
            max_overflow=0,
            pool_recycle=1800,
            pool_pre_ping=True,
            execution_options={"stream_results": True},
        )

    @contextlib.contextmanager
    def _guarded(self, connection: Connection, run: "Future[Any]", deadline: float) -> Iterator[None]:  # noqa: ARG002
        """Do around a transaction what only this kind of database can."""
        yield

    def _plan(self, connection: Connection, statement: TextClause) -> str:  # noqa: ARG002
        return "no plan: it is known for PostgreSQL and SQLite only"

    def _failed(self, error: DBAPIError, deadline: float) -> SourceError:  # noqa: ARG002
        """Return the error of a statement. Drivers quote values of rows, so their words count only for what is SQL."""
        if error.connection_invalidated:
            return SourceError(Reason.CONNECT, "the connection was lost")
        kind = type(error.orig).__name__
        if isinstance(error, ProgrammingError):
            return SourceError(Reason.QUERY, f"the driver reports {kind}: {first_line(error)}")
        mend = "its text is not told, as it may quote a row: run the query by hand"
        return SourceError(Reason.QUERY, f"the driver reports {kind}; {mend}")

    def _work(self, run: "Future[Found]", deadline: float, work: Callable[[SqlTransaction], Found]) -> None:
        try:
            found = self._once(run, deadline, work)
        except BaseException as error:  # noqa: BLE001 - it belongs to the thread that waits
            _end(run, error)
        else:
            with contextlib.suppress(InvalidStateError):
                run.set_result(found)
        finally:
            self._free.release()

    def _once(self, run: "Future[Any]", deadline: float, work: Callable[[SqlTransaction], Found]) -> Found:
        with self._connection() as connection:
            try:
                with self._guarded(connection, run, deadline), _undone(connection):
                    return work(SqlTransaction(connection, run, self._plan, self._explain))
            except DBAPIError as error:
                raise self._failed(error, deadline) from None

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            connection = self._engine.connect()
        # Nothing was asked yet, so there is nothing of a row in the text.
        except DBAPIError as error:
            text = first_line(error)
            raise SourceError(Reason.AUTH if AUTH.search(text) else Reason.CONNECT, text) from None
        except SQLAlchemyError as error:
            raise SourceError(Reason.CONNECT, f"no connection could be had ({type(error).__name__})") from None
        with connection:
            yield connection


@contextlib.contextmanager
def _undone(connection: Connection) -> Iterator[None]:
    """Roll back at the end whatever was done: not every database can be told to read only."""
    transaction = connection.begin()
    try:
        yield
    finally:
        transaction.rollback()


def first_line(error: DBAPIError) -> str:
    """Return the first line of what a driver says."""
    return str(error.orig).strip().partition("\n")[0] or type(error.orig).__name__


def _end(run: "Future[Any]", why: BaseException) -> None:
    with contextlib.suppress(InvalidStateError):
        run.set_exception(why)
