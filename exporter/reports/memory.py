"""Which reports were sent, and what they said: the key of a report is written before it leaves and after.

Who finds a key that was only begun does not know whether the mail arrived. It is not sent again: a board that gets a
report twice, after a crash nobody saw, trusts neither, while one that gets none is told of by an alert, and a person
may send it again.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from exporter import state
from exporter.model import ExporterError
from exporter.state import connect
from exporter.stored import instant, micros

SCHEMA = """
CREATE TABLE IF NOT EXISTS jhx_report_run (
    report TEXT,
    period TEXT,
    state TEXT NOT NULL,            -- sending, sent or unconfirmed
    begun_at INTEGER NOT NULL,      -- microseconds since the epoch, as every instant here
    sent_at INTEGER,
    sha256 TEXT NOT NULL,           -- of the PDF
    said_json TEXT NOT NULL,        -- the figures as they were shown, by key
    meanings_json TEXT NOT NULL,    -- what the figures depended on, by collector
    PRIMARY KEY (report, period)
) WITHOUT ROWID;
"""
READ = """
SELECT state, begun_at, sent_at, sha256, said_json, meanings_json FROM jhx_report_run WHERE report = ? AND period = ?
"""
INTO = "INTO jhx_report_run VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


class RunState(StrEnum):
    """How far a report came."""

    SENDING = "sending"
    SENT = "sent"
    UNCONFIRMED = "unconfirmed"


class NotRemembered(ExporterError):
    """The state file cannot be read or written, so that nothing may be sent."""


@dataclass(frozen=True, slots=True)
class ReportRun:
    """A report that left, or was about to."""

    report: str
    period: str
    begun_at: datetime
    sha256: str
    said: Mapping[str, str]
    meanings: Mapping[str, str]
    state: RunState = RunState.SENDING
    sent_at: datetime | None = None


class AlreadyBegun(ExporterError):
    """The report left before, or may have."""

    def __init__(self, run: ReportRun) -> None:
        told = {
            RunState.SENT: f"was sent on {run.sent_at or run.begun_at:%d %b %Y at %H:%M} UTC",
            RunState.SENDING: f"is being sent since {run.begun_at:%d %b %Y at %H:%M} UTC, or its sender has died since",
            RunState.UNCONFIRMED: f"may have arrived on {run.begun_at:%d %b %Y at %H:%M} UTC: nobody confirmed it",
        }
        super().__init__(f"report {run.report} of {run.period} {told[run.state]}; --again sends it once more")
        self.run = run


class ReportMemory:
    """The table in a state file, which is made when something is to be kept; each call is a transaction of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, report: str, period: str) -> ReportRun | None:
        """Return what became of a report."""
        row = self._one(READ, report, period)
        if row is None:
            return None
        state, begun, sent, sha256, said, meanings = row
        return ReportRun(
            *(report, period, instant(begun), sha256, json.loads(said), json.loads(meanings), RunState(state)),
            sent_at=None if sent is None else instant(sent),
        )

    def last_sent(self, report: str) -> datetime | None:
        """Return when the report was last delivered."""
        row = self._one("SELECT max(sent_at) FROM jhx_report_run WHERE report = ?", report)
        return None if row is None or row[0] is None else instant(row[0])

    def begin(self, run: ReportRun, *, again: bool = False) -> None:
        """Write that a report is about to leave; AlreadyBegun if one did, unless it is to leave `again`."""
        state.ensure(self._path)
        try:
            with self._open() as connection, connection:
                connection.execute(SCHEMA)
                connection.execute(f"INSERT OR {'REPLACE' if again else 'ABORT'} {INTO}", _row(run))
        except sqlite3.IntegrityError:
            raise AlreadyBegun(self.find(run.report, run.period) or run) from None

    def finish(self, run: ReportRun, state: RunState, at: datetime) -> None:
        """Write what became of a report that had begun."""
        with self._open() as connection, connection:
            sent = at if state is RunState.SENT else None
            connection.execute(f"INSERT OR REPLACE {INTO}", _row(replace(run, state=state, sent_at=sent)))

    def undo(self, run: ReportRun, before: ReportRun | None) -> None:
        """Write that a report has certainly not left: it stands where it stood before."""
        with self._open() as connection, connection:
            connection.execute(SCHEMA)
            connection.execute("DELETE FROM jhx_report_run WHERE report = ? AND period = ?", (run.report, run.period))
            if before:
                connection.execute(f"INSERT {INTO}", _row(before))

    def _one(self, query: str, *values: str) -> Any:
        if not self._path.exists():
            return None
        with self._open() as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'jhx_report_run'").fetchone():
                return connection.execute(query, values).fetchone()
        return None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(connect(self._path)) as connection:
                yield connection
        except sqlite3.IntegrityError:
            raise
        except (sqlite3.Error, ValueError) as error:
            text = f"reports cannot be kept in the state file {self._path}: {error}; see what is wrong with it"
            raise NotRemembered(text) from None


def _row(run: ReportRun) -> tuple[object, ...]:
    sent = None if run.sent_at is None else micros(run.sent_at)
    texts = (json.dumps(dict(run.said)), json.dumps(dict(run.meanings)))
    return (run.report, run.period, run.state, micros(run.begun_at), sent, run.sha256, *texts)
