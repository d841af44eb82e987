"""Which alerts fired in a week: known to the engine still, or kept since."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from alerts.carrying import Saved
from alerts.model import Alert, AlertState
from alerts.promql.labels import ordered
from exporter.alert_state import SCHEMA
from exporter.reports.alert_history import AlertHistory
from exporter.stored import micros
from tests.reports.making import MARCH

START, END = MARCH.window.start, MARCH.end
HOUR = timedelta(hours=1)


def saved(name: str, fired: timedelta | None, ended: timedelta | None = None, severity: str = "warning") -> Saved:
    labels = ordered({"alertname": name, "severity": severity}.items())
    alert = Alert(
        labels=labels,
        annotations={"summary": f"{name} it is"},
        value=1,
        state=AlertState.FIRING,
        active_at=START,
        fired_at=None if fired is None else START + fired,
        resolved_at=None if ended is None else START + ended,
    )
    return Saved(("file", "group"), (name, ()), "up == 0", START, {alert.key: alert})


def told(history: AlertHistory) -> list[tuple[str, bool]] | None:
    found = history.during(START, END)
    return None if found is None else [(one.name, one.ended is None) for one in found]


def test_alerts_that_fired_in_the_week_are_told_by_their_beginning(tmp_path: Path) -> None:
    history = AlertHistory(tmp_path / "state.db")
    assert told(history) is None
    assert not (tmp_path / "state.db").exists()
    week = END - START
    history.record(
        [
            saved("Later", 5 * HOUR),
            saved("Before", -3 * HOUR, -HOUR),
            saved("Into", -3 * HOUR, HOUR),
            saved("Edge", -3 * HOUR, 0 * HOUR),
            saved("Beyond", HOUR, week + HOUR),
            saved("Afterwards", week),
            saved("Pending", None),
            saved("Watchdog", HOUR, severity="none"),
        ]
    )
    assert told(history) == [("Edge", False), ("Into", False), ("Beyond", True), ("Later", True)]


def test_an_alert_that_is_recorded_again_is_one(tmp_path: Path) -> None:
    history = AlertHistory(tmp_path / "state.db")
    history.record([saved("One", HOUR)])
    history.record([saved("One", HOUR, 2 * HOUR)])
    assert told(history) == [("One", False)]


def test_what_the_engine_knows_is_told_without_being_recorded(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection, connection:
        connection.executescript(SCHEMA)
        labels = json.dumps({"alertname": "Now", "severity": "critical"})
        row = (
            "f",
            "g",
            "Now",
            "{}",
            labels,
            "up",
            0,
            "firing",
            "1",
            '{"summary": "it is so"}',
            0,
            micros(START + HOUR),
        )
        connection.execute(
            "INSERT INTO jhx_alert VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, '{}')", row
        )
    found = AlertHistory(tmp_path / "state.db").during(START, END)
    assert found
    assert [(one.name, one.severity, one.summary, one.began, one.ended) for one in found] == [
        ("Now", "critical", "it is so", START + HOUR, None)
    ]
