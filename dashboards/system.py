"""The dashboard "system": is the product fast and healthy?"""

from grafana_foundation_sdk.models import units

from dashboards import house
from dashboards import system_queries as queries
from dashboards.axes import on_the_right
from dashboards.bars import bars
from dashboards.frame import Page, Section, choice
from dashboards.panels import FALL, MOVEMENT, NO_DATA, RISE, SHRINKING, Text, kpi, trend, value
from dashboards.tables import Column, listing

NO_REQUESTS = "no requests in this window"
NOT_MEASURED = "not measured: no such series in Datadog"
ERRORS_LIMIT, SLOW_LIMIT = f"{house.API_ERRORS.value:.0%}", f"{house.API_LATENCY.value:g} s"
FULL_LIMIT = f"{house.CONNECTIONS.value:.0%}"


def measured(title: str, said: str, no_value: str = NOT_MEASURED) -> Text:
    """Word a panel of what Datadog measures."""
    return Text(title, f"{said} From Datadog.", no_value)


NOW = {
    1: kpi(
        measured(
            "Error ratio",
            "Share of the requests to the API in the window that ended in an error; the alert is above "
            f"{ERRORS_LIMIT} of an hour.",
            NO_REQUESTS,
        ),
        queries.ERROR_RATIO,
        units.PercentUnit,
        FALL,
        limit=house.API_ERRORS,
    ),
    2: kpi(
        measured(
            "p95",
            "95th percentile of the response times of all requests to the API in the window; the alert is above "
            f"{SLOW_LIMIT} over an hour.",
            NO_REQUESTS,
        ),
        queries.P95,
        units.Seconds,
        SHRINKING,
        limit=house.API_LATENCY,
    ),
    3: kpi(
        measured("Requests per second", "Requests to the API in the window, over its length."),
        queries.REQUEST_RATE,
        units.RequestsPerSecond,
        MOVEMENT,
    ),
    4: kpi(
        measured(
            "Apdex",
            "Apdex of the API in the window: 1 where every user was satisfied by the time of an answer, 0 where none "
            "was.",
            NO_REQUESTS,
        ),
        queries.APDEX,
        units.NoUnit,
        RISE,
    ),
}
STORES = {
    5: kpi(
        measured(
            "Database connections used",
            "Largest share of the connections that the database allows in use at once in the window; the alert is "
            f"above {FULL_LIMIT} of 5 minutes.",
        ),
        queries.CONNECTION_USAGE,
        units.PercentUnit,
        FALL,
        limit=house.CONNECTIONS,
    ),
    6: kpi(
        measured("Database CPU", "Share of the database host's processors that was busy in the window."),
        queries.CPU,
        units.PercentUnit,
        FALL,
    ),
    7: kpi(
        measured(
            "Cache hits",
            "Share of the lookups in the cache in the window that found something.",
            "nothing was looked up in this window",
        ),
        queries.CACHE_HITS,
        units.PercentUnit,
        RISE,
    ),
    8: kpi(
        Text(
            "Replica lag",
            "How far the database that the exporter reads is behind its primary now. From PostgreSQL itself.",
            "the database is a primary",
        ),
        queries.REPLICA_LAG,
        units.Seconds,
        FALL,
    ),
}
API = {
    9: trend(
        measured(
            "Latency",
            "Mean, median, 95th and 99th percentile of the response times of the window before each instant, of all "
            f"requests to the API; the line, {SLOW_LIMIT}, is the limit of the alert on the 95th of an hour.",
            NO_REQUESTS,
        ),
        queries.LATENCIES,
        units.Seconds,
        colours={
            "mean": house.NEUTRAL,
            "median": house.LIGHT_VOLUME,
            "95th percentile": house.VOLUME,
            "99th percentile": house.DARK_VOLUME,
        },
        limit=house.API_LATENCY,
    ),
    10: on_the_right(
        trend(
            measured(
                "Traffic and errors",
                "Requests per second of the window before each instant, and on the right the share of them that ended "
                f"in an error; the line, {ERRORS_LIMIT}, is the limit of the alert on an hour.",
                NO_REQUESTS,
            ),
            {"requests": queries.REQUEST_RATE(), "errors": queries.ERROR_RATIO()},
            units.RequestsPerSecond,
            colours={"requests": house.VOLUME, "errors": house.BAD},
        ),
        "errors",
        units.PercentUnit,
        house.API_ERRORS,
    ),
}
CONNECTIONS = {
    11: on_the_right(
        trend(
            measured(
                "Connections",
                "Mean connections to the database in the window before each instant and how many it allows, and on the "
                "right the largest share in use; the alert begins above the upper line and ends below the lower one.",
            ),
            {
                "connections": queries.CONNECTIONS,
                "allowed": queries.MAX_CONNECTIONS,
                "in use": queries.CONNECTION_USAGE(),
            },
            units.Short,
            colours={"connections": house.VOLUME, "allowed": house.NEUTRAL, "in use": house.OTHER},
        ),
        "in use",
        units.PercentUnit,
        house.CONNECTIONS,
    ),
    12: on_the_right(
        trend(
            measured(
                "Query duration",
                "Mean time of a query of the window before each instant, and on the right how many there were.",
                "Database Monitoring is not enabled",
            ),
            {"mean duration": queries.QUERY_DURATION, "queries": queries.QUERIES},
            units.Seconds,
            colours={"mean duration": house.VOLUME, "queries": house.LIGHT_VOLUME},
        ),
        "queries",
        units.Short,
    ),
}
HOST = {
    13: trend(
        measured(
            "Database CPU and memory",
            "Share of the processors and of the memory of the database host in use in the window before each instant.",
        ),
        {"processors": queries.CPU(), "memory": queries.MEMORY_USAGE},
        units.PercentUnit,
        colours={"processors": house.VOLUME, "memory": house.LIGHT_VOLUME},
    ),
    14: trend(
        measured("Database memory", "Memory in use on the database host in the window before each instant."),
        {"memory": queries.MEMORY},
        units.BytesIEC,
    ),
}
CACHE = {
    15: on_the_right(
        trend(
            measured(
                "Cache hits and evictions",
                "Share of the lookups that found something in the window before each instant, and on the right the "
                "keys per second that the cache threw out for want of memory.",
            ),
            {"hits": queries.CACHE_HITS(), "evictions": queries.EVICTIONS},
            units.PercentUnit,
            colours={"hits": house.VOLUME, "evictions": house.WARNING},
        ),
        "evictions",
        units.OpsPerSecond,
    ),
    16: on_the_right(
        trend(
            measured(
                "Cache memory and clients",
                "Memory that the cache used in the window before each instant, and on the right its clients.",
            ),
            {"memory": queries.CACHE_MEMORY, "clients": queries.CACHE_CLIENTS},
            units.BytesIEC,
            colours={"memory": house.VOLUME, "clients": house.LIGHT_VOLUME},
        ),
        "clients",
        units.Short,
    ),
}
ENDPOINTS = {
    17: listing(
        measured(
            "Slowest endpoints",
            "The ten endpoints with the highest 95th percentile in the last hour, of those with at least 50 requests, "
            "and how often each was asked.",
            "no endpoint had 50 requests in the last hour",
        ),
        (
            Column("p95", queries.ENDPOINT_P95, units.Seconds),
            Column("Requests", queries.ENDPOINT_REQUESTS, units.Short),
        ),
        width=16,
        height=8,
    ),
    18: bars(
        measured(
            "Busiest of them",
            "Requests to the same endpoints in the last hour: a slow one that is often asked comes first.",
            "no endpoint had 50 requests in the last hour",
        ),
        "{{endpoint}}",
        queries.ENDPOINT_REQUESTS,
        units.Short,
        width=8,
    ),
}
REST = {
    19: trend(
        measured("Cache latency", "Mean latency of the cache in the window before each instant."),
        {"latency": queries.CACHE_LATENCY},
        units.Seconds,
        width=9,
    ),
    20: trend(
        measured("Errors", "Requests that ended in an error in the window before each instant.", NO_REQUESTS),
        {"errors": queries.ERRORS},
        units.Short,
        width=9,
        colours={"errors": house.BAD},
    ),
    21: value(
        Text(
            "Datadog calls left",
            "Requests that Datadog's own limit still allows in its period, as its last answer said.",
            NO_DATA,
        ),
        {"calls": queries.CALLS_LEFT},
        units.Short,
        height=8,
    ),
}

PAGE = Page(
    name="system",
    title="System performance",
    question="Is the product fast and healthy?",
    collectors=("operations", "system"),
    start="now-24h",
    variables=(choice("window", "Window", ("5m", "1h"), "1h"),),
    sections=(
        Section(100, "Now", (NOW, STORES)),
        Section(200, "Trends", (API, CONNECTIONS, HOST, CACHE)),
        Section(300, "Endpoints", (ENDPOINTS,)),
        Section(400, "Detail", (REST,), collapsed=True),
    ),
)
