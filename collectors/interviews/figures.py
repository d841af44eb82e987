"""The figures of interviews over windows: of the collector, and of any period or company (metrics.md 4.3 and 5)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from sqlalchemy import FromClause, Row

from collectors.base import Reader
from collectors.definitions import Definitions
from collectors.interviews.families import KINDS, LAGS
from collectors.interviews.interviewers import known, label, named
from collectors.interviews.interviewers import samples as of_interviewers
from collectors.interviews.measures import counts, endings
from collectors.interviews.naming import Naming, summed
from collectors.interviews.notes import why_no_applications, why_no_moves
from collectors.interviews.options import CompanyOptions, Options
from collectors.interviews.pipeline import Pipeline
from collectors.schema import Schema
from collectors.sessions import Sessions
from exporter.model import Sample
from exporter.windows import Window

MONTH = timedelta(days=30)


class Figures:
    """What there is to tell of some windows, as known at an instant; with a company, of its jobs only.

    Samples have the keys of the windows, and the names that `naming` has.
    """

    def __init__(
        self,
        reader: Reader,
        definitions: Definitions,
        at: datetime,
        windows: Sequence[Window],
        naming: Naming,
        company: int | None = None,
    ) -> None:
        self._reader, self._at, self._windows, self._naming = reader, at, windows, naming
        self._company, self._meaning = company, definitions.interviews
        self._longest = min(windows, key=lambda window: window.start)
        self._schema = Schema(definitions, reader.columns)
        self._sessions = Sessions(self._schema, definitions, at)

    def sessions(self) -> Iterator[Sample]:
        """Yield what is counted of sessions, and of those of each interviewer: two statements."""
        interviewers = known(self._sessions, self._reader, self._schema, self._longest, self._only)
        session: FromClause = self._touched(self._only)
        session = session if interviewers is None else named(session, interviewers)
        by = () if interviewers is None else ("slug", "nobody")
        statement, measures = counts(session, self._windows, self._meaning, *by)
        rows = self._reader.rows("sessions", statement)
        for (window, kind), values in summed(rows, measures).items():
            labels = {"kind": kind, "window": window}
            yield from self._naming.measured("", labels, values)
            yield from self._naming.steps(labels, values)
        if interviewers is not None:
            slugs, keys = {row.slug for row in interviewers}, [window.key for window in self._windows]
            yield from of_interviewers(self._naming, slugs, keys, summed(rows, measures, label))

    def companies(self, wanted: Sequence[CompanyOptions]) -> Iterator[Sample]:
        """Yield what is counted of the sessions of each company that is wanted: one statement."""
        labelled = {company.id: company.label for company in wanted}
        if not labelled:
            return
        session = self._touched(tuple(labelled))
        statement, measures = counts(session, self._windows, self._meaning, "company")
        found = summed(self._reader.rows("companies", statement), measures, lambda row: row.company)
        for (window, kind, company), values in found.items():
            labels = {"company": labelled[company], "kind": kind, "window": window}
            yield from self._naming.measured("company_", labels, values)

    def endings(self, utc: Sequence[Window] = ()) -> Iterator[Sample]:
        """Yield the percentiles of durations, and how many were completed in UTC months: one statement."""
        since = min(window.start for window in (self._longest, *utc))
        session = self._sessions.facts("ended", self._sessions.ended_since(since), companies=self._only)
        statement, keys = endings(session, self._windows, utc)
        row = tuple(self._reader.rows("endings", statement)[0])
        yield from self._naming.durations(keys, row)
        for (kind, month), completed in zip(product(KINDS, utc), row[len(keys) :], strict=True):
            counted = self._naming["jobhive_interviews_completed_utc_30d"]
            yield counted.sample(completed, kind=kind, lag_days=month.key)

    def applications(self, options: Options) -> Iterator[Sample]:
        """Yield the pipeline of applications: three statements."""
        if why_no_applications(self._schema, self._company):
            return
        events = why_no_moves(self._schema, self._company) is None
        pipeline = Pipeline(self._schema, options.stages, self._at, events=events, company=self._company)
        names = self._naming
        for row in self._reader.rows("candidates", pipeline.candidates()):
            yield names["jobhive_pipeline_candidates"].sample(row.n, stage=row.stage)
        if not events:
            return
        yield from self._exits(self._reader.rows("exits", pipeline.exits(self._windows)), options.ladder)
        for row in self._reader.rows("hires", pipeline.hires(self._windows)):
            yield names["jobhive_pipeline_hires"].sample(row.n, window=row.window)
            yield names["jobhive_time_to_hire_p50_seconds"].sample(row.median, window=row.window)

    def _exits(self, rows: Sequence[Row[Any]], ladder: tuple[str, ...]) -> Iterator[Sample]:
        names = self._naming
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

    @property
    def _only(self) -> tuple[int, ...] | None:
        return None if self._company is None else (self._company,)

    def _touched(self, companies: tuple[int, ...] | None) -> FromClause:
        touched = self._sessions.touched_since(self._longest.start)
        return self._sessions.facts("touched", touched, companies=companies)


def utc_months(at: datetime) -> list[Window]:
    """Return 30 complete UTC days for each lag; the last begins first."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = ((lag, midnight - timedelta(days=int(lag))) for lag in LAGS)
    return [Window(lag, end - MONTH, end) for lag, end in ends]
