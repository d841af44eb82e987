"""The application on a database, with results of collectors that ran at an instant; time stands still."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from starlette.testclient import TestClient

from collectors.base import Run
from exporter.budget import Ledger
from exporter.config import Config, Job, load
from exporter.connections import Connections
from exporter.health import Build
from exporter.model import Failure, Reason, Result, Sample
from exporter.page import Page
from exporter.registry import NAMES
from exporter.runner import execute
from exporter.store import Store
from exporter.telemetry import Telemetry
from exporter.web.access import Rules
from exporter.web.api.reads import Reads
from exporter.web.api.routes import Sight, routes
from exporter.web.api.terms import Terms
from exporter.web.app import Views, create_app
from tests.running import write
from tests.web.api.world import NOON

API = "/api/v1"
# Nobody listens there: what comes from there is put into the store by hand.
REMOTE: dict[str, Any] = {
    "redis": {"url": "redis://127.0.0.1:1/0"},
    "datadog": {"url": "http://127.0.0.1:1", "api_key": "no-key", "app_key": "no-key"},
    "aws": {"endpoint": "http://127.0.0.1:1"},
}


@dataclass
class House:
    """An application, and the means to change what it knows."""

    config: Config
    connections: Connections
    store: Store
    now: datetime = NOON

    def __post_init__(self) -> None:
        self.tokens: tuple[Any, ...] = self.config.web.tokens
        self.terms: Terms = self.connections.terms
        self.reads = Reads(lambda: self.terms, lambda: self.now)

    def job(self, name: str) -> Job:
        return next(job for job in self.config.jobs if job.name == name)

    def collect(self, *names: str) -> None:
        """Run collectors of the database."""
        collectors = self.connections.collectors()
        for name in names:
            run = Run(self.now, 30, self.config.definitions)
            self.store.put(execute(self.job(name), collectors[name], run, lambda: self.now), self.job(name).contract)

    def put(self, name: str, *samples: Sample, at: datetime | None = None, **documents: Any) -> None:
        """Store a result as if the collector had run."""
        ended = at or self.now
        self.store.put(Result(name, ended, ended, 0.1, samples, documents=documents), self.job(name).contract)

    def fail(self, name: str, text: str = "it failed") -> None:
        self.store.fail(self.job(name).contract, Failure(Reason.CONNECT, text, self.now, 0.1))

    def sample(self, name: str, family: str, value: Any, **labels: str) -> Sample:
        return self.job(name).contract.by_name[f"jobhive_{family}"].sample(value, **labels)

    def client(self) -> TestClient:
        telemetry, build = Telemetry(), Build("1.2.3", "abc")
        telemetry.configure(job.name for job in self.config.jobs)
        views = Views(
            page=Page(build, telemetry, None),
            clock=lambda: self.now,
            snapshot=self.store.snapshot,
            heartbeat=lambda: self.now,
            reload=list,
        )
        sight = Sight(lambda: self.now, self.store.snapshot, lambda: self.terms, self.reads)
        app = create_app(views, self.config.web, lambda: Rules(tokens=self.tokens), routes(sight))
        return TestClient(app, raise_server_exceptions=False)

    def get(self, path: str, **headers: str) -> Any:
        """Return the JSON of an answer that must be there."""
        answer = self.client().get(f"{API}{path}", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def house(folder: Path, url: str, **sections: Any) -> Iterator[House]:
    """Open the application; every collector is configured, as the defaults have it."""
    sections = {"database": {"url": url}} | REMOTE | sections
    config = load(write(folder, sections), {}, {})
    connections = Connections(config, Ledger(config.state_path))
    store = Store(NOON)
    contracts = [job.contract for job in config.jobs]
    store.configure(contracts, config.disabled, config.definitions.thresholds, NOON)
    found = House(config, connections, store)
    try:
        yield found
    finally:
        found.reads.close()
        connections.close()


def local() -> list[str]:
    """Return the collectors that read JobHive's database."""
    return [name for name in NAMES if name not in ("ai_realtime", "system", "cost", "unit_economics", "data_quality")]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Write down every statement that is sent to a database."""
    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def series(section: Mapping[str, Any]) -> dict[tuple[str, frozenset[tuple[str, str]]], Any]:
    """Return the values of a section by name and labels, as the oracles have them; what is null is not there."""
    return {
        (name, frozenset(one["labels"].items())): one["value"]
        for name, figure in section["families"].items()
        for one in figure["series"] or ()
        if one["value"] is not None
    }


def later(found: House, by: timedelta) -> House:
    """Let time pass."""
    found.now += by
    return found
