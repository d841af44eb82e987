"""Failures as PostgreSQL itself reports them, and what is told of them."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from demo.postgres import EmbeddedPostgres
from exporter.model import Reason, SourceError
from exporter.sources.database import Database
from tests.conftest import SCHEMA, execute
from tests.demo.conftest import temporary_folder
from tests.sources.conftest import Opener, ask

PASSWORD, PERSON = "hunter2-s3cr3t", "alice@example.com"


@pytest.fixture(scope="module")
def url(postgres: EmbeddedPostgres) -> str:
    """The URL of a database with JobHive's tables, for all tests here: none can change it."""
    url = postgres.create("failures")
    execute(url, SCHEMA.read_text())
    return url


@pytest.fixture
def reader(open_database: Opener, url: str) -> Database:
    return open_database(url)


@pytest.fixture
def guarded() -> Iterator[str]:
    """The URL of a server of its own that asks the role `locked` for its password."""
    for folder in temporary_folder():
        with EmbeddedPostgres(folder) as server:
            url = server.url("postgres")
            execute(url, f"CREATE ROLE locked LOGIN PASSWORD '{PASSWORD}'")
            rules: Path = folder / "data" / "pg_hba.conf"
            rules.write_text("local all locked scram-sha-256\n" + rules.read_text())
            execute(url, "SELECT pg_reload_conf()")
            yield url


def failure(database: Database, question: str, deadline: float = 5) -> SourceError:
    with pytest.raises(SourceError) as caught:
        database.read(deadline, ask(question))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__  # A traceback would show what we have just left out.
    return caught.value


def raising(code: str) -> str:
    return f"DO $$ BEGIN RAISE SQLSTATE '{code}' USING MESSAGE = 'the row of {PERSON}'; END $$"


@pytest.mark.parametrize(
    ("code", "reason", "text"),
    [
        ("08006", Reason.CONNECT, "PostgreSQL reports 08006 (connection failure)"),
        ("57P01", Reason.CONNECT, "PostgreSQL reports 57P01 (admin shutdown)"),
        ("57P03", Reason.CONNECT, "PostgreSQL reports 57P03 (cannot connect now)"),
        ("28000", Reason.AUTH, "PostgreSQL reports 28000 (invalid authorization specification)"),
        ("28P01", Reason.AUTH, "PostgreSQL reports 28P01 (invalid password)"),
        ("55P03", Reason.TIMEOUT, "PostgreSQL reports 55P03 (lock not available)"),
        ("25P03", Reason.TIMEOUT, "PostgreSQL reports 25P03 (idle in transaction session timeout)"),
        ("25006", Reason.INTERNAL, "PostgreSQL reports 25006 (read only sql transaction)"),
        ("22P02", Reason.QUERY, "PostgreSQL reports 22P02 (invalid text representation)"),
        ("40001", Reason.QUERY, "PostgreSQL reports 40001 (serialization failure)"),
        ("40P01", Reason.QUERY, "PostgreSQL reports 40P01 (deadlock detected)"),
        ("53300", Reason.QUERY, "PostgreSQL reports 53300 (too many connections)"),
        ("P0001", Reason.QUERY, "PostgreSQL reports P0001 (raise exception)"),
        ("JH001", Reason.QUERY, "PostgreSQL reports JH001 (an error of your own database)"),
    ],
)
def test_a_code_has_a_reason_and_words_without_data(reader: Database, code: str, reason: Reason, text: str) -> None:
    error = failure(reader, raising(code))
    assert (error.reason, str(error)) == (reason, text)


@pytest.mark.parametrize(
    ("question", "reason", "text"),
    [
        (
            "SELECT pice FROM billing_plan",
            Reason.QUERY,
            'PostgreSQL reports 42703 (undefined column): column "pice" does not exist',
        ),
        (
            "SELECT * FROM billing_plans",
            Reason.QUERY,
            'PostgreSQL reports 42P01 (undefined table): relation "billing_plans" does not exist',
        ),
        (
            "INSERT INTO billing_plan (interval, price) VALUES ('month', 1) RETURNING id",
            Reason.INTERNAL,
            "PostgreSQL reports 25006 (read only sql transaction)",
        ),
    ],
)
def test_what_speaks_of_names_is_told_in_full(reader: Database, question: str, reason: Reason, text: str) -> None:
    error = failure(reader, question)
    assert (error.reason, str(error)) == (reason, text)


@pytest.mark.parametrize(
    "question",
    [
        "SELECT v::integer FROM (VALUES ('{}')) AS rows (v)",
        "SELECT v::timestamptz FROM (VALUES ('{}')) AS rows (v)",
        "SELECT ('[\"' || v)::jsonb FROM (VALUES ('{}')) AS rows (v)",
        "SELECT v ~ ('(' || v) FROM (VALUES ('{}')) AS rows (v)",
    ],
)
def test_a_value_of_a_row_is_never_told(reader: Database, question: str) -> None:
    error = failure(reader, question.format(PERSON))
    assert error.reason is Reason.QUERY
    assert str(error).startswith("PostgreSQL reports 2")
    assert "alice" not in str(error)


def test_a_missing_grant_is_told_with_the_table(open_database: Opener, url: str) -> None:
    execute(url, "CREATE ROLE stranger LOGIN")
    error = failure(open_database(make_url(url).set(username="stranger")), "SELECT count(*) FROM billing_plan")
    words = "PostgreSQL reports 42501 (insufficient privilege): permission denied for table billing_plan"
    assert (error.reason, str(error)) == (Reason.AUTH, words)


def test_refused_is_a_failure_to_connect(open_database: Opener) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error = failure(open_database(f"postgresql+psycopg2://reader:{PASSWORD}@127.0.0.1:{port}/jobhive"), "SELECT 1")
    assert error.reason is Reason.CONNECT
    assert str(error) == f'connection to server at "127.0.0.1", port {port} failed: Connection refused'


@pytest.mark.parametrize(
    ("part", "reason", "text"),
    [
        ({"database": "nosuch"}, Reason.CONNECT, 'FATAL:  database "nosuch" does not exist'),
        ({"username": "nosuch"}, Reason.AUTH, 'FATAL:  role "nosuch" does not exist'),
    ],
)
def test_who_or_what_does_not_exist_is_named(
    open_database: Opener, url: str, part: dict[str, str], reason: Reason, text: str
) -> None:
    error = failure(open_database(make_url(url).set(**part)), "SELECT 1")  # type: ignore[arg-type]
    assert error.reason is reason
    assert str(error).endswith(f"failed: {text}")


def test_a_password_is_never_told(open_database: Opener, guarded: str) -> None:
    locked = make_url(guarded).set(username="locked", password=PASSWORD)
    assert open_database(locked).read(5, ask("SELECT current_user")) == "locked"
    wrong = failure(open_database(locked.set(password=f"not-{PASSWORD}")), "SELECT 1")
    assert (wrong.reason, PASSWORD in str(wrong)) == (Reason.AUTH, False)
    assert str(wrong).endswith('password authentication failed for user "locked"')
    missing = failure(open_database(make_url(guarded).set(username="locked")), "SELECT 1")
    assert (missing.reason, str(missing).endswith("no password supplied")) == (Reason.AUTH, True)
