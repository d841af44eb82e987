"""The daemon's own memory: one SQLite file, written by one thread (sources.md 1.10).

It makes a restart serve values at once. It never stops a scrape: a file that cannot be read is moved aside.
"""

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import structlog

from exporter import stored
from exporter.model import ExporterError
from exporter.stored import Record

# A file of version n has the first n; a new one comes last and is never changed again.
MIGRATIONS = (
    """
    CREATE TABLE jhx_snapshot (
        collector TEXT PRIMARY KEY,
        fingerprint TEXT NOT NULL,
        as_of INTEGER,          -- microseconds since the epoch, as every instant here
        payload_json TEXT,      -- the last good result
        failure_json TEXT       -- the outcome of the latest run, null after a success
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE jhx_budget (
        api TEXT,
        period INTEGER,         -- when it began; 0 is the sum of all there ever were
        requests INTEGER NOT NULL,
        spend_micro_usd INTEGER NOT NULL,
        latest INTEGER NOT NULL,
        PRIMARY KEY (api, period)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE jhx_cost_daily (
        day INTEGER,            -- UTC midnight
        dimension TEXT,         -- the account, and how its amounts are grouped and filtered
        key TEXT,               -- the group, empty for a day without one
        metric TEXT,
        amount TEXT NOT NULL,   -- a Decimal
        currency TEXT,
        estimated INTEGER NOT NULL,
        fetched_at INTEGER NOT NULL,
        PRIMARY KEY (dimension, metric, day, key, currency)
    ) WITHOUT ROWID;
    """,
    """
    CREATE TABLE jhx_cost_answer (
        question TEXT PRIMARY KEY,
        day INTEGER NOT NULL,   -- UTC midnight
        answer_json TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
)
COLUMNS = {
    "jhx_snapshot": ("collector", "fingerprint", "as_of", "payload_json", "failure_json"),
    "jhx_budget": ("api", "period", "requests", "spend_micro_usd", "latest"),
    "jhx_cost_daily": ("day", "dimension", "key", "metric", "amount", "currency", "estimated", "fetched_at"),
    "jhx_cost_answer": ("question", "day", "answer_json"),
}
log = structlog.get_logger()


class StateError(ExporterError):
    """The state file cannot be made."""


class State:
    """The open state file; `save` returns at once, `close` waits for what is still to be written."""

    def __init__(self, path: Path, now: datetime) -> None:
        self._path = path
        self.recovered = _prepare(path, now)
        self._queue: queue.Queue[Record | None] = queue.Queue()
        self._writer = threading.Thread(target=self._write, name="state", daemon=True)
        self._writer.start()

    def load(self) -> list[Record]:
        """Read every record; one that this version cannot read is left out."""
        with contextlib.closing(connect(self._path)) as connection:
            rows = connection.execute("SELECT * FROM jhx_snapshot")
            return list(_readable(rows))

    def save(self, record: Record) -> None:
        """Have a record written soon."""
        self._queue.put(record)

    def close(self, timeout: float) -> None:
        """Write what waits, for at most `timeout` seconds."""
        self._queue.put(None)
        self._writer.join(timeout)

    def _write(self) -> None:
        with contextlib.closing(connect(self._path)) as connection:
            while record := self._queue.get():
                try:
                    with connection:
                        connection.execute(
                            "INSERT OR REPLACE INTO jhx_snapshot VALUES (?, ?, ?, ?, ?)", stored.row(record)
                        )
                # A document that is no JSON costs its own record, not those that come after it.
                except (sqlite3.Error, TypeError, ValueError) as error:
                    log.error("state not saved", path=str(self._path), collector=record.collector, error=str(error))


def _readable(rows: Iterable[stored.Row]) -> Iterator[Record]:
    for row in rows:
        try:
            yield stored.record(row)
        except ValueError as error:
            log.warning("stored result left out", why=str(error))


def ensure(path: Path) -> None:
    """Make the file unless it is there; StateError if it cannot be used as it is."""
    try:
        _make(path)
    except sqlite3.DatabaseError as error:
        raise StateError(
            f"the state file {path} cannot be used: {error}; move it away, or set state.path to another place"
        ) from None


def connect(path: Path) -> sqlite3.Connection:
    """Open the file; who finds it locked waits for some seconds."""
    return sqlite3.connect(path, timeout=10, check_same_thread=False)


def _prepare(path: Path, now: datetime) -> bool:
    """Make the file usable; tell whether what was there could be kept."""
    try:
        _make(path)
    except sqlite3.DatabaseError as error:
        aside = path.with_name(f"{path.name}.{now:%Y%m%dT%H%M%S%f}")
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{path}{suffix}").replace(f"{aside}{suffix}")
        log.error("state file moved aside", path=str(path), to=str(aside), error=str(error))
        _make(path)
        return False
    return True


def _make(path: Path) -> None:
    """Raise StateError where there can be no file, and DatabaseError where there is one that is not ours."""
    try:
        path.touch(mode=0o600)
        _migrate(path)
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise StateError(
            f"the state file {path} cannot be used: {reason}; set state.path to a place we may write"
        ) from None


def _migrate(path: Path) -> None:
    with contextlib.closing(connect(path)) as connection:
        # Nothing is written to a file that is not ours.
        _check(connection, _version(connection))
        if _version(connection) < len(MIGRATIONS):
            # Two processes may come at once: the second one finds nothing left to do.
            connection.execute("BEGIN IMMEDIATE")
            for statement in MIGRATIONS[_version(connection) :]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            connection.commit()
            _check(connection, len(MIGRATIONS))
        # Kept in the file; last, so that a file that is not ours stays as it is.
        connection.execute("PRAGMA journal_mode = WAL")


def _check(connection: sqlite3.Connection, version: int) -> None:
    """Raise DatabaseError unless the file is sound, and has the tables of its version: each version added one."""
    for table, expected in islice(COLUMNS.items(), version):
        columns = tuple(name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})"))
        if columns != expected:
            raise sqlite3.DatabaseError(f"it has no table {table} like ours")
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"it is damaged: {verdict}")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise sqlite3.DatabaseError(f"its version {version} is newer than ours, {len(MIGRATIONS)}")
    return version
