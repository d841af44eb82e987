"""Servers that are there already (those of deploy/compose.yaml), in place of embedded ones.

A demo empties what it writes into. Only what is empty, or what an earlier demo has marked as its own, is taken.
"""

from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import psycopg2
from psycopg2.extensions import cursor
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import make_url

from demo.database import connect
from demo.errors import DemoError
from demo.folder import claim
from exporter.sources.redis_address import parse

MARK = "jobhive-exporter demo: made anew at each start"
MARK_KEY = "jobhive-exporter:demo"
# What is in the schema public, and what is said of it.
CONTENT = """
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = namespace.oid AND relkind IN ('r', 'p', 'f', 'v', 'm')),
       obj_description(namespace.oid, 'pg_namespace')
FROM pg_namespace AS namespace WHERE nspname = 'public'
"""


class GivenPostgres:
    """A PostgreSQL with an empty database for us; `url` is SQLAlchemy's, libpq's variables add a password."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder, self._url = folder, url
        self._lock: TextIO | None = None

    def __enter__(self) -> Self:
        """Hold the folder, in which the daemon keeps its state."""
        self._lock = claim(self.folder, 0o700)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the folder go; the company stays in the database."""
        if self._lock:
            self._lock.close()

    @property
    def place(self) -> str:
        """Where the company lives, without a password."""
        return make_url(self._url).render_as_string(hide_password=True)

    def url(self, _database: str) -> str:
        """The database that was given; it has its name already."""
        return self._url

    def create(self, _database: str) -> str:
        """Empty the database, if it is ours; returns its URL."""
        try:
            link = connect(self._url)
        except psycopg2.Error as error:
            raise DemoError(f"cannot connect to {self.place}: {str(error).strip()}") from None
        try:
            with link, link.cursor() as cursor:
                self._empty(cursor)
        finally:
            link.close()
        return self._url

    def _empty(self, cursor: cursor) -> None:
        cursor.execute(CONTENT)
        tables, note = cursor.fetchone() or (0, None)
        if tables and note != MARK:
            raise DemoError(
                f"{self.place} has {tables} tables of something else, which the demo would delete; "
                "pass --database with an empty one"
            )
        cursor.execute("DROP SCHEMA IF EXISTS public CASCADE")
        cursor.execute("CREATE SCHEMA public")
        cursor.execute("COMMENT ON SCHEMA public IS %s", [MARK])


class GivenRedis:
    """A Redis with an empty database for us."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def place(self) -> str:
        """Where the samples live, without a password."""
        return str(parse(self.url))

    def __enter__(self) -> Self:
        """Empty the database, if it is ours."""
        try:
            with Redis.from_url(self.url) as client:
                if client.dbsize() and not client.exists(MARK_KEY):
                    raise DemoError(
                        f"Redis at {self.place} has keys of something else, which the demo would delete; "
                        "pass --redis with an empty database, like redis://HOST:6379/1"
                    )
                client.flushdb()
                client.set(MARK_KEY, MARK)
        except RedisError as error:
            raise DemoError(f"cannot write into Redis at {self.place} ({type(error).__name__})") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The samples stay, until they expire."""
