"""Where a backfill keeps what it has until all is there: one SQLite file, from which a killed run goes on.

Results come instant by instant, while OpenMetrics wants them series by series: the file turns them round, and memory
stays small. Instants are seconds since the epoch.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from exporter.model import ExporterError, Note

VERSION = 1
SCHEMA = """
CREATE TABLE term (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE finished (at INTEGER PRIMARY KEY);
CREATE TABLE family (name TEXT PRIMARY KEY, header TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, family TEXT NOT NULL);
CREATE TABLE sample (series INTEGER, at INTEGER, value TEXT NOT NULL, PRIMARY KEY (series, at)) WITHOUT ROWID;
CREATE TABLE note (kind TEXT, family TEXT, reason TEXT, PRIMARY KEY (kind, family, reason)) WITHOUT ROWID;
"""
FAMILIES = """
SELECT name, header FROM family
WHERE EXISTS (
    SELECT 1 FROM series JOIN sample ON sample.series = series.id WHERE series.family = family.name AND at < ?
)
ORDER BY name
"""
START_OVER = "delete it to start over"


class SpoolError(ExporterError):
    """The spool cannot be used, or belongs to another backfill."""


class Piece(NamedTuple):
    """A family at an instant, rendered: its lines of HELP and TYPE, and (series, value) of each sample."""

    family: str
    header: str
    samples: tuple[tuple[str, str], ...]


class Spool:
    """The open file. `terms` say of which backfill it is: a file with others is refused, not mixed with it."""

    def __init__(self, path: Path, terms: Mapping[str, str]) -> None:
        self.path = path
        with self._told():
            path.touch(mode=0o600)
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        try:
            with self._told():
                self._prepare(terms)
            self._compare(terms)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        """Nothing is left to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; it stays."""
        self._connection.close()

    def put(self, at: int, pieces: Iterable[Piece], notes: Iterable[Note]) -> None:
        """Keep an instant, whole or not at all."""
        with self._told(), self._transaction() as connection:
            for piece in pieces:
                connection.execute("INSERT OR REPLACE INTO family VALUES (?, ?)", (piece.family, piece.header))
                names = ((name, piece.family) for name, _ in piece.samples)
                connection.executemany("INSERT OR IGNORE INTO series (name, family) VALUES (?, ?)", names)
                values = ((at, value, name) for name, value in piece.samples)
                connection.executemany("INSERT INTO sample SELECT id, ?, ? FROM series WHERE name = ?", values)
            connection.executemany("INSERT OR IGNORE INTO note VALUES (?, ?, ?)", notes)
            connection.execute("INSERT INTO finished VALUES (?)", (at,))

    def last(self) -> int | None:
        """Return the last finished instant; all of the grid before it are finished, too."""
        ((at,),) = self._rows("SELECT max(at) FROM finished")
        return at  # type: ignore[no-any-return]

    def finished(self, end: int) -> int:
        """Count the finished instants before `end`."""
        ((count,),) = self._rows("SELECT count(*) FROM finished WHERE at < ?", end)
        return int(count)

    def notes(self) -> list[Note]:
        """Return what was said of the families, each thing once."""
        return [Note(*row) for row in self._rows("SELECT kind, family, reason FROM note ORDER BY family, reason")]

    def families(self, end: int) -> Iterator[tuple[str, Iterator[str]]]:
        """Yield the header of each family that has samples before `end`, and their lines: by series, then by time."""
        for name, header in self._rows(FAMILIES, end):
            yield header, self._lines(name, end)

    def delete(self) -> None:
        """Close the file, and delete it."""
        self._connection.close()
        for suffix in ("", "-wal"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def _lines(self, family: str, end: int) -> Iterator[str]:
        for number, name in self._rows("SELECT id, name FROM series WHERE family = ? ORDER BY name", family):
            samples = self._rows("SELECT value, at FROM sample WHERE series = ? AND at < ? ORDER BY at", number, end)
            yield from (f"{name} {value} {at}" for value, at in samples)

    def _rows(self, statement: str, *values: object) -> Iterator[Any]:
        with self._told():
            yield from self._connection.execute(statement, values)

    def _prepare(self, terms: Mapping[str, str]) -> None:
        # Held until the end: two backfills into one file would trip over each other.
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self._transaction() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if version == 0 and tables == 0:
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                connection.executemany("INSERT INTO term VALUES (?, ?)", terms.items())
                connection.execute(f"PRAGMA user_version = {VERSION}")
            elif version != VERSION:
                raise SpoolError(f"{self.path} is no spool of this version of the exporter; {START_OVER}")

    def _compare(self, terms: Mapping[str, str]) -> None:
        before = dict(self._rows("SELECT name, value FROM term"))
        names = [name for name in sorted({*before, *terms}) if before.get(name) != terms.get(name)]
        if names:
            raise SpoolError(
                f"{self.path} holds the first part of another backfill: what differs is {', '.join(names)}; "
                f"give what was given then to go on with it, or {START_OVER}"
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        finally:
            # A full disk has rolled back already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SpoolError(f"{self.path} cannot be written: {error.strerror}; choose another --out") from None
        except sqlite3.OperationalError as error:
            locked = error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            mend = "another backfill is writing it; wait for its end" if locked else "mend that and run it again"
            raise SpoolError(f"{self.path} cannot be used: {error}; {mend}") from None
        except sqlite3.DatabaseError as error:
            raise SpoolError(f"{self.path} cannot be read: {error}; {START_OVER}") from None
