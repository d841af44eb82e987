"""A real PostgreSQL for the session, and a fresh JobHive database for each test that wants one."""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812
from sqlalchemy import make_url

from demo.postgres import EmbeddedPostgres

SCHEMA = Path(__file__).parent.parent / "demo" / "schema.sql"
GOLDEN = Path(__file__).parent / "golden.sql"
_numbers = itertools.count(1)


def connect(url: str) -> Connection:
    """Open a plain connection, which shares no code with the exporter; every statement commits."""
    parsed = make_url(url)
    connection = psycopg2.connect(
        host=parsed.query["host"], port=parsed.query["port"], user=parsed.username, dbname=parsed.database
    )
    connection.autocommit = True
    return connection


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    # Not pytest's tmp_path: as root the server runs as nobody, who must reach the folder, and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="jhx-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "pg") as server:
            yield server


@pytest.fixture
def database(postgres: EmbeddedPostgres) -> str:
    """The URL of a database with JobHive's tables, all empty."""
    url = postgres.create(f"test{next(_numbers)}")
    execute(url, SCHEMA.read_text())
    return url


@pytest.fixture
def golden(database: str) -> str:
    """The URL of a database with the golden data set."""
    execute(database, GOLDEN.read_text())
    return database


def execute(url: str, statements: str) -> None:
    """Run SQL."""
    connection = connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statements)
    finally:
        connection.close()
