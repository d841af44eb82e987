"""The days of a week, and who left and returned in it: on the golden data, and against a loop over microseconds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from psycopg2.extensions import connection as Connection  # noqa: N812

from collectors import week
from collectors.definitions import Definitions
from collectors.revenue.movements import CENT
from demo.postgres import EmbeddedPostgres
from exporter.model import Value
from exporter.sources.database import Database
from exporter.windows import Window
from tests.collectors.asking import Key, definitions_of, same, source
from tests.conftest import SCHEMA, connect, execute
from tests.oracle.events import told
from tests.oracle.histories import Case, cases, clear, load
from tests.oracle.measures import movement_amounts, scope_of

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def period(start: str, end: str) -> Window:
    return Window("week", instant(start), instant(end))


def asked(url: str, window: Window, definitions: Definitions | None = None) -> dict[Key, Value]:
    definitions = definitions or Definitions()
    with source(url, definitions) as database:
        samples = database.read(30, lambda reader: week.revenue(reader, definitions, window))
    return {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}


def events_of(found: dict[Key, Value]) -> dict[str, Value]:
    return {dict(labels)["kind"]: value for (name, labels), value in found.items() if name == week.CUSTOMER_EVENTS}


# golden.md: "March, event view: 1 churn and 1 reactivation (user 4 left on the 11th and returned on the 25th)".
EVENTS = [
    ("2026-03-01", "2026-04-01", {"joined": 0, "returned": 1, "left": 1}),
    ("2026-03-09", "2026-03-16", {"joined": 0, "returned": 0, "left": 1}),
    ("2026-03-23", "2026-03-30", {"joined": 0, "returned": 1, "left": 0}),
    ("2026-03-16", "2026-03-23", {"joined": 0, "returned": 0, "left": 0}),
    ("2026-03-30", "2026-04-06", {"joined": 1, "returned": 0, "left": 0}),
]


@pytest.mark.parametrize(("start", "end", "expected"), EVENTS, ids=str)
def test_every_leave_and_return_inside_a_window_counts(
    golden: str, start: str, end: str, expected: dict[str, int]
) -> None:
    assert events_of(asked(golden, period(start, end))) == expected


# golden.md section 2: "any [a,b)".
MOVED = [
    ("2026-03-01", "2026-03-12", 115, {"churn": 30}, -30),
    ("2026-03-12", "2026-04-01", 85, {"reactivation": 30}, 30),
    ("2026-03-30", "2026-04-06", 115, {"new": 30}, 30),
]


@pytest.mark.parametrize(("start", "end", "first", "moved", "net"), MOVED, ids=str)
def test_movements_are_of_the_days_of_the_window(
    golden: str, start: str, end: str, first: int, moved: dict[str, int], net: int
) -> None:
    found = asked(golden, period(start, end))
    labels = frozenset({("currency", "USD"), ("window", "week")})
    assert found["jobhive_mrr_at_start", labels] == first
    assert found["jobhive_mrr_net_new", labels] == net
    for kind in ("new", "reactivation", "expansion", "contraction", "churn"):
        assert found["jobhive_mrr_movement", labels | {("type", kind)}] == moved.get(kind, 0), kind


def switch(url: str, returned: str) -> None:
    """Let user 4, who left on 11 March, come back at an instant."""
    execute(url, f"UPDATE billing_customersubscription SET started_at = '{returned}' WHERE user_id = 4 AND id = 7")


def left_at(url: str) -> datetime:
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT ended_at FROM billing_customersubscription WHERE user_id = 4 AND ended_at IS NOT NULL")
        rows = cursor.fetchall()
    assert len(rows) == 1
    return rows[0][0].astimezone(UTC)  # type: ignore[no-any-return]


@pytest.mark.parametrize(("gap", "expected"), [(3 * DAY, 0), (3 * DAY + TICK, 1)])
def test_a_short_gap_is_a_switch_of_plans(golden: str, gap: timedelta, expected: int) -> None:
    switch(golden, str(left_at(golden) + gap))
    found = events_of(asked(golden, period("2026-03-01", "2026-04-01")))
    assert (found["left"], found["returned"]) == (expected, expected)


def test_trends_are_the_ends_of_weeks(golden: str) -> None:
    weeks = [
        Window(key, instant(start), instant(end))
        for key, start, end in (
            ("W10", "2026-03-02", "2026-03-09"),
            ("W11", "2026-03-09", "2026-03-16"),
            ("W16", "2026-04-13", "2026-04-20"),
        )
    ]
    with source(golden, Definitions()) as database:
        samples = database.read(30, lambda reader: list(week.trends(reader, Definitions(), weeks)))
    found = {
        (sample.name, dict(sample.labels)["window"], dict(sample.labels).get("kind")): sample.value
        for sample in samples
    }
    assert [found["jobhive_mrr", key, None] for key in ("W10", "W11", "W16")] == [115, 85, 145]
    assert found["jobhive_interviews_completed", "W16", "hiring"] == 0
    assert {key for name, key, _ in found if name == "jobhive_active_users"} == {"W10", "W11", "W16"}


# Against an oracle that steps from change to change of a customer.


@pytest.fixture(scope="module")
def place(postgres: EmbeddedPostgres) -> Iterator[tuple[Connection, Database]]:
    url = postgres.create("week_oracle")
    execute(url, SCHEMA.read_text())
    connection = connect(url)
    with source(url, Definitions()) as database:
        yield connection, database
    connection.close()


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.generate),
)
@given(case=cases())
def test_any_history_is_told_as_the_oracle_does(place: tuple[Connection, Database], case: Case) -> None:
    connection, database = place
    clear(connection)
    load(connection, case.world)
    definitions, scope = definitions_of(case.settings), scope_of(case.world, case.at, case.settings)
    for days in (7, 60):
        window = Window("week", case.at - days * DAY, case.at)
        samples = database.read(30, lambda reader, over=window: week.revenue(reader, definitions, over))  # type: ignore[misc]
        found = {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}
        assert events_of(found) == told(scope, window[1:])
        for currency in case.settings.currencies:
            for kind, amount in movement_amounts(scope, (window.start, window.end), currency).items():
                key = frozenset({("currency", currency), ("type", kind), ("window", "week")})
                assert same(found["jobhive_mrr_movement", key], amount), (currency, kind, CENT)
