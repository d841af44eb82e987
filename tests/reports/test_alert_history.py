"""Which alerts fired in a week: known to the engine still, or kept since."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.carrying import Saved
from alerts.model import Alert, AlertState
from alerts.promql.labels import ordered
from exporter.alert_state import SCHEMA, AlertMemory
from exporter.reports.alert_history import AlertHistory
from exporter.reports.model import Episode
from exporter.stored import micros
from tests.alerts.timeline import Timeline, at, group
from tests.reports.making import MARCH

START, END = MARCH.window.start, MARCH.end
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


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
            saved("Lost", HOUR),
            saved("Lost before", -HOUR),
        ],
        END,
    )
    assert told(history) == [("Edge", False), ("Into", False), ("Beyond", True), ("Lost", True), ("Later", True)]


def test_an_alert_that_is_recorded_again_is_one(tmp_path: Path) -> None:
    history = AlertHistory(tmp_path / "state.db")
    history.record([saved("One", HOUR)], START)
    history.record([saved("One", HOUR, 2 * HOUR)], START)
    assert told(history) == [("One", False)]


@pytest.mark.parametrize(("ended", "kept"), [(2 * HOUR, True), (2 * HOUR - SECOND, False), (None, False)])
def test_what_ended_400_days_ago_is_forgotten(tmp_path: Path, ended: timedelta | None, kept: bool) -> None:
    history = AlertHistory(tmp_path / "state.db")
    history.record([saved("One", HOUR, ended)], START)
    history.record([], START + timedelta(days=400) + 2 * HOUR)
    assert told(history) == ([("One", False)] if kept else [])


def test_an_alert_that_the_engine_has_forgotten_is_told_in_the_report_of_its_week(tmp_path: Path) -> None:
    rules = "{alert: Hot, expr: one > 0, labels: {severity: warning}, annotations: {summary: VALUE}}"
    first, memory = Timeline(group(rules)), AlertMemory(tmp_path / "state.db")
    for minute in range(20):
        first.play(minute, {"one room=a": 5.0 if minute < 2 else 0.0})
        memory.save(first.group, first.state)
    assert memory.load() == []
    day = timedelta(days=1)
    history = AlertHistory(tmp_path / "state.db")
    assert history.during(at(0) - 7 * day, at(0)) is None
    assert history.during(at(2), at(0) + 7 * day) == (Episode("Hot", "warning", "5", at(0), at(2)),)
    assert history.during(at(0) - day, at(1)) == (Episode("Hot", "warning", "5", at(0), None),)
    assert history.during(at(3), at(0) + 7 * day) == ()


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


def test_nobody_knows_of_a_week_before_the_first_round(tmp_path: Path) -> None:
    history = AlertHistory(tmp_path / "state.db")
    history.record([], END)
    assert told(history) is None
    history.record([], START)
    assert told(history) is None


def test_a_week_that_was_watched_and_quiet_has_no_alerts(tmp_path: Path) -> None:
    history = AlertHistory(tmp_path / "state.db")
    history.record([], END - HOUR)
    history.record([], END)
    assert told(history) == []
