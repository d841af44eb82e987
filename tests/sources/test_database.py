"""The one client of PostgreSQL, against a real server, a network that breaks, and a pool."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from time import monotonic
from typing import Any

import psycopg2
import pytest
from sqlalchemy import URL, bindparam, column, make_url, select, table, text

from demo.postgres import EmbeddedPostgres
from exporter.model import Interrupted, Reason, SourceError
from exporter.sources.database import PING_SECONDS, Database, Query, Transaction
from exporter.sources.deadline import CANCEL_AFTER, SEVER_AFTER
from tests.conftest import connect, execute
from tests.demo.conftest import temporary_folder
from tests.sources.conftest import Opener, ask
from tests.sources.pooler import pool_before
from tests.sources.proxy import Network, network_to
from tests.waiting import eventually

SLACK = 1.5
TOO_SLOW = (
    "the database was not done within the deadline of {:g} s; "
    "give the collector a longer deadline, or see where the time goes with collect --explain"
)
STOPPING = "the daemon is stopping"
ADD_PLAN = "INSERT INTO billing_plan (interval, price) VALUES ('month', 1)"
COUNT_PLANS = "SELECT count(*) FROM billing_plan"
ACTIVE = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
    " AND application_name = 'jobhive_exporter'"
)
SESSION = (
    "SELECT current_setting('TimeZone'), current_setting('search_path'), current_setting('statement_timeout'),"
    " current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout'),"
    " current_setting('transaction_isolation'), current_setting('transaction_read_only')"
)


@pytest.fixture
def network(postgres: EmbeddedPostgres) -> Iterator[Network]:
    with network_to(postgres.url("postgres")) as network:
        yield network


@pytest.fixture
def background() -> Iterator[Callable[..., Future[Any]]]:
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit


def failure(database: Database, work: Callable[[Transaction], Any], deadline: float = 5) -> tuple[Reason, str]:
    with pytest.raises(SourceError) as caught:
        database.read(deadline, work)
    return caught.value.reason, str(caught.value)


def interruption(database: Database, work: Callable[[Transaction], Any], deadline: float = 5) -> str:
    with pytest.raises(Interrupted) as caught:
        database.read(deadline, work)
    return str(caught.value)


def active(url: str) -> int:
    """Count what the exporter has running at the server."""
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(ACTIVE)
        return int(cursor.fetchall()[0][0])


def assert_idle(url: str) -> None:
    eventually(lambda: active(url) == 0, within=2)


def settings(transaction: Transaction) -> tuple[Any, ...]:
    return tuple(transaction.rows("settings", text(SESSION))[0])


def test_all_queries_of_a_run_see_one_state(reader: Database, database: str) -> None:
    def work(transaction: Transaction) -> list[int]:
        before = ask(COUNT_PLANS)(transaction)
        execute(database, ADD_PLAN)
        return [before, ask(COUNT_PLANS)(transaction)]

    assert reader.read(5, work) == [0, 0]
    assert reader.read(5, work) == [1, 1]


def test_a_transaction_has_its_own_settings(reader: Database, database: str) -> None:
    name = make_url(database).database
    execute(database, f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'; ALTER DATABASE {name} SET search_path = x")
    expected = ("UTC", "public", "2500ms", "2500ms", "7500ms", "repeatable read", "on")
    assert reader.read(2.5, settings) == expected


def test_names_are_found_in_the_configured_schema(open_database: Opener, database: str) -> None:
    execute(database, 'CREATE SCHEMA "Odd, name"; CREATE TABLE "Odd, name".billing_plan (only_here int)')
    odd = open_database(database, schema='"Odd, name"')
    assert odd.read(5, ask("SELECT count(only_here) FROM billing_plan")) == 0


def test_behind_a_pool_the_next_client_finds_a_clean_session(open_database: Opener, database: str) -> None:
    def of_other_client(pool: URL) -> list[Any]:
        with closing(psycopg2.connect(host=pool.host, port=pool.port, user="postgres", dbname=pool.database)) as other:
            other.autocommit = True
            with other.cursor() as cursor:
                cursor.execute(SESSION)
                found = cursor.fetchall()
                cursor.execute("SELECT pg_backend_pid(), txid_current_if_assigned()")
                return [*found, *cursor.fetchall()]

    execute(database, f"ALTER DATABASE {make_url(database).database} SET timezone = 'Asia/Tokyo'")
    with pool_before(database) as pool:
        before = of_other_client(pool)
        reader = open_database(pool)
        pid = reader.read(5, ask("SELECT pg_backend_pid()"))
        assert failure(reader, ask("SELECT 1/0"))[0] is Reason.QUERY
        reader.close()
        assert of_other_client(pool) == before
    assert before[0] == ("Asia/Tokyo", '"$user", public', "0", "0", "0", "read committed", "off")
    assert before[1] == (pid, None)  # It was one session all the time.


def test_the_columns_are_those_of_now(reader: Database, database: str) -> None:
    def columns(transaction: Transaction) -> frozenset[str]:
        return transaction.columns["billing_plan"]

    before = reader.read(5, columns)
    assert {"id", "interval", "price"} <= before
    execute(database, "ALTER TABLE billing_plan ADD extra int, DROP slug")
    assert reader.read(5, columns) == before - {"slug"} | {"extra"}
    execute(database, "ALTER TABLE billing_plan RENAME TO kept; CREATE VIEW billing_plan AS SELECT id, price FROM kept")
    assert reader.read(5, columns) == {"id", "price"}


def test_the_server_ends_a_statement_at_the_deadline(reader: Database, database: str) -> None:
    began = monotonic()
    assert failure(reader, ask("SELECT pg_sleep(60)"), 0.3) == (Reason.TIMEOUT, TOO_SLOW.format(0.3))
    assert monotonic() - began < 0.3 + SLACK
    assert_idle(database)
    assert reader.read(5, ask("SELECT 1")) == 1


def test_the_deadline_is_that_of_all_statements_together(reader: Database, database: str) -> None:
    def work(transaction: Transaction) -> None:
        while True:
            ask("SELECT pg_sleep(0.3)")(transaction)

    began = monotonic()
    assert failure(reader, work, 0.4) == (Reason.TIMEOUT, TOO_SLOW.format(0.4))
    assert monotonic() - began < 0.4 + CANCEL_AFTER + SLACK
    assert_idle(database)
    assert reader.read(5, ask("SELECT 1")) == 1


def test_a_statement_that_waits_for_a_lock_ends_at_the_deadline(reader: Database, database: str) -> None:
    with closing(connect(database)) as other, other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE billing_plan")
        assert failure(reader, ask(COUNT_PLANS), 0.3)[0] is Reason.TIMEOUT
    assert reader.read(5, ask(COUNT_PLANS)) == 0


def test_a_network_that_swallows_everything_costs_the_deadline(open_database: Opener, network: Network) -> None:
    reader = open_database(network.url)

    def work(transaction: Transaction) -> None:
        network.stall()
        ask("SELECT 1")(transaction)

    began = monotonic()
    assert failure(reader, work, 0.3) == (Reason.TIMEOUT, TOO_SLOW.format(0.3))
    assert monotonic() - began < 0.3 + SEVER_AFTER + SLACK
    network.resume()
    assert reader.read(5, ask("SELECT 1")) == 1


def test_the_end_of_a_run_has_the_deadline_too(open_database: Opener, network: Network) -> None:
    reader = open_database(network.url)
    began = monotonic()
    assert failure(reader, lambda _: network.stall(), 0.3) == (Reason.TIMEOUT, TOO_SLOW.format(0.3))
    assert monotonic() - began < 0.3 + SEVER_AFTER + SLACK
    network.resume()
    assert reader.read(5, ask("SELECT 1")) == 1


def test_a_silent_connection_of_the_pool_is_given_up(open_database: Opener, network: Network) -> None:
    reader = open_database(network.url)
    first = reader.read(5, ask("SELECT pg_backend_pid()"))
    assert reader.read(5, ask("SELECT pg_backend_pid()")) == first
    network.stall()
    began = monotonic()
    assert failure(reader, ask("SELECT 1"))[0] is Reason.TIMEOUT
    assert monotonic() - began < PING_SECONDS + 5 + SLACK
    network.resume()
    assert reader.read(5, ask("SELECT 1")) == 1


def test_a_restart_of_the_database_is_survived(open_database: Opener) -> None:
    for folder in temporary_folder():
        server = EmbeddedPostgres(folder)
        with server:
            reader = open_database(server.url("postgres"))
            assert reader.read(5, ask("SELECT 1")) == 1
        reason, words = failure(reader, ask("SELECT 1"))
        assert (reason, "No such file or directory" in words) == (Reason.CONNECT, True)
        with server:
            assert reader.read(5, ask("SELECT 1")) == 1
        with server:  # And once more, without a read while it was down.
            assert reader.read(5, ask("SELECT 1")) == 1


def test_a_connection_that_is_lost_in_a_run_costs_that_run_only(reader: Database, database: str) -> None:
    def work(transaction: Transaction) -> None:
        execute(database, f"SELECT pg_terminate_backend({ask('SELECT pg_backend_pid()')(transaction)}, 5000)")
        ask("SELECT 1")(transaction)

    assert failure(reader, work) == (Reason.CONNECT, "server closed the connection unexpectedly")
    assert reader.read(5, ask("SELECT 1")) == 1


@pytest.mark.parametrize(("conflicts", "succeeds"), [(1, True), (2, False)])
def test_a_conflict_is_tried_once_more_in_a_new_transaction(
    reader: Database, database: str, conflicts: int, succeeds: bool
) -> None:
    tries: list[tuple[int, float]] = []

    def work(transaction: Transaction) -> bool:
        left = ask("SELECT extract(epoch FROM current_setting('statement_timeout')::interval)")(transaction)
        tries.append((ask(COUNT_PLANS)(transaction), float(left)))
        execute(database, ADD_PLAN)
        if len(tries) <= conflicts:
            ask("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")(transaction)
        return True

    if succeeds:
        assert reader.read(5, work)
    else:
        words = "PostgreSQL reports 40001 (serialization failure)"
        assert failure(reader, work) == (Reason.QUERY, words)
    assert [plans for plans, _ in tries] == [0, 1]  # The second one sees what came since.
    assert tries[0][1] == 5 > tries[1][1] > 3  # And has what is left of the time.


def test_stop_cancels_what_runs_and_lets_nothing_start(
    reader: Database, database: str, background: Callable[..., Future[Any]]
) -> None:
    run = background(interruption, reader, ask("SELECT pg_sleep(60)"), 60)
    eventually(lambda: active(database) == 1, within=10)
    began = monotonic()
    reader.stop()
    assert run.result(timeout=10) == STOPPING
    assert monotonic() - began < SEVER_AFTER - CANCEL_AFTER  # It was cancelled, not cut off.
    assert_idle(database)
    assert interruption(reader, ask("SELECT 1")) == STOPPING


def test_stop_between_two_statements_keeps_the_second_from_starting(reader: Database, database: str) -> None:
    def work(transaction: Transaction) -> None:
        reader.stop()
        ask("SELECT pg_sleep(60)")(transaction)

    assert interruption(reader, work, 60) == STOPPING
    assert_idle(database)


def test_stop_returns_at_once_also_where_the_network_is_silent(
    open_database: Opener, network: Network, background: Callable[..., Future[Any]]
) -> None:
    reader, stalled = open_database(network.url), threading.Event()

    def work(transaction: Transaction) -> None:
        network.stall()
        stalled.set()
        ask("SELECT 1")(transaction)

    run = background(interruption, reader, work, 60)
    assert stalled.wait(10)
    began = monotonic()
    reader.stop()
    assert monotonic() - began < 0.5
    assert run.result(timeout=10) == STOPPING
    assert monotonic() - began < SEVER_AFTER - CANCEL_AFTER + SLACK


def test_a_cancel_spares_who_has_the_connection_next(reader: Database) -> None:
    first = reader.read(5, ask("SELECT pg_backend_pid()"))
    failure(reader, lambda transaction: [ask("SELECT pg_sleep(0.2)")(transaction) for _ in range(60)], 0.3)
    assert reader.read(5, ask("SELECT pg_backend_pid()")) != first


def test_explain_tells_queries_rows_seconds_and_plans(open_database: Opener, database: str) -> None:
    execute(database, f"{ADD_PLAN}, ('100%', 2)")
    told: list[Query] = []
    explaining = open_database(database, explain=told.append)
    plan = table("billing_plan", column("interval"), column("price"))
    statement = select(plan.c.price).where(plan.c.interval.in_(bindparam("words", ["100%", "x"], expanding=True)))
    assert explaining.read(5, lambda transaction: len(transaction.rows("prices", statement))) == 1
    (query,) = told
    assert (query.name, query.rows) == ("prices", 1)
    assert "IN ('100%', 'x')" in query.sql
    assert 0 < query.seconds < 5
    assert "Seq Scan on billing_plan" in query.plan
    assert "Execution Time" in query.plan


def test_a_plan_that_takes_too_long_fails_like_its_query(open_database: Opener, database: str) -> None:
    told: list[Query] = []

    def work(transaction: Transaction) -> None:
        # Each sleeps twice; the deadline, with the grace of the cancel, falls into the second plan.
        for _ in range(2):
            ask("SELECT pg_sleep(0.25)")(transaction)

    assert failure(open_database(database, explain=told.append), work, 0.4) == (Reason.TIMEOUT, TOO_SLOW.format(0.4))
    assert [0.2 < query.seconds < 1 for query in told] == [True]
