"""The collector `system`: windows, units and formulas, worked out by hand from recorded points."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from structlog.testing import capture_logs

from collectors.system import Collector, Options, families
from collectors.system.collector import last_minute
from collectors.system.families import ROWS
from collectors.system.plan import requests_per_hour
from collectors.system.templates import KEYS
from collectors.system.units import COUNT, SHARE, SIZE, TIME, factor
from demo.datadog import Fault
from demo.datadog_query import Answer, NotAQuery, Query
from exporter.model import Note, SourceError
from exporter.scalars import Column
from tests.collectors.recorded import AT, END, Recorded, asking, key

MINUTE = timedelta(minutes=1)
TRACE = "trace.django.request"
# Seconds before the end of the windows: the last minute, the first one of 5m, one before that, the first one of 1h, one
# before that, and the minute that is still incomplete.
LAST, FIRST_OF_5M, BEFORE_5M, FIRST_OF_1H, BEFORE_1H, AFTER = 60, 300, 360, 3600, 3660, 0


def points(*found: tuple[int, float], noise: float = 1e9) -> list[tuple[str, int, float]]:
    """Points of one series, with one before all windows and one after them that must not count."""
    return [("", BEFORE_1H, noise), *(("", before, value) for before, value in found), ("", AFTER, noise)]


THREE = ((LAST, 0.5), (FIRST_OF_5M, 0.1), (FIRST_OF_1H, 0.3))
WORLD: dict[str, list[tuple[str, int, float]]] = {
    TRACE: points((LAST, 500), (FIRST_OF_5M, 100), (BEFORE_5M, 300)),
    f"{TRACE}.hits": points((LAST, 60), (FIRST_OF_5M, 30), (BEFORE_5M, 810)),
    f"{TRACE}.errors": points((LAST, 9), (FIRST_OF_1H, 36)),
    f"{TRACE}.apdex": points(*THREE),
    "postgresql.connections": points((LAST, 30), (FIRST_OF_5M, 50), (FIRST_OF_1H, 10)),
    "postgresql.max_connections": points((LAST, 200), (FIRST_OF_5M, 100)),
    "postgresql.percent_usage_connections": points((LAST, 0.15), (FIRST_OF_5M, 0.25), (FIRST_OF_1H, 0.75)),
    "postgresql.queries.time": points((LAST, 3e9), (FIRST_OF_1H, 5e9)),
    "postgresql.queries.count": points((LAST, 1500), (FIRST_OF_1H, 500)),
    "system.cpu.idle": points((LAST, 60), (FIRST_OF_5M, 80), (FIRST_OF_1H, 10)),
    "system.mem.used": points((LAST, 2), (FIRST_OF_5M, 4)),
    "system.mem.pct_usable": points((LAST, 0.25), (FIRST_OF_5M, 0.75)),
    "redis.stats.keyspace_hits": points((LAST, 540), (FIRST_OF_5M, 180)),
    "redis.stats.keyspace_misses": points((LAST, 60), (FIRST_OF_5M, 180)),
    "redis.mem.used": points((LAST, 1024)),
    "redis.keys.evicted": points((LAST, 120), (FIRST_OF_5M, 0)),
    "redis.net.clients": points((LAST, 7), (FIRST_OF_5M, 8)),
    "redis.info.latency_ms": points((LAST, 0.5), (FIRST_OF_5M, 1.5)),
}
UNITS = {
    TRACE: ("millisecond", None),
    f"{TRACE}.hits": ("request", "second"),
    "postgresql.queries.time": ("nanosecond", None),
    "system.cpu.idle": ("percent", None),
    "system.mem.used": ("gibibyte", None),
    "redis.stats.keyspace_hits": ("hit", "minute"),
    "redis.stats.keyspace_misses": ("miss", "minute"),
    "redis.mem.used": ("byte", None),
    "redis.keys.evicted": ("key", "minute"),
    "redis.info.latency_ms": ("millisecond", None),
}
# Worked out by hand.
EXPECTED: dict[str, dict[str, float]] = {
    "api_response_time_avg_seconds": {"5m": (0.5 + 0.1) / 2, "1h": (0.5 + 0.1 + 0.3) / 3},
    "api_response_time_p50_seconds": {"5m": 0.1, "1h": 0.3},
    "api_response_time_p95_seconds": {"5m": 0.1, "1h": 0.3},
    "api_response_time_p99_seconds": {"5m": 0.1, "1h": 0.3},
    "api_requests": {"5m": 90, "1h": 900},
    "api_requests_per_second": {"5m": 90 / 300, "1h": 900 / 3600},
    "api_errors": {"5m": 9, "1h": 45},
    "api_error_ratio": {"5m": 0.1, "1h": 0.05},
    "api_apdex_ratio": {"5m": 0.3, "1h": 0.3},
    "database_connections": {"5m": 40, "1h": 30},
    "database_max_connections": {"5m": 200, "1h": 200},
    "database_connection_usage_ratio": {"5m": 0.25, "1h": 0.75},
    "database_query_duration_avg_seconds": {"5m": 3 / 1500, "1h": 8 / 2000},
    "database_queries": {"5m": 1500, "1h": 2000},
    "database_cpu_usage_ratio": {"5m": 0.3, "1h": 0.5},
    "database_memory_used_bytes": {"5m": 3 * 1024**3, "1h": 3 * 1024**3},
    "database_memory_usage_ratio": {"5m": 0.5, "1h": 0.5},
    "cache_hit_ratio": {"5m": 0.75, "1h": 0.75},
    "cache_lookups_per_second": {"5m": 8, "1h": 8},
    "cache_memory_used_bytes": {"5m": 1024, "1h": 1024},
    "cache_evictions_per_second": {"5m": 1, "1h": 1},
    "cache_connected_clients": {"5m": 7.5, "1h": 7.5},
    "cache_latency_avg_seconds": {"5m": 0.001, "1h": 0.001},
}


def test_every_family_has_an_expected_value() -> None:
    assert EXPECTED.keys() == ROWS.keys()


def test_values_are_those_worked_out_by_hand() -> None:
    with asking(Recorded(WORLD, UNITS), endpoints=0) as datadog:
        found = datadog.ask()
    expected = {key(name, window=window): value for name, by in EXPECTED.items() for window, value in by.items()}
    assert found.keys() == expected.keys()
    for one, value in expected.items():
        assert found[one] == pytest.approx(value, rel=1e-12), one


@pytest.mark.parametrize(
    ("seconds", "lag", "end"),
    [(90, 90, 0), (89.999999, 90, -60), (149.999, 90, 0), (150, 90, 60), (60, 60, 0), (179, 120, 0), (180, 120, 60)],
)
def test_windows_end_at_the_minute_before_the_lag(seconds: float, lag: int, end: int) -> None:
    start = AT - timedelta(seconds=90 + 17.25)
    assert last_minute(start + timedelta(seconds=seconds), timedelta(seconds=lag)) == END + end


def test_windows_are_of_whole_minutes_and_half_open() -> None:
    world = Recorded(WORLD, UNITS)
    with asking(world, windows=["5m", "1h", "24h", "7d"]) as datadog:
        datadog.harvest()
    lengths = {end - start for _, _, start, end in world.asked}
    assert lengths == {300, 3600, 86_400, 604_800}
    assert {end for *_, end in world.asked} == {END}


def test_percentiles_are_asked_of_the_distribution_and_counts_as_counts() -> None:
    world = Recorded(WORLD, UNITS)
    with asking(world) as datadog:
        datadog.harvest()
    for query, aggregator, *_ in world.asked:
        assert (query.percentile is not None) == (aggregator == "percentile")
        assert query.metric == TRACE or query.percentile is None
        assert (".as_count()" in query.calls) == query.metric.endswith((".hits", ".errors", ".time", ".count"))


# What is missing, the families that then have no value, and those that have another one.
MISSING: list[tuple[str, set[str], dict[str, float]]] = [
    (f"{TRACE}.errors", set(), {"api_errors": 0, "api_error_ratio": 0}),
    (f"{TRACE}.hits", {"api_requests", "api_requests_per_second", "api_errors", "api_error_ratio"}, {}),
    ("postgresql.queries.time", {"database_query_duration_avg_seconds", "database_queries"}, {}),
    ("postgresql.queries.count", {"database_query_duration_avg_seconds", "database_queries"}, {}),
    ("redis.stats.keyspace_hits", {"cache_hit_ratio", "cache_lookups_per_second"}, {}),
    ("system.cpu.idle", {"database_cpu_usage_ratio"}, {}),
    (
        TRACE,
        {f"api_response_time_{which}_seconds" for which in ("avg", "p50", "p95", "p99")},
        {},
    ),
]


@pytest.mark.parametrize(("metric", "absent", "changed"), MISSING, ids=[row[0] for row in MISSING])
@pytest.mark.parametrize("api", ["v1", "v2"])
def test_what_is_missing_is_absent_and_never_0(
    api: str, metric: str, absent: set[str], changed: dict[str, float]
) -> None:
    world = Recorded({name: found for name, found in WORLD.items() if name != metric}, UNITS)
    with asking(world, api, windows=["5m"]) as datadog:
        found = datadog.ask()
    assert {name for name in ROWS if key(name, window="5m") not in found} == absent
    assert {name: found[key(name, window="5m")] for name in changed} == changed


def test_no_hits_are_0_of_them_where_there_ever_were_any() -> None:
    quiet = Recorded(WORLD | {f"{TRACE}.hits": [("", 5 * 86_400, 3)]}, UNITS)
    with asking(quiet) as datadog:
        found = datadog.ask()
        asked = len(datadog.simulator.requests)
        datadog.ask(AT + MINUTE)
        # It is not forgotten; the endpoints are not asked for again either.
        assert len(datadog.simulator.requests) - asked == 2
    for window in ("5m", "1h"):
        assert found[key("api_requests", window=window)] == 0
        assert found[key("api_requests_per_second", window=window)] == 0
        assert key("api_error_ratio", window=window) not in found
        assert key("api_errors", window=window) not in found


def test_a_metric_that_nobody_knows_is_asked_for_every_quarter_of_an_hour() -> None:
    with asking(Recorded({}, {}), endpoints=0) as datadog:
        for minute in range(31):
            assert datadog.ask(AT + minute * MINUTE) == {}
    assert len(datadog.simulator.requests) == 2 * 31 + 3


def test_hits_in_the_long_window_make_none_in_the_short_one_0() -> None:
    with asking(Recorded({f"{TRACE}.hits": [("", FIRST_OF_1H, 3)]}, {}), endpoints=0) as datadog:
        found = datadog.ask()
        assert len(datadog.simulator.requests) == 2
    assert found[key("api_requests", window="5m")] == 0
    assert found[key("api_requests", window="1h")] == 3


def test_that_there_were_hits_is_remembered_but_their_unit_is_not_guessed() -> None:
    world = Recorded({f"{TRACE}.hits": points((LAST, 3))}, {})
    with asking(world, endpoints=0, windows=["5m"]) as datadog:
        assert datadog.ask()[key("api_requests", window="5m")] == 3
        world.units = {f"{TRACE}.hits": ("dollar", None)}
        assert key("api_requests", window="5m") not in datadog.ask(AT + MINUTE)
        world.points = {}
        assert datadog.ask(AT + 2 * MINUTE)[key("api_requests", window="5m")] == 0
        assert len(datadog.simulator.requests) == 3


WRONG_UNITS = [
    ("apple", None, "system.cpu.idle", "database_cpu_usage_ratio"),
    ("byte", None, TRACE, "api_response_time_p95_seconds"),
    ("second", "second", TRACE, "api_response_time_p95_seconds"),
    ("byte", "second", "redis.mem.used", "cache_memory_used_bytes"),
    ("connection", "second", "postgresql.connections", "database_connections"),
    ("key", "fortnight", "redis.keys.evicted", "cache_evictions_per_second"),
    ("second", None, f"{TRACE}.hits", "api_requests"),
    ("dollar", None, f"{TRACE}.errors", "api_errors"),
]


@pytest.mark.parametrize(("unit", "per", "metric", "family"), WRONG_UNITS)
def test_a_unit_that_is_unknown_is_refused_and_counted(unit: str, per: str | None, metric: str, family: str) -> None:
    with asking(Recorded(WORLD, UNITS | {metric: (unit, per)}), windows=["5m"], endpoints=0) as datadog:
        harvest = datadog.harvest()
        found = datadog.ask(AT + MINUTE)
    queries = {TRACE: 4}.get(metric, 1)
    assert harvest.dropped == {("datadog", "unit_unknown"): queries}
    assert key(family, window="5m") not in found


def test_nothing_is_counted_where_all_units_are_known() -> None:
    with asking(Recorded(WORLD, UNITS)) as datadog:
        assert datadog.harvest().dropped == {("datadog", "unit_unknown"): 0}


@pytest.mark.parametrize(
    ("unit", "per", "quantity", "usual", "expected"),
    [
        ("nanosecond", None, "time", "second", 1e-9),
        ("microsecond", None, "time", None, 1e-6),
        ("minute", None, "time", None, 60),
        (None, None, "time", "millisecond", 1e-3),
        (None, None, "time", None, None),
        ("mebibyte", None, "size", "byte", 1024**2),
        ("bit", None, "size", "byte", 0.125),
        ("kilobyte", None, "size", "byte", None),
        ("percent", None, "share", "fraction", 0.01),
        ("percent_nano", None, "share", None, 1e-11),
        (None, None, "share", "percent", 0.01),
        ("millicore", None, "any", None, 1e-3),
        ("byte", "minute", "any", None, 1 / 60),
        (None, None, "any", None, 1),
        (None, "hour", "rate", None, 1 / 3600),
        ("Second", None, "time", None, None),
    ],
)
def test_units_by_their_names(unit: Any, per: Any, quantity: Any, usual: Any, expected: Any) -> None:
    found = factor(Column(unit, per, {}), quantity, usual)
    assert found == expected if expected is None else found == pytest.approx(expected)


def test_a_name_is_one_unit_only() -> None:
    names = [name for some in (TIME, SIZE, SHARE, COUNT) for name in some]
    assert len(set(names)) == len(names)


def endpoint(name: str, p95: float, requests: float) -> tuple[tuple[str, int, float], tuple[str, int, float]]:
    return (name, LAST, p95), (name, LAST, requests)


def of_endpoints(*found: tuple[tuple[str, int, float], tuple[str, int, float]]) -> Recorded:
    times, hits = zip(*found, strict=True)
    return Recorded({TRACE: list(times), f"{TRACE}.hits": list(hits)}, {TRACE: ("second", None)})


def slowest(found: Any) -> list[str]:
    name = "api_endpoint_response_time_p95_seconds"
    ordered = sorted(
        ((value, labels) for (family, labels), value in found.items() if family == name), key=lambda one: -one[0]
    )
    assert all(("window", "1h") in labels for _, labels in ordered)
    return [dict(labels)["endpoint"] for _, labels in ordered]


def test_the_slowest_endpoints_with_enough_requests() -> None:
    world = of_endpoints(
        endpoint("get_/rare", 9, 49),
        endpoint("get_/slow", 3, 50),
        endpoint("get_/fast", 1, 900),
        endpoint("get_/mid", 2, 51),
    )
    with asking(world, endpoints=2) as datadog:
        found, documents = datadog.ask(), datadog.harvest().documents
    assert slowest(found) == ["get_/slow", "get_/mid"]
    assert found[key("api_endpoint_requests", endpoint="get_/slow", window="1h")] == 50
    assert documents["endpoints"] == [
        {"name": "get_/rare", "p95_seconds": 9, "requests": 49},
        {"name": "get_/slow", "p95_seconds": 3, "requests": 50},
        {"name": "get_/mid", "p95_seconds": 2, "requests": 51},
        {"name": "get_/fast", "p95_seconds": 1, "requests": 900},
    ]


@pytest.mark.parametrize(("rare", "calls"), [(40, 1), (41, 2), (495, 3), (4995, 3)])
def test_more_endpoints_are_asked_for_until_the_slowest_are_certain(rare: int, calls: int) -> None:
    often = [endpoint(f"get_/{number:02}", 1 - number / 100, 50) for number in range(12)]
    world = of_endpoints(*(endpoint(f"rare_{number}", 9, 1) for number in range(rare)), *often)
    with asking(world) as datadog:
        found = datadog.ask()
        assert len(datadog.simulator.requests) == 2 + calls
    # Nobody looks at more than 5,000.
    assert slowest(found) == [f"get_/{number:02}" for number in range(min(10, 5000 - rare))]


def test_endpoints_are_asked_for_every_five_minutes_and_long_windows_every_fifteen() -> None:
    with asking(Recorded(WORLD, UNITS), windows=["5m", "24h"]) as datadog:
        for minute in range(31):
            datadog.harvest(AT + minute * MINUTE)
        bodies = [request.body["data"]["attributes"] for request in datadog.simulator.requests]
    lengths = [(body["to"] - body["from"]) // 1000 for body in bodies]
    assert (lengths.count(300), lengths.count(3600), lengths.count(86_400)) == (31, 7, 3)
    assert len(datadog.book.spent) == len(bodies)


def test_what_was_kept_does_not_count_for_an_earlier_instant() -> None:
    with asking(Recorded(WORLD, UNITS)) as datadog:
        datadog.harvest()
        datadog.harvest(AT - MINUTE)
    assert len(datadog.simulator.requests) == 6


def test_an_hour_of_the_default_configuration_is_what_the_page_says() -> None:
    options = Options()
    with asking(Recorded(WORLD, UNITS)) as datadog:
        for minute in range(60):
            datadog.harvest(AT + minute * MINUTE)
    assert len(datadog.simulator.requests) == requests_per_hour(options, Collector.interval) == 132


@pytest.mark.parametrize(
    "name",
    [
        "get_/u/ada@example.org",
        "get_/u/6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "get_/U/6F9619FF-8B86-D011-B42D-00C04FC964FF",
    ],
)
def test_nothing_personal_becomes_an_endpoint(name: str) -> None:
    with asking(of_endpoints(endpoint(name, 3, 50), endpoint("get_/x", 1, 50))) as datadog:
        assert slowest(datadog.ask()) == ["get_/x"]


def test_names_that_are_one_label_are_one_endpoint() -> None:
    long = "get_/" + "x" * 95
    world = of_endpoints(endpoint(long + "a", 3, 50), endpoint(long + "b", 4, 60), endpoint("get_/\x07y", 1, 50))
    with asking(world) as datadog:
        found = datadog.ask()
    assert slowest(found) == [long, "get_/y"]
    assert found[key("api_endpoint_requests", endpoint=long, window="1h")] == 60


def disabled(notes: tuple[Note, ...]) -> set[str]:
    assert {(note.kind, note.reason) for note in notes} <= {("disabled", "not_enabled")}
    return {note.family.removeprefix("jobhive_") for note in notes}


QUERIES = {"database_query_duration_avg_seconds", "database_queries"}
ENDPOINTS = {"api_endpoint_response_time_p95_seconds", "api_endpoint_requests"}
MEMORY = {"database_memory_used_bytes", "database_memory_usage_ratio"}
VARIANTS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set()),
    ({"endpoints": 0}, ENDPOINTS),
    ({"queries": {"endpoint_p95": None}}, ENDPOINTS),
    ({"queries": {"query_time": None}}, QUERIES),
    ({"queries": {"errors": None}}, {"api_errors", "api_error_ratio"}),
    ({"queries": {"cache_latency": None}}, {"cache_latency_avg_seconds"}),
    ({"queries": {"memory_used": None}}, {"database_memory_used_bytes"}),
    ({"database": "rds"}, MEMORY),
    ({"database": "rds", "database_memory": 1024}, set()),
    ({"cache": "elasticache"}, {"cache_latency_avg_seconds"}),
]


@pytest.mark.parametrize(("options", "expected"), VARIANTS)
def test_what_a_deployment_goes_without_is_told(options: dict[str, Any], expected: set[str]) -> None:
    world = Recorded(WORLD, UNITS)
    with asking(world, **options) as datadog:
        assert disabled(datadog.harvest().notes) == expected
        assert not {name for name, _ in datadog.ask()} & expected


def test_without_database_monitoring_its_families_are_disabled() -> None:
    world = Recorded({name: found for name, found in WORLD.items() if not name.startswith("postgresql.queries")}, UNITS)
    with asking(world) as datadog:
        assert disabled(datadog.harvest().notes) == QUERIES
    # A window without queries is no lack of monitoring.
    world = Recorded(WORLD | {"postgresql.queries.count": points((LAST, 0)), "postgresql.queries.time": []}, UNITS)
    with asking(world) as datadog:
        assert disabled(datadog.harvest().notes) == set()
        assert key("database_queries", window="5m") not in datadog.ask()


def test_the_host_of_rds_and_elasticache() -> None:
    gib = 1024**3
    world = Recorded(
        {
            "aws.rds.cpuutilization": points((LAST, 30), (FIRST_OF_5M, 50)),
            "aws.rds.freeable_memory": points((LAST, gib), (FIRST_OF_5M, 3 * gib)),
            "aws.elasticache.cache_hits": points((LAST, 9)),
            "aws.elasticache.cache_misses": points((LAST, 1)),
            "aws.elasticache.evictions": points((LAST, 2)),
            "aws.elasticache.curr_connections": points((LAST, 4)),
            "aws.elasticache.bytes_used_for_cache": points((LAST, 5)),
        },
        {"aws.rds.cpuutilization": ("percent", None), "aws.rds.freeable_memory": ("byte", None)},
    )
    given: dict[str, Any] = {"database": "rds", "database_memory": 8 * gib, "cache": "elasticache", "windows": ["5m"]}
    with asking(world, **given, variables={"host": "db-7"}) as datadog:
        found = datadog.ask()
    of_rds = {
        query.scope.get("dbinstanceidentifier") for query, *_ in world.asked if query.metric.startswith("aws.rds")
    }
    assert of_rds == {"db-7"}
    assert all(
        ".as_rate()" in query.calls
        for query, *_ in world.asked
        if "cache_" in query.metric and "bytes" not in query.metric
    )
    expected = {
        "database_cpu_usage_ratio": 0.4,
        "database_memory_used_bytes": 6 * gib,
        "database_memory_usage_ratio": 0.75,
        "cache_hit_ratio": 0.9,
        "cache_lookups_per_second": 10,
        "cache_evictions_per_second": 2,
        "cache_connected_clients": 4,
        "cache_memory_used_bytes": 5,
    }
    assert {name: found[key(name, window="5m")] for name in expected} == pytest.approx(expected)


def test_variables_and_queries_of_a_deployment() -> None:
    world = Recorded(
        {"trace.flask.request.hits": points((LAST, 5)), "my.latency": points((LAST, 2))},
        {"my.latency": ("second", None)},
    )
    given: dict[str, Any] = {
        "variables": {"env": "eu", "operation": "flask.request", "team": "team:core"},
        "queries": {"response_time_avg": "avg:my.latency{${scope},$team}"},
    }
    with asking(world, windows=["5m"], **given) as datadog:
        found = datadog.ask()
    assert found[key("api_requests", window="5m")] == 5
    assert found[key("api_response_time_avg_seconds", window="5m")] == 2
    (latency,) = [query for query, *_ in world.asked if query.metric == "my.latency"]
    assert latency.scope == {"env": "eu", "service": "jobhive-api", "team": "core"}


GAUGES = {
    "queue_size": {"query": "sum:queue.size{$scope} by {queue,pod-name}", "help": "Waiting"},
    "queue_age": {"query": "max:queue.age{*}", "help": "Oldest.", "aggregator": "max", "window": "1h"},
}


def test_gauges_of_a_deployment() -> None:
    world = Recorded(
        {
            "queue.size": [("a", LAST, 4), ("a", FIRST_OF_5M, 2), ("", LAST, 9), ("b", BEFORE_5M, 9)],
            "queue.age": points((LAST, 2), noise=0),
        },
        {"queue.age": ("minute", None)},
    )
    with asking(world, gauges=GAUGES) as datadog:
        found = datadog.ask()
        assert len(datadog.simulator.requests) == 5
    assert found == {key("queue_size", queue="a", pod_name="a"): 3, key("queue_age"): 120}
    declared = {family.name: family for family in families(Options.model_validate({"gauges": GAUGES}))}
    assert [label.name for label in declared["queue_size"].labels] == ["pod_name", "queue"]
    assert (declared["queue_size"].help, declared["queue_age"].help) == ("Waiting.", "Oldest.")


def test_a_gauge_of_an_unknown_unit_is_refused_and_counted() -> None:
    with asking(Recorded({"queue.age": points((LAST, 2))}, {"queue.age": ("apple", None)}), gauges=GAUGES) as datadog:
        harvest = datadog.harvest()
    assert harvest.dropped == {("datadog", "unit_unknown"): 1}
    assert harvest.samples == ()


REFUSED = "avg:none of Datadog's{*}"
TWO = {
    "queue_age": {"query": "max:queue.age{*}", "help": "Oldest.", "aggregator": "max"},
    "queue_wrong": {"query": REFUSED, "help": "Wrong."},
}


class Fussy(Recorded):
    """A Datadog that refuses one metric, for as long as it likes."""

    fussy = True

    def answer(self, query: Query, aggregator: str, start: int, end: int) -> Answer:
        if self.fussy and query.metric == "queue.age":
            raise NotAQuery("not allowed")
        return super().answer(query, aggregator, start, end)


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_gauge_that_datadog_refuses_costs_nothing_but_itself(api: str) -> None:
    world = Recorded({**WORLD, "queue.age": points((LAST, 7), noise=0)}, UNITS)
    with asking(world, api, gauges=TWO, windows=["5m"], endpoints=0) as datadog:
        with capture_logs() as lines:
            harvest = datadog.harvest()
        assert [(line["event"], line["gauge"]) for line in lines] == [("gauge refused", "queue_wrong")]
        assert "HTTP 400 (Error parsing query" in lines[0]["error"]
        # All of them, those of the collector, and each gauge alone.
        assert len(datadog.simulator.requests) == 4
        assert Note("disabled", "queue_wrong", "not_enabled") in harvest.notes
        names = {sample.name for sample in harvest.samples}
        assert "queue_wrong" not in names
        assert {"jobhive_api_apdex_ratio", "queue_age"} <= names
        # As long as it is known to be refused, all the others come with one call.
        assert key("queue_age") in datadog.ask(AT + 5 * MINUTE)
        assert len(datadog.simulator.requests) == 5


def test_a_gauge_that_is_mended_comes_back() -> None:
    world = Fussy({**WORLD, "queue.age": points((LAST, 7), noise=0)}, UNITS)
    with asking(world, gauges={"queue_age": TWO["queue_age"]}, endpoints=0) as datadog:
        assert Note("disabled", "queue_age", "not_enabled") in datadog.harvest().notes
        world.fussy = False
        assert Note("disabled", "queue_age", "not_enabled") in datadog.harvest(AT + 14 * MINUTE).notes
        mended = datadog.harvest(AT + 15 * MINUTE)
        assert Note("disabled", "queue_age", "not_enabled") not in mended.notes
        world.fussy = True
        # One that is refused later on takes no other with it either.
        assert datadog.harvest(AT + 16 * MINUTE).samples


def test_what_is_wrong_with_ours_is_not_blamed_on_a_gauge() -> None:
    with asking(Recorded(WORLD, UNITS), gauges=TWO, queries={"apdex": REFUSED}, endpoints=0) as datadog:
        with pytest.raises(SourceError, match="Datadog: HTTP 400"):
            datadog.harvest()
        assert len(datadog.simulator.requests) == 2


@pytest.mark.parametrize("status", [403, 429, 500])
def test_other_failures_fail_the_run_with_gauges_too(status: int) -> None:
    with asking(Recorded(WORLD, UNITS), gauges=TWO, endpoints=0) as datadog:
        datadog.simulator.faults.extend([Fault(status)] * 3)
        with pytest.raises(SourceError):
            datadog.harvest()
        assert len(datadog.simulator.requests) == (1 if status == 403 else 3)


GAUGE = {"query": "avg:a{*}", "help": "x"}
MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"windows": ["5m", "5m"]}, "5m stands there twice; leave it once"),
    ({"windows": []}, "should have at least 1 item"),
    ({"lag": "59s"}, "the newest points of Datadog are incomplete for one to two minutes; write 60s to 120s"),
    ({"lag": "121s"}, "the newest points of Datadog are incomplete for one to two minutes; write 60s to 120s"),
    ({"queries": {"respons": "x"}}, f"respons is no query; the queries are {', '.join(KEYS)}"),
    (
        {"queries": {"apdex": "avg:a{$nope}"}},
        "the query apdex asks for $nope, which variables do not give; add it there",
    ),
    ({"variables": {"env": "$service", "service": "$env"}}, "which variables do not give"),
    ({"gauges": {"x": GAUGE | {"query": "avg:a{$nope}"}}}, "the query x asks for $nope"),
    (
        {"gauges": {"jobhive_x": GAUGE}},
        "gauges.jobhive_x: names that begin with jobhive_, process_, python_ are the exporter's own",
    ),
    ({"gauges": {"up": GAUGE}}, "gauges.up: is a name that Prometheus gives to series of its own"),
    (
        {"gauges": {"x_total": GAUGE}},
        "gauges.x_total is a gauge, whose name must not end in _total; choose another name",
    ),
    ({"gauges": {"requests": GAUGE}}, "gauges.requests has the name of a query that is there already; choose another"),
    ({"gauges": {"x-y": GAUGE}}, "should match pattern"),
    (
        {"gauges": {"x": GAUGE | {"query": "avg:a{*} by {job}"}}},
        "gauges.x is grouped by job, a label that Prometheus has",
    ),
    ({"gauges": {"x": GAUGE | {"query": "avg:a{*} by {a.b,a-b}"}}}, "gauges.x has two tags that are the same label"),
]


@pytest.mark.parametrize(("options", "text"), MISTAKES, ids=[str(row[0]) for row in MISTAKES])
def test_options_that_are_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Options.model_validate(options)
    assert text in str(raised.value)


def test_v1_asks_for_whole_buckets_and_for_each_once() -> None:
    """A minute before END it is 12:34: the last bucket of an hour ends at 12:00, and that of five minutes at 12:30."""
    hour, five = 35 * 60, 5 * 60
    hits = [("", hour + 60, 5), ("", hour, 7), ("", five, 11), ("", five + 60, 13)]
    with asking(Recorded({f"{TRACE}.hits": hits}, {}), "v1", endpoints=0) as datadog:
        found = datadog.ask(AT - MINUTE)
        datadog.ask(AT - timedelta(seconds=30))
        assert len(datadog.simulator.requests) == 2
        # A bucket of five minutes ends.
        assert datadog.ask()[key("api_requests", window="5m")] == 11
        assert len(datadog.simulator.requests) == 3
    assert found[key("api_requests", window="1h")] == 5
    assert found[key("api_requests", window="5m")] == 13
    assert found[key("api_requests_per_second", window="5m")] == 13 / 300


def test_a_past_instant_is_asked_for_as_it_is() -> None:
    world = Recorded(WORLD, UNITS)
    with asking(world, endpoints=0) as datadog:
        datadog.harvest(AT - timedelta(days=400))
    assert {end for *_, end in world.asked if end > END - 400 * 86_400 - 1} == {END - 400 * 86_400}
    assert {family.past for family in families(Options())} == {"remote"}


def test_one_call_that_fails_fails_the_run() -> None:
    with asking(Recorded(WORLD, UNITS)) as datadog:
        datadog.simulator.faults.append(Fault(400))
        with pytest.raises(SourceError):
            datadog.harvest()
        assert datadog.ask()
