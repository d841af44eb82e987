"""What the queries of each collector cost on a large JobHive: `python -m bench.size --users 500000`.

Prints a table: families, series, queries, seconds per run, the share of them in PostgreSQL, what was written to
temporary files, and the large tables that were read from end to end. Everything runs as it does in the daemon, with
the server's defaults (work_mem is 4 MB).
"""

import argparse
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

import psycopg2
from psycopg2.extensions import connection
from sqlalchemy import Executable, Row, make_url

from bench.filling import fill
from collectors.base import Reader, Run, complete
from collectors.definitions import Definitions
from demo.database import connect
from demo.postgres import EmbeddedPostgres
from exporter.indexes import SUGGESTED
from exporter.registry import modules
from exporter.sources.database import Database, Explain, Query

AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
DATABASE = "size"
DEADLINE = 600.0
# A table with fewer rows is read faster as a whole than by an index.
LARGE = 100_000
TEMPORARY = re.compile(r"temp(?: read=\d+)? written=(\d+)")
SCAN = re.compile(r"Seq Scan on (\w+)")
PAGE = 8192
Found = TypeVar("Found")
HEADER = ("collector", "families", "series", "queries", "seconds", "in PostgreSQL", "temporary", "whole tables read")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a collector took, how much of it waiting for PostgreSQL, and its queries with their plans."""

    name: str
    families: int
    series: int
    seconds: float
    waited: float
    queries: tuple[Query, ...]

    def line(self, large: frozenset[str]) -> tuple[str, ...]:
        """Return the line of the table."""
        scans = sorted({f"{query.name}: {table}" for query in self.queries for table in scanned(query.plan) & large})
        written = sum(spilled(query.plan) for query in self.queries)
        counts = (self.families, self.series, len(self.queries))
        times = (f"{self.seconds:.2f}", f"{self.waited / self.seconds:.0%}")
        return self.name, *map(str, counts), *times, f"{written >> 20} MB", ", ".join(scans)


class Stopwatch:
    """A database that tells how long its statements took, with the transfer of their rows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.seconds = 0.0

    def read(self, deadline: float, work: Callable[[Reader], Found]) -> Found:
        """Return what `work` makes of one transaction."""
        return self._database.read(deadline, lambda transaction: work(_Timed(transaction, self)))


class _Timed:
    def __init__(self, reader: Reader, watch: Stopwatch) -> None:
        self._reader, self._watch = reader, watch
        self.columns = reader.columns

    def rows(self, name: str, statement: Executable) -> Sequence[Row[Any]]:
        began = monotonic()
        found = self._reader.rows(name, statement)
        self._watch.seconds += monotonic() - began
        return found


def spilled(plan: str) -> int:
    """Return the bytes that a plan wrote to temporary files: a node's figure holds those of the nodes below it."""
    return max((int(pages) * PAGE for pages in TEMPORARY.findall(plan)), default=0)


def scanned(plan: str) -> frozenset[str]:
    """Return the tables that a plan read from end to end."""
    return frozenset(SCAN.findall(plan))


def measure(name: str, url: str) -> Cost:
    """Run a collector for the caches, then for the time it takes, then for its plans."""
    module, queries = modules()[name], list[Query]()
    definitions = Definitions()
    collector, run = module.Collector, Run(AT, DEADLINE, definitions)
    with opened(url, definitions) as database:
        watch = Stopwatch(database)
        timed = collector(module.Options(), watch)
        timed.collect(run)
        watch.seconds, began = 0.0, monotonic()
        harvest = timed.collect(run)
        seconds = monotonic() - began
    with opened(url, definitions, queries.append) as database:
        collector(module.Options(), database).collect(run)
    families = module.families(module.Options())
    return Cost(name, len(families), len(complete(families, harvest)), seconds, watch.seconds, tuple(queries))


@contextmanager
def opened(url: str, definitions: Definitions, explain: Explain | None = None) -> Iterator[Database]:
    """Open a database as the daemon does; `explain` hears of every query."""
    names = definitions.tables.names()
    database = Database(make_url(url), schema=definitions.schema, tables=names, workers=1, explain=explain)
    try:
        yield database
    finally:
        database.close()


def _make_indexes(link: connection) -> None:
    definitions = Definitions()
    link.autocommit = True
    with link.cursor() as cursor:
        for suggested in SUGGESTED:
            # One that the schema has already under another name costs space only.
            cursor.execute(suggested.sql(definitions, concurrently=False))
        cursor.execute("VACUUM (ANALYZE)")


def _large_tables(link: connection) -> frozenset[str]:
    with link.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= %s", [LARGE])
        return frozenset(name for (name,) in cursor.fetchall())


def _filled(server: EmbeddedPostgres, users: int) -> str:
    """Return the URL of a database with so many users; one that an earlier run left is taken as it is."""
    url = server.url(DATABASE)
    try:
        link = connect(url)
    except psycopg2.OperationalError:
        return _made(server, users)
    try:
        with link.cursor() as cursor:
            cursor.execute("SELECT to_regclass('jobs_appstage_app_time_idx'), (SELECT count(*) FROM accounts_user)")
            complete, found = cursor.fetchone() or (None, 0)
    except psycopg2.ProgrammingError:
        complete, found = None, 0
    finally:
        link.close()
    return url if complete and found == users else _made(server, users)


def _made(server: EmbeddedPostgres, users: int) -> str:
    url, began = server.create(DATABASE), monotonic()
    link = connect(url)
    try:
        fill(link, users, AT)
    finally:
        link.close()
    print(f"{users:,} users and {10 * users:,} sessions made in {monotonic() - began:.0f} s\n", flush=True)
    return url


def _table(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill a database, measure, print; the data are removed unless a folder for them is named."""
    parser = argparse.ArgumentParser("python -m bench.size", description="What the queries cost on a large JobHive.")
    parser.add_argument("--users", type=int, default=50_000, help="sessions are ten times as many (default: 50000)")
    parser.add_argument("--data-dir", type=Path, help="keep the data here, and take those that are here")
    parser.add_argument("--indexes", action="store_true", help="make the suggested indexes first (docs/indexes.md)")
    parser.add_argument("--plans", action="store_true", help="print every query and its plan as well")
    parser.add_argument("collectors", nargs="*", help="default: all that read the database")
    given = parser.parse_args(arguments)
    names = given.collectors or [name for name, module in modules().items() if module.Collector.source == "database"]
    with ExitStack() as stack:
        folder = given.data_dir
        if folder is None:
            # Not below a private folder: as root, the server runs as nobody.
            folder = Path(tempfile.mkdtemp(prefix="jobhive-size-"))
            stack.callback(shutil.rmtree, folder)
        url = _filled(stack.enter_context(EmbeddedPostgres(folder)), given.users)
        link = connect(url)
        stack.callback(link.close)
        if given.indexes:
            _make_indexes(link)
        costs = [measure(name, url) for name in names]
        if given.plans:
            for query in (query for cost in costs for query in cost.queries):
                print(f"-- {query.name}: {query.seconds:.3f} s\n{query.sql};\n{query.plan}\n")
        large = _large_tables(link)
        print(*_table([HEADER, *(cost.line(large) for cost in costs)]), sep="\n")


if __name__ == "__main__":
    main()
