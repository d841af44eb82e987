"""Engagement against a brute-force oracle, over random histories in a real PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from psycopg2.extensions import connection as Connection  # noqa: N812

from collectors.definitions import Definitions
from demo.postgres import EmbeddedPostgres
from exporter.sources.database import Database
from tests.collectors.asking import definitions_of, differences, source
from tests.collectors.test_engagement import asked_with
from tests.conftest import SCHEMA, connect, execute
from tests.oracle.usage import Settings, expected_engagement
from tests.oracle.usage_histories import Case, cases, clear, load


@pytest.fixture(scope="module")
def place(postgres: EmbeddedPostgres) -> Iterator[tuple[Connection, Database]]:
    url = postgres.create("engagement_oracle")
    execute(url, SCHEMA.read_text())
    connection = connect(url)
    with source(url, Definitions()) as database:
        yield connection, database
    connection.close()


def meaning_of(case: Settings) -> Definitions:
    """Translate the settings of the oracle: what it does not want to be mapped is null."""
    tables: dict[str, Any] = {}
    if not case.verification_time:
        tables["user"] = {"columns": {"email_verified_at": None}}
    if case.app_sessions != "usersession":
        tables["user_session"] = {"columns": {"started_at": None}}
    return replace(definitions_of(case, **tables), week_start=case.week_start)


# No shrinking: an example is found in seconds, and making it smaller takes minutes with a database in between.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
@given(case=cases())
def test_engagement_is_what_the_oracle_says(place: tuple[Connection, Database], case: Case) -> None:
    connection, database = place
    clear(connection)
    load(connection, case.world)
    options = {
        "activity_source": case.settings.activity_source,
        "session_duration": case.settings.app_sessions is not None,
    }
    found, _ = asked_with(options, database, case.at, meaning_of(case.settings))
    assert differences(found, expected_engagement(case.world, case.at, case.settings)) == []
