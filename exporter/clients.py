"""The clients of the configured sources, opened and ended together, and the collectors that read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from collectors.base import Collector
from exporter.config import Config
from exporter.scheduler import DATABASE_WORKERS
from exporter.sources.database import Database, Explain
from exporter.sources.redis import Keyspace


@dataclass(frozen=True, slots=True)
class Clients:
    """A client for each source that is configured; each connects when it is first read."""

    database: Database | None
    redis: Keyspace | None

    def __iter__(self) -> Iterator[Database | Keyspace]:
        """Yield those that there are."""
        yield from (client for client in (self.database, self.redis) if client)

    def close(self) -> None:
        """Let the connections go; what is running is left to end."""
        for client in self:
            client.close()


def open_clients(config: Config, explain: Explain | None = None) -> Clients:
    """Make the clients; `explain` is told each statement that runs in the database."""
    database = None
    if config.database:
        database = Database(
            config.database.url,
            schema=config.database.schema,
            tables=config.definitions.tables.names(),
            workers=DATABASE_WORKERS,
            explain=explain,
        )
    return Clients(database, Keyspace(config.redis) if config.redis else None)


def make_collectors(config: Config, clients: Clients) -> dict[str, Collector]:
    """Make every configured collector, with its options and its source."""
    sources = {"database": clients.database, "redis": clients.redis}
    return {job.name: job.module.Collector(job.options, sources[job.module.Collector.source]) for job in config.jobs}


@contextmanager
def opened(config: Config) -> Iterator[dict[str, Collector]]:
    """Make the collectors for as long as their sources are needed."""
    clients = open_clients(config)
    try:
        yield make_collectors(config, clients)
    finally:
        clients.close()
