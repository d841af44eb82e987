"""The collector `interviews`: one pass over the sessions of the last 30 days, and the hiring pipeline."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any, ClassVar

from sqlalchemy import FromClause, Row

from collectors.base import Database, Harvest, Reader, Run
from collectors.interviews.families import ANY_KIND, KINDS, LAGS, STAGES, families
from collectors.interviews.interviewers import NONE, OTHER, busiest, label, missing, named
from collectors.interviews.measures import Measure, counts, endings
from collectors.interviews.notes import notes
from collectors.interviews.options import Options
from collectors.interviews.pipeline import Pipeline
from collectors.schema import Schema
from collectors.sessions import Sessions
from exporter.model import Family, Sample
from exporter.windows import Window, trailing

MONTH = timedelta(days=30)
WINDOWS = ("24h", "7d", "30d")
# Window, kind, and what else the measures are taken by.
Key = tuple[Any, ...]


class Collector:
    """Reads everything in one transaction."""

    source: ClassVar[str] = "database"
    interval: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, options: Options, database: Database) -> None:
        self._options = options
        self._database = database
        declared = families(options)
        # With the companions that only make ratios.
        self._families = {family.name: family for one in declared for family in (one, *(one.of or ()))}

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
        known = _busiest(sessions, reader, schema, windows[-1].start)
        by = () if known is None else ("slug", "nobody")
        session = session if known is None else named(session, known)
        statement, measures = counts(session, windows, run.definitions.interviews, *by)
        rows = reader.rows("sessions", statement)
        for (window, kind), values in _summed(rows, measures).items():
            labels = {"kind": kind, "window": window}
            yield from self._measured("", labels, values)
            yield from self._steps(labels, values)
        if known is not None:
            yield from self._interviewers({row.slug for row in known}, _summed(rows, measures, label))

    def _interviewers(self, slugs: set[str], found: Mapping[Key, Mapping[Measure, Any]]) -> Iterator[Sample]:
        for interviewer, window, kind in product({*slugs, OTHER, NONE}, WINDOWS, ANY_KIND.values or ()):
            labels = {"interviewer": interviewer, "kind": kind, "window": window}
            values = found.get((window, kind, interviewer), {})
            yield from self._measured("interviewer_", labels, values)
            if kind != "all":
                completed = values.get(("interviews_completed", ()), 0)
                yield self._families["jobhive_interviewer_interviews"].sample(completed, **labels)

    def _companies(self, run: Run, reader: Reader, schema: Schema) -> Iterator[Sample]:
        named = {company.id: company.label for company in self._options.per_company}
        if not named:
            return
        sessions, windows = Sessions(schema, run.definitions, run.at), _windows(run.at)
        touched = sessions.touched_since(windows[-1].start)
        session = sessions.facts("touched", touched, companies=tuple(named))
        statement, measures = counts(session, windows, run.definitions.interviews, "company")
        found = _summed(reader.rows("companies", statement), measures, lambda row: row.company)
        for (window, kind, company), values in found.items():
            labels = {"company": named[company], "kind": kind, "window": window}
            yield from self._measured("company_", labels, values)

    def _measured(self, prefix: str, labels: Mapping[str, str], values: Mapping[Measure, Any]) -> Iterator[Sample]:
        """Yield each measure as the family of its name, and as the companion that also has the kind `all`."""
        for (name, more), value in values.items():
            for family in (self._families.get(start + prefix + name) for start in ("jobhive_", "")):
                if family and _has(family, labels):
                    yield family.sample(value, **labels, **dict(more))

    def _steps(self, labels: Mapping[str, str], values: Mapping[Measure, Any]) -> Iterator[Sample]:
        came = {stage: values["interview_pipeline_sessions", (("stage", stage),)] for stage in STAGES}
        for stage, following in pairwise(STAGES):
            step = {**labels, "from": stage, "to": following}
            yield self._families["interview_pipeline_to"].sample(came[following], **step)
            yield self._families["interview_pipeline_from"].sample(came[stage], **step)

    def _endings(self, run: Run, reader: Reader, schema: Schema) -> Iterator[Sample]:
        sessions, windows, utc = Sessions(schema, run.definitions, run.at), _windows(run.at), _utc_months(run.at)
        session = sessions.facts("ended", sessions.ended_since(min(windows[-1].start, utc[-1].start)))
        statement, keys = endings(session, windows, utc)
        row = tuple(reader.rows("endings", statement)[0])
        for (kind, window), found in zip(keys, row, strict=False):
            for name, seconds in zip(("p50", "p95"), found or (), strict=False):
                family = self._families[f"jobhive_interview_duration_{name}_seconds"]
                yield family.sample(seconds, kind=kind, window=window)
        counted = self._families["jobhive_interviews_completed_utc_30d"]
        for (kind, month), completed in zip(product(KINDS, utc), row[len(keys) :], strict=True):
            yield counted.sample(completed, kind=kind, lag_days=month.key)

    def _pipeline(self, run: Run, reader: Reader, schema: Schema) -> Iterator[Sample]:
        if schema.why_not("application"):
            return
        events = schema.why_not("stage_event") is None
        pipeline = Pipeline(schema, self._options.stages, run.at, events=events)
        names = self._families
        for row in reader.rows("candidates", pipeline.candidates()):
            yield names["jobhive_pipeline_candidates"].sample(row.n, stage=row.stage)
        if not events:
            return
        yield from self._exits(reader.rows("exits", pipeline.exits(_windows(run.at))))
        for row in reader.rows("hires", pipeline.hires(_windows(run.at))):
            yield names["jobhive_pipeline_hires"].sample(row.n, window=row.window)
            yield names["jobhive_time_to_hire_p50_seconds"].sample(row.median, window=row.window)

    def _exits(self, rows: Sequence[Row[Any]]) -> Iterator[Sample]:
        names, ladder = self._families, self._options.ladder
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


def _busiest(sessions: Sessions, reader: Reader, schema: Schema, since: datetime) -> Sequence[Row[Any]] | None:
    """Return the interviewers that have a name of their own, None where nobody can be told from another."""
    if missing(schema):
        return None
    session = sessions.facts("ended", sessions.ended_since(since))
    return reader.rows("interviewers", busiest(schema, session, since))


def _summed(
    rows: Sequence[Row[Any]], measures: Sequence[Measure], by: Callable[[Row[Any]], Any] | None = None
) -> Mapping[Key, Mapping[Measure, Any]]:
    """Add the measures up by window, kind and what `by` makes of a row, and those of all kinds together."""
    found: dict[Key, Counter[Measure]] = {}
    for row in rows:
        more = (by(row),) if by else ()
        # A sum over nothing is null; its companion says that there is nothing.
        values = {measure: value or 0 for measure, value in zip(measures, row[-len(measures) :], strict=True)}
        for kind in (row.kind, "all"):
            sums = found.setdefault((row.window, kind, *more), Counter(dict.fromkeys(measures, 0)))
            for measure, value in values.items():
                sums[measure] += value
    return found


def _windows(at: datetime) -> list[Window]:
    return [trailing(key, at) for key in WINDOWS]


def _utc_months(at: datetime) -> list[Window]:
    """Return 30 complete UTC days for each lag; the last begins first."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = ((lag, midnight - timedelta(days=int(lag))) for lag in LAGS)
    return [Window(lag, end - MONTH, end) for lag, end in ends]


def _has(family: Family, labels: Mapping[str, str]) -> bool:
    """Tell that the kind is in the family's domain: counts have no `all`."""
    domains = {label.name: label.values for label in family.labels}
    return labels["kind"] in (domains["kind"] or ())
