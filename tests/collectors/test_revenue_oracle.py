"""Revenue and data quality against a brute-force oracle, over random histories in a real PostgreSQL."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from psycopg2.extensions import connection as Connection  # noqa: N812

from collectors.definitions import Definitions
from demo.postgres import EmbeddedPostgres
from exporter.registry import modules
from exporter.sources.database import Database
from tests.collectors.asking import ask, definitions_of, differences, source
from tests.conftest import SCHEMA, connect, execute
from tests.oracle.events import expected_events
from tests.oracle.histories import Case, cases, clear, load
from tests.oracle.measures import scope_of
from tests.oracle.revenue import expected, expected_quality


@pytest.fixture(scope="module")
def place(postgres: EmbeddedPostgres) -> Iterator[tuple[Connection, Database]]:
    url = postgres.create("oracle")
    execute(url, SCHEMA.read_text())
    connection = connect(url)
    with source(url, Definitions()) as database:
        yield connection, database
    connection.close()


# No shrinking: an example is found in seconds, and making it smaller takes minutes with a database in between.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=PHASES)
@given(case=cases())
def test_revenue_is_what_the_oracle_says(place: tuple[Connection, Database], case: Case) -> None:
    connection, database = place
    clear(connection)
    load(connection, case.world)
    definitions = definitions_of(case.settings)
    found, harvest = ask("revenue", database, case.at, definitions)
    declared = {family.name for family in modules()["revenue"].families(modules()["revenue"].Options())}
    wanted = {key: value for key, value in expected(case.world, case.at, case.settings).items() if key[0] in declared}
    assert differences(found, wanted) == []
    scope = scope_of(case.world, case.at, case.settings)
    assert harvest.documents == {"customer_events": expected_events(scope)}

    found, _ = ask("data_quality", database, case.at, definitions)
    checks = {
        ("jobhive_data_quality_rows", frozenset({"table": table, "check": check}.items())): rows
        for (table, check), rows in expected_quality(case.world, case.at, case.settings).items()
    }
    # Other tables have an oracle of their own.
    tables = {("table", table) for table in ("plan", "subscription", "user")}
    rows = {key: n for key, n in found.items() if key[0] == "jobhive_data_quality_rows" and key[1] & tables}
    assert differences(rows, checks) == []
