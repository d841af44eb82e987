"""An SQLite file: opened read only, and a statement ends itself at its deadline, by the progress handler."""

import contextlib
import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from time import monotonic
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, QueuePool, TextClause, create_engine, text
from sqlalchemy.exc import DBAPIError

from exporter.model import Reason, SourceError
from exporter.sources.deadline import too_slow
from exporter.sources.sql import SqlDatabase, first_line

MEMORY = ":memory:"
# Instructions of SQLite's machine between two looks at the clock: some tens of microseconds.
INSTRUCTIONS = 1000


class SqliteDatabase(SqlDatabase):
    """The connections to one file."""

    def _open(self, url: URL, workers: int) -> Engine:
        path = url.database or MEMORY
        return create_engine(
            "sqlite://",
            creator=partial(_connect, path),
            poolclass=QueuePool,
            pool_size=workers,
            max_overflow=0,
        )

    @contextlib.contextmanager
    def _guarded(self, connection: Connection, run: "Future[Any]", deadline: float) -> Iterator[None]:
        """End the statement at the deadline or when nobody waits for it; see one state of the file throughout."""
        driver: Any = connection.connection.dbapi_connection
        end = monotonic() + deadline
        driver.execute(f"PRAGMA busy_timeout = {int(deadline * 1000)}")
        driver.set_progress_handler(lambda: run.done() or monotonic() > end, INSTRUCTIONS)
        driver.execute("BEGIN")
        try:
            yield
        finally:
            driver.set_progress_handler(None, 0)

    def _plan(self, connection: Connection, statement: TextClause) -> str:
        # The plan is the same for all values.
        nothing = dict.fromkeys(statement.compile().params)
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {statement.text}").bindparams(**nothing))
        return "\n".join(str(row.detail) for row in plan)

    def _failed(self, error: DBAPIError, deadline: float) -> SourceError:
        # The lower byte is the class of an error.
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY):
            return too_slow(deadline)
        return SourceError(Reason.QUERY, f"SQLite reports: {first_line(error)}")


def _connect(path: str) -> sqlite3.Connection:
    target = path if path == MEMORY else f"file:{quote(path)}?mode=ro"
    # A transaction is begun by us: the driver begins none for a statement that reads.
    return sqlite3.connect(target, uri=path != MEMORY, isolation_level=None, check_same_thread=False)
