"""The API over rules and samples of a test, which runs rounds when it likes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from starlette.applications import Starlette
from starlette.testclient import TestClient

from alerts.manager import Edges, Manager
from alerts.owners import RuleId
from alerts.promql import Samples
from alerts.promql.samples import Pair
from alerts.rounds import Terms, World
from alerts.rulefile import Terms as FileTerms
from alerts.rulefile import read
from alerts.rules import Group
from alerts.sending import Sending
from alerts.templates import compile_template
from exporter.exposition import Block
from exporter.health import Build
from exporter.web.prometheus.routes import Present, prometheus_routes
from exporter.web.server import Server, bind
from exporter.web_settings import WebSection
from tests.alerts.timeline import CATALOGUE
from tests.families import NOW

TARGET = {"job": "jobhive", "instance": "one:10077"}
TERMS = FileTerms(partial(compile_template, min_prometheus=(3, 0)), min_prometheus=(3, 0))
FAMILIES = (
    Block("jobhive_mrr", "gauge", "Money.", ()),
    Block("jobhive_exporter_collector_runs_total", "counter", "Runs.", ()),
)


def groups_of(source: str, file: str = "test.rules.yml") -> list[Group]:
    """Read a rule file."""
    found = read(file, source.encode(), TERMS)
    assert not found.problems, found.problems
    return list(found.groups)


@dataclass
class House:
    """An API on groups and samples; `unknown` are the collectors nobody knows of."""

    groups: Sequence[Group] = ()
    samples: list[Pair] = field(default_factory=list)
    now: datetime = NOW
    unknown: set[str] = field(default_factory=set)
    monotonic: Callable[[], float] = lambda: 0.0
    most: int = 8
    lacking: Mapping[RuleId, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        # No slot has come yet.
        began = self.now - timedelta(days=1)
        edges = Edges(self.look, monotonic=lambda: 0.0)
        self.manager = Manager(edges, self.groups, Terms(CATALOGUE, lacking=self.lacking), Sending(), began)

    def look(self, _at: datetime) -> World:
        return World(Samples.of(self.samples), {"failed": frozenset(self.unknown)})

    def run(self, now: datetime | None = None) -> None:
        """Pass a round of every group."""
        self.now = now or self.now
        self.manager.run_due(self.now, 0.0)

    def app(self) -> Starlette:
        def samples(at: datetime) -> Samples:
            return self.look(at).samples | Samples.together(one.state.outputs for one in self.manager.standing)

        present = Present(
            build=Build("1.2.3", "abc"),
            clock=lambda: self.now,
            groups=lambda: self.manager.standing,
            samples=samples,
            families=lambda: FAMILIES,
            monotonic=self.monotonic,
        )
        return Starlette(routes=prometheus_routes(present, WebSection(max_requests=2 * self.most)))

    def client(self) -> TestClient:
        return TestClient(self.app())

    def get(self, path: str, **parameters: str | Sequence[str]) -> tuple[int, str]:
        """Ask, and return the status and the text."""
        answer = self.client().get(f"/api/v1/{path}", params=dict(parameters))
        return answer.status_code, answer.text

    def data(self, path: str, parameters: Mapping[str, str | Sequence[str]] | None = None) -> object:
        """Ask, and return what is found."""
        answer = self.client().get(f"/api/v1/{path}", params=dict(parameters or {}))
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Serve an application over a socket; yields its URL."""
    (listening,) = bind(["127.0.0.1:0"])
    server = Server(app, [listening])
    server.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.stop()
