"""Seed-only mode: with nothing but the columns of the original document, every collector works and says what it lacks."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from collectors.definitions import Definitions
from exporter.model import Note
from exporter.registry import modules
from tests.collectors.asking import ask, source
from tests.conftest import connect
from tests.contract.families import contract
from tests.deployments import marked_seed, strip

AT = datetime(2026, 4, 20, 12, tzinfo=UTC)
ALWAYS = {row.name: row for row in contract()}


class Lacking(NamedTuple):
    """What a collector says of rows of the contract: (kind, reason) → rows."""

    disabled: Mapping[str, set[str]]
    approximate: Mapping[str, set[str]]
    partial: Mapping[str, set[str]] = {}


def ids(*texts: str) -> set[str]:
    return {row for text in texts for row in text.split()}


PRESENT_REVENUE = "RV1 RV2 RV3 RV3b RV4 RV12 RV12b"
PAST_REVENUE = "RV5 RV5b RV5c RV6 RV7 RV7b RV8 RV8b RV8c RV10 RV10b RV11"
CONVERSION = "RV9 RV9c"
# The table of sources.md 1.8, by collector; a collector that arrives adds its lines.
LACKING = {
    "engagement": Lacking(
        disabled={},
        approximate={"activity_derived": ids("UE1 UE2 UE3 UE3b UE4 UE4c"), "verification_time_unknown": ids("UE9")},
    ),
    "interviews": Lacking(
        disabled={
            "column_unmapped": ids("IA11a IA11b IA11c IA11d IA11e"),
            "table_unmapped": ids("IA12d IA12e IA12f IA12g IA12h IA12i"),
        },
        approximate={},
    ),
    "operations": Lacking(disabled={}, approximate={}),
    "revenue": Lacking(
        disabled={"column_unmapped": ids("RV4c RV5d RV9d RV9e RV9f")},
        approximate={
            "seed_only_subscription_span": ids(PRESENT_REVENUE, PAST_REVENUE, CONVERSION, "RV4b"),
            # Not of the table: what the golden rows lack on top of the columns (metrics.md 4.2).
            "past_due_since_unknown": ids(PRESENT_REVENUE, PAST_REVENUE),
            "price_history_unknown": ids(PAST_REVENUE, CONVERSION),
            "status_history_unknown": ids(PAST_REVENUE),
        },
    ),
    "data_quality": Lacking(disabled={}, approximate={}),
    "candidates": Lacking(disabled={}, approximate={}),
    "ai_quality": Lacking(
        disabled={
            "column_unmapped": {
                *ids("AI2 AI2b AI2c AI3 AI3b AI3d AI3e AI4 AI4b AI4c AI4d AI4e AI6b AI6c AI6d AI6e AI6f AI7 AI7b AI8"),
                *ids("AI9 AI9b AI10 AI10b AI11 AI11b AI11c AI12 AI12b AI12c AI12d AI13 AI13b AI13c"),
                *("AI3c p10", "AI3c p50", "AI3c p90"),
            }
        },
        approximate={},
    ),
    "features": Lacking(
        disabled={},
        approximate={"activity_derived": ids("UE8 UE8b UE8c")},
        partial={"table_unmapped": ids("FU6 FU7 FU8 FU9 FU9b UE8 UE8b")},
    ),
    "journey": Lacking(
        disabled={},
        approximate={
            "activity_derived": ids("UJ6 UJ6b"),
            "price_history_unknown": ids("UJ1 UJ3 UJ4 UJ5"),
            "seed_only_subscription_span": ids("UJ1 UJ3 UJ4 UJ5"),
            "verification_time_unknown": ids("UJ1 UJ3 UJ4 UJ5"),
        },
    ),
}


def said(notes: tuple[Note, ...], kind: str) -> dict[str, set[str]]:
    """Return the rows by reason; what has to be asked for is no lack."""
    found: dict[str, set[str]] = {}
    for note in notes:
        if note.kind == kind and note.reason != "not_enabled":
            found.setdefault(note.reason, set()).add(ALWAYS[note.family].id)
    return found


def test_the_tables_of_this_test_are_those_marked_seed(golden: str) -> None:
    strip(golden)
    connection = connect(golden)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
                " WHERE table_schema = 'public' GROUP BY table_name"
            )
            assert {table: set(columns) for table, columns in cursor.fetchall()} == marked_seed()
    finally:
        connection.close()


def test_every_collector_of_the_database_is_looked_at() -> None:
    assert {name for name, module in modules().items() if module.Collector.source == "database"} == LACKING.keys()


@pytest.mark.parametrize("name", LACKING)
def test_a_collector_works_and_says_what_it_lacks(golden: str, name: str) -> None:
    strip(golden)
    definitions = Definitions()
    with source(golden, definitions) as database:
        found, harvest = ask(name, database, AT, definitions)
    assert found
    assert said(harvest.notes, "disabled") == LACKING[name].disabled
    assert said(harvest.notes, "approximate") == LACKING[name].approximate
    assert said(harvest.notes, "partial") == LACKING[name].partial
    disabled = {note.family for note in harvest.notes if note.kind == "disabled"}
    assert {family for family, _ in found} & disabled == set()


# Golden values by substitutes: activity derived (golden.md section 1), spans from created_at and the current period.
VALUES = [
    ("engagement", "jobhive_active_users", {"window": "24h"}, 2),
    ("engagement", "jobhive_active_users", {"window": "30d"}, 5),
    ("engagement", "jobhive_activity_source_info", {"source": "derived"}, 1),
    ("engagement", "jobhive_users", {"state": "verified"}, 4),
    ("interviews", "jobhive_interviews_completed", {"kind": "hiring", "window": "30d"}, 1),
    ("operations", "jobhive_interviews_active", {"kind": "hiring"}, 2),
    ("revenue", "jobhive_subscriptions", {"status": "canceled"}, 2),
]


@pytest.mark.parametrize(("name", "family", "labels", "expected"), VALUES)
def test_a_substitute_gives_the_golden_value(
    golden: str, name: str, family: str, labels: dict[str, str], expected: int
) -> None:
    strip(golden)
    definitions = Definitions()
    with source(golden, definitions) as database:
        found, _ = ask(name, database, AT, definitions)
    assert found[family, frozenset(labels.items())] == expected
