"""The collector `ai_quality`: a few passes over the rows of each model, and two over the recommendations."""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from collectors.ai_quality import improvement, recommendations
from collectors.ai_quality.analyses import Analyses
from collectors.ai_quality.components import COMPONENTS
from collectors.ai_quality.model import Model
from collectors.ai_quality.notes import improves, is_readable, notes
from collectors.ai_quality.options import Options
from collectors.ai_quality.recommendations import Recommendations
from collectors.base import Database, Harvest, Reader, Run
from collectors.schema import Schema
from collectors.sessions import Sessions
from exporter.model import Sample


class Collector:
    """Reads everything in one transaction, as of one instant."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(hours=1)

    def __init__(self, options: Options, database: Database) -> None:
        self._options, self._database = options, database

    def collect(self, run: Run) -> Harvest:
        """Collect the families of AI quality as of the instant of the run."""
        return self._database.read(run.deadline, lambda reader: self._harvest(run, reader))

    def _harvest(self, run: Run, reader: Reader) -> Harvest:
        schema = Schema(run.definitions, reader.columns)
        found = (*self._models(run, reader, schema), *self._advice(run, reader, schema))
        return Harvest(found, notes=tuple(notes(schema, by_version=self._options.by_model_version)))

    def _models(self, run: Run, reader: Reader, schema: Schema) -> Iterator[Sample]:
        for component in COMPONENTS:
            if is_readable(schema, "session") and is_readable(schema, component.table):
                analyses = Analyses(component, schema, run.definitions, self._options, run.at)
                yield from Model(analyses, reader, self._options).samples()

    def _advice(self, run: Run, reader: Reader, schema: Schema) -> Iterator[Sample]:
        if not is_readable(schema, "recommendation"):
            return
        found = Recommendations(schema, run.at)
        yield from recommendations.samples(reader.rows("recommendations", found.statement())[0])
        if improves(schema):
            sessions = Sessions(schema, run.definitions, run.at)
            rows = reader.rows("improvement", improvement.statement(found, sessions))
            yield from improvement.samples(improvement.changes(rows), self._options)
