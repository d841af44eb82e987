"""Rows of the models and of humans who look at them, and the answers of ai_quality."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg2 import sql
from psycopg2.extras import execute_values

from collectors.ai_quality import Collector, Options, families
from collectors.base import Run, complete
from collectors.definitions import Definitions
from collectors.mapping import mapped
from exporter.model import Note, Value
from tests.collectors.asking import Key, source
from tests.conftest import connect, execute

T = datetime(2026, 4, 20, 12, tzinfo=UTC)
DAY, HOUR, TICK = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
NAN, INFINITY = float("nan"), float("inf")

# Users 1 and 2 count, 3 is staff; each has an interview of the same number.
PEOPLE = """
    INSERT INTO accounts_user (id, date_joined, is_staff) VALUES
        (1, '2026-01-01+00', false), (2, '2026-01-01+00', false), (3, '2026-01-01+00', true);
    INSERT INTO interviews_interviewsession (id, user_id, status, is_practice, created_at)
        SELECT n, n, 'completed', true, '2026-01-02+00' FROM generate_series(1, 3) AS n;
    SELECT setval('interviews_interviewsession_id_seq', 100);
"""
SENTIMENT = {"interview_session_id": 1, "positive_score": 0.5, "created_at": T - DAY}
ASSESSMENT = {"interview_session_id": 1, "accumulated_score": 0.5, "created_at": T - DAY}
RECOMMENDATION = {"user_id": 1, "created_at": T - 20 * DAY, "shown_at": T - 20 * DAY}
LABELLED = SENTIMENT | {"human_validated_at": T - HOUR}
SCORED = ASSESSMENT | {"human_validated": True, "human_validated_at": T - HOUR}

Rows = Iterable[Mapping[str, Any]]


def insert(url: str, table: str, rows: Rows) -> None:
    """Write rows that have the same columns as each other, or fewer."""
    found = list(rows)
    columns = sorted({column for row in found for column in row})
    statement = sql.SQL("INSERT INTO {} ({}) VALUES %s").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    connection = connect(url)
    try:
        with connection.cursor() as cursor:
            execute_values(cursor, statement, [[row.get(column) for column in columns] for row in found])
    finally:
        connection.close()


def sentiment(url: str, *rows: Mapping[str, Any], **every: Any) -> None:
    """Write rows of sentiment, by default of today's interview of user 1."""
    insert(url, "interviews_sentimentsession", ({"audit_sample": False, **SENTIMENT, **every, **row} for row in rows))


def assessments(url: str, *rows: Mapping[str, Any], **every: Any) -> None:
    """Write assessments of skills."""
    plain = {"audit_sample": False, "human_validated": False}
    insert(url, "assessments_skillassessment", ({**plain, **ASSESSMENT, **every, **row} for row in rows))


def recommendations(url: str, *rows: Mapping[str, Any], **every: Any) -> None:
    """Write recommendations, by default matured ones of user 1."""
    insert(url, "recommendations_recommendation", ({**RECOMMENDATION, **every, **row} for row in rows))


class Answer:
    """What the collector said."""

    def __init__(self, values: Mapping[Key, Value], notes: Iterable[Note]) -> None:
        self.values, self.notes = values, set(notes)

    def of(self, name: str, **labels: str) -> Value | None:
        """Return the value of a family, None if it is absent."""
        return self.values.get((f"jobhive_{name}", frozenset(labels.items())))

    def feeling(self, name: str, window: str = "7d", **labels: str) -> Value | None:
        """Return a value of the component sentiment."""
        return self.of(name, component="sentiment", window=window, **labels)

    def skill(self, name: str, window: str = "7d", **labels: str) -> Value | None:
        """Return a value of the component skill_assessment."""
        return self.of(name, component="skill_assessment", window=window, **labels)

    def labels(self, name: str, label: str) -> set[str]:
        """Return the values of a label of a family."""
        return {dict(labels)[label] for family, labels in self.values if family == f"jobhive_{name}"}

    def names(self) -> set[str]:
        """Return the families that are there."""
        return {name.removeprefix("jobhive_") for name, _ in self.values}

    def noted(self, reason: str) -> set[str]:
        """Return the families with a note."""
        return {note.family.removeprefix("jobhive_") for note in self.notes if note.reason == reason}


def asked(url: str, at: datetime = T, options: Mapping[str, Any] | None = None, **tables: Any) -> Answer:
    """Ask the collector."""
    chosen, definitions = Options.model_validate(options or {}), Definitions(tables=mapped(tables))
    with source(url, definitions) as database:
        harvest = Collector(chosen, database).collect(Run(at, 30, definitions))
    samples = complete(families(chosen), harvest)
    found = {(sample.name, frozenset(sample.labels)): sample.value for sample in samples}
    assert len(found) == len(samples), "a series is there twice"
    assert not {sample.name for sample in samples} - {family.name for family in families(chosen)}
    return Answer(found, harvest.notes)


def people(url: str) -> str:
    """Write the users and their interviews."""
    execute(url, PEOPLE)
    return url
