"""The collector `interviews`: one pass over the sessions of the last 30 days, and the hiring pipeline."""

from datetime import timedelta
from typing import ClassVar

from collectors.base import Database, Harvest, Reader, Run
from collectors.interviews.families import families
from collectors.interviews.figures import Figures, utc_months
from collectors.interviews.naming import Naming
from collectors.interviews.notes import notes
from collectors.interviews.options import Options
from collectors.schema import Schema
from exporter.windows import trailing

WINDOWS = ("24h", "7d", "30d")


class Collector:
    """Reads everything in one transaction."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, options: Options, database: Database) -> None:
        self._options = options
        self._database = database
        self._naming = Naming(families(options))

    def collect(self, run: Run) -> Harvest:
        """Collect the interview families as of the instant of the run."""
        return self._database.read(run.deadline, lambda reader: self._harvest(run, reader))

    def _harvest(self, run: Run, reader: Reader) -> Harvest:
        windows = [trailing(key, run.at) for key in WINDOWS]
        found = Figures(reader, run.definitions, run.at, windows, self._naming)
        schema = Schema(run.definitions, reader.columns)
        return Harvest(
            (
                *found.sessions(),
                *found.companies(self._options.per_company),
                *found.endings(utc_months(run.at)),
                *found.applications(self._options),
            ),
            notes=tuple(notes(schema, companies=bool(self._options.per_company))),
        )
