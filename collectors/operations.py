"""Operations: interviews going on now and in the last hour, and how far a replica lags (metrics.md 4.4)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, Executable, Row, and_, case, extract, func, or_, select

from collectors.base import CollectorOptions, Database, Harvest, Reader, Run, additive
from collectors.schema import Schema
from collectors.sessions import Sessions
from exporter.model import Family, Label, Sample

HOUR = timedelta(hours=1)
KIND = Label("kind", ("hiring", "practice"))
RECENT = Label("window", ("1h",))

ACTIVE = additive("DB1", "jobhive_interviews_active", "Interviews going on, started at most 4 h ago.", KIND)
STALE = additive("DB1b", "jobhive_interviews_stale", "Interviews without an end, started more than 4 h ago.", KIND)
OPEN = additive(
    "DB1c",
    "jobhive_interviews",
    "Interviews that are not over: scheduled, in progress, or of a status that no map knows.",
    *(KIND, Label("state", ("scheduled", "in_progress", "other"))),
)
COMPLETED = additive(
    "DB2", "jobhive_interviews_recent_completed", "Interviews completed in the last hour.", KIND, RECENT
)
STARTED = additive("DB2b", "jobhive_interviews_recent_started", "Interviews started in the last hour.", KIND, RECENT)
# The only figure that reads a clock other than the run's: replay has none.
LAG = Family(
    "OP1",
    "jobhive_db_replication_lag_seconds",
    "How far the replica lags; 0 when all that it received is replayed, absent on a primary.",
    past="live only",
)


class Options(CollectorOptions):
    """There is nothing to choose; how long an interview may take is an option of interviews."""


def families(_: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (ACTIVE, STALE, OPEN, COMPLETED, STARTED, LAG)


class Collector:
    """Reads the sessions that are open or just ended, and the state of replay."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(seconds=60)

    def __init__(self, _: Options, database: Database) -> None:
        self._database = database

    def collect(self, run: Run) -> Harvest:
        """Collect the sessions as of the instant of the run, and the lag as it is."""
        return Harvest(self._database.read(run.deadline, lambda reader: tuple(_samples(run, reader))))


def _samples(run: Run, reader: Reader) -> Iterator[Sample]:
    sessions = Sessions(Schema(run.definitions, reader.columns), run.definitions, run.at)
    for row in reader.rows("sessions", recent_sessions(sessions, run)):
        yield from _of_kind(row)
    lag = reader.rows("replication", replication_lag())[0].lag
    if lag is not None:
        yield LAG.sample(lag)


def _of_kind(row: Row[Any]) -> Iterator[Sample]:
    yield ACTIVE.sample(row.active, kind=row.kind)
    yield STALE.sample(row.stale, kind=row.kind)
    for state in ("scheduled", "in_progress", "other"):
        yield OPEN.sample(getattr(row, state), kind=row.kind, state=state)
    yield COMPLETED.sample(row.completed, kind=row.kind, window="1h")
    yield STARTED.sample(row.started, kind=row.kind, window="1h")


def recent_sessions(sessions: Sessions, run: Run) -> Executable:
    """Count sessions by kind: those open at the instant of the run, those ended and those started before it."""
    since = run.at - HOUR
    session = sessions.facts("open", or_(sessions.open_since(since), sessions.started_since(since)))
    state = session.c
    counted: dict[str, ColumnElement[bool]] = {
        "active": state.active,
        "stale": state.stale,
        "scheduled": state.scheduled,
        "in_progress": state.running,
        "other": state.unsorted,
        "completed": and_(state.completed, state.end >= since),
        "started": and_(state.start >= since, state.start < run.at),
    }
    counts = (func.count().filter(rows).label(name) for name, rows in counted.items())
    return select(state.kind, *counts).group_by(state.kind)


def replication_lag() -> Executable:
    """One row: the seconds a replica lags, null on a primary."""
    replayed = func.pg_catalog.pg_last_wal_receive_lsn() == func.pg_catalog.pg_last_wal_replay_lsn()
    behind = func.pg_catalog.clock_timestamp() - func.pg_catalog.pg_last_xact_replay_timestamp()
    lag = case((replayed, 0), else_=extract("epoch", behind))
    return select(case((func.pg_catalog.pg_is_in_recovery(), lag)).label("lag"))
