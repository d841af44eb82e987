"""Alerts in the state file: what is written comes back as it was, whatever was there before."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from math import inf, nan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.carrying import Saved, saved
from alerts.model import Alert, AlertState
from alerts.promql.labels import ordered
from exporter import stored_alerts
from exporter.alert_state import AlertMemory, NotSaved
from exporter.state import State
from tests.alerts.timeline import AM, START, Timeline, at, group

HOT = "{alert: Hot, expr: one > 0, labels: {severity: warning, room: ROOM}, annotations: {text: VALUE}}"
ON = {"one room=a": 1.0, "one room=b": inf}

texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=8)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
maybe = st.none() | instants
labels = st.dictionaries(texts, texts.filter(bool), max_size=3)
alerts = st.builds(
    Alert,
    labels=labels.map(lambda found: ordered(found.items())),
    annotations=st.dictionaries(texts, texts, max_size=3),
    value=st.floats(allow_nan=False),
    state=st.sampled_from(AlertState),
    active_at=instants,
    fired_at=maybe,
    keep_firing_since=maybe,
    resolved_at=maybe,
    held_since=maybe,
    last_sent=st.dictionaries(texts, instants, max_size=2),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A state file as the daemon makes it."""
    State(tmp_path / "state.db", START).close(5)
    return tmp_path / "state.db"


def played(rules: str = HOT, name: str = "test") -> Timeline:
    timeline = Timeline(replace(group(rules), name=name))
    timeline.play(0, ON)
    return timeline


@given(st.lists(alerts, min_size=1, max_size=4, unique_by=lambda alert: alert.key), labels, instants)
def test_an_alert_comes_back_as_it_was(found: list[Alert], static: dict[str, str], seen_at: datetime) -> None:
    one = Saved(
        ("f", "g"), ("Hot", tuple(sorted(static.items()))), "up > 0", seen_at, {each.key: each for each in found}
    )
    assert stored_alerts.saved(stored_alerts.rows([one])) == [one]


def test_a_value_that_is_no_number_comes_back() -> None:
    timeline = Timeline(group("{alert: Hot, expr: one}"))
    timeline.play(0, {"one room=a": nan})
    (one,) = stored_alerts.saved(stored_alerts.rows(saved(timeline.group, timeline.state)))
    assert [repr(alert.value) for alert in one.alerts.values()] == ["nan"]


def test_each_group_has_its_latest_round(path: Path) -> None:
    memory, one, other = AlertMemory(path), played(), played(name="other")
    for timeline in (one, other):
        memory.save(timeline.group, timeline.state)
    one.play(1, {"one room=a": 2.5})
    memory.save(one.group, one.state)
    found = AlertMemory(path).load()
    assert sorted((each.group[1], each.seen_at) for each in found) == [("other", at(0)), ("test", at(1))]
    (mine,) = (each for each in found if each.group == one.group.id)
    assert mine == saved(one.group, one.state)[0]
    assert {str(alert.state) for alert in mine.alerts.values()} == {"firing", "inactive"}
    assert next(alert.last_sent for alert in mine.alerts.values()) == {AM: at(0)}


def test_a_file_without_alerts_has_none(path: Path) -> None:
    memory = AlertMemory(path)
    assert (memory.load(), memory.recovered) == ([], True)


def test_two_rules_with_one_identity_are_written_as_one(path: Path) -> None:
    timeline = played(f"{HOT}\n{HOT}")
    AlertMemory(path).save(timeline.group, timeline.state)
    assert len(AlertMemory(path).load()) == 1


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE jhx_alert; CREATE TABLE jhx_alert (a TEXT); INSERT INTO jhx_alert VALUES ('x');",
        "UPDATE jhx_alert SET labels = 'no json' WHERE labels LIKE '%\"b\"%'",
        "UPDATE jhx_alert SET labels = '{\"a\": 1}' WHERE labels LIKE '%\"b\"%'",
        "UPDATE jhx_alert SET labels = '[]' WHERE labels LIKE '%\"b\"%'",
        "UPDATE jhx_alert SET state = 'odd'",
        "UPDATE jhx_alert SET active_at = 'odd'",
        "UPDATE jhx_alert SET active_at = 9223372036854775807",
        "UPDATE jhx_alert SET last_sent = '3'",
    ],
)
def test_what_cannot_be_read_costs_the_alerts_and_nothing_else(path: Path, damage: str) -> None:
    memory, timeline = AlertMemory(path), played()
    memory.save(timeline.group, timeline.state)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(damage)
    memory = AlertMemory(path)
    assert (memory.load(), memory.recovered) == ([], False)
    memory.save(timeline.group, timeline.state)
    assert len(AlertMemory(path).load()) == 1


def test_a_round_that_cannot_be_written_leaves_the_one_before(path: Path) -> None:
    memory, timeline = AlertMemory(path), played()
    memory.save(timeline.group, timeline.state)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TRIGGER full BEFORE INSERT ON jhx_alert WHEN NEW.labels LIKE '%\"b\"%' BEGIN SELECT RAISE(FAIL, 'full'); END"
        )
    timeline.play(1, ON)
    with pytest.raises(NotSaved, match=r"^the alerts of group test are not saved in .*state\.db: full$"):
        memory.save(timeline.group, timeline.state)
    (found,) = AlertMemory(path).load()
    assert (found.seen_at, len(found.alerts)) == (at(0), 2)


def test_a_history_that_cannot_be_kept_is_told_and_the_alerts_are_saved(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE jhx_alert_episode (something)")
    timeline = played()
    AlertMemory(path).save(timeline.group, timeline.state)
    assert len(AlertMemory(path).load()) == 1
    assert "alert history not kept" in capsys.readouterr().out
