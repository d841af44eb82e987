"""Databases of custom queries: PostgreSQL, SQLite files, and drivers that only the client can give up on."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import pytest
from sqlalchemy import bindparam, make_url, text

from collectors.custom_sql.instant import Instant
from exporter.connections import deadline_keepers, open_sql
from exporter.model import Interrupted, Reason, SourceError
from exporter.queries import SqlSource
from exporter.scheduler import LANE_WORKERS
from exporter.sources.database import Database, Query
from exporter.sources.sql import SqlDatabase
from exporter.sources.sql_url import secrets_of, shown, sql_url
from tests.conftest import execute
from tests.sources import slow_driver
from tests.sources.test_database import TOO_SLOW, active
from tests.waiting import eventually

Client = Database | SqlDatabase
Opener = Callable[..., Client]
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
DEADLINE, SLACK = 0.3, 1.5


@pytest.fixture
def opened() -> Iterator[Opener]:
    slow_driver.register()
    with ExitStack() as stack:

        def open_one(url: str, schema: str | None = None, explain: Callable[[Query], None] | None = None) -> Client:
            client = open_sql(SqlSource(sql_url(url), schema), explain)
            stack.callback(client.close)
            return client

        yield open_one


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An SQLite file with two rows."""
    path = tmp_path / "shop of Jürgen?.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE orders (status TEXT, amount REAL, placed_at TEXT)")
        connection.execute("INSERT INTO orders VALUES ('open', 1.5, '2026-01-01 00:00:00'), ('done', 2, '2026-02-01')")
    return path


def url_of(path: Path) -> str:
    return f"sqlite:///{str(path).replace('?', '%3F')}"


def table(sql: str, most: int = 10, **values: Any) -> Callable[[Any], Any]:
    return lambda tables: tables.table("question", text(f"{sql}\n").bindparams(**values), most)


def failure(client: Client, work: Callable[[Any], Any], deadline: float = 5) -> tuple[Reason, str]:
    with pytest.raises(SourceError) as caught:
        client.read(deadline, work)
    return caught.value.reason, str(caught.value)


def test_postgresql_gives_columns_and_rows(opened: Opener, database: str) -> None:
    client = opened(database)
    found = client.read(5, table("SELECT 1 AS a, (:b)::text AS b, '%' AS \"C d\" -- and no more", b="x"))
    assert found == (("a", "b", "C d"), [(1, "x", "%")])
    assert client.read(5, table("SELECT 1 AS a WHERE false")) == (("a",), [])
    assert len(client.read(5, table("SELECT generate_series(1, 1000)", most=10))[1]) == 11


def test_postgresql_has_the_search_path_of_its_role_unless_it_is_given_one(opened: Opener, database: str) -> None:
    question = table("SELECT current_setting('search_path'), current_setting('transaction_read_only')")
    name = make_url(database).database
    execute(database, f"CREATE SCHEMA odd; ALTER DATABASE {name} SET search_path = odd, public")
    assert opened(database).read(5, question)[1] == [("odd, public", "on")]
    assert opened(database, "odd").read(5, question)[1] == [("odd", "on")]


def test_postgresql_ends_what_takes_too_long(opened: Opener, database: str) -> None:
    answer = failure(opened(database), table("SELECT pg_sleep(60)"), DEADLINE)
    assert answer == (Reason.TIMEOUT, TOO_SLOW.format(DEADLINE))
    eventually(lambda: active(database) == 0, within=2)


@pytest.mark.parametrize("sql", ["DELETE FROM billing_plan RETURNING id", "SHOW search_path", "SELECT 1; SELECT 2"])
def test_postgresql_takes_one_statement_that_reads(opened: Opener, database: str, sql: str) -> None:
    reason, words = failure(opened(database), table(sql))
    assert reason is Reason.QUERY
    assert words.startswith("PostgreSQL reports 42601 (syntax error): syntax error at or near ")


def test_sqlite_gives_columns_and_rows(opened: Opener, shop: Path) -> None:
    client = opened(url_of(shop))
    question = table("SELECT status, amount FROM orders WHERE amount > :least -- and no more", least=1.7)
    assert client.read(5, question) == (("status", "amount"), [("done", 2.0)])
    assert client.read(5, table("SELECT status FROM orders WHERE false")) == (("status",), [])
    assert len(client.read(5, table("SELECT * FROM orders", most=0))[1]) == 1


def test_sqlite_knows_the_instant_of_the_run_as_text(opened: Opener, shop: Path) -> None:
    def before(at: datetime) -> Any:
        statement = text("SELECT count(*), :at FROM orders WHERE placed_at < :at")
        statement = statement.bindparams(bindparam("at", at, type_=Instant()))
        return client.read(5, lambda tables: tables.table("question", statement, 1))[1]

    client, at = opened(url_of(shop)), datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert before(at) == [(0, "2026-01-01 00:00:00")]
    assert before(at + timedelta(microseconds=120)) == [(1, "2026-01-01 00:00:00.00012")]


def test_all_statements_of_a_run_see_one_state_of_the_file(opened: Opener, shop: Path) -> None:
    def work(tables: Any) -> list[Any]:
        count = text("SELECT count(*) FROM orders")
        before = tables.table("before", count, 1)[1]
        with closing(sqlite3.connect(shop)) as writer, writer:
            writer.execute("INSERT INTO orders (status) VALUES ('late')")
        return [*before, *tables.table("after", count, 1)[1]]

    with closing(sqlite3.connect(shop)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        client = opened(url_of(shop))
        assert client.read(5, work) == [(2,), (2,)]
        assert client.read(5, work) == [(3,), (3,)]


def test_sqlite_ends_what_takes_too_long_and_works_on(opened: Opener, shop: Path) -> None:
    client, began = opened(url_of(shop)), monotonic()
    for _ in range(LANE_WORKERS + 1):
        assert failure(client, table(ENDLESS), DEADLINE) == (Reason.TIMEOUT, TOO_SLOW.format(DEADLINE))
    assert monotonic() - began < (LANE_WORKERS + 1) * (DEADLINE + SLACK)
    # The thread itself has ended, too: SQLite computes no longer.
    eventually(lambda: not any(thread.name == "sql" for thread in threading.enumerate()), within=2)
    assert client.read(5, table("SELECT 1"))[1] == [(1,)]


def test_sqlite_waits_for_a_writer_until_the_deadline(opened: Opener, shop: Path) -> None:
    client = opened(url_of(shop))
    with closing(sqlite3.connect(shop, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        reason, words = failure(client, table("SELECT * FROM orders"), DEADLINE)
    assert (reason, words) == (Reason.TIMEOUT, TOO_SLOW.format(DEADLINE))


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT * FROM nowhere", "SQLite reports: no such table: nowhere"),
        ("SELEC 1", 'SQLite reports: near "SELEC": syntax error'),
        ("DELETE FROM orders RETURNING status", "SQLite reports: attempt to write a readonly database"),
        ("SELECT 1; SELECT 2", "SQLite reports: You can only execute one statement at a time."),
        ("CREATE TEMP TABLE mine (a)", "the statement returns no rows; write a SELECT"),
    ],
)
def test_sqlite_tells_what_is_wrong_with_a_query(opened: Opener, shop: Path, sql: str, words: str) -> None:
    assert failure(opened(url_of(shop)), table(sql)) == (Reason.QUERY, words)


def test_an_sqlite_file_that_is_missing_is_not_made(opened: Opener, tmp_path: Path) -> None:
    client = opened(f"sqlite:///{tmp_path}/none.db")
    assert failure(client, table("SELECT 1")) == (Reason.CONNECT, "unable to open database file")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told(opened: Opener, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    client = opened(f"sqlite:///{tmp_path}/text.db")
    assert failure(client, table("SELECT * FROM orders"))[1].endswith("file is not a database")


def test_a_driver_that_does_not_come_back_costs_the_deadline_and_its_place(opened: Opener) -> None:
    client = opened(slow_driver.URL)
    for _ in range(LANE_WORKERS):
        began = monotonic()
        assert failure(client, table("SELECT sleep(2)"), DEADLINE) == (Reason.TIMEOUT, TOO_SLOW.format(DEADLINE))
        assert monotonic() - began < DEADLINE + SLACK
    began = monotonic()
    words = "runs from before still wait for the driver to come back; see what the database is doing"
    assert failure(client, table("SELECT 1")) == (Reason.TIMEOUT, words)
    assert monotonic() - began < DEADLINE
    assert eventually(lambda: client.read(5, table("SELECT 1")), within=5, tolerating=(SourceError,)) == (
        ("1",),
        [(1,)],
    )


def test_what_was_given_up_asks_nothing_more(opened: Opener, tmp_path: Path) -> None:
    asked: list[str] = []
    ended = threading.Event()

    def work(tables: Any) -> None:
        try:
            tables.table("slow", text("SELECT sleep(1)"), 1)
            asked.append("slow")
            tables.table("next", text("SELECT 1"), 1)
            asked.append("next")
        finally:
            ended.set()

    failure(opened(slow_driver.URL), work, DEADLINE)
    assert ended.wait(5)
    assert asked == ["slow"]


@pytest.mark.parametrize("url", [slow_driver.URL, "sqlite://"])
def test_a_stop_waits_for_no_run(opened: Opener, url: str) -> None:
    client = opened(url)
    sql = ENDLESS if url == "sqlite://" else "SELECT sleep(2)"
    with ThreadPoolExecutor(1) as background:
        slow_driver.sleeping.clear()
        spent = process_time()
        run = background.submit(client.read, 60, table(sql))
        # The statement itself must have begun: SQLite computes, or the driver sleeps.
        eventually(lambda: slow_driver.sleeping.is_set() or process_time() > spent + 0.3, within=5)
        began = monotonic()
        client.stop()
        assert str(run.exception(5)) == "the daemon is stopping"
        assert isinstance(run.exception(), Interrupted)
        assert monotonic() - began < SLACK
    with pytest.raises(Interrupted):
        client.read(5, table("SELECT 1"))
    eventually(lambda: not any(thread.name == "sql" for thread in threading.enumerate()), within=5)


def test_what_a_query_writes_is_undone(opened: Opener, shop: Path) -> None:
    client = opened(url_of(shop).replace("sqlite", "slowsql"))
    assert client.read(5, table("DELETE FROM orders RETURNING status"))[1] == [("open",), ("done",)]
    assert client.read(5, table("SELECT count(*) FROM orders"))[1] == [(2,)]


@pytest.mark.parametrize(
    ("url", "sql", "answer"),
    [
        ("slowsql:///locked", "SELECT 1", (Reason.AUTH, slow_driver.REFUSED)),
        ("slowsql:////none/none", "SELECT 1", (Reason.CONNECT, "unable to open database file")),
        (
            "slowsql://",
            "SELECT json('alice@example.org')",
            (
                Reason.QUERY,
                "the driver reports OperationalError; its text is not told, as it may quote a row: run the query by hand",
            ),
        ),
        (
            "slowsql://",
            "SELECT 1; SELECT 2",
            (Reason.QUERY, "the driver reports ProgrammingError: You can only execute one statement at a time."),
        ),
    ],
)
def test_other_drivers_are_quoted_where_they_cannot_know_rows(
    opened: Opener, url: str, sql: str, answer: tuple[Reason, str]
) -> None:
    assert failure(opened(url), table(sql)) == answer


def test_explanations(opened: Opener, shop: Path, database: str) -> None:
    told: list[Query] = []
    opened(url_of(shop), explain=told.append).read(
        5, table("SELECT * FROM orders WHERE status = :status", status="secret")
    )
    opened(database, explain=told.append).read(5, table("SELECT 1"))
    opened(slow_driver.URL, explain=told.append).read(5, table("SELECT 1"))
    sqlite, postgres, other = told
    assert (sqlite.sql, sqlite.rows, sqlite.plan) == ("SELECT * FROM orders WHERE status = :status", 0, "SCAN orders")
    assert "Execution Time: " in postgres.plan
    assert (other.rows, other.plan) == (1, "no plan: it is known for PostgreSQL and SQLite only")


@pytest.mark.parametrize(
    ("url", "keepers"),
    [
        ("postgresql://h/d", "the client and the server"),
        ("sqlite:///x.db", "the client and SQLite"),
        ("slowsql://", "the client alone: the server may go on with a statement"),
    ],
)
def test_it_is_said_who_keeps_the_deadline(opened: Opener, url: str, keepers: str) -> None:
    assert deadline_keepers(sql_url(url)) == keepers


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("nonsense", "not a database URL; write DIALECT://HOST/DATABASE, with USER:PASSWORD@ before HOST"),
        (
            "postgresql://u:can@ary@h/d",
            "its password holds a character that ends it; write @ : / ? and # in it as %40 %3A %2F %3F %23",
        ),
        ("postgresql+pg8000://h/d", "the driver of PostgreSQL is psycopg2 here, not pg8000; write postgresql://"),
        (
            "postgresql://h/d?password=canary",
            "a password after the question mark would be shown; write USER:PASSWORD@ before HOST",
        ),
        ("sqlite+aiosqlite:///x.db", "the driver aiosqlite is an asynchronous one; name another driver of sqlite"),
        ("sqlite:///x.db?mode=rw", "takes no options: the file is opened read only; write sqlite:////absolute/path.db"),
        ("sqlite:///file:x.db", "takes no options: the file is opened read only; write sqlite:////absolute/path.db"),
        (
            "mysql+pymysql://u:canary@h/d",
            "the driver of mysql is not installed: no module pymysql; "
            "install it beside the exporter, or name another one: mysql+DRIVER://",
        ),
        ("nosuchsql://h/d", "SQLAlchemy knows no dialect nosuchsql; correct it, or install the package that has it"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused(given: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^.*$") as caught:
        sql_url(given)
    assert str(caught.value) == words


@pytest.mark.parametrize("given", ["postgres://h/d", "postgresql://h/d", "postgresql+psycopg2://h/d"])
def test_postgresql_is_read_by_psycopg2(given: str) -> None:
    assert sql_url(given).drivername == "postgresql+psycopg2"


@pytest.mark.parametrize(
    "given",
    [
        "mysql://u:canary%40word@h/d",
        "mssql+pyodbc://u@h/d?odbc_connect=DRIVER%3D%7BX%7D%3BPWD%3D%7Bcanary%40word%7D%3BUID%3Du",
        "mysql://h/d?ssl_key_password=canary%40word",
    ],
)
def test_no_secret_of_a_url_is_shown(given: str) -> None:
    url = make_url(given)
    assert "canary" not in shown(url)
    assert {"canary@word", "canary%40word"} <= set(secrets_of(url))
