"""Runs the collectors for the ends of two weeks, as `collect --at` does; what fails costs its own figures only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import localcontext
from functools import partial
from typing import NamedTuple

from collectors import system, week
from collectors.base import Reader, Run, Unmapped, complete
from collectors.cost.collector import EXACT
from collectors.cost.families import COST
from collectors.cost.measures import of_days
from collectors.cost.options import Options as CostOptions
from collectors.cost.outlook import forecast
from collectors.cost.source import Questions
from collectors.cost.table import Span, Table
from collectors.cost.usage import read_table
from collectors.definitions import Definitions
from exporter.config import Config, Job
from exporter.connections import Connections
from exporter.model import Interrupted, Note, Result, Sample
from exporter.reports.calendar import ONE_WEEK, Week, last_complete
from exporter.reports.evidence import Evidence
from exporter.reports.lines import COST_TREND, HELD, MOVED, TRENDS
from exporter.runner import Clock, execute, explained
from exporter.windows import Window

# Families of a database that the report needs; the days of the week and the weeks before are asked for beside them.
COLLECTORS = ("engagement", "revenue", "ai_quality", "data_quality")
# What is asked of the days of the week: the source, whose collector is not switched off, and what is read.
OfWeek = Callable[[Reader, Definitions, Window], Sequence[Sample]]
WEEKS_OWN: tuple[tuple[str, str, OfWeek], ...] = (
    (MOVED, "revenue", week.revenue),
    (HELD, "interviews", week.interviews),
)
WEEKS = 13
# Who waits for a report hears when one of so many steps is done.
STEPS = 5
Step = Callable[[], object]
ANSWER_SECONDS = 60.0
SYSTEM_WINDOW = "7d"


def nobody() -> None:
    """Tell nobody of a step."""


class Pair(NamedTuple):
    """What was found for the end of the week, and for that of the week before."""

    now: Evidence
    before: Evidence


class Gathering:
    """One report's questions. They may be stopped from another thread by stopping the clients of `connections`."""

    def __init__(self, config: Config, connections: Connections, clock: Clock, step: Step = nobody) -> None:
        self._config, self._connections, self._clock, self._step = config, connections, clock, step
        self._jobs = {job.name: job for job in config.jobs}
        self._collectors = connections.collectors()

    def pair(self, asked: Week) -> Pair:
        """Return the evidence of both weeks. Raises Interrupted alone."""
        now = self._of_database(asked)
        self._step()
        before = self._of_database(asked.before())
        self._step()
        if "system" in self._jobs:
            self._keep("system", partial(self._system, asked), now)
            self._keep("system", partial(self._system, asked.before()), before)
        self._step()
        if "cost" in self._jobs:
            self._costs(asked, now, before)
        self._step()
        self._keep(TRENDS, partial(self._trends, asked), now)
        self._step()
        return Pair(*(Evidence(*found) for found in (now, before)))

    def _of_database(self, asked: Week) -> "_Found":
        found = _Found(asked.end, {}, {}, {})
        for name in COLLECTORS:
            if name in self._jobs:
                self._keep(name, partial(self._run, self._jobs[name], asked.end), found)
        for source, collector, read in WEEKS_OWN:
            if collector in self._jobs:
                self._keep(source, partial(self._week, source, asked, read), found)
        return found

    def _keep(self, source: str, ask: Callable[[], Result | None], found: "_Found") -> None:
        try:
            result = ask()
        except Interrupted:
            raise
        except Unmapped as unmapped:
            found.absent[source] = unmapped.reason
        except Exception as error:  # noqa: BLE001 - the border of a unit: a source fails alone
            reason, message = explained(error)
            found.failures[source] = self._config.redact(f"{reason}: {message}")
        else:
            if result:
                found.results[source] = result

    def _run(self, job: Job, at: datetime, peers: Mapping[str, Result] | None = None) -> Result:
        run = Run(at, _deadline(job), self._config.definitions, peers or {})
        result = execute(job, self._collectors[job.name], run, self._clock)
        job.contract.check(result)
        return result

    def _week(self, source: str, asked: Week, read: OfWeek) -> Result | None:
        definitions = self._config.definitions
        return self._read(source, asked.end, lambda reader: read(reader, definitions, asked.window))

    def _trends(self, asked: Week) -> Result | None:
        weeks = [asked.before(ago) for ago in range(WEEKS - 1, -1, -1)]
        windows = [one.window._replace(key=one.name) for one in weeks]
        definitions = self._config.definitions
        return self._read(TRENDS, asked.end, lambda reader: list(week.trends(reader, definitions, windows)))

    def _read(self, source: str, at: datetime, read: Callable[[Reader], Sequence[Sample]]) -> Result | None:
        database = self._connections.source("database")
        if database is None:
            return None
        return self._result(source, at, tuple(database.read(ANSWER_SECONDS, read)))

    def _system(self, asked: Week) -> Result:
        """Ask for seven days that end where the week does: the lag of the collector is for the newest points alone."""
        job = self._jobs["system"]
        options = job.options.model_copy(update={"windows": (SYSTEM_WINDOW,), "endpoints": 0, "gauges": {}})
        run = Run(asked.end + options.lag, _deadline(job), self._config.definitions)
        harvest = system.Collector(options, self._connections.source("datadog")).collect(run)
        return self._result("system", asked.end, complete(system.families(options), harvest), harvest.notes)

    def _costs(self, asked: Week, now: "_Found", before: "_Found") -> None:
        """Make the costs of both weeks from one table of days; AWS is asked for those that it may still change."""
        source, options = self._connections.source("aws"), self._jobs["cost"].options
        zone, start = self._config.definitions.timezone, self._config.definitions.week_start
        is_latest = asked == last_complete(self._clock(), zone, start)

        def work(questions: Questions) -> None:
            with localcontext(EXACT):
                table = read_table(questions, options, questions.today if is_latest else _utc_day(asked.end))
                for found in (now, before):
                    found.results["cost"] = self._result("cost", found.at, _of_table(table, options, found.at))
                now.results[COST_TREND] = self._result(COST_TREND, now.at, tuple(_weeks_of_cost(table, asked)))
                if is_latest:
                    self._keep("forecast", lambda: self._forecast(questions, options, table), now)

        self._keep("cost", lambda: source.read(ANSWER_SECONDS, work), now)
        if why := now.failures.get("cost"):
            before.failures["cost"] = why
        for found in (now, before) if "unit_economics" in self._jobs else ():
            self._keep("unit_economics", partial(self._divided, found), found)

    def _forecast(self, questions: Questions, options: CostOptions, table: Table) -> Result:
        samples, notes, *_ = (*forecast(questions, options, table, questions.today),)
        return self._result("forecast", self._clock(), tuple(samples), tuple(notes))

    def _divided(self, found: "_Found") -> Result | None:
        """Divide the costs by their users and interviews, as of the same instant."""
        if "interviews" in self._jobs and "interviews" not in found.results:
            self._keep("interviews", partial(self._run, self._jobs["interviews"], found.at), found)
        return self._run(self._jobs["unit_economics"], found.at, found.results)

    def _result(self, source: str, at: datetime, samples: tuple[Sample, ...], notes: tuple[Note, ...] = ()) -> Result:
        return Result(source, at, self._clock(), 0, samples, notes=notes)


class _Found(NamedTuple):
    """Evidence in the making."""

    at: datetime
    results: dict[str, Result]
    failures: dict[str, str]
    absent: dict[str, str]


def _of_table(table: Table, options: CostOptions, at: datetime) -> tuple[Sample, ...]:
    """Return the costs as of an instant: days after it are not known yet."""
    today = _utc_day(at)
    known = Table({day: amounts for day, amounts in table.days.items() if day < today})
    return tuple(of_days(known, options, today))


def _weeks_of_cost(table: Table, asked: Week) -> Iterator[Sample]:
    """Yield the cost of the seven UTC days before the end of each week that the table still has."""
    for ago in range(WEEKS - 1, -1, -1):
        week_ = asked.before(ago)
        span = Span(_utc_day(week_.end) - ONE_WEEK, _utc_day(week_.end))
        if table.covers(span):
            for currency in table.currencies:
                yield COST.sample(table.total(span, currency), currency=currency, window=week_.name)


def _deadline(job: Job) -> float:
    """Return the seconds that a run may take: one that comes every second must be quicker than that of a week."""
    return max(job.deadline.total_seconds(), ANSWER_SECONDS)


def _utc_day(at: datetime) -> date:
    return at.astimezone(UTC).date()
