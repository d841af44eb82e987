"""One house for the tests that only look: the rich world at noon, and what comes from elsewhere by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.postgres import EmbeddedPostgres
from tests.conftest import SCHEMA, connect, execute
from tests.oracle.usage_histories import load
from tests.web.api.house import House, house, local
from tests.web.api.remote import furnish
from tests.web.api.world import RICH


@pytest.fixture(scope="session")
def rich(postgres: EmbeddedPostgres) -> str:
    """The URL of a database with the rich world; nobody changes it."""
    url = postgres.create("api_rich")
    execute(url, SCHEMA.read_text())
    connection = connect(url)
    load(connection, RICH)
    connection.close()
    return url


@pytest.fixture(scope="session")
def full(rich: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Every collector has run; a test may look, and ask."""
    with house(tmp_path_factory.mktemp("api"), rich) as found:
        found.collect(*local())
        furnish(found)
        yield found


@pytest.fixture
def fresh(rich: str, tmp_path: Path) -> Iterator[House]:
    """No collector has run; a test may change it."""
    with house(tmp_path, rich) as found:
        yield found
