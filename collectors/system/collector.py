"""One run: a call per window, and now and then one for the endpoints; all of it becomes samples, or nothing does."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, NamedTuple, Protocol

from collectors.base import Found, Harvest, Run
from collectors.system.families import ROWS, notes
from collectors.system.figures import (
    Values,
    converted,
    endpoint_samples,
    endpoints,
    gauge_samples,
    window_samples,
)
from collectors.system.options import Options
from collectors.system.plan import FIRST_LIMIT, MOST, SLOWEST, Batch, asked, batches
from collectors.system.refusals import Refusals
from exporter.model import Note, Sample
from exporter.scalars import Column, ScalarQuery, Span

EPOCH, MINUTE = datetime(1970, 1, 1, tzinfo=UTC), timedelta(minutes=1)
# Hits that nobody counted in a window are 0 of them if there were any in so many days before.
PROBE_SECONDS, PROBE_EVERY = 30 * 86_400, timedelta(minutes=15)
# Without Database Monitoring there are no such series at all.
MONITORING = ("query_time", "query_count")
TABLE, UNIT_UNKNOWN = "datadog", "unit_unknown"


class Round(Protocol):
    """The calls of one run."""

    def span(self, end: int, seconds: int) -> Span:
        """Return the window that can be asked for: it ends at an instant, or less than its length before it."""
        ...

    def scalar(self, queries: Sequence[ScalarQuery], span: Span) -> dict[str, Column]:
        """Ask for one value, or one for each group, of every query over a window; SourceError if that fails."""
        ...

    def alone(self, query: ScalarQuery, span: Span) -> dict[str, Column] | None:
        """Ask for one query; None if it is refused, which is told in the log."""
        ...


class Source(Protocol):
    """Where metrics are asked for."""

    def read(self, deadline: float, work: Callable[[Round], Found]) -> Found:
        """Return what `work` makes of calls that end within `deadline` seconds; SourceError if one fails."""
        ...


class Kept(NamedTuple):
    """What a call brought, and for which window; it was asked for at `at`."""

    at: datetime
    span: Span
    values: Values


class Collector:
    """Remembers what changes slowly, and whether there were ever any hits."""

    source: ClassVar[str] = "datadog"
    interval: ClassVar[timedelta] = timedelta(seconds=60)

    def __init__(self, options: Options, source: Source) -> None:
        self._options, self._source = options, source
        self._batches = batches(options)
        self._refusals = Refusals(options.gauges)
        self._kept: dict[str, Kept] = {}
        self._hits_seen = False
        self._probed: datetime | None = None

    def collect(self, run: Run) -> Harvest:
        """Collect every window that ends a little before the instant of the run."""
        return self._source.read(run.deadline, lambda round_: self._collected(run, round_))

    def _collected(self, run: Run, round_: Round) -> Harvest:
        end = last_minute(run.at, self._options.lag)
        values = {batch.name: self._values(batch, run.at, end, round_) for batch in self._batches}
        windows: dict[str, Values] = {window: values[window] for window in self._options.windows if window in values}
        self._look_for_hits(windows, run.at, end, round_)
        found = endpoints(values["endpoints"]) if "endpoints" in values else []
        return Harvest(
            (*self._samples(values, windows), *endpoint_samples(found, self._options)),
            dropped={(TABLE, UNIT_UNKNOWN): sum(len(some.refused) for some in values.values())},
            notes=tuple(self._notes(windows, run.at)),
            documents={"endpoints": [one._asdict() for one in found]},
        )

    def _values(self, batch: Batch, at: datetime, end: int, round_: Round) -> Values:
        """Return the values of a call: of an earlier run, as long as they are good enough, or of Datadog."""
        span, kept = round_.span(end, batch.seconds), self._kept.get(batch.name)
        if kept and (kept.span == span or timedelta(0) <= at - kept.at < batch.fresh_for):
            return kept.values
        values = converted(self._columns(batch, span, at, round_), batch.queries)
        self._kept[batch.name] = Kept(at, span, values)
        return values

    def _columns(self, batch: Batch, span: Span, at: datetime, round_: Round) -> dict[str, Column]:
        """Ask, and ask for more of the slowest endpoints as long as too few of them are asked often enough.

        Who is beyond the limit is faster than all within it, so that enough of those are the slowest of all.
        """
        limit = FIRST_LIMIT
        while True:
            columns = self._refusals.columns(asked(batch, self._options, limit), span, at, round_)
            if SLOWEST not in batch.queries or limit >= MOST or self._are_enough(columns, batch, limit):
                return columns
            limit *= 10

    def _are_enough(self, columns: dict[str, Column], batch: Batch, limit: int) -> bool:
        slowest = columns.get(SLOWEST)
        told = list(endpoint_samples(endpoints(converted(columns, batch.queries)), self._options))
        return slowest is None or len(slowest.values) != limit or len(told) == 2 * self._options.endpoints

    def _look_for_hits(self, windows: dict[str, Values], at: datetime, end: int, round_: Round) -> None:
        """Find out whether a window without hits has none of them, or Datadog no such metric."""
        counts = [values.one("requests") for values in windows.values()]
        self._hits_seen = self._hits_seen or any(count is not None for count in counts)
        is_due = self._probed is None or not timedelta(0) <= at - self._probed < PROBE_EVERY
        if self._hits_seen or not is_due or "requests" not in self._options.single:
            return
        self._probed = at
        query = {"requests": self._options.single["requests"]}
        probe = Batch("probe", "7d", query)
        columns = round_.scalar(asked(probe, self._options), round_.span(end, PROBE_SECONDS))
        self._hits_seen = converted(columns, query).one("requests") is not None

    def _samples(self, values: dict[str, Values], windows: dict[str, Values]) -> Iterator[Sample]:
        for window, some in windows.items():
            yield from window_samples(self._options, window, some, hits_exist=self._hits_seen)
        for some in values.values():
            yield from gauge_samples(self._options, some)

    def _notes(self, windows: dict[str, Values], at: datetime) -> Iterator[Note]:
        yield from notes(self._options)
        yield from (Note("disabled", name, "not_enabled") for name in self._refusals.at(at))
        told = (key for values in windows.values() for key in (*values.found, *values.refused))
        if not any(key in MONITORING for key in told) and self._options.single.keys() >= set(MONITORING):
            needing = (name for name, (_, _, needs) in ROWS.items() if set(MONITORING) & set(needs))
            yield from (Note("disabled", f"jobhive_{name}", "not_enabled") for name in needing)


def last_minute(at: datetime, lag: timedelta) -> int:
    """Return where windows end: the whole minute that lies far enough before an instant, as Datadog's points lag."""
    return int((at - lag - EPOCH) // MINUTE) * 60
