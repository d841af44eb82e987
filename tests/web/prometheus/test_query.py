"""`/api/v1/query`: what a rule sees a person can ask, within bounds, and never about the past."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest
from structlog.testing import capture_logs

from alerts.rounds import World
from tests.families import NOW
from tests.waiting import eventually
from tests.web.prometheus.house import TARGET, House, groups_of, served

UNIX = f"{NOW.timestamp():.0f}"
MRR = ({"__name__": "jobhive_mrr", "currency": "USD", **TARGET}, 79.99)
RULES = """
groups:
- name: g
  rules:
  - {record: "currency:mrr:sum", expr: sum by (currency) (jobhive_mrr)}
  - {alert: Poor, expr: jobhive_mrr < 100, for: 1h, labels: {severity: page}}
"""


def house() -> House:
    return House(samples=[MRR, ({"__name__": "up", **TARGET}, 1.0)])


def asked(query: str, found: House | None = None, **parameters: str) -> Any:
    """Ask, and return the whole answer."""
    _, text = (found or house()).get("query", query=query, **parameters)
    return json.loads(text)


@pytest.mark.parametrize(
    ("query", "kind", "result"),
    [
        ("jobhive_mrr", "vector", [{"metric": dict(sorted(MRR[0].items())), "value": [int(UNIX), "79.99"]}]),
        ("nosuch", "vector", []),
        ("1 + 1", "scalar", [int(UNIX), "2"]),
        ("time()", "scalar", [int(UNIX), UNIX]),
        ('("a<b")', "string", [int(UNIX), "a<b"]),
    ],
)
def test_an_expression_is_evaluated_now(query: str, kind: str, result: object) -> None:
    assert asked(query) == {"status": "success", "data": {"resultType": kind, "result": result}}


def test_it_sees_what_rules_publish() -> None:
    found = house()
    found = House(groups_of(RULES), found.samples)
    found.run()
    alert = {"alertname": "Poor", "currency": "USD", "severity": "page", **TARGET}
    names = [one["metric"] for one in asked('{__name__=~"ALERTS|currency:.*"}', found)["data"]["result"]]
    assert names == [
        {"__name__": "ALERTS", "alertstate": "pending", **alert},
        {"__name__": "currency:mrr:sum", "currency": "USD"},
    ]


TOO_FAR = (
    'invalid parameter "time": {} is more than 5 minutes from now; this daemon has no history and tells what it knows '
    "now. Leave the time out, or ask Prometheus"
)


@pytest.mark.parametrize(
    ("away", "warned", "refused"),
    [
        (timedelta(0), False, False),
        (timedelta(minutes=-5), False, False),
        (timedelta(minutes=1), False, False),
        (timedelta(minutes=1, milliseconds=1), True, False),
        (timedelta(minutes=5), True, False),
        (timedelta(minutes=5, milliseconds=1), False, True),
        (timedelta(minutes=-5, milliseconds=-1), False, True),
    ],
)
def test_a_time_is_answered_as_far_as_it_means_now(away: timedelta, *, warned: bool, refused: bool) -> None:
    at = NOW - away
    answer = asked("time()", time=f"{at.timestamp():.3f}")
    if refused:
        text = at.isoformat().replace("000+00:00", "Z").replace("+00:00", "Z")
        assert answer == {"status": "error", "errorType": "bad_data", "error": TOO_FAR.format(text)}
        return
    assert float(answer["data"]["result"][1]) == at.timestamp()
    told = ["the values are those of 2026-04-20T12:00:00Z: this daemon has no history"]
    assert answer.get("warnings") == (told if warned else None)


@pytest.mark.parametrize(
    ("time", "at"),
    [
        (f"{UNIX}.5", f"{UNIX}.5"),
        (f"{UNIX}.1234567", f"{UNIX}.123"),
        (f"{UNIX}.9996", str(int(UNIX) + 1)),
        ("2026-04-20T12:00:01Z", str(int(UNIX) + 1)),
        ("2026-04-20T14:00:01.25+02:00", f"{int(UNIX) + 1}.25"),
        ("2026-04-20T12:00:01.123456789Z", f"{int(UNIX) + 1}.123"),
        ("", UNIX),
    ],
)
def test_a_time_is_seconds_or_rfc_3339(time: str, at: str) -> None:
    assert house().get("query", query="1", time=time)[1].endswith(f'"result":[{at},"1"]}}}}')


MEND = "write seconds since 1970, or 2026-11-22T23:59:36Z"
HISTORY = "which needs history; this daemon evaluates instant expressions. Prometheus can evaluate it."


@pytest.mark.parametrize(
    ("query", "parameters", "error"),
    [
        ("", {}, '"query": expression is empty.'),
        ("1 +", {}, '"query": invalid promql query.'),
        ("x" * 16385, {}, '"query": expression is 16385 bytes long, the limit is 16384.'),
        ("rate(up[5m])", {}, f'"query": uses rate(…[5m]), {HISTORY}'),
        ("up[5m]", {}, f'"query": uses …[5m], {HISTORY}'),
        ("up offset 1h", {}, f'"query": uses offset 1h, {HISTORY}'),
        (
            "max_over_time(up[1h:1m])",
            {},
            '"query": subquery [1h:1m] is not supported. Prometheus can evaluate it.',
        ),
        ("1", {"time": "yesterday"}, f"\"time\": cannot parse 'yesterday'; {MEND}"),
        ("1", {"time": "2026-04-20T12:00:00"}, f"\"time\": cannot parse '2026-04-20T12:00:00'; {MEND}"),
        ("1", {"time": "2026-04-20"}, f"\"time\": cannot parse '2026-04-20'; {MEND}"),
        ("1", {"time": "NaN"}, f"\"time\": cannot parse 'NaN'; {MEND}"),
        ("1", {"time": "1e300"}, f"\"time\": cannot parse '1e300'; {MEND}"),
        ("1", {"time": "0001-01-01T00:00:00+23:59"}, f"\"time\": cannot parse '0001-01-01T00:00:00+23:59'; {MEND}"),
        ("1", {"timeout": "soon"}, "\"timeout\": 'soon' is not a duration; write for example 90s, 5m or 1h30m"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_mend(query: str, parameters: dict[str, str], error: str) -> None:
    status, text = house().get("query", query=query, **parameters)
    answer = json.loads(text)
    assert (status, answer["status"], answer["errorType"]) == (400, "error", "bad_data")
    assert answer["error"].startswith(f"invalid parameter {error}")


def test_what_fails_on_these_samples_is_an_execution_error() -> None:
    found = House(samples=[({"__name__": "one", "a": name}, 1.0) for name in "xy"])
    status, text = found.get("query", query="one + on () one")
    assert (status, json.loads(text)["errorType"]) == (422, "execution")
    assert "many-to-many matching not allowed" in text


@pytest.mark.parametrize(
    ("ticks", "timeout", "status"),
    [(9.9, "", 200), (10.0, "", 503), (10.0, "1h", 503), (1.0, "1s", 503), (0.5, "1s", 200), (0.0, "0", 503)],
)
def test_an_answer_takes_ten_seconds_at_most_or_less(ticks: float, timeout: str, status: int) -> None:
    found = house()
    # The question comes at 0, and is looked at next when so many seconds have passed.
    found.monotonic = iter((0.0, ticks)).__next__
    answered, text = found.get("query", query="1", timeout=timeout)
    assert answered == status
    if status == 503:
        error = "query timed out in expression evaluation"
        assert json.loads(text) == {"status": "error", "errorType": "timeout", "error": error}


def test_a_form_comes_before_the_url() -> None:
    answer = house().client().post("/api/v1/query?query=1&timeout=5", data={"query": "2"})
    assert answer.json()["data"]["result"] == [int(UNIX), "2"]


def test_a_body_that_is_no_form_says_nothing() -> None:
    answer = house().client().post("/api/v1/query", json={"query": "2"})
    assert answer.json()["error"] == 'invalid parameter "query": expression is empty.'


def test_a_form_is_bounded() -> None:
    answer = house().client().post("/api/v1/query", data={"query": "1", "x": "y" * 140_000})
    assert answer.status_code == 400
    assert answer.json()["error"] == "the form is longer than 131072 bytes"


def test_a_result_is_bounded() -> None:
    found = House(samples=[({"__name__": "one", "i": f"{number:0>16000}"}, 1.0) for number in range(1000)])
    status, text = found.get("query", query="one")
    assert status == 422
    assert json.loads(text)["error"] == "the result is longer than 16000000 characters; aggregate, or select less"


def test_a_range_is_refused_because_there_is_no_history() -> None:
    status, text = house().get("query_range", query="up", start=UNIX, end=UNIX, step="15")
    assert status == 400
    assert json.loads(text) == {
        "status": "error",
        "errorType": "bad_data",
        "error": "this daemon has no history and knows only what is now; "
        "ask Prometheus for a range, or /api/v1/query here",
    }


class Broken(House):
    """A house in which nothing can be seen."""

    def look(self, _at: datetime) -> World:
        raise ZeroDivisionError("a secret")


def test_a_fault_of_ours_is_told_without_what_it_says() -> None:
    with capture_logs() as lines:
        status, text = Broken().get("query", query="up")
    assert (status, json.loads(text)["errorType"]) == (500, "internal")
    assert json.loads(text)["error"] == "internal error (ZeroDivisionError); please report it"
    assert lines == [
        {"event": "question failed", "log_level": "error", "path": "/api/v1/query", "error": "ZeroDivisionError"}
    ]


class Slow(House):
    """A house in which nothing is to be seen until it is let go."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.let_go, self.looking = threading.Event(), threading.Semaphore(0)

    def look(self, at: datetime) -> World:
        self.looking.release()
        assert self.let_go.wait(30)
        return super().look(at)


def test_two_questions_are_answered_at_once_some_wait_and_more_are_refused() -> None:
    found = Slow(most=6)
    with served(found.app()) as url, ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(httpx.get, f"{url}/api/v1/query?query=up", timeout=30) for _ in range(8)]
        refused = eventually(
            lambda: [one.result() for one in asking if one.done()], within=20, until=lambda done: len(done) == 2
        )
        assert all(found.looking.acquire(timeout=10) for _ in range(2))
        assert not found.looking.acquire(timeout=0.2)
        found.let_go.set()
        assert sorted(one.result().status_code for one in asking) == [200] * 6 + [503] * 2
        assert httpx.get(f"{url}/api/v1/query?query=up", timeout=30).status_code == 200
    error = "too many questions at once, the limit is 6; try again"
    assert [one.json() for one in refused] == [{"status": "error", "errorType": "unavailable", "error": error}] * 2


def test_the_link_of_an_alert_leads_to_what_its_expression_is_now() -> None:
    client = house().client()
    answer = client.get("/graph?g0.expr=jobhive_mrr+%3E+1&g0.tab=1", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "api/v1/query?query=jobhive_mrr+%3E+1")
    assert client.get("/graph?g0.expr=jobhive_mrr+%3E+1").json()["status"] == "success"
