"""The collector `data_quality`: counts what other collectors leave out, table by table."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import Row

from collectors.base import Database, Harvest, Reader, Run, Unmapped
from collectors.data_quality.analyses import assessment_checks, sentiment_checks
from collectors.data_quality.applications import application_checks
from collectors.data_quality.billing import plan_checks, subscription_checks
from collectors.data_quality.counts import Counts, Recent
from collectors.data_quality.families import NEWEST, ROWS
from collectors.data_quality.options import Options
from collectors.data_quality.people import activity_checks, user_checks
from collectors.data_quality.recommendations import recommendation_checks
from collectors.data_quality.sessions import session_checks
from collectors.schema import Schema
from collectors.tables import TABLES
from exporter.model import Sample


class Collector:
    """Counts the rows that break a check, and those that other collectors report to have dropped."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, options: Options, database: Database) -> None:
        self._horizon = options.horizon
        self._database = database

    def collect(self, run: Run) -> Harvest:
        """Collect the checks as of the instant of the run."""
        found = self._database.read(run.deadline, lambda reader: tuple(_counted(run, reader, self._horizon)))
        dropped = (
            ROWS.sample(rows, check=check, table=table)
            for peer in run.peers.values()
            for (table, check), rows in peer.dropped.items()
            # The rows of custom queries are not JobHive's.
            if table != "custom_sql"
        )
        return Harvest((*found, *dropped))


def _counted(run: Run, reader: Reader, horizon: timedelta) -> Iterator[Sample]:
    schema = Schema(run.definitions, reader.columns)
    for table, checks in _statements(run, schema, Recent(run.at, horizon)).items():
        if TABLES[table].optional and schema.why_not(table):
            continue
        # A deployment may say that it lacks what a table is nothing without; the others are checked all the same.
        with suppress(Unmapped):
            statement = checks()
            row: Row[Any] = reader.rows(table, statement)[0]
            names = statement.selected_columns.keys()[1:]
            yield from (
                ROWS.sample(n, check=check, table=table) for check, n in zip(names, tuple(row)[1:], strict=True)
            )
            if row.newest is not None:
                yield NEWEST.sample(row.newest.timestamp(), table=table)


def _statements(run: Run, schema: Schema, recent: Recent) -> Mapping[str, Callable[[], Counts]]:
    meaning = run.definitions
    return {
        "activity": lambda: activity_checks(schema, meaning.features, recent),
        "application": lambda: application_checks(schema, meaning.interviews.stages, recent),
        "assessment": lambda: assessment_checks(schema, meaning, recent),
        "plan": lambda: plan_checks(schema, meaning),
        "recommendation": lambda: recommendation_checks(schema, recent),
        "sentiment": lambda: sentiment_checks(schema, meaning, recent),
        "session": lambda: session_checks(schema, meaning, recent),
        "subscription": lambda: subscription_checks(schema, meaning, recent.at),
        "user": lambda: user_checks(schema, recent.at),
    }
