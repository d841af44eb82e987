"""What may be chosen for the collector `system`."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from collectors.base import CollectorOptions, Duration
from collectors.metric_names import HISTOGRAM_LABELS, TARGET_LABELS, gauge_suffix, reserved
from collectors.system.templates import (
    API,
    CACHE,
    DATABASE,
    ENDPOINTS,
    HOST,
    KEYS,
    RDS_VARIABLES,
    VARIABLES,
    CacheKind,
    DatabaseKind,
    Query,
    unknown,
)
from exporter.scalars import Aggregator

WINDOWS = {"5m": 300, "1h": 3600, "24h": 86_400, "7d": 604_800}
SHORTEST_LAG, LONGEST_LAG = timedelta(seconds=60), timedelta(seconds=120)
BY = re.compile(r"\bby\s*\{([^}]*)\}")
UNFIT = re.compile(r"[^a-zA-Z0-9_]")

Window = Literal["5m", "1h", "24h", "7d"]
Name = Annotated[str, Field(pattern="^[a-z_][a-z0-9_]*$")]
MetricName = Annotated[str, Field(pattern="^[a-zA-Z_][a-zA-Z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]


def _distinct(given: tuple[Window, ...]) -> tuple[Window, ...]:
    for index, window in enumerate(given):
        if window in given[:index]:
            raise ValueError(f"{window} stands there twice; leave it once")
    return given


def _lag(given: timedelta) -> timedelta:
    if not SHORTEST_LAG <= given <= LONGEST_LAG:
        raise ValueError("the newest points of Datadog are incomplete for one to two minutes; write 60s to 120s")
    return given


def _known(given: Mapping[str, str | None]) -> Mapping[str, str | None]:
    for key in given:
        if key not in KEYS:
            raise ValueError(f"{key} is no query; the queries are {', '.join(KEYS)}")
    return given


class Gauge(CollectorOptions):
    """A query of a deployment's own: a gauge with a label for each tag after `by`, over one window."""

    query: Text
    """Of Datadog; a label for each tag after `by`."""
    help: Text
    """A sentence for people."""
    aggregator: Aggregator = "avg"
    """What becomes of the points in the window."""
    window: Window = "5m"
    """The one window that it is asked for."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Return the tags by which it is grouped."""
        found = BY.search(self.query)
        return tuple(tag.strip() for tag in found.group(1).split(",") if tag.strip()) if found else ()

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the label of each tag."""
        return {tag: UNFIT.sub("_", tag) for tag in self.tags}


class Options(CollectorOptions):
    """Where JobHive's metrics are in Datadog."""

    windows: Annotated[tuple[Window, ...], Field(min_length=1), AfterValidator(_distinct)] = ("5m", "1h")
    """24h and 7d are asked for every 15 minutes."""
    lag: Annotated[Duration, AfterValidator(_lag)] = timedelta(seconds=90)
    """Windows end so long ago, on the minute, as the newest points are incomplete; 60s to 120s."""
    variables: Mapping[Name, Text] = {}
    """Stand as `$env`, `${env}` in queries and in each other; what is given is laid over those of docs/datadog.md."""
    database: DatabaseKind = "agent"
    """Who measures the host of the database: the agent on it, or rds (CloudWatch)."""
    database_memory: int | None = Field(default=None, gt=0)
    """Bytes of the RDS instance, which tells only what is free."""
    cache: CacheKind = "agent"
    """Who measures the cache."""
    queries: Annotated[Mapping[str, Text | None], AfterValidator(_known)] = {}
    """In place of ours, by name; null leaves one out, and its families."""
    endpoints: int = Field(default=10, ge=0, le=50)
    """So many of the slowest of the last hour have series of their own."""
    endpoint_requests: int = Field(default=50, gt=0)
    """An endpoint with fewer requests is not among them."""
    gauges: Mapping[MetricName, Gauge] = {}

    @property
    def values(self) -> Mapping[str, str]:
        """Return every variable with its value."""
        return {**VARIABLES, **(RDS_VARIABLES if self.database == "rds" else {}), **self.variables}

    def chosen(self, queries: Mapping[str, Query]) -> dict[str, Query]:
        """Return queries as this deployment wants them, without those that it leaves out."""
        wanted = {key: self.queries.get(key, query.text) for key, query in queries.items()}
        return {key: query._replace(text=text) for key, query in queries.items() if (text := wanted[key]) is not None}

    @property
    def single(self) -> dict[str, Query]:
        """Return the queries without groups."""
        return self.chosen({**API, **DATABASE, **HOST[self.database], **CACHE[self.cache]})

    @property
    def grouped(self) -> dict[str, Query]:
        """Return the queries of the endpoints; both or none."""
        found = self.chosen(ENDPOINTS) if self.endpoints else {}
        return found if len(found) == len(ENDPOINTS) else {}

    @model_validator(mode="after")
    def _check(self) -> "Options":
        texts = {key: query.text for key, query in {**self.single, **self.grouped}.items()}
        for key, text in (texts | {name: gauge.query for name, gauge in self.gauges.items()}).items():
            if left := unknown(text, self.values):
                raise ValueError(f"the query {key} asks for ${left}, which variables do not give; add it there")
        for name, gauge in self.gauges.items():
            if problem := reserved(name):
                raise ValueError(f"gauges.{name}: {problem}")
            if name in KEYS:
                raise ValueError(f"gauges.{name} has the name of a query that is there already; choose another name")
            if suffix := gauge_suffix(name):
                raise ValueError(f"gauges.{name} is a gauge, whose name must not end in {suffix}; choose another name")
            for label in gauge.labels.values():
                if label in (*TARGET_LABELS, *HISTOGRAM_LABELS):
                    raise ValueError(f"gauges.{name} is grouped by {label}, a label that Prometheus has for itself")
            if len(set(gauge.labels.values())) < len(gauge.tags):
                raise ValueError(f"gauges.{name} has two tags that are the same label; leave one")
        return self
