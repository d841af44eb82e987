"""One golden database for all tests of reports: none of them changes it."""

import pytest

from demo.postgres import EmbeddedPostgres
from tests.conftest import GOLDEN, SCHEMA, execute


@pytest.fixture(scope="session")
def reported(postgres: EmbeddedPostgres) -> str:
    url = postgres.create("reported")
    execute(url, SCHEMA.read_text() + GOLDEN.read_text())
    return url
