"""A folder for a server, and one server with the data set of a small company."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg2.extensions import connection

from demo.database import connect
from demo.dataset import load
from demo.postgres import EmbeddedPostgres

USERS = 300
# A Wednesday afternoon.
NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


def ignore(_done: int) -> None:
    """Hear how far the load is."""


def temporary_folder() -> Iterator[Path]:
    # pytest's own folders are closed to the user nobody, as which the server runs for root.
    folder = Path(tempfile.mkdtemp(prefix="jobhive-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def folder() -> Iterator[Path]:
    yield from temporary_folder()


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    for folder in temporary_folder():
        with EmbeddedPostgres(folder) as server:
            yield server


@pytest.fixture(scope="session")
def company(server: EmbeddedPostgres) -> Iterator[connection]:
    url = server.create("company")
    load(url, users=USERS, now=NOW, progress=ignore)
    link = connect(url)
    yield link
    link.close()
