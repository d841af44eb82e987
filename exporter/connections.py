"""The clients of the sources that a configuration names; each connects when it is first read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from sqlalchemy import URL

from collectors.base import Collector
from collectors.interviews.options import Options as InterviewOptions
from exporter import state
from exporter.budget import Ledger
from exporter.config import Config
from exporter.queries import SqlSource
from exporter.scheduler import DATABASE_WORKERS, LANE_WORKERS
from exporter.sources.aws import CostExplorer
from exporter.sources.cost_memory import CostMemory
from exporter.sources.database import Database, Explain
from exporter.sources.datadog import Datadog
from exporter.sources.redis import Keyspace
from exporter.sources.sql import SqlDatabase
from exporter.sources.sql_url import POSTGRES, SQLITE
from exporter.sources.sqlite import SqliteDatabase
from exporter.web.api.reads import MOST_AT_ONCE
from exporter.web.api.terms import Terms


def open_database(config: Config, explain: Explain | None = None) -> Database | None:
    """Make the client of JobHive's database."""
    if config.database is None:
        return None
    return Database(
        config.database.url,
        schema=config.database.schema,
        tables=config.definitions.tables.names(),
        workers=DATABASE_WORKERS,
        explain=explain,
    )


def open_for_requests(config: Config) -> Database | None:
    """Make the client that the JSON API asks questions with: collectors never wait for one of its connections."""
    if config.database is None:
        return None
    return Database(
        config.database.url,
        schema=config.database.schema,
        tables=config.definitions.tables.names(),
        workers=MOST_AT_ONCE,
    )


def open_redis(config: Config) -> Keyspace | None:
    """Make the client of the Redis with the live samples."""
    return Keyspace(config.redis) if config.redis else None


def open_sql(source: SqlSource, explain: Explain | None = None) -> Database | SqlDatabase:
    """Make the client of a database of custom queries. It never shares one with the collectors of JobHive."""
    backend = source.url.get_backend_name()
    if backend == POSTGRES:
        return Database(source.url, schema=source.schema, tables=(), workers=LANE_WORKERS, explain=explain)
    kind = SqliteDatabase if backend == SQLITE else SqlDatabase
    return kind(source.url, workers=LANE_WORKERS, explain=explain)


def deadline_keepers(url: URL) -> str:
    """Say who ends a statement of a custom query that takes too long."""
    keepers = {POSTGRES: "the client and the server", SQLITE: "the client and SQLite"}
    return keepers.get(url.get_backend_name(), "the client alone: the server may go on with a statement")


def terms_of(config: Config, database: Database | None) -> Terms:
    """Return what answers of the JSON API depend on."""
    options = {job.name: job.options for job in config.jobs}
    definitions, cost, candidates = config.definitions, options.get("cost"), options.get("candidates")
    interviews = options.get("interviews")
    return Terms(
        definitions=definitions,
        intervals={job.name: job.interval for job in config.jobs},
        currency=definitions.tables.plan.default_currency,
        cost_currency=cost.currency if cost else definitions.tables.plan.default_currency,
        kind=candidates.kind if candidates else "all",
        interviews=interviews if isinstance(interviews, InterviewOptions) else InterviewOptions(),
        settle=config.database.settle if config.database else timedelta(0),
        database=database,
    )


class Client(Protocol):
    """What all of them can do."""

    def stop(self) -> None:
        """Cancel what is running and start nothing more; safe to call from another thread."""
        ...

    def close(self) -> None:
        """Close what is idle."""
        ...


def _nobody(_: str, __: int) -> None:
    """Hear what is left of the limit of an API, and forget it."""


class Connections:
    """All clients of one configuration."""

    def __init__(
        self,
        config: Config,
        ledger: Ledger,
        explain: Explain | None = None,
        saw_limit: Callable[[str, int], None] = _nobody,
    ) -> None:
        self._config = config
        self.terms = terms_of(config, open_for_requests(config))
        clients = {"database": open_database(config, explain), "redis": open_redis(config)}
        self._open: dict[str, Any] = {name: client for name, client in clients.items() if client}
        # A database that no query asks stays closed.
        asked = {job.source for job in config.jobs}
        self._open |= {name: open_sql(source, explain) for name, source in config.sql_sources.items() if name in asked}
        if config.datadog and "datadog" in asked:
            self._open["datadog"] = Datadog(config.datadog, ledger, partial(saw_limit, "datadog"))
        if config.aws and "aws" in asked:
            self._open["aws"] = CostExplorer(config.aws, ledger, CostMemory(config.state_path))

    def collectors(self) -> dict[str, Collector]:
        """Make every configured collector, with its options and its source."""
        # One that reads what others found has no source.
        return {job.name: job.module.Collector(job.options, self._open.get(job.source)) for job in self._config.jobs}

    def source(self, name: str) -> Any:
        """Return the client of a source, None where nobody asks it."""
        return self._open.get(name)

    @property
    def clients(self) -> tuple[Client, ...]:
        """Return the clients themselves, which whoever runs on them keeps alive."""
        asked = self.terms.database
        return (*self._open.values(), *([asked] if isinstance(asked, Database) else []))

    def close(self) -> None:
        """Close what is idle."""
        for client in self.clients:
            client.close()


@contextmanager
def connected(config: Config, explain: Explain | None = None) -> Iterator[dict[str, Collector]]:
    """Yield the collectors, for as long as their sources are open."""
    with opened(config, explain) as connections:
        yield connections.collectors()


@contextmanager
def opened(config: Config, explain: Explain | None = None) -> Iterator[Connections]:
    """Yield the clients, for as long as they are open; what is spent on them, the daemon has spent too."""
    ledger = Ledger(config.state_path)
    if config.budgets:
        state.ensure(config.state_path)
        ledger.configure(config.budgets, datetime.now(UTC))
    connections = Connections(config, ledger, explain)
    try:
        yield connections
    finally:
        connections.close()
