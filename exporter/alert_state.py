"""The alerts in the state file: each round of a group is one transaction, written before anybody is told."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import structlog

from alerts.carrying import Saved, saved
from alerts.rounds import GroupState
from alerts.rules import Group
from exporter import stored_alerts
from exporter.model import ExporterError
from exporter.reports.alert_history import AlertHistory
from exporter.stored_alerts import AlertRow

SCHEMA = """
CREATE TABLE jhx_alert (
    group_file TEXT NOT NULL,       -- without its folder
    group_name TEXT NOT NULL,
    rule TEXT NOT NULL,
    rule_labels TEXT NOT NULL,      -- the static ones
    labels TEXT NOT NULL,
    expression TEXT NOT NULL,
    seen_at INTEGER NOT NULL,       -- the round; microseconds since the epoch, as every instant here
    state TEXT NOT NULL,
    value TEXT NOT NULL,
    annotations TEXT NOT NULL,
    active_at INTEGER NOT NULL,
    fired_at INTEGER,
    keep_firing_since INTEGER,
    resolved_at INTEGER,
    held_since INTEGER,
    last_sent TEXT NOT NULL,        -- by Alertmanager
    PRIMARY KEY (group_file, group_name, rule, rule_labels, labels)
) WITHOUT ROWID;
"""
log = structlog.get_logger()


class NotSaved(ExporterError):
    """A round could not be written."""


class AlertMemory:
    """The alerts in a state file that `State` has made usable, and those that fired; for one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path, self._history = path, AlertHistory(path)
        self.recovered = True

    def load(self) -> list[Saved]:
        """Read all alerts. A table that cannot be read is made anew, and `recovered` is False then."""
        try:
            with self._connected() as connection:
                found = list(map(AlertRow._make, connection.execute("SELECT * FROM jhx_alert")))
            return stored_alerts.saved(found)
        except (sqlite3.Error, ValueError, TypeError) as error:
            log.error("alerts not recovered", path=str(self._path), why=str(error))
            self.recovered = False
            with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(self._path)) as connection:
                connection.executescript(f"BEGIN; DROP TABLE IF EXISTS jhx_alert; {SCHEMA} COMMIT;")
            return []

    def save(self, group: Group, state: GroupState) -> None:
        """Write the alerts of a group after a round, all or none; raises NotSaved."""
        found = saved(group, state)
        rows = list(stored_alerts.rows(found))
        marks = ", ".join("?" * len(AlertRow._fields))
        try:
            with self._connected() as connection, connection:
                connection.execute("DELETE FROM jhx_alert WHERE group_file = ? AND group_name = ?", group.id)
                connection.executemany(f"INSERT INTO jhx_alert VALUES ({marks})", rows)  # noqa: S608 - question marks
        except (sqlite3.Error, ValueError) as error:
            raise NotSaved(f"the alerts of group {group.name} are not saved in {self._path}: {error}") from None
        if state.ts is not None:
            self._keep(found, state.ts)

    def _keep(self, found: Iterable[Saved], ts: datetime) -> None:
        """Keep for reports what fired; without it alerts are what they are."""
        try:
            self._history.record(found, ts)
        except sqlite3.Error as error:
            log.error("alert history not kept", path=str(self._path), why=str(error))

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=10)) as connection:
            (known,) = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'jhx_alert'").fetchone()
            if not known:
                connection.executescript(f"BEGIN; {SCHEMA} COMMIT;")
            yield connection
