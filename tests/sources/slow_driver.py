"""A driver that only the client can give up on: sqlite3 with a function `sleep`, under a dialect that nobody knows.

`mysql` or `oracle` would do as well, but need servers that are no Python packages.
"""

import sqlite3
import threading
import time
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

URL = "slowsql://"
REFUSED = "Access denied for user 'reader' (using password: YES)"
paramstyle, sqlite_version_info = sqlite3.paramstyle, sqlite3.sqlite_version_info
Error, DatabaseError, OperationalError = sqlite3.Error, sqlite3.DatabaseError, sqlite3.OperationalError
InterfaceError, DataError, IntegrityError = sqlite3.InterfaceError, sqlite3.DataError, sqlite3.IntegrityError
InternalError, ProgrammingError, NotSupportedError = (
    sqlite3.InternalError,
    sqlite3.ProgrammingError,
    sqlite3.NotSupportedError,
)


sleeping = threading.Event()


def sleep(seconds: float) -> None:
    """Hold up the caller, as a server would that computes."""
    sleeping.set()
    time.sleep(seconds)


def connect(database: str, **_: Any) -> sqlite3.Connection:
    """Open an SQLite file; one that is called `locked` refuses everybody."""
    if database.endswith("/locked"):
        raise OperationalError(REFUSED)
    connection = sqlite3.connect(database, check_same_thread=False)
    connection.create_function("sleep", 1, sleep)
    return connection


class SlowDialect(SQLiteDialect_pysqlite):
    """SQLite by another name."""

    name = "slowsql"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        """Return this module."""
        return __import__(__name__, fromlist=["connect"])


def register() -> None:
    """Make the dialect known."""
    registry.register("slowsql", __name__, "SlowDialect")
