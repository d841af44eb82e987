"""The pages, in process: what each answers in each state."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from exporter.health import Build
from exporter.model import Failure, Reason
from exporter.page import Page
from exporter.store import Store
from exporter.telemetry import Telemetry
from exporter.web.app import Views, create_app
from exporter.web.status.routes import status_routes
from exporter.web.status.view import Surroundings
from exporter.web_settings import WebSection
from tests.families import MINUTE, NOW, contract, result

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@dataclass
class House:
    """An application on a store of its own, and the clock."""

    now: Any = NOW
    problems: list[str] = field(default_factory=list)
    reloads: int = 0

    def __post_init__(self) -> None:
        self.store = Store(NOW)
        self.store.configure([contract("cost"), contract("revenue", required=True)], (), {}, NOW)
        self.heartbeat = NOW

    def client(self, **web: Any) -> TestClient:
        telemetry = Telemetry()
        telemetry.configure(["cost", "revenue"])
        views = Views(
            page=Page(Build("1.2.3", "abc"), telemetry, None),
            clock=lambda: self.now,
            snapshot=self.store.snapshot,
            heartbeat=lambda: self.heartbeat,
            reload=self.reload,
        )
        section, around = WebSection(**web), Surroundings(Build("1.2.3", "abc"))
        rooms = status_routes(views.clock, self.store.snapshot, lambda: around, section)
        return TestClient(create_app(views, section, rooms=rooms), raise_server_exceptions=False)

    def reload(self) -> list[str]:
        self.reloads += 1
        return self.problems

    def fail(self, name: str) -> None:
        self.store.fail(
            contract(name, required=name == "revenue"), Failure(Reason.QUERY, "<b>no such table</b>", NOW, 0.2)
        )

    def succeed(self, name: str) -> None:
        self.store.put(result(name=name), contract(name, required=name == "revenue"))


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/html,*/*;q=0.8", TEXT),
        (PROMETHEUS_2, OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
        ("application/openmetrics-text;q=0.4,text/plain;q=0.5", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/openmetrics-text;q=nonsense", TEXT),
    ],
)
def test_the_format_is_what_the_client_likes_best(accept: str, content_type: str) -> None:
    response = House().client().get("/metrics", headers={"Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (200, content_type)
    assert response.text.endswith("# EOF\n") == (content_type == OPENMETRICS)


@pytest.mark.parametrize(
    ("accept", "packed"),
    [("gzip", True), ("gzip;q=0", False), ("identity", False), ("*", True), ("br, gzip;q=0.5", True)],
)
def test_gzip_is_sent_to_who_takes_it(accept: str, packed: bool) -> None:
    client = House().client()
    response = client.get("/metrics", headers={"Accept-Encoding": accept})
    assert (response.headers.get("content-encoding") == "gzip") == packed
    assert response.text == client.get("/metrics", headers={"Accept-Encoding": "identity"}).text
    assert response.headers["vary"] == "Accept, Accept-Encoding"


def test_head_has_the_headers_of_get_and_no_body() -> None:
    client = House().client()
    head, get = client.head("/metrics"), client.get("/metrics")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


# What happened, as words of (outcome, collector).
READINESS = [
    ("", 503, "not ready: waiting for cost, revenue\n"),
    ("fail cost", 503, "not ready: waiting for revenue\n"),
    ("fail cost, fail revenue", 503, "not ready: waiting for revenue\n"),
    ("fail cost, succeed revenue", 200, "ready\n"),
    ("succeed cost, succeed revenue, fail revenue", 200, "ready\n"),
]


@pytest.mark.parametrize(("happened", "status", "text"), READINESS)
@pytest.mark.parametrize("path", ["/-/ready", "/readyz"])
def test_ready_is_every_collector_run_and_the_required_ones_fresh(
    path: str, happened: str, status: int, text: str
) -> None:
    house = House()
    for outcome, name in (words.split() for words in happened.split(", ") if words):
        getattr(house, outcome)(name)
    response = house.client().get(path)
    assert (response.status_code, response.text) == (status, text)


def test_a_required_collector_gone_stale_is_not_ready_and_says_why() -> None:
    house = House()
    house.succeed("cost")
    house.succeed("revenue")
    house.fail("revenue")
    house.now = NOW + 16 * MINUTE
    response = house.client().get("/-/ready?verbose")
    assert response.status_code == 503
    assert response.json() == {
        "ready": False,
        "paused_until": None,
        "collectors": [
            {"collector": "cost", "required": False, "state": "stale", "age": None, "blocks": False, "reason": None},
            {
                "collector": "revenue",
                "required": True,
                "state": "failing",
                "age": None,
                "blocks": True,
                "reason": "query: <b>no such table</b>",
            },
        ],
    }


@pytest.mark.parametrize("path", ["/-/healthy", "/healthz"])
def test_healthy_is_the_heartbeat_of_the_scheduler(path: str) -> None:
    house = House()
    house.now = NOW + timedelta(seconds=59)
    assert house.client().get(path).status_code == 200
    house.now = NOW + timedelta(seconds=60)
    response = house.client().get(path)
    assert (response.status_code, response.text) == (503, "the scheduler has not moved for 60 s\n")


def test_reload_is_off_unless_enabled() -> None:
    house = House()
    response = house.client().post("/-/reload")
    assert response.status_code == 403
    assert response.text == "reload over HTTP is off; start with --web.enable-lifecycle, or send SIGHUP\n"
    assert house.reloads == 0


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_reload_tells_every_problem(method: str) -> None:
    house = House()
    client = house.client(enable_lifecycle=True)
    assert client.request(method, "/-/reload").text == "reloaded\n"
    house.problems = ["config.yaml:1:1: a", "config.yaml:2:1: b"]
    response = client.request(method, "/-/reload")
    assert (response.status_code, response.text) == (500, "config.yaml:1:1: a\nconfig.yaml:2:1: b\n")


@pytest.mark.parametrize(("method", "path"), [("GET", "/-/reload"), ("POST", "/metrics"), ("DELETE", "/")])
def test_other_methods_are_refused(method: str, path: str) -> None:
    response = House().client(enable_lifecycle=True).request(method, path)
    assert response.status_code == 405
    assert response.headers["allow"]


def test_the_telemetry_path_is_where_it_was_put() -> None:
    client = House().client(telemetry_path="/numbers")
    assert client.get("/numbers").status_code == 200
    assert client.get("/metrics").status_code == 404
