"""Answers of Datadog → values in the units of the contract → samples. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from collectors.labels import label_value
from collectors.system.families import ENDPOINT_P95, ENDPOINT_REQUESTS, ENDPOINT_WINDOW, named
from collectors.system.options import WINDOWS, Options
from collectors.system.templates import Query
from collectors.system.units import factor
from exporter.model import Sample
from exporter.scalars import Column, Group

# Emitted as they come, in the unit of the family.
PLAIN = {
    "api_response_time_avg_seconds": "response_time_avg",
    "api_response_time_p50_seconds": "response_time_p50",
    "api_response_time_p95_seconds": "response_time_p95",
    "api_response_time_p99_seconds": "response_time_p99",
    "api_apdex_ratio": "apdex",
    "database_connections": "connections",
    "database_max_connections": "max_connections",
    "database_connection_usage_ratio": "connection_usage",
    "cache_memory_used_bytes": "cache_memory",
    "cache_evictions_per_second": "cache_evictions",
    "cache_connected_clients": "cache_clients",
    "cache_latency_avg_seconds": "cache_latency",
}


@dataclass(frozen=True, slots=True)
class Values:
    """What a call brought: values by query and group, and the queries whose unit is unknown."""

    found: Mapping[str, Mapping[Group, float]] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()

    def one(self, name: str) -> float | None:
        """Return the value of a query without groups."""
        return self.found.get(name, {}).get(())


def converted(columns: Mapping[str, Column], queries: Mapping[str, Query]) -> Values:
    """Convert what came into seconds, bytes, shares and plain numbers; a unit that is unknown refuses its query."""
    found: dict[str, Mapping[Group, float]] = {}
    refused = set()
    for name, query in queries.items():
        column = columns.get(name)
        if column is None or not column.values:
            continue
        scale = factor(column, query.quantity, query.usual, counted=".as_count()" in query.text)
        if scale is None:
            refused.add(name)
        else:
            found[name] = {group: value * scale for group, value in column.values.items()}
    return Values(found, frozenset(refused))


def window_samples(options: Options, window: str, values: Values, *, hits_exist: bool) -> Iterator[Sample]:
    """Yield the samples of a window. `hits_exist` says that hits were ever counted: then none is 0 of them."""
    families = named(options)
    figures = {name: values.one(query) for name, query in PLAIN.items()}
    figures |= _of_api(values, WINDOWS[window], hits_exist=hits_exist)
    figures |= _of_database(values, options.database_memory)
    figures |= _of_cache(values)
    for name, value in figures.items():
        if value is not None:
            yield families[name].sample(value, window=window)


def _of_api(values: Values, seconds: int, *, hits_exist: bool) -> dict[str, float | None]:
    requests, errors = values.one("requests"), values.one("errors")
    if requests is None and hits_exist and "requests" not in values.refused:
        requests = 0.0
    # Datadog has no series of errors where there were none.
    if errors is None and "errors" not in values.refused:
        errors = 0.0
    return {
        "api_requests": requests,
        "api_requests_per_second": None if requests is None else requests / seconds,
        "api_errors": errors if requests else None,
    }


def _of_database(values: Values, memory: int | None) -> dict[str, float | None]:
    idle, busy, free = values.one("cpu_idle"), values.one("cpu_used"), values.one("memory_free")
    used, usable = values.one("memory_used"), values.one("memory_usable")
    if memory is not None and free is not None:
        used, usable = memory - free, free / memory
    queries, time = values.one("query_count"), values.one("query_time")
    return {
        "database_queries": queries if queries and time is not None else None,
        "database_query_seconds": time,
        "database_cpu_usage_ratio": busy if idle is None else 1 - idle,
        "database_memory_used_bytes": used,
        "database_memory_usage_ratio": None if usable is None else 1 - usable,
    }


def _of_cache(values: Values) -> dict[str, float | None]:
    hits, misses = values.one("cache_hits"), values.one("cache_misses")
    if hits is None or misses is None:
        return {}
    return {"cache_found_per_second": hits, "cache_lookups_per_second": hits + misses}


class Endpoint(NamedTuple):
    """A resource of the API in the last hour."""

    name: str
    p95_seconds: float
    requests: float


def endpoints(values: Values) -> list[Endpoint]:
    """Return the resources that have both figures, slowest first."""
    times, requests = values.found.get("endpoint_p95", {}), values.found.get("endpoint_requests", {})
    both = [(group, times[group], requests[group]) for group in times if group in requests]
    found = [Endpoint(" ".join(value for _, value in group), time, count) for group, time, count in both]
    return sorted(found, key=lambda one: (-one.p95_seconds, one.name))


def endpoint_samples(found: list[Endpoint], options: Options) -> Iterator[Sample]:
    """Yield the slowest that are asked often enough."""
    often = [one for one in found if one.requests >= options.endpoint_requests]
    labelled = {name: one for one in reversed(often) if (name := label_value(one.name))}
    for name, one in sorted(labelled.items(), key=lambda item: -item[1].p95_seconds)[: options.endpoints]:
        yield ENDPOINT_P95.sample(one.p95_seconds, endpoint=name, window=ENDPOINT_WINDOW)
        yield ENDPOINT_REQUESTS.sample(one.requests, endpoint=name, window=ENDPOINT_WINDOW)


def gauge_samples(options: Options, values: Values) -> Iterator[Sample]:
    """Yield the samples of the gauges of the options; a group that has no name in one of its tags has no series."""
    for name, gauge in options.gauges.items():
        series: dict[tuple[tuple[str, str], ...], float] = {}
        for group, value in values.found.get(name, {}).items():
            tags = dict(group)
            labels = {label: label_value(tags.get(tag, "")) for tag, label in gauge.labels.items()}
            told = tuple(sorted((label, text) for label, text in labels.items() if text))
            if len(told) == len(labels):
                series.setdefault(told, value)
        yield from (Sample(name, labels, value) for labels, value in series.items())
