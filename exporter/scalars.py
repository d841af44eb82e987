"""Questions for one value over a whole window, and their answers: what a source of metrics and a collector exchange."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Aggregator = Literal["avg", "min", "max", "sum", "last", "percentile"]
# The tags of a group with their values; none where a query has no groups.
Group = tuple[tuple[str, str], ...]


class ScalarQuery(NamedTuple):
    """A query under a name of ours, and what makes one value of a window; `limit` is for groups, highest first."""

    name: str
    text: str
    aggregator: Aggregator
    limit: int | None = None


class Column(NamedTuple):
    """What came for a query: values by group (nulls are left out), with their unit and what it is per, by name."""

    unit: str | None
    per: str | None
    values: Mapping[Group, float]


class Span(NamedTuple):
    """The window [start, end), in whole seconds since the epoch."""

    start: int
    end: int
