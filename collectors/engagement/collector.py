"""The collector `engagement`: users, their activity in fixed periods, and who comes back."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import ClassVar

from collectors.activity import Activity
from collectors.base import Database, Harvest, Reader, Run
from collectors.engagement import retention, stays, stock
from collectors.engagement.active import Active
from collectors.engagement.families import SOURCE, Options
from collectors.engagement.notes import notes
from collectors.schema import Schema
from exporter.model import Sample


class Collector:
    """Reads everything in one transaction, as of one instant."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, options: Options, database: Database) -> None:
        self._options, self._database = options, database

    def collect(self, run: Run) -> Harvest:
        """Collect the families of engagement as of the instant of the run."""
        return self._database.read(run.deadline, lambda reader: self._harvest(run, reader))

    def _harvest(self, run: Run, reader: Reader) -> Harvest:
        schema = Schema(run.definitions, reader.columns)
        activity = Activity(schema, run.at, run.definitions.activity_source)
        table = stays.table(schema, activity) if self._options.session_duration else None
        found = tuple(_samples(schema, activity, run, reader))
        lengths, dropped = _stays(table, schema, activity, run, reader) if table else ((), {})
        reason = "table_unmapped" if self._options.session_duration else "not_enabled"
        return Harvest(
            (*found, *lengths),
            dropped=dropped,
            notes=tuple(notes(schema, activity.source, no_stays=None if table else reason)),
        )


def _samples(schema: Schema, activity: Activity, run: Run, reader: Reader) -> Iterator[Sample]:
    active = Active(activity, run.definitions, run.at)
    yield SOURCE.sample(1, source=activity.source)
    yield from stock.samples(reader.rows("users", stock.stock(schema, run.at))[0])
    yield from active.samples(reader.rows("active", active.statement())[0])
    came_back = retention.retention(schema, activity, run.at, run.definitions.timezone)
    yield from retention.samples(reader.rows("retention", came_back)[0])


def _stays(
    table: str, schema: Schema, activity: Activity, run: Run, reader: Reader
) -> tuple[tuple[Sample, ...], Mapping[tuple[str, str], int]]:
    """Return the samples of sessions of use, and the rows that were dropped."""
    found = stays.recorded(schema, run.at) if table == "user_session" else stays.cut(activity, run.at)
    row = reader.rows("user_sessions", stays.lengths(found, run.at))[0]
    return tuple(stays.samples(row)), stays.dropped(row, table)
