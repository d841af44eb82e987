"""The client of Datadog against a simulated one: every way to fail, what is sent again, and what is counted."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from demo.datadog import API_KEY, APP_KEY, Fault, Simulator
from demo.datadog_query import Answer, Query
from exporter.model import Interrupted, Reason, SourceError
from exporter.scalars import Column, ScalarQuery, Span
from exporter.secrets import Secret
from exporter.sources.clock_skew import ahead
from exporter.sources.datadog import TRIES, Datadog, DatadogSettings
from tests.waiting import eventually

NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)
END = int(NOON.timestamp())
HITS = ScalarQuery("hits", "sum:hits{*}.as_count()", "sum")
OK = b'{"data": {"attributes": {"columns": []}}}'


class Book:
    """A ledger that holds so many requests."""

    def __init__(self, most: int = 100) -> None:
        self.spent: list[tuple[str, datetime]] = []
        self._most = most

    def spend(self, api: str, at: datetime) -> None:
        if len(self.spent) == self._most:
            raise SourceError(Reason.BUDGET, "nothing is left")
        self.spent.append((api, at))


class One:
    """A world of one number."""

    def answer(self, query: Query, aggregator: str, start: int, end: int) -> Answer:  # noqa: ARG002
        return Answer([((), 7.0)], ("request", None))


class Asked:
    """A client of a simulator, with all that it has told to others."""

    def __init__(
        self,
        url: str,
        api: str = "v2",
        *,
        most: int = 100,
        timeout: float = 5,
        key: str = API_KEY,
        now: datetime = NOON,
    ) -> None:
        self.book, self.limits = Book(most), list[int]()
        settings = DatadogSettings(url, Secret(key), Secret(APP_KEY), api, timeout)
        self.source = Datadog(settings, self.book, self.limits.append, lambda: now)

    def ask(self, *queries: ScalarQuery, deadline: float = 5) -> dict[str, Column]:
        def work(round_: Any) -> dict[str, Column]:
            found: dict[str, Column] = round_.scalar(queries or (HITS,), round_.span(END, 300))
            return found

        with closing(self.source):
            return self.source.read(deadline, work)

    def failing(self, deadline: float = 5) -> SourceError:
        with pytest.raises(SourceError) as raised:
            self.ask(deadline=deadline)
        for secret in (API_KEY, APP_KEY):
            assert secret not in str(raised.value)
        return raised.value


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(One(), clock=NOON.timestamp) as server:
        yield server


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exporter.sources.datadog.PAUSE", 0.001)


def error(status: int, *texts: str, **headers: str) -> Fault:
    return Fault(
        status, json.dumps({"errors": texts}).encode(), {name.replace("_", "-"): v for name, v in headers.items()}
    )


RETRIED, ONCE = TRIES, 1
AUTH = "check datadog.api_key, datadog.app_key and datadog.site; the application key needs timeseries_query"
QUERY = "check the queries and variables of collectors.system.options"
CONNECT = "check datadog.site or datadog.url, and whether it can be reached from here"
NO_ANSWER = f"Datadog: the answer is not what the API of Datadog answers; {QUERY}"
FAULTS = [
    ("400", error(400, "unable to parse"), Reason.QUERY, ONCE, f"Datadog: HTTP 400 (unable to parse); {QUERY}"),
    ("401", error(401, "Unauthorized"), Reason.AUTH, ONCE, f"Datadog: HTTP 401 (Unauthorized); {AUTH}"),
    ("403", error(403, "Forbidden"), Reason.AUTH, ONCE, f"Datadog: HTTP 403 (Forbidden); {AUTH}"),
    ("404", error(404), Reason.QUERY, ONCE, f"Datadog: HTTP 404; {QUERY}"),
    ("500", error(500, "oh"), Reason.CONNECT, RETRIED, f"Datadog: HTTP 500 (oh); {CONNECT}"),
    ("503", Fault(503, b"<html>down</html>"), Reason.CONNECT, RETRIED, f"Datadog: HTTP 503; {CONNECT}"),
    ("a proxy page", Fault(200, b"<html>log in</html>", {"Content-Type": "text/html"}), Reason.QUERY, ONCE, NO_ANSWER),
    ("half an answer", Fault(200, OK[:-5]), Reason.QUERY, ONCE, NO_ANSWER),
    ("a list", Fault(200, b"[]"), Reason.QUERY, ONCE, NO_ANSWER),
    ("no data", Fault(200, b"{}"), Reason.QUERY, ONCE, NO_ANSWER),
    ("not UTF-8", Fault(200, b'{"data": "\xff"}'), Reason.QUERY, ONCE, NO_ANSWER),
    ("a redirect", Fault(302, b"", {"Location": "/"}), Reason.CONNECT, RETRIED, None),
    ("a broken line", Fault(breaks=True), Reason.CONNECT, RETRIED, None),
    (
        "errors in a 200",
        Fault(200, b'{"errors": "the query is too long"}'),
        Reason.QUERY,
        ONCE,
        f"Datadog: it says the query is too long; {QUERY}",
    ),
    (
        "bad compression",
        Fault(200, b"nonsense", {"Content-Encoding": "gzip"}),
        Reason.QUERY,
        ONCE,
        f"Datadog: the answer cannot be decompressed; {QUERY}",
    ),
]


@pytest.mark.parametrize(
    ("fault", "reason", "sent", "text"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_what_cannot_get_better_is_sent_once(
    simulator: Simulator, fault: Fault, reason: Reason, sent: int, text: str | None
) -> None:
    simulator.faults.extend([fault] * 10)
    asked = Asked(simulator.url)
    failed = asked.failing()
    assert failed.reason == reason
    assert text in (None, str(failed))
    assert len(simulator.requests) == len(asked.book.spent) == sent


def test_wrong_keys_are_told_by_the_server_itself(simulator: Simulator) -> None:
    assert Asked(simulator.url, key="another").failing().reason == Reason.AUTH


@pytest.mark.parametrize("fault", [error(500), error(429), Fault(breaks=True), Fault(hangs=True)])
@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_failure_that_passes_costs_a_request_and_nothing_else(simulator: Simulator, fault: Fault, api: str) -> None:
    simulator.faults.append(fault)
    asked = Asked(simulator.url, api, timeout=0.3)
    assert asked.ask() == {"hits": Column("request", None, {(): 7.0})}
    assert len(simulator.requests) == len(asked.book.spent) == 2
    assert set(asked.book.spent) == {("datadog", NOON)}


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_request_that_gets_no_answer_is_sent_three_times_not_four(simulator: Simulator, api: str) -> None:
    simulator.faults.extend([Fault(hangs=True)] * 10)
    asked, began = Asked(simulator.url, api, timeout=0.2), monotonic()
    failed = asked.failing()
    assert failed.reason == Reason.TIMEOUT
    assert str(failed) == "Datadog: no answer in time; raise datadog.timeout, or ask for fewer windows"
    assert monotonic() - began < 2
    assert len(simulator.requests) == len(asked.book.spent) == TRIES


@pytest.mark.parametrize("fault", [Fault(hangs=True), Fault(drips=True)])
def test_a_run_ends_with_its_deadline(simulator: Simulator, fault: Fault) -> None:
    simulator.faults.extend([fault] * 10)
    asked, began = Asked(simulator.url, timeout=30), monotonic()
    failed = asked.failing(deadline=0.4)
    assert failed.reason == Reason.TIMEOUT
    assert monotonic() - began < 2
    assert len(simulator.requests) == 1
    # The next run has a deadline of its own.
    simulator.faults.clear()
    assert asked.ask()["hits"].values == {(): 7.0}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-61, "61 s ahead of"), (-7200, "7200 s ahead of"), (61, "61 s behind"), (3600, "3600 s behind")],
)
def test_answers_to_a_wrong_clock_are_refused(seconds: int, words: str) -> None:
    with Simulator(One(), clock=lambda: NOON.timestamp() + seconds) as simulator:
        failed = Asked(simulator.url).failing()
        assert len(simulator.requests) == 1
    assert failed.reason is Reason.INVALID
    assert str(failed) == f"the clock of this machine is {words} Datadog; set it by NTP"


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_clock_may_be_a_little_off(seconds: int) -> None:
    with Simulator(One(), clock=lambda: NOON.timestamp() + seconds) as simulator:
        assert Asked(simulator.url).ask()["hits"].values == {(): 7}


@pytest.mark.parametrize("headers", [None, {}, {"Date": "yesterday"}, {"date": ""}])
def test_who_tells_no_time_is_believed(headers: dict[str, str] | None) -> None:
    assert ahead(headers, NOON) == timedelta(0)


def test_nobody_listens() -> None:
    with Simulator() as gone:
        url = gone.url
    failed = Asked(url).failing()
    assert (failed.reason, str(failed)) == (
        Reason.CONNECT,
        f"Datadog: no connection (NewConnectionError); {CONNECT}",
    )


def test_tls_with_somebody_who_speaks_none(simulator: Simulator) -> None:
    failed = Asked(simulator.url.replace("http:", "https:")).failing()
    assert failed.reason == Reason.CONNECT


def test_what_the_budget_does_not_hold_is_not_sent(simulator: Simulator) -> None:
    simulator.faults.extend([error(500)] * 10)
    asked = Asked(simulator.url, most=2)
    assert asked.failing().reason == Reason.BUDGET
    assert len(simulator.requests) == 2


def test_what_is_left_of_the_limit_is_told_also_by_errors(simulator: Simulator) -> None:
    simulator.faults.append(error(500, X_RateLimit_Remaining="41"))
    simulator.faults.append(error(500, x_ratelimit_remaining="a lot"))
    asked = Asked(simulator.url)
    asked.ask()
    assert asked.limits == [41, 1599]


def test_where_nothing_is_left_of_the_limit_nothing_is_sent() -> None:
    with Simulator(One(), limit=1, clock=lambda: END + 3000) as simulator:
        asked = Asked(simulator.url, now=NOON + timedelta(seconds=3000))
        asked.ask()
        assert asked.limits == [0]
        failed = asked.failing()
        assert failed.reason == Reason.RATELIMIT
        assert "Datadog's own limit of requests is reached, for 600 s more" in str(failed)
        assert len(simulator.requests) == len(asked.book.spent) == 1


def test_a_429_is_waited_for_no_longer_than_the_deadline(simulator: Simulator) -> None:
    simulator.faults.append(error(429, "Too many requests", X_RateLimit_Reset="3600", X_RateLimit_Remaining="0"))
    asked, began = Asked(simulator.url), monotonic()
    assert asked.failing(deadline=2).reason == Reason.RATELIMIT
    assert monotonic() - began < 1
    assert len(simulator.requests) == 1


def test_a_limit_that_is_renewed_in_time_is_waited_for(simulator: Simulator) -> None:
    simulator.faults.append(error(429, X_RateLimit_Reset="1"))
    now = [NOON]
    asked = Asked(simulator.url)
    settings = DatadogSettings(simulator.url, Secret(API_KEY), Secret(APP_KEY), "v2", 5)
    began = monotonic()
    # The clock goes with the time that was waited.
    asked.source = Datadog(
        settings,
        asked.book,
        asked.limits.append,
        lambda: datetime.fromtimestamp(now[0].timestamp() + monotonic() - began, UTC),
    )
    assert asked.ask()["hits"].values == {(): 7.0}
    assert monotonic() - began >= 1
    assert len(simulator.requests) == 2


def test_a_stop_ends_what_is_running_and_what_waits(simulator: Simulator) -> None:
    simulator.faults.extend([Fault(hangs=True)] * 3)
    asked, ended = Asked(simulator.url, timeout=30), list[BaseException]()

    def run() -> None:
        try:
            asked.ask(deadline=30)
        except Interrupted as interrupted:
            ended.append(interrupted)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: simulator.requests, within=5)
    asked.source.stop()
    thread.join(5)
    assert [str(why) for why in ended] == ["the daemon is stopping"]
    with pytest.raises(Interrupted):
        asked.ask()
    assert len(simulator.requests) == 1


def test_a_stop_ends_a_pause_at_once(simulator: Simulator) -> None:
    simulator.faults.append(error(429, X_RateLimit_Reset="20"))
    asked, ended, began = Asked(simulator.url), list[BaseException](), monotonic()

    def run() -> None:
        try:
            asked.ask(deadline=60)
        except Interrupted as interrupted:
            ended.append(interrupted)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: asked.book.spent and not simulator.faults, within=5)
    asked.source.stop()
    thread.join(5)
    assert ended
    assert monotonic() - began < 5


def columns(*found: Any) -> Fault:
    return Fault(200, json.dumps({"data": {"attributes": {"columns": found}}}).encode())


def number(name: str, values: list[Any], unit: Any = None) -> dict[str, Any]:
    return {"type": "number", "name": name, "values": values, "meta": {"unit": unit}}


SECOND = {"name": "second", "scale_factor": 1000.0}
SCALARS = [
    (columns(), {}),
    (columns(number("hits", [3])), {"hits": Column(None, None, {(): 3.0})}),
    (columns(number("hits", [None])), {"hits": Column(None, None, {})}),
    (columns(number("hits", [float("nan")])), {"hits": Column(None, None, {})}),
    (columns(number("hits", [float("inf")])), {"hits": Column(None, None, {})}),
    (columns({"type": "number", "name": "hits", "values": [1.5]}), {"hits": Column(None, None, {(): 1.5})}),
    (columns(number("hits", [1], [SECOND, None])), {"hits": Column("second", None, {(): 1.0})}),
    (columns(number("hits", [1], [{"name": "hit"}, SECOND])), {"hits": Column("hit", "second", {(): 1.0})}),
    (
        columns(
            {"type": "group", "name": "resource_name", "values": [["a"], ["b"]]},
            {"type": "group", "name": "env", "values": [["x", "y"], []]},
            number("p95", [0.5, None]),
            number("hits", [8, 9]),
        ),
        {
            "p95": Column(None, None, {(("resource_name", "a"), ("env", "x,y")): 0.5}),
            "hits": Column(
                None,
                None,
                {
                    (("resource_name", "a"), ("env", "x,y")): 8.0,
                    (("resource_name", "b"), ("env", "")): 9.0,
                },
            ),
        },
    ),
]


@pytest.mark.parametrize(("fault", "expected"), SCALARS)
def test_what_a_table_says(simulator: Simulator, fault: Fault, expected: dict[str, Column]) -> None:
    simulator.faults.append(fault)
    assert Asked(simulator.url).ask() == expected


@pytest.mark.parametrize(
    "fault",
    [
        columns({"type": "group", "name": "a", "values": [["x"], ["y"]]}, number("hits", [1])),
        columns({"type": "number", "name": "hits"}),
        columns(number("hits", ["many"])),
    ],
)
def test_a_table_that_is_none_is_no_answer(simulator: Simulator, fault: Fault) -> None:
    simulator.faults.append(fault)
    assert str(Asked(simulator.url).failing()) == NO_ANSWER


def test_the_question_of_v2(simulator: Simulator) -> None:
    slowest = ScalarQuery("slow", "p95:times{a:b} by {c}", "percentile", 50)
    simulator.faults.append(columns())
    Asked(simulator.url).ask(slowest, HITS)
    (request,) = simulator.requests
    assert (request.method, request.path) == ("POST", "/api/v2/query/scalar")
    assert request.body == {
        "data": {
            "type": "scalar_request",
            "attributes": {
                "from": (END - 300) * 1000,
                "to": END * 1000,
                "formulas": [{"formula": "slow", "limit": {"count": 50, "order": "desc"}}, {"formula": "hits"}],
                "queries": [
                    {
                        "name": "slow",
                        "query": "p95:times{a:b} by {c}",
                        "aggregator": "percentile",
                        "data_source": "metrics",
                    },
                    {"name": "hits", "query": "sum:hits{*}.as_count()", "aggregator": "sum", "data_source": "metrics"},
                ],
            },
        }
    }


def series(points: list[Any], **changes: Any) -> Fault:
    found = {"query_index": 0, "pointlist": points, "tag_set": [], "unit": [SECOND, None]} | changes
    return Fault(200, json.dumps({"status": "ok", "series": [found]}).encode())


MS = (END - 300) * 1000
V1 = [
    (Fault(200, b'{"status": "ok", "series": []}'), {}),
    (series([[MS, 2.5]]), {"hits": Column("second", None, {(): 2.5})}),
    (series([[MS, None]]), {"hits": Column("second", None, {})}),
    (series([]), {"hits": Column("second", None, {})}),
    (series([[MS - 1, 9], [MS, 2], [END * 1000, 9]], unit=None), {"hits": Column(None, None, {(): 2.0})}),
    (series([[MS, 2]], tag_set=["a:b:c"]), {"hits": Column("second", None, {(("a", "b:c"),): 2.0})}),
]


@pytest.mark.parametrize(("fault", "expected"), V1)
def test_what_series_of_v1_say(simulator: Simulator, fault: Fault, expected: dict[str, Column]) -> None:
    simulator.faults.append(fault)
    assert Asked(simulator.url, "v1").ask() == expected


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (
            Fault(200, b'{"status": "error", "error": "no such scope", "series": []}'),
            f"Datadog: it says no such scope; {QUERY}",
        ),
        (Fault(200, b'{"status": "error"}'), f"Datadog: it says error; {QUERY}"),
        (Fault(200, b'{"status": "ok"}'), NO_ANSWER),
        (series([[MS, 1], [MS + 60_000, 1]]), NO_ANSWER),
        (series([[MS, 1]], query_index=3), NO_ANSWER),
    ],
)
def test_an_error_in_a_200_is_an_error(simulator: Simulator, fault: Fault, text: str) -> None:
    simulator.faults.append(fault)
    failed = Asked(simulator.url, "v1").failing()
    assert (failed.reason, str(failed)) == (Reason.QUERY, text)


def test_the_question_of_v1_is_for_whole_buckets(simulator: Simulator) -> None:
    asked = Asked(simulator.url, "v1")
    last, p95 = ScalarQuery("last", "avg:most{*}", "last"), ScalarQuery("p95", "p95:times{a:b,c:d}", "percentile")

    def work(round_: Any) -> Span:
        found: Span = round_.span(END + 299, 300)
        round_.scalar((HITS, p95, last), found)
        return found

    with closing(asked.source):
        assert asked.source.read(5, work) == Span(END - 300, END)
    (request,) = simulator.requests
    assert request.parameters == {
        "from": str(END - 300),
        "to": str(END),
        "query": "sum:hits{*}.as_count().rollup(sum, 300),p95:times{a:b,c:d}.rollup(300),avg:most{*}",
    }
