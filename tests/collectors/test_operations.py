"""What goes on now: the golden data set (its document has the values), edges, and a real replica's state."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.definitions import Definitions, Interviews
from collectors.mapping import mapped
from exporter.model import Value
from tests.collectors.asking import Key, ask, source
from tests.conftest import execute

NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)
# T, active, stale, scheduled, in progress, completed and started in the last hour (golden.md section 5).
GOLDEN = [
    ("2026-04-20 11:30", 3, 0, 1, 3, 0, 2),
    ("2026-04-20 12:00", 2, 0, 1, 2, 1, 1),
    ("2026-04-20 13:00", 1, 0, 1, 1, 1, 0),
    ("2026-04-20 15:00", 0, 1, 1, 1, 0, 0),
    ("2026-05-01 00:00", 0, 1, 1, 1, 0, 0),
]
NAMES = ("active", "stale", "scheduled", "in_progress", "other", "completed", "started")


def asked(url: str, at: datetime, **changes: Any) -> dict[Key, Value]:
    definitions = Definitions(**changes)
    with source(url, definitions) as database:
        return ask("operations", database, at, definitions)[0]


def state(found: dict[Key, Value], kind: str = "hiring") -> dict[str, Value]:
    """Return what is not 0, by a short name."""
    labels: list[dict[str, str]] = [{}, {}, *({"state": name} for name in NAMES[2:5]), *({"window": "1h"},) * 2]
    families = ("_active", "_stale", "", "", "", "_recent_completed", "_recent_started")
    keys = [
        (f"jobhive_interviews{family}", frozenset({"kind": kind, **more}.items()))
        for family, more in zip(families, labels, strict=True)
    ]
    return {name: found[key] for name, key in zip(NAMES, keys, strict=True) if found[key]}


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: str(row[0]))
def test_the_golden_sessions(golden: str, row: tuple[Any, ...]) -> None:
    found = asked(golden, datetime.fromisoformat(row[0]).replace(tzinfo=UTC))
    names = [name for name in NAMES if name != "other"]
    assert state(found) == {name: n for name, n in zip(names, row[1:], strict=True) if n}
    assert state(found, "practice") == {}


# status, start and end in hours before T (None: null), scheduled in hours before T, what is counted.
EDGES: list[tuple[str, float | None, float | None, float | None, str]] = [
    ("in_progress", 0, None, None, "scheduled"),
    ("in_progress", 1e-9, None, None, "active in_progress started"),
    ("in_progress", 1, None, None, "active in_progress started"),
    ("in_progress", 4, None, None, "active in_progress"),
    ("in_progress", 4.001, None, None, "stale in_progress"),
    ("completed", 1, 0, None, "active in_progress started"),
    ("completed", 2, 1, None, "completed"),
    ("completed", 2, 1.001, None, ""),
    ("completed", None, 0.5, None, "completed"),
    ("completed", 1, None, None, "started"),
    ("abandoned", 3, None, None, ""),
    ("abandoned", 3, -1, None, "active in_progress"),
    ("mystery", 3, None, None, "active in_progress"),
    ("mystery", None, None, None, "other"),
    ("mystery", None, 1, None, ""),
    ("no_show", None, None, 1, ""),
    ("no_show", None, -1, 1, "scheduled"),
    ("scheduled", None, None, -24, "scheduled"),
    ("scheduled", -1, None, None, "scheduled"),
    ("scheduled", None, 1, None, ""),
    ("cancelled", None, None, None, ""),
]


@pytest.mark.parametrize("edge", EDGES, ids=str)
def test_edges(database: str, edge: tuple[str, float | None, float | None, float | None, str]) -> None:
    status, *hours, counted = edge
    instants = ", ".join("NULL" if h is None else f"'{NOON - timedelta(hours=h)}'" for h in hours)
    execute(
        database,
        f"""INSERT INTO accounts_user (id, date_joined) VALUES (1, '2025-01-01Z');
        INSERT INTO interviews_interviewsession
            (user_id, status, is_practice, created_at, start_time, end_time, scheduled_at)
        VALUES (1, '{status}', true, '2026-01-01Z', {instants})""",
    )
    found = asked(database, NOON)
    assert state(found, "practice") == dict.fromkeys(counted.split(), 1)
    assert state(found) == {}


def test_an_hour_is_counted_from_the_instant_not_to_it(golden: str) -> None:
    """Session 1 ended at 11:30 sharp: it belongs to the hour that begins there."""
    at = datetime(2026, 4, 20, 12, 30, tzinfo=UTC)
    assert state(asked(golden, at))["completed"] == 2
    assert state(asked(golden, at + timedelta(microseconds=1)))["completed"] == 1


def test_a_deployment_says_how_long_an_interview_takes(golden: str) -> None:
    found = asked(golden, NOON, interviews=Interviews(max_interview_length=timedelta(hours=1)))
    assert state(found) == {"stale": 2, "scheduled": 1, "in_progress": 2, "completed": 1, "started": 1}


def test_an_end_may_come_from_the_duration(golden: str) -> None:
    execute(golden, "UPDATE interviews_interviewsession SET end_time = NULL, duration = 30 WHERE id = 1")
    tables = mapped({"session": {"duration_unit": "minutes"}})
    assert state(asked(golden, NOON, tables=tables))["completed"] == 1
    assert "completed" not in state(asked(golden, NOON))


def test_a_primary_has_no_lag(golden: str) -> None:
    assert not [name for name, _ in asked(golden, NOON) if name == "jobhive_db_replication_lag_seconds"]


def test_a_session_without_a_status_is_open_as_other(database: str) -> None:
    execute(
        database,
        "INSERT INTO accounts_user (id, date_joined) VALUES (1, '2026-01-01Z');"
        "ALTER TABLE interviews_interviewsession ALTER COLUMN status DROP NOT NULL;"
        "INSERT INTO interviews_interviewsession (user_id, status, created_at) VALUES (1, NULL, '2026-04-01Z')",
    )
    assert state(asked(database, NOON)) == {"other": 1}


def test_a_session_that_only_its_duration_ends_is_completed(database: str) -> None:
    execute(
        database,
        "INSERT INTO accounts_user (id, date_joined) VALUES (1, '2026-01-01Z');"
        "INSERT INTO interviews_interviewsession (user_id, status, created_at, start_time, duration)"
        " VALUES (1, 'completed', '2026-04-01Z', '2026-04-20 10:30Z', 80 * 60)",
    )
    tables = mapped({"session": {"duration_unit": "seconds"}})
    assert state(asked(database, NOON, tables=tables)) == {"completed": 1}
