"""The collector `journey`: one statement for the funnel, one for all cohorts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from collectors.activity import Activity
from collectors.base import Database, Harvest, Reader, Run
from collectors.journey.cohorts import Cohorts
from collectors.journey.families import Options
from collectors.journey.funnel import funnel, samples
from collectors.journey.notes import has_funnel, notes
from collectors.schema import Schema
from collectors.subscriptions import Subscriptions
from exporter.model import Sample


class Collector:
    """Reads users with their sessions, subscriptions and activity."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(hours=1)

    def __init__(self, _: Options, database: Database) -> None:
        self._database = database

    def collect(self, run: Run) -> Harvest:
        """Collect the families of the journey as of the instant of the run."""
        return self._database.read(run.deadline, lambda reader: _harvest(run, reader))


def _harvest(run: Run, reader: Reader) -> Harvest:
    schema = Schema(run.definitions, reader.columns)
    activity = Activity(schema, run.at, run.definitions.activity_source)
    with_activity = activity.source != "login"
    subscriptions = Subscriptions(schema, run.definitions, run.at)
    unlogged = reader.rows("history", subscriptions.history())[0]
    cohorts = Cohorts(run.at, run.definitions.timezone)
    months = reader.rows("cohorts", cohorts.statement(schema, activity))
    return Harvest(
        (*_funnel(schema, subscriptions, run, reader), *cohorts.samples(months, with_activity=with_activity)),
        notes=tuple(notes(schema, activity.source, price_known=not unlogged.price)),
        documents={"cohort_active_users_month_0": cohorts.active_at_once(months)} if with_activity else {},
    )


def _funnel(schema: Schema, subscriptions: Subscriptions, run: Run, reader: Reader) -> Iterator[Sample]:
    if has_funnel(schema):
        yield from samples(reader.rows("funnel", funnel(schema, run.definitions, subscriptions, run.at))[0])
