"""Which alerts fired during a week: those that the engine still knows, and those that it has forgotten since.

The engine keeps a resolved alert for minutes only, so `record` is called after each of its rounds. One of which nobody
knows the end, because its rule failed it or the daemon was off for long, is told in the week in which it began.
"""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alerts.carrying import Saved
from alerts.model import Alert
from exporter.reports.model import Episode
from exporter.state import connect
from exporter.stored import instant, micros

SCHEMA = """
CREATE TABLE IF NOT EXISTS jhx_alert_episode (
    rule TEXT,
    labels TEXT,                    -- JSON, in alphabetical order
    fired_at INTEGER,               -- microseconds since the epoch, as every instant here
    summary TEXT NOT NULL,
    resolved_at INTEGER,
    PRIMARY KEY (rule, labels, fired_at)
) WITHOUT ROWID;
"""
# The first round of all: before it nobody knows what fired.
WATCH = "CREATE TABLE IF NOT EXISTS jhx_alert_watch (began_at INTEGER NOT NULL)"
BEGIN = "INSERT INTO jhx_alert_watch SELECT ? WHERE NOT EXISTS (SELECT 1 FROM jhx_alert_watch)"
WATCHED = "SELECT 1 FROM jhx_alert_watch WHERE began_at < ?"
WRITE = """
INSERT INTO jhx_alert_episode (rule, labels, fired_at, summary, resolved_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET summary = excluded.summary, resolved_at = excluded.resolved_at
    WHERE resolved_at IS NOT excluded.resolved_at
"""
FORGET = "DELETE FROM jhx_alert_episode WHERE coalesce(resolved_at, fired_at) < ?"
KEPT = timedelta(days=400)
TABLES = {
    "jhx_alert_episode": "SELECT rule, labels, fired_at, summary, resolved_at FROM jhx_alert_episode"
    " WHERE fired_at < ? AND coalesce(resolved_at, fired_at) >= ?",
    # Later, because the engine knows best how an alert ended.
    "jhx_alert": "SELECT rule, labels, fired_at, annotations ->> 'summary', resolved_at FROM jhx_alert"
    " WHERE fired_at < ? AND (resolved_at IS NULL OR resolved_at >= ?)",
}
# An alert that always fires proves that the way of alerts works; it tells nothing of a week.
QUIET = "none"


class AlertHistory:
    """The alerts that fired, in the state file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, saved: Iterable[Saved], at: datetime) -> None:
        """Keep every alert that fired; the same one again changes nothing but its end. Raises sqlite3.Error.

        Those that ended longer than 400 days before `at` are forgotten.
        """
        rows = [_row(one.rule[0], alert) for one in saved for alert in one.alerts.values() if alert.fired_at]
        with closing(connect(self._path)) as connection, connection:
            connection.execute(SCHEMA)
            connection.execute(WATCH)
            connection.execute(BEGIN, (micros(at),))
            connection.executemany(WRITE, rows)
            connection.execute(FORGET, (micros(at - KEPT),))

    def during(self, start: datetime, end: datetime) -> tuple[Episode, ...] | None:
        """Return the alerts that fired in [start, end), by their beginning; None where nobody kept any by then.

        Raises sqlite3.Error. One that ended later still fired at the end of the period.
        """
        if not self._path.exists():
            return None
        found: dict[tuple[str, str, int], Episode] = {}
        with closing(connect(self._path)) as connection:
            for table, query in TABLES.items():
                if not _has(connection, table):
                    continue
                rows = connection.execute(query, (micros(end), micros(start)))
                found |= {
                    (rule, labels, fired): _episode(row, end) for row in rows for rule, labels, fired in [row[:3]]
                }
            watched = _has(connection, "jhx_alert_watch") and connection.execute(WATCHED, (micros(end),)).fetchone()
        told = (one for one in found.values() if one.severity != QUIET)
        return tuple(sorted(told, key=lambda one: (one.began, one.name, one.summary))) if found or watched else None


def _has(connection: sqlite3.Connection, table: str) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None


def _row(rule: str, alert: Alert) -> tuple[Any, ...]:
    labels = json.dumps(dict(sorted(alert.labels.items())))
    fired, resolved = alert.fired_at, alert.resolved_at
    summary = alert.annotations.get("summary", "")
    return rule, labels, micros(fired) if fired else None, summary, micros(resolved) if resolved else None


def _episode(row: tuple[str, str, int, str | None, int | None], end: datetime) -> Episode:
    rule, labels, fired, summary, resolved = row
    ended = None if resolved is None else instant(resolved)
    severity = str(json.loads(labels).get("severity", "no severity"))
    return Episode(rule, severity, summary or "", instant(fired), ended if ended and ended < end else None)
