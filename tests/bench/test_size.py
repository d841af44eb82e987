"""The measure of large databases: what it makes, what it reads out of plans, what it prints."""

from pathlib import Path

import pytest

from bench.filling import fill
from bench.size import AT, main, opened, scanned, spilled
from collectors.base import Run
from collectors.definitions import Definitions
from collectors.mapping import mapped
from demo.database import connect
from demo.postgres import EmbeddedPostgres
from exporter.indexes import SUGGESTED
from exporter.registry import modules
from exporter.sources.database import Query

PLAN = """\
Hash Join  (actual time=1.0..2.0 rows=3 loops=1)
  Buffers: shared hit=5 read=6, temp read=30 written=40
  ->  Parallel Seq Scan on interviews_interviewsession  (rows=1)
        Buffers: shared hit=5, temp written=10
  ->  Index Scan using a on accounts_user  (rows=1)
"""


def test_a_plan_tells_what_it_wrote_and_what_it_read_whole() -> None:
    assert spilled(PLAN) == 40 * 8192
    assert spilled("Buffers: shared hit=5") == 0
    assert scanned(PLAN) == {"interviews_interviewsession"}


def test_every_collector_is_measured_and_nothing_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    before = set(Path("/tmp").glob("jobhive-size-*"))
    main(["--users", "200", "--indexes"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("200 users and 2,000 sessions made in ")
    names = [line.split()[0] for line in lines[3:]]
    assert names == [name for name, module in modules().items() if module.Collector.source == "database"]
    assert set(Path("/tmp").glob("jobhive-size-*")) == before


@pytest.fixture(scope="module")
def company(postgres: EmbeddedPostgres) -> str:
    """The URL of a database of 3,000 users with every suggested index."""
    url = postgres.create("size")
    link = connect(url)
    fill(link, 3_000, AT)
    with link.cursor() as cursor:
        for suggested in SUGGESTED:
            cursor.execute(suggested.sql(Definitions(), concurrently=False))
        cursor.execute("ANALYZE")
    link.close()
    return url


def queries(name: str, url: str, definitions: Definitions) -> dict[str, Query]:
    module, found = modules()[name], list[Query]()
    with opened(url, definitions, found.append) as database:
        module.Collector(module.Options(), database).collect(Run(AT, 60, definitions))
    return {query.name: query for query in found}


# The reasons of ends that may open a session again keep the status from telling that it is closed.
REOPENING = {"session": {"ended_reason_map": {"in_progress": ["resumed"]}}}


@pytest.mark.parametrize(("tables", "served"), [({}, True), (REOPENING, False)])
def test_open_interviews_are_found_by_the_index_that_is_suggested(
    company: str, tables: dict[str, object], served: bool
) -> None:
    plan = queries("operations", company, Definitions(tables=mapped(tables)))["sessions"].plan
    assert ("on interviews_interviewsession_start_time_idx1" in plan) == served
    assert "interviews_interviewsession" not in scanned(plan)


def test_the_newest_rows_are_found_at_the_ends_of_indexes(company: str) -> None:
    found = queries("data_quality", company, Definitions())
    assert scanned(found["activity"].plan) == set()
    assert "Index Only Scan Backward" in found["session"].plan
