"""The simulated Datadog: its wire protocol, and that what it tells could be true."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.authentication_api import AuthenticationApi

from collectors.system import Options
from collectors.system.plan import asked, batches
from demo import datadog_life as life
from demo.datadog import API_KEY, APP_KEY, Simulator
from demo.datadog_query import Life, NotAQuery, Query, over, parted, weighted

NOON = 1_776_686_400
START, END = NOON - 3600, NOON
HEADERS = {"DD-API-KEY": API_KEY, "DD-APPLICATION-KEY": APP_KEY, "Content-Type": "application/json"}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(limit=3, clock=lambda: NOON + 10.5) as server:
        yield server


def fetch(url: str, body: Any = None, headers: dict[str, str] = HEADERS) -> tuple[int, Any, dict[str, str]]:
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data, headers), timeout=5) as answer:
            return answer.status, json.load(answer), dict(answer.headers)
    except HTTPError as error:
        with error:
            return error.code, json.load(error), dict(error.headers)


def scalar(*queries: tuple[str, str], start: int = START, end: int = END) -> dict[str, Any]:
    named = [
        {"name": f"q{index}", "query": text, "aggregator": aggregator, "data_source": "metrics"}
        for index, (text, aggregator) in enumerate(queries)
    ]
    formulas = [{"formula": query["name"]} for query in named]
    attributes = {"from": start * 1000, "to": end * 1000, "formulas": formulas, "queries": named}
    return {"data": {"type": "scalar_request", "attributes": attributes}}


def test_the_limit_is_counted_and_told(simulator: Simulator) -> None:
    found = [fetch(f"{simulator.url}/api/v1/validate") for _ in range(4)]
    assert [status for status, *_ in found] == [200, 200, 200, 429]
    assert [headers["X-RateLimit-Remaining"] for *_, headers in found] == ["2", "1", "0", "0"]
    assert {headers["X-RateLimit-Reset"] for *_, headers in found} == {"3590"}
    assert found[-1][1] == {"errors": ["Too many requests"]}


@pytest.mark.parametrize(
    ("headers", "status"),
    [(HEADERS, 200), ({}, 401), ({"DD-API-KEY": API_KEY}, 401), (HEADERS | {"DD-APPLICATION-KEY": "x"}, 403)],
)
def test_keys_are_checked(simulator: Simulator, headers: dict[str, str], status: int) -> None:
    query = "/api/v1/query?from=1&to=60&query=avg:a{*}"
    assert fetch(f"{simulator.url}{query}", None, headers)[0] == status


def test_the_official_client_validates_its_key(simulator: Simulator) -> None:
    keys = {"apiKeyAuth": API_KEY, "appKeyAuth": APP_KEY}
    with ApiClient(Configuration(host=simulator.url, api_key=keys)) as client:
        assert AuthenticationApi(client).validate().to_dict() == {"valid": True}


WRONG: list[tuple[str, Any]] = [
    ("/api/v2/query/scalar", {}),
    ("/api/v2/query/scalar", scalar(("avg:a", "avg"))),
    ("/api/v2/query/scalar", scalar(("avg:a{env=x}", "avg"))),
    ("/api/v2/query/scalar", scalar(("\navg:a.{*}}", "avg"))),
    ("/api/v2/query/scalar", scalar(("avg:a{*}", "avg"), end=START)),
    ("/api/v2/query/timeseries", scalar(("avg:a{*}", "avg"))),
    ("/api/v1/query?from=1&to=2&query=a", None),
    ("/api/v1/query?from=1&to=2", None),
]


@pytest.mark.parametrize(("path", "body"), WRONG)
def test_questions_that_make_no_sense_are_refused(simulator: Simulator, path: str, body: Any) -> None:
    status, data, _ = fetch(f"{simulator.url}{path}", body)
    assert status == 400
    assert data["errors"]


def test_a_path_that_is_not_there(simulator: Simulator) -> None:
    assert fetch(f"{simulator.url}/api/v1/monitor")[0] == 404


def test_the_three_ways_to_ask_agree(simulator: Simulator) -> None:
    query = "avg:system.cpu.idle{env:simulated}"
    _, table, _ = fetch(f"{simulator.url}/api/v2/query/scalar", scalar((query, "avg")))
    (column,) = table["data"]["attributes"]["columns"]
    assert (column["type"], column["name"], column["meta"]["unit"][0]["name"]) == ("number", "q0", "percent")
    body = scalar((query, "avg"))
    body["data"]["type"] = "timeseries_request"
    _, series, _ = fetch(f"{simulator.url}/api/v2/query/timeseries", body)
    attributes = series["data"]["attributes"]
    (values,) = attributes["values"]
    assert attributes["times"] == [at * 1000 for at in range(START, END, 60)]
    _, v1, _ = fetch(f"{simulator.url}/api/v1/query?from={START}&to={END}&query={query}")
    (one,) = v1["series"]
    assert [value for _, value in one["pointlist"]] == values
    assert sum(values) / len(values) == pytest.approx(column["values"][0])


def test_every_query_of_the_collector_has_an_answer() -> None:
    for options in (
        Options(variables={"env": "simulated"}),
        Options(variables={"env": "simulated"}, database="rds", database_memory=1),
    ):
        for batch in batches(options):
            for query in asked(batch, options):
                answer = Life().answer(Query.of(query.text), query.aggregator, START, END)
                assert answer.values, query.text


def test_another_environment_has_no_values() -> None:
    query = Query.of("sum:trace.django.request.hits{env:prod}.as_count()")
    assert Life().answer(query, "sum", START, END).values == []
    assert Life().answer(query._replace(scope={}), "sum", END, END).values == []


def one(text: str, aggregator: str, start: int = START, end: int = END) -> float:
    ((_, value),) = Life().answer(Query.of(text), aggregator, start, end).values
    assert value is not None
    return value


def test_the_numbers_of_an_hour_could_be_true() -> None:
    p50, p95, p99 = (one(f"p{share}:trace.django.request{{*}}", "percentile") for share in (50, 95, 99))
    assert 0.02 < p50 < p95 < p99 < 60
    hits = one("sum:trace.django.request.hits{*}.as_count()", "sum")
    assert hits == sum(life.hits(resource, END // 60 - n) for resource in life.RESOURCES for n in range(1, 61))
    assert 0 < one("sum:trace.django.request.errors{*}.as_count()", "sum") < hits / 10
    by = Life().answer(Query.of("sum:trace.django.request.hits{*} by {resource_name}.as_count()"), "sum", START, END)
    assert sum(value or 0 for _, value in by.values) == hits
    assert min(value or 0 for _, value in by.values) < hits / 20


def test_it_lives() -> None:
    minutes = range(END // 60 - life.DAY, END // 60)
    loads = [life.load(at) for at in minutes]
    assert min(loads) < 0.35 < 0.95 < max(loads)
    slow = {life.is_slow(at) for at in range(END // 60, END // 60 + life.SPIKE_EVERY)}
    assert slow == {True, False}
    spike = next(at for at in minutes if life.is_slow(at) and not life.is_slow(at - 5))
    text = "p95:trace.django.request{*}"
    calm, loud = (one(text, "percentile", at * 60, (at + 1) * 60) for at in (spike - 5, spike))
    assert loud > 3 * calm
    assert [life.hits(life.RESOURCES[0], at) for at in minutes] == [life.hits(life.RESOURCES[0], at) for at in minutes]


@pytest.mark.parametrize(("aggregator", "value"), [("avg", 2), ("sum", 6), ("min", 1), ("max", 3), ("last", 2)])
def test_minutes_become_one_value(aggregator: str, value: float) -> None:
    assert over(aggregator, [1, 3, 2]) == value


@pytest.mark.parametrize(("share", "value"), [(0, 1), (0.5, 1), (0.51, 2), (0.89, 2), (1, 3)])
def test_percentiles_are_weighted(share: float, value: float) -> None:
    assert weighted([(3, 1), (1, 5), (2, 4)], share) == value
    assert weighted([], share) is None


def test_queries_of_v1_are_parted_at_the_commas_between_them() -> None:
    text = "sum:a{x:y,z:w} by {b,c}.as_count().rollup(sum, 60),avg:b{*}"
    first, second = parted(text)
    assert Query.of(first) == Query("sum", "a", {"x": "y", "z": "w"}, ("b", "c"), ".as_count().rollup(sum, 60)")
    assert Query.of(second).scope == {}
    with pytest.raises(NotAQuery):
        Query.of(text)
