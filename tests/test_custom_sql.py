"""Custom queries as users run them: the examples of docs/custom-sql.md, the commands, and the daemon."""

import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.postgres import EmbeddedPostgres
from exporter.cli import main
from exporter.collect import exposition, once
from exporter.config import Config, load
from exporter.daemon import utc_now
from exporter.health import ROWS_DROPPED, Build, blocks
from exporter.model import Snapshot, Status
from tests.conftest import execute
from tests.demo.conftest import temporary_folder
from tests.families import MINUTE, NOW, result
from tests.running import Page, running, write
from tests.shop import postgres_shop, sqlite_shop
from tests.waiting import eventually

PAGE = (Path(__file__).parent.parent / "docs" / "custom-sql.md").read_text()
SHIPPED = (Path(__file__).parent.parent / "config.yaml").read_text()
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
OURS = [block for block in BLOCKS if "custom_sql:" in block]
FIRST, FROM_QUERY_EXPORTER, FROM_SQL_EXPORTER = OURS

# Company 1 has one job, company 30 has thirty.
JOBS = """
INSERT INTO companies_company (id, name) SELECT n, 'Company ' || n FROM generate_series(1, 30) AS n;
INSERT INTO jobs_job (company_id, title) SELECT n, 'A job' FROM generate_series(1, 30) AS n, generate_series(1, n);
"""


class Plain(yaml.SafeLoader):
    """Reads another exporter's file, in which tags are only text."""


Plain.add_multi_constructor("!", lambda _, __, node: node.value)


@pytest.fixture
def environ(tmp_path: Path, golden: str) -> dict[str, str]:
    """The environment of the page: a JobHive with jobs of 30 companies, a shop in a file, another one in PostgreSQL."""
    execute(golden, JOBS)
    return {
        "DATABASE_URL": golden,
        "SHOP_URL": sqlite_shop(tmp_path / "shop.db"),
        "ARCHIVE_URL": postgres_shop(golden),
    }


def loaded(folder: Path, text: str, environ: dict[str, str]) -> Config:
    path = folder / "config.yaml"
    path.write_text(text)
    return load(path, {}, environ)


def printed(config: Config, name: str) -> set[str]:
    """Collect once, and return the series as they are printed."""
    job = next(job for job in config.jobs if job.name == name)
    lines = exposition(once(config, job, utc_now()), job.contract).splitlines()
    return {line for line in lines if not line.startswith("#")}


def names(config: Config) -> set[str]:
    return {
        family.name for job in config.jobs if job.source.startswith("custom_sql") for family in job.contract.families
    }


def test_the_example_of_the_page(tmp_path: Path, environ: dict[str, str]) -> None:
    config = loaded(tmp_path, FIRST, environ)
    for database, region in (("shop", "eu"), ("archive", "us")):
        assert printed(config, f"custom_sql:orders:{database}") == {
            f'shop_orders{{database="{database}",region="{region}",status="open"}} 2',
            f'shop_orders{{database="{database}",region="{region}",status="done"}} 2',
            f'shop_order_amount{{database="{database}",region="{region}",status="open"}} 30.5',
            f'shop_order_amount{{database="{database}",region="{region}",status="done"}} 7',
        }
    channels = printed(config, "custom_sql:channels")
    assert channels == {
        'shop_channel{channel="app",measure="amount",region="eu",team="sales"} 20',
        'shop_channel{channel="app",measure="orders",region="eu",team="sales"} 1',
        'shop_channel{channel="web",measure="amount",region="eu",team="sales"} 17.5',
        'shop_channel{channel="web",measure="orders",region="eu",team="sales"} 3',
    }
    (shown,) = re.findall(r"^shop_channel\{.*$", PAGE, re.MULTILINE)
    assert shown in channels
    openings = printed(config, "custom_sql:jobs_by_company")
    largest = {f'openings{{company="{company}"}} {company}' for company in range(12, 31)}
    assert openings == largest | {f'openings{{company="other"}} {sum(range(1, 12))}'}


def test_a_query_exporter_configuration_as_translated(tmp_path: Path, environ: dict[str, str]) -> None:
    theirs = yaml.load(BLOCKS[BLOCKS.index(FROM_QUERY_EXPORTER) - 1], Plain)
    config = loaded(tmp_path, FROM_QUERY_EXPORTER, environ)
    assert names(config) == theirs["metrics"].keys()
    assert {job.name for job in config.jobs} == {f"custom_sql:{query}:shop" for query in theirs["queries"]}
    assert printed(config, "custom_sql:orders:shop") == {
        'shop_orders{database="shop",region="eu",status="open"} 2',
        'shop_orders{database="shop",region="eu",status="done"} 2',
    }
    assert printed(config, "custom_sql:oldest:shop") == {
        'shop_oldest_order{channel="web",database="shop",region="eu"} 1767225600',
        'shop_oldest_order{channel="app",database="shop",region="eu"} 1767312000',
    }


def test_an_sql_exporter_configuration_as_translated(tmp_path: Path, environ: dict[str, str]) -> None:
    theirs = yaml.load(BLOCKS[BLOCKS.index(FROM_SQL_EXPORTER) - 1], Plain)
    config = loaded(tmp_path, FROM_SQL_EXPORTER, environ)
    assert names(config) == {metric["metric_name"] for metric in theirs["collectors"][0]["metrics"]}
    assert printed(config, "custom_sql:amounts") == {
        'shop_order_amount{kind="total",status="open",team="sales"} 30.5',
        'shop_order_amount{kind="largest",status="open",team="sales"} 20',
        'shop_order_amount{kind="total",status="done",team="sales"} 7',
        'shop_order_amount{kind="largest",status="done",team="sales"} 7',
        'shop_orders_placed_total{status="open"} 2',
        'shop_orders_placed_total{status="done"} 2',
    }
    (server,) = printed(config, "custom_sql:server")
    assert re.fullmatch(r'shop_server_info\{version="[^"]+"\} 1', server)


def test_the_example_in_the_file_at_the_root_works_when_it_is_no_comment(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    section = SHIPPED.partition("  custom_sql: ")[2].partition("\nweb:")[0]
    lines = [
        re.sub(r"^    #( +)", r"  \1", line).replace("# value_label", "value_label") for line in section.splitlines()
    ]
    text = "\n".join(["collectors:", f"  custom_sql: {lines[0]}", *lines[1:]])
    text = text.replace("databases: {} ", "databases: ").replace("queries: {}", "queries:")
    config = loaded(
        tmp_path, f"database: {{url: !env DATABASE_URL}}\n{text}\n", environ | {"SHOP_URL": environ["ARCHIVE_URL"]}
    )
    assert printed(config, "custom_sql:orders") == {
        f'shop_orders{{channel="{channel}",region="eu",state="shop_orders",status="{status}",team="sales"}} {number}'
        for channel, status, number in (("web", "open", 1), ("web", "done", 2), ("app", "open", 1))
    }


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


@pytest.fixture
def config(tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "config.yaml"
    path.write_text(FIRST)
    return path


def test_collect_for_a_past_instant_tells_what_was_dropped(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(config.parent / "shop.db")) as connection, connection:
        connection.execute("INSERT INTO orders VALUES (5, NULL, 'web', 1, '2026-01-01')")
    assert run("collect", "custom_sql:orders:shop", "--at", "2026-01-02T00:00:00Z", "--config.file", config) == 0
    out, err = capsys.readouterr()
    assert out == (
        "# HELP shop_orders Orders by status. Cached; refreshed every 1m by collector custom_sql:orders.\n"
        "# TYPE shop_orders gauge\n"
        'shop_orders{database="shop",region="eu",status="open"} 1\n'
        "# HELP shop_order_amount What they are worth. Cached; refreshed every 1m by collector custom_sql:orders.\n"
        "# TYPE shop_order_amount gauge\n"
        'shop_order_amount{database="shop",region="eu",status="open"} 10.5\n'
    )
    assert err == "# 1 rows of custom_sql are dropped: label_missing\n"


def test_collect_says_that_a_query_without_its_instant_is_live_only(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("collect", "custom_sql:channels", "--at", "2026-01-02T00:00:00Z", "--config.file", config) == 0
    assert "# shop_channel is live only: computed from the rows as they are now\n" in capsys.readouterr().err


def test_explain_shows_no_secret_parameter(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIDDEN", "canary-parameter")
    config.write_text(
        "collectors: {custom_sql: {databases: {archive: {url: !env ARCHIVE_URL}}, queries: {q: {database: archive,"
        " sql: 'SELECT count(*) AS a FROM orders WHERE status = :x', parameters: [{x: !env HIDDEN}],"
        " metrics: {a: {help: x}}}}}}\n"
    )
    assert run("collect", "custom_sql:q", "--explain", "--config.file", config) == 0
    out, err = capsys.readouterr()
    assert "WHERE status = '***'" in err
    assert "canary" not in out + err


def test_check_lists_queries_and_who_keeps_their_deadline(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "--config.file", config) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert f"custom_sql:shop sqlite:///{config.parent}/shop.db, deadline kept by the client and SQLite" in lines
    assert any(
        re.fullmatch("custom_sql:archive postgresql.*, deadline kept by the client and the server", line)
        for line in lines
    )
    assert "custom_sql:orders:archive every 1m 10s 3m no" in lines
    assert "custom_sql:jobs_by_company cron 0 6 * * * 5m 3d no" in lines


def test_check_connect_asks_every_query(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "shop.db").unlink()
    assert run("check", "--connect", "--config.file", config) == 1
    out = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines.count("openings exact") == 1
    assert {"shop_orders failing", "shop_orders exact", "shop_channel failing"} <= set(lines)
    assert "collector custom_sql:orders:shop failed (connect): unable to open database file" in lines
    assert not any("custom_sql:orders:archive failed" in line for line in lines)


def test_backfill_takes_queries_that_have_a_past(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = config.parent / "history.om"
    grid = ("--from", "2026-01-01T12:00:00Z", "--to", "2026-01-03T12:00:00Z", "--step", "1d")
    collectors = [f"--collector=custom_sql:{name}" for name in ("orders:shop", "orders:archive", "channels")]
    assert run("backfill", *grid, "--out", out, *collectors, "--config.file", config) == 0
    lines = [line for line in out.read_text().splitlines() if line.startswith(("shop_orders{", "# TYPE"))]
    assert lines == [
        "# TYPE shop_order_amount gauge",
        "# TYPE shop_orders gauge",
        'shop_orders{database="archive",region="us",status="open"} 1 1767268800',
        'shop_orders{database="archive",region="us",status="open"} 2 1767355200',
        'shop_orders{database="shop",region="eu",status="open"} 1 1767268800',
        'shop_orders{database="shop",region="eu",status="open"} 2 1767355200',
    ]
    left_out = "# shop_channel is left out: it is live only, its past cannot be rebuilt\n"
    assert left_out in capsys.readouterr().err


def daemon_config(shop: str, archive: str) -> dict[str, Any]:
    """Queries that run every second: one on two databases, one on each alone, and one that never ends."""
    metric = {"labels": ["status"], "help": "Orders"}
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS endless FROM n"
    queries: dict[str, Any] = {
        "both": {"databases": ["shop", "archive"], "metrics": {"both": metric}},
        "file": {
            "database": "shop",
            "metrics": {"file_orders_total": metric | {"type": "counter", "values": ["both"]}},
        },
        "server": {"database": "archive", "metrics": {"server_orders": metric | {"values": ["both"]}}},
        "endless": {"database": "shop", "sql": endless, "metrics": {"endless": {"help": "Never"}}},
    }
    shared = {
        "interval": "1s",
        "deadline": "700ms",
        "sql": "SELECT status, count(*) AS both FROM orders GROUP BY status",
    }
    return {
        "collectors": {
            "custom_sql": {
                "databases": {"shop": {"url": shop}, "archive": {"url": archive}},
                "queries": {name: shared | query for name, query in queries.items()},
            }
        }
    }


def value(page: Page, metric: str, **labels: str) -> float | None:
    return page.values.get((metric, frozenset(labels.items())))


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """A server of its own, which may be stopped."""
    for folder in temporary_folder():
        with EmbeddedPostgres(folder) as started:
            yield started


def test_the_daemon_keeps_queries_and_databases_apart(tmp_path: Path, server: EmbeddedPostgres) -> None:
    tree = daemon_config(sqlite_shop(tmp_path / "shop.db"), postgres_shop(server.create("archive")))
    with running(tmp_path, tree) as daemon:
        sound = ("custom_sql:both:shop", "custom_sql:both:archive", "custom_sql:file", "custom_sql:server")
        page = daemon.until("collector_success", 1, collectors=sound)
        assert page.of("collector_success", collector="custom_sql:endless") == 0
        assert value(page, "both", database="shop", status="open") == 2
        assert value(page, "both", database="archive", status="open") == 2
        assert value(page, "file_orders_total", status="done") == 2
        for reason in ("duplicate", "label_missing", "value_invalid"):
            assert page.of("custom_sql_rows_dropped", collector="custom_sql:server", reason=reason) == 0
        text = daemon.ask("/metrics").text
        assert text.count("# TYPE both gauge\n") == 1
        assert "# TYPE file_orders_total counter\n" in text
        eventually(
            lambda: daemon.page().of("collector_failures_total", collector="custom_sql:endless", reason="timeout") >= 2,
            within=10,
        )

        # One row less, one row that counts for nothing: the series vanish with the next run.
        with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
            connection.execute("UPDATE orders SET status = NULL WHERE status = 'done'")
        eventually(lambda: value(daemon.page(), "file_orders_total", status="done") is None, within=10)
        dropped = daemon.page().of("custom_sql_rows_dropped", collector="custom_sql:file", reason="label_missing")
        assert dropped == 1

        # A query breaks: it alone fails, and its last good values stay.
        query = tree["collectors"]["custom_sql"]["queries"]["server"]
        query["sql"] = "SELECT status, count(*) AS both FROM orders WHERE amount > 1 GROUP BY status"
        write(tmp_path, tree)
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: value(daemon.page(), "server_orders", status="done") == 1, within=10)
        execute(server.url("archive"), "ALTER TABLE orders RENAME COLUMN amount TO price")
        broken = daemon.until("collector_success", 0, collectors=("custom_sql:server",))
        assert value(broken, "server_orders", status="done") == 1
        assert broken.of("collector_success", collector="custom_sql:both:archive") == 1

        # A database dies: only what asks it fails.
        server.stop()
        dead = daemon.until("collector_success", 0, collectors=("custom_sql:both:archive",))
        assert value(dead, "both", database="archive", status="open") == 2
        runs = dead.of("collector_runs_total", collector="custom_sql:both:shop")
        eventually(
            lambda: daemon.page().of("collector_runs_total", collector="custom_sql:both:shop") > runs + 1, within=10
        )
        assert daemon.page().of("collector_success", collector="custom_sql:both:shop") == 1

        # A reload may take a query away, and the stop waits for none.
        del tree["collectors"]["custom_sql"]["queries"]["file"]
        write(tmp_path, tree)
        daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: not daemon.page().labelled("custom_sql:file"), within=10)
        assert value(daemon.page(), "file_orders_total", status="open") is None
        assert daemon.end(within=5) == 0
        assert "left running" not in daemon.output


def test_other_collectors_are_not_disturbed_by_dropped_rows(tmp_path: Path, golden: str) -> None:
    """The collector data_quality tells what the others dropped, and knows nothing of the tables of custom queries."""
    queries = {"q": {"sql": "SELECT NULL AS status, 1 AS a", "metrics": {"a": {"help": "x", "labels": ["status"]}}}}
    fast = {"interval": "1s", "deadline": "900ms"}
    others = {name: {"enabled": False} for name in ("engagement", "interviews", "operations", "revenue")}
    custom = {"queries": {name: query | fast for name, query in queries.items()}}
    tree = {"database": {"url": golden}, "collectors": others | {"data_quality": fast, "custom_sql": custom}}
    with running(tmp_path, tree) as daemon:
        page = daemon.settled("data_quality", "custom_sql:q")
        assert page.of("custom_sql_rows_dropped", collector="custom_sql:q", reason="label_missing") == 1
        assert page.of("collector_success", collector="data_quality") == 1


def test_only_rows_of_custom_queries_are_told_beside_the_health_of_collectors() -> None:
    dropped = {("session", "negative_duration"): 3, ("custom_sql", "duplicate"): 2}
    found = replace(result(), dropped=dropped)
    status = Status("revenue", (), MINUTE, result=found)
    snapshot = Snapshot(NOW, {"revenue": status}, {"revenue": found})
    (told,) = (block for block in blocks(snapshot, Build("1", "2")) if block.name == ROWS_DROPPED.name)
    assert [(labels, value) for _, labels, value in told.samples] == [
        ((("collector", "revenue"), ("reason", "duplicate")), 2)
    ]
