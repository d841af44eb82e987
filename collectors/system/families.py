"""What the collector `system` exports, of which queries each family is made, and which a deployment goes without."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from collectors.base import gauge, ratio
from collectors.system.options import Options
from exporter.model import Family, Label, Note

# Family by the short name that figures.py uses: its row, its text, and the queries that it is made of.
ROWS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "api_response_time_avg_seconds": ("TP1", "Mean time of a request to the API.", ("response_time_avg",)),
    "api_response_time_p50_seconds": (
        "TP2a",
        "Median time of a request, of all requests of the window.",
        ("response_time_p50",),
    ),
    "api_response_time_p95_seconds": (
        "TP2",
        "95th percentile of the time of a request, of all requests of the window.",
        ("response_time_p95",),
    ),
    "api_response_time_p99_seconds": (
        "TP3",
        "99th percentile of the time of a request, of all requests of the window.",
        ("response_time_p99",),
    ),
    "api_requests": ("TP5", "Requests to the API.", ("requests",)),
    "api_requests_per_second": ("TP5b", "Requests to the API per second.", ("requests",)),
    "api_error_ratio": ("TP6", "Share of the requests that ended in an error.", ("requests", "errors")),
    "api_errors": ("TP6b", "Requests that ended in an error.", ("requests", "errors")),
    "api_apdex_ratio": ("TP7", "Apdex of the API: 1 is all satisfied, 0 all frustrated.", ("apdex",)),
    "database_connections": ("TP8", "Connections to the database, averaged over time.", ("connections",)),
    "database_max_connections": ("TP8b", "How many connections the database server allows.", ("max_connections",)),
    "database_connection_usage_ratio": (
        "TP8c",
        "Largest share of the allowed connections that was in use.",
        ("connection_usage",),
    ),
    "database_query_duration_avg_seconds": ("TP9", "Mean time of a query.", ("query_time", "query_count")),
    "database_queries": ("TP9b", "Queries that the database ran.", ("query_time", "query_count")),
    "database_cpu_usage_ratio": ("TP10", "Share of the database host's processors that was busy.", ("cpu",)),
    "database_memory_used_bytes": ("TP11", "Memory in use on the database host.", ("memory",)),
    "database_memory_usage_ratio": ("TP11b", "Share of the database host's memory in use.", ("memory_share",)),
    "cache_hit_ratio": (
        "TP12",
        "Share of the lookups in the cache that found something.",
        ("cache_hits", "cache_misses"),
    ),
    "cache_memory_used_bytes": ("TP12b", "Memory that the cache uses.", ("cache_memory",)),
    "cache_evictions_per_second": ("TP12c", "Keys that the cache threw out for want of memory.", ("cache_evictions",)),
    "cache_connected_clients": ("TP12d", "Clients connected to the cache.", ("cache_clients",)),
    "cache_latency_avg_seconds": ("TP12e", "Mean latency of the cache.", ("cache_latency",)),
    "cache_lookups_per_second": ("TP12f", "Lookups in the cache, found or not.", ("cache_hits", "cache_misses")),
}
# Ratios of families that are declared, or of what goes no further than the ratio.
RATIOS = {
    "api_error_ratio": ("api_errors", "api_requests"),
    "database_query_duration_avg_seconds": ("database_query_seconds", "database_queries"),
    "cache_hit_ratio": ("cache_found_per_second", "cache_lookups_per_second"),
}
INTERNAL = {"database_query_seconds": "Time of all queries.", "cache_found_per_second": "Lookups that found something."}
ENDPOINT_WINDOW = "1h"
ENDPOINT = (Label("endpoint"), Label("window", (ENDPOINT_WINDOW,)))
ENDPOINT_P95 = gauge(
    "TP4",
    "jobhive_api_endpoint_response_time_p95_seconds",
    "95th percentile of the time of a request to the slowest endpoints that are asked often enough to tell.",
    *ENDPOINT,
)
ENDPOINT_REQUESTS = gauge("TP4b", "jobhive_api_endpoint_requests", "Requests to the slowest endpoints.", *ENDPOINT)


def families(options: Options) -> tuple[Family, ...]:
    """Return every family of this collector: those of the contract, and the gauges of the options."""
    by_name = named(options)
    own = (gauge_of(name, options) for name in options.gauges)
    found = (*(by_name[name] for name in ROWS), ENDPOINT_P95, ENDPOINT_REQUESTS, *own)
    return tuple(replace(family, past="remote") for family in found)


def named(options: Options) -> dict[str, Family]:
    """Return the families with a window, by their names without the prefix; those that ratios are made of, too."""
    window = Label("window", options.windows)
    found = {name: gauge("", f"jobhive_{name}", text, window) for name, text in INTERNAL.items()}
    plain = {name: row for name, row in ROWS.items() if name not in RATIOS}
    found |= {name: gauge(row, f"jobhive_{name}", text, window) for name, (row, text, _) in plain.items()}
    for name, (top, bottom) in RATIOS.items():
        row, text, _ = ROWS[name]
        found[name] = ratio(row, f"jobhive_{name}", text, of=(found[top], found[bottom]))
    return found


def gauge_of(name: str, options: Options) -> Family:
    """Return the family of a query of a deployment's own."""
    text = " ".join(options.gauges[name].help.split())
    labels = (Label(label) for label in sorted(options.gauges[name].labels.values()))
    return gauge(f"system:{name}", name, text if text.endswith((".", "!", "?")) else f"{text}.", *labels)


def notes(options: Options) -> Iterator[Note]:
    """Yield the families for which this deployment has no query."""
    there = {*options.single, *(key for key, needs in _parts(options).items() if needs)}
    for name, (_, _, needs) in ROWS.items():
        if not there.issuperset(needs):
            yield Note("disabled", f"jobhive_{name}", "not_enabled")
    if not options.grouped:
        yield from (Note("disabled", family.name, "not_enabled") for family in (ENDPOINT_P95, ENDPOINT_REQUESTS))


def _parts(options: Options) -> dict[str, bool]:
    """Tell which figures of the database host can be made: agent and Amazon tell them in other words."""
    asked = options.single
    sized = "memory_free" in asked and options.database_memory is not None
    return {
        "cpu": "cpu_idle" in asked or "cpu_used" in asked,
        "memory": "memory_used" in asked or sized,
        "memory_share": "memory_usable" in asked or sized,
    }
