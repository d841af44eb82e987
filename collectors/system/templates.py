"""The queries of the collector `system`, and the variables in them (sources.md 3.6). Pure."""

import re
from collections.abc import Mapping
from string import Template
from typing import Literal, NamedTuple

from collectors.system.units import Quantity
from exporter.scalars import Aggregator

DatabaseKind = Literal["agent", "rds"]
CacheKind = Literal["agent", "elasticache"]
NAME = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
DEEPEST = 5


class Query(NamedTuple):
    """A query as a text with variables, what makes one value of a window, and what it measures.

    `usual` is the unit that Datadog documents for the metric: it stands in where an answer has none.
    """

    text: str
    aggregator: Aggregator
    quantity: Quantity
    usual: str | None = None


VARIABLES: Mapping[str, str] = {
    "env": "prod",
    "service": "jobhive-api",
    "host": "jobhive-db",
    "operation": "django.request",
    "scope": "env:$env,service:$service",
    "dbscope": "host:$host",
    "dbhost": "host:$host",
    "cachescope": "env:$env",
}
# Amazon's own metrics know no host.
RDS_VARIABLES: Mapping[str, str] = {"dbhost": "dbinstanceidentifier:$host"}

API: Mapping[str, Query] = {
    "response_time_avg": Query("avg:trace.$operation{$scope}", "avg", "time", "second"),
    "response_time_p50": Query("p50:trace.$operation{$scope}", "percentile", "time", "second"),
    "response_time_p95": Query("p95:trace.$operation{$scope}", "percentile", "time", "second"),
    "response_time_p99": Query("p99:trace.$operation{$scope}", "percentile", "time", "second"),
    "requests": Query("sum:trace.$operation.hits{$scope}.as_count()", "sum", "count"),
    "errors": Query("sum:trace.$operation.errors{$scope}.as_count()", "sum", "count"),
    "apdex": Query("avg:trace.$operation.apdex{$scope}", "avg", "share", "apdex"),
}
ENDPOINTS: Mapping[str, Query] = {
    "endpoint_p95": Query("p95:trace.$operation{$scope} by {resource_name}", "percentile", "time", "second"),
    "endpoint_requests": Query("sum:trace.$operation.hits{$scope} by {resource_name}.as_count()", "sum", "count", None),
}
DATABASE: Mapping[str, Query] = {
    "connections": Query("sum:postgresql.connections{$dbscope}", "avg", "count"),
    "max_connections": Query("avg:postgresql.max_connections{$dbscope}", "last", "count"),
    "connection_usage": Query("max:postgresql.percent_usage_connections{$dbscope}", "max", "share", "fraction"),
    "query_time": Query("sum:postgresql.queries.time{$dbscope}.as_count()", "sum", "time", "nanosecond"),
    "query_count": Query("sum:postgresql.queries.count{$dbscope}.as_count()", "sum", "count"),
}
HOST: Mapping[DatabaseKind, Mapping[str, Query]] = {
    "agent": {
        "cpu_idle": Query("avg:system.cpu.idle{$dbhost}", "avg", "share", "percent"),
        "memory_used": Query("avg:system.mem.used{$dbhost}", "avg", "size", "byte"),
        "memory_usable": Query("avg:system.mem.pct_usable{$dbhost}", "avg", "share", "fraction"),
    },
    "rds": {
        "cpu_used": Query("avg:aws.rds.cpuutilization{$dbhost}", "avg", "share", "percent"),
        "memory_free": Query("avg:aws.rds.freeable_memory{$dbhost}", "avg", "size", "byte"),
    },
}
CACHE: Mapping[CacheKind, Mapping[str, Query]] = {
    "agent": {
        "cache_hits": Query("sum:redis.stats.keyspace_hits{$cachescope}", "avg", "rate"),
        "cache_misses": Query("sum:redis.stats.keyspace_misses{$cachescope}", "avg", "rate"),
        "cache_memory": Query("avg:redis.mem.used{$cachescope}", "avg", "size", "byte"),
        "cache_evictions": Query("sum:redis.keys.evicted{$cachescope}", "avg", "rate"),
        "cache_clients": Query("sum:redis.net.clients{$cachescope}", "avg", "count"),
        "cache_latency": Query("avg:redis.info.latency_ms{$cachescope}", "avg", "time", "millisecond"),
    },
    "elasticache": {
        "cache_hits": Query("sum:aws.elasticache.cache_hits{$cachescope}.as_rate()", "avg", "rate"),
        "cache_misses": Query("sum:aws.elasticache.cache_misses{$cachescope}.as_rate()", "avg", "rate"),
        "cache_memory": Query("avg:aws.elasticache.bytes_used_for_cache{$cachescope}", "avg", "size", "byte"),
        "cache_evictions": Query("sum:aws.elasticache.evictions{$cachescope}.as_rate()", "avg", "rate"),
        "cache_clients": Query("sum:aws.elasticache.curr_connections{$cachescope}", "avg", "count"),
    },
}
KEYS = tuple(dict.fromkeys(key for some in (API, ENDPOINTS, DATABASE, *HOST.values(), *CACHE.values()) for key in some))


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Put variables into a query, also those that stand in variables."""
    for _ in range(DEEPEST):
        if not NAME.search(text):
            break
        text = Template(text).safe_substitute(variables)
    return text


def unknown(text: str, variables: Mapping[str, str]) -> str | None:
    """Return the first variable of a query that nothing stands for, or that stands for itself; None if all is well."""
    left = NAME.search(filled(text, variables))
    return (left.group(1) or left.group(2)) if left else None
