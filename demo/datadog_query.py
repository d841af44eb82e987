"""The part of Datadog's query language that this project uses, answered from simulated minutes."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple, Protocol, Self

from demo import datadog_life as life

QUERY = re.compile(
    r"(?P<space>avg|sum|min|max|count|p\d+(?:\.\d+)?):(?P<metric>[a-zA-Z][\w.]*)\{(?P<scope>[^{}]*)\}"
    r"(?:\s*by\s*\{(?P<by>[^{}]*)\})?(?P<calls>(?:\.\w+\([\w, ]*\))*)"
)
TAG = re.compile(r"\*|!?[a-zA-Z][\w./-]*:[^,{}]+")
BETWEEN = re.compile(r",(?![^{}]*\})(?![^()]*\))")
TRACES = ("trace.django.request", "trace.django.request.hits", "trace.django.request.errors")
# What a window is judged by: all of its minutes would take too long.
MOST_MINUTES = 60


class NotAQuery(ValueError):
    """The text is none that Datadog understands."""


class Query(NamedTuple):
    """A query, taken apart."""

    space: str
    metric: str
    scope: Mapping[str, str]
    by: tuple[str, ...]
    calls: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a query; raises NotAQuery."""
        match = QUERY.fullmatch(text.strip())
        tags = [tag.strip() for tag in match["scope"].split(",")] if match else [""]
        if not match or not all(TAG.fullmatch(tag) for tag in tags):
            raise NotAQuery(f"Error parsing query: unable to parse {text}: Rule 'scope_expr' didn't match")
        scope = dict(tag.split(":", 1) for tag in tags if ":" in tag)
        by = tuple(tag.strip() for tag in (match["by"] or "").split(",") if tag.strip())
        return cls(match["space"], match["metric"], scope, by, match["calls"])

    @property
    def percentile(self) -> float | None:
        """Return the share that a percentile cuts off."""
        return float(self.space[1:]) / 100 if self.space[0] == "p" else None


class Answer(NamedTuple):
    """Values by group, and the names of their unit and of what it is per."""

    values: Sequence[tuple[tuple[str, ...], float | None]]
    unit: tuple[str | None, str | None]


class World(Protocol):
    """Where the values come from."""

    def answer(self, query: Query, aggregator: str, start: int, end: int) -> Answer:
        """Return one value for each group over [start, end), in seconds since the epoch; none where there are none."""
        ...


def parted(text: str) -> list[str]:
    """Part queries of v1 at the commas between them."""
    return BETWEEN.split(text)


class Life:
    """The simulated JobHive; it knows the environment `simulated` and no other."""

    def answer(self, query: Query, aggregator: str, start: int, end: int) -> Answer:
        """Answer from the minutes of the window."""
        minutes = range(start // 60, end // 60)
        if query.scope.get("env", life.ENVIRONMENT) != life.ENVIRONMENT or not minutes:
            return Answer([], (None, None))
        if query.metric in TRACES:
            return self._traces(query, aggregator, minutes)
        if query.metric not in life.GAUGES or query.by:
            return Answer([], (None, None))
        of_minute, unit = life.GAUGES[query.metric]
        return Answer([((), over(aggregator, [of_minute(at) for at in minutes]))], unit)

    def _traces(self, query: Query, aggregator: str, minutes: range) -> Answer:
        resources = life.matching(query.scope)
        groups = {(one.name,): [one] for one in resources} if query.by == ("resource_name",) else {(): resources}
        if query.metric == TRACES[0]:
            return Answer(
                [(group, _of_times(query, some, minutes)) for group, some in groups.items()], ("second", None)
            )
        count, unit = (life.hits, "request") if query.metric == TRACES[1] else (life.errors, "error")
        found = [
            (group, over(aggregator, [sum(count(one, at) for one in some) for at in minutes]))
            for group, some in groups.items()
        ]
        return Answer(found, (unit, None))


def over(aggregator: str, values: Sequence[float]) -> float:
    """Make one value of the values of minutes."""
    if aggregator == "last":
        return values[-1]
    if aggregator in ("min", "max"):
        return min(values) if aggregator == "min" else max(values)
    return sum(values) / (1 if aggregator == "sum" else len(values))


def _of_times(query: Query, resources: Sequence[life.Resource], minutes: range) -> float | None:
    step = max(len(minutes) // MOST_MINUTES, 1)
    found = [pair for at in minutes[::step] for one in resources for pair in life.times(one, at)]
    if query.percentile is None:
        weight = sum(weight for _, weight in found)
        return sum(time * weight for time, weight in found) / weight if weight else None
    return weighted(found, query.percentile)


def weighted(found: Iterable[tuple[float, float]], share: float) -> float | None:
    """Return the value below which a share of the weight lies."""
    ordered = sorted(found)
    sums = list(accumulate(weight for _, weight in ordered))
    return ordered[min(bisect_left(sums, share * sums[-1]), len(ordered) - 1)][0] if sums else None
