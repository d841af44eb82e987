"""The collector `interviews`: one pass over the sessions of the last 30 days, and the hiring pipeline."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, ClassVar

from sqlalchemy import FromClause, Row

from collectors.base import Database, Harvest, Reader, Run
from collectors.interviews.families import KINDS, LAGS, families
from collectors.interviews.interviewers import known, label, named
from collectors.interviews.interviewers import samples as of_interviewers
from collectors.interviews.measures import counts, endings
from collectors.interviews.naming import Naming, summed
from collectors.interviews.notes import notes
from collectors.interviews.options import Options
from collectors.interviews.pipeline import Pipeline
from collectors.schema import Schema
from collectors.sessions import Sessions
from exporter.model import Sample
from exporter.windows import Window, trailing

MONTH = timedelta(days=30)
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
        schema = Schema(run.definitions, reader.columns)
        return Harvest(
            (
                *self._counts(run, reader, schema),
                *self._companies(run, reader, schema),
                *self._endings(run, reader, schema),
                *self._pipeline(run, reader, schema),
            ),
            notes=tuple(notes(schema, companies=bool(self._options.per_company))),
        )

    def _counts(self, run: Run, reader: Reader, schema: Schema) -> Iterator[Sample]:
        sessions, windows = Sessions(schema, run.definitions, run.at), _windows(run.at)
        session: FromClause = sessions.facts("touched", sessions.touched_since(windows[-1].start))
        interviewers = known(sessions, reader, schema, windows[-1])
        by = () if interviewers is None else ("slug", "nobody")
        session = session if interviewers is None else named(session, interviewers)
        statement, measures = counts(session, windows, run.definitions.interviews, *by)
        rows = reader.rows("sessions", statement)
        for (window, kind), values in summed(rows, measures).items():
            labels = {"kind": kind, "window": window}
            yield from self._naming.measured("", labels, values)
            yield from self._naming.steps(labels, values)
        if interviewers is not None:
            slugs = {row.slug for row in interviewers}
            yield from of_interviewers(self._naming, slugs, WINDOWS, summed(rows, measures, label))

    def _companies(self, run: Run, reader: Reader, schema: Schema) -> Iterator[Sample]:
        named = {company.id: company.label for company in self._options.per_company}
        if not named:
            return
        sessions, windows = Sessions(schema, run.definitions, run.at), _windows(run.at)
        touched = sessions.touched_since(windows[-1].start)
        session = sessions.facts("touched", touched, companies=tuple(named))
        statement, measures = counts(session, windows, run.definitions.interviews, "company")
        found = summed(reader.rows("companies", statement), measures, lambda row: row.company)
        for (window, kind, company), values in found.items():
            labels = {"company": named[company], "kind": kind, "window": window}
            yield from self._naming.measured("company_", labels, values)

    def _endings(self, run: Run, reader: Reader, schema: Schema) -> Iterator[Sample]:
        sessions, windows, utc = Sessions(schema, run.definitions, run.at), _windows(run.at), _utc_months(run.at)
        session = sessions.facts("ended", sessions.ended_since(min(windows[-1].start, utc[-1].start)))
        statement, keys = endings(session, windows, utc)
        row = tuple(reader.rows("endings", statement)[0])
        yield from self._naming.durations(keys, row)
        counted = self._naming["jobhive_interviews_completed_utc_30d"]
        for (kind, month), completed in zip(product(KINDS, utc), row[len(keys) :], strict=True):
            yield counted.sample(completed, kind=kind, lag_days=month.key)

    def _pipeline(self, run: Run, reader: Reader, schema: Schema) -> Iterator[Sample]:
        if schema.why_not("application"):
            return
        events = schema.why_not("stage_event") is None
        pipeline = Pipeline(schema, self._options.stages, run.at, events=events)
        names = self._naming
        for row in reader.rows("candidates", pipeline.candidates()):
            yield names["jobhive_pipeline_candidates"].sample(row.n, stage=row.stage)
        if not events:
            return
        yield from self._exits(reader.rows("exits", pipeline.exits(_windows(run.at))))
        for row in reader.rows("hires", pipeline.hires(_windows(run.at))):
            yield names["jobhive_pipeline_hires"].sample(row.n, window=row.window)
            yield names["jobhive_time_to_hire_p50_seconds"].sample(row.median, window=row.window)

    def _exits(self, rows: Sequence[Row[Any]]) -> Iterator[Sample]:
        names, ladder = self._naming, self._options.ladder
        for row in rows:
            labels = {"stage": row.stage, "window": row.window}
            yield names["jobhive_pipeline_stage_exits"].sample(row.n, **labels)
            if row.median is not None:
                yield names["jobhive_pipeline_stage_duration_p50_seconds"].sample(row.median, **labels)
            if row.stage in ladder[:-1]:
                following = ladder[ladder.index(row.stage) + 1]
                step = {"from": row.stage, "to": following, "window": row.window}
                yield names["pipeline_advanced"].sample(row.advanced, **step)
                yield names["pipeline_left"].sample(row.n, **step)


def _windows(at: datetime) -> list[Window]:
    return [trailing(key, at) for key in WINDOWS]


def _utc_months(at: datetime) -> list[Window]:
    """Return 30 complete UTC days for each lag; the last begins first."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = ((lag, midnight - timedelta(days=int(lag))) for lag in LAGS)
    return [Window(lag, end - MONTH, end) for lag, end in ends]
