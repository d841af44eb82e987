"""What is asked together, and how often: a call per window, one for the endpoints, one per other grouping. Pure."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil
from typing import NamedTuple

from collectors.system.families import ENDPOINT_WINDOW
from collectors.system.options import WINDOWS, Options
from collectors.system.templates import Query, filled
from exporter.scalars import ScalarQuery

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
# Long windows move slowly, and endpoints are many.
LONG_FOR, ENDPOINTS_FOR = timedelta(minutes=15), timedelta(minutes=5)
SLOWEST = "endpoint_p95"
# So many of the slowest are asked for; those who are not asked often enough make room for more.
FIRST_LIMIT, MOST = 50, 5000


class Batch(NamedTuple):
    """One call: its window, its queries by name, and for how long its answer is good enough."""

    name: str
    window: str
    queries: dict[str, Query]
    fresh_for: timedelta = timedelta(0)

    @property
    def seconds(self) -> int:
        """Return the length of the window."""
        return WINDOWS[self.window]


def batches(options: Options) -> tuple[Batch, ...]:
    """Return the calls of a run in which nothing is known yet."""
    return tuple(_batches(options))


def _batches(options: Options) -> Iterator[Batch]:
    own = {name: Query(gauge.query, gauge.aggregator, "any") for name, gauge in options.gauges.items()}
    single = {name for name, gauge in options.gauges.items() if not gauge.tags}
    for window in WINDOWS:
        queries = options.single if window in options.windows else {}
        queries |= {name: own[name] for name in single if options.gauges[name].window == window}
        if queries:
            yield Batch(window, window, queries, _fresh_for(window))
    if options.grouped:
        yield Batch("endpoints", ENDPOINT_WINDOW, options.grouped, ENDPOINTS_FOR)
    groups: dict[tuple[str, tuple[str, ...]], dict[str, Query]] = {}
    for name, gauge in options.gauges.items():
        if gauge.tags:
            groups.setdefault((gauge.window, gauge.tags), {})[name] = own[name]
    for (window, tags), queries in groups.items():
        yield Batch(f"{window} by {','.join(tags)}", window, queries, _fresh_for(window))


def _fresh_for(window: str) -> timedelta:
    return LONG_FOR if timedelta(seconds=WINDOWS[window]) > HOUR else timedelta(0)


def asked(batch: Batch, options: Options, limit: int = FIRST_LIMIT) -> tuple[ScalarQuery, ...]:
    """Return the queries of a call with their variables filled in; only the slowest endpoints are asked for."""
    return tuple(
        ScalarQuery(name, filled(query.text, options.values), query.aggregator, limit if name == SLOWEST else None)
        for name, query in batch.queries.items()
    )


def requests_per_hour(options: Options, interval: timedelta) -> int:
    """Return how many requests an hour takes when all of them succeed at once; a window is asked for once a minute."""
    return sum(ceil(HOUR / max(interval, batch.fresh_for, MINUTE)) for batch in batches(options))
