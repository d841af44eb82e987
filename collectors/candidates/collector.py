"""The collector `candidates`: one statement over the histories of those who were here lately."""

from datetime import timedelta
from typing import ClassVar

from collectors.base import Database, Harvest, Reader, Run
from collectors.candidates.families import Options
from collectors.candidates.improvement import improvement, samples
from collectors.schema import Schema


class Collector:
    """Reads the completed interviews of candidates, all-time for those with one in the last 90 days."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(hours=1)

    def __init__(self, options: Options, database: Database) -> None:
        self._kind, self._database = options.kind, database

    def collect(self, run: Run) -> Harvest:
        """Collect the families of candidates as of the instant of the run."""
        return self._database.read(run.deadline, lambda reader: self._harvest(run, reader))

    def _harvest(self, run: Run, reader: Reader) -> Harvest:
        schema = Schema(run.definitions, reader.columns)
        statement = improvement(schema, run.definitions, run.at, self._kind)
        return Harvest(tuple(samples(reader.rows("candidates", statement)[0])))
