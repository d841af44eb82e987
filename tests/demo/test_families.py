"""On the demo's data, every family of the database collectors has samples or is listed as disabled with its reason."""

import pytest
from psycopg2.extensions import connection

from collectors.definitions import Definitions
from demo.postgres import EmbeddedPostgres
from exporter.registry import modules
from tests.collectors.asking import ask, source
from tests.contract.families import wanted
from tests.demo.conftest import NOW

COLLECTORS = [name for name, module in modules().items() if module.Collector.source == "database"]
# What has neither samples nor a note, and why that is right.
ABSENT = {"jobhive_db_replication_lag_seconds": "the demo's server is a primary, which lags behind nobody"}
OPT_IN = "not_enabled"
# The company of these tests is small: of some rows it has fewer than a figure needs.
CHOSEN = {"ai_quality": {"min_validated": 5, "min_group": 1, "min_calibrated": 5, "min_drift": 5, "min_pairs": 5}}


@pytest.mark.parametrize("name", COLLECTORS)
def test_a_family_is_emitted_or_disabled_with_its_reason(
    name: str, company: connection, server: EmbeddedPostgres
) -> None:
    definitions = Definitions()
    with source(server.url("company"), definitions) as database:
        found, harvest = ask(name, database, NOW, definitions, CHOSEN.get(name))
    emitted = {family for family, _ in found}
    disabled = {note.family: note.reason for note in harvest.notes if note.kind == "disabled"}
    rows = [row for row in wanted() if row.collector == name]
    assert {row.name for row in rows} - emitted - disabled.keys() - ABSENT.keys() == set()
    assert emitted & (disabled.keys() | ABSENT.keys()) == set()
    # Nothing that the demo has the data for is disabled but what has to be asked for.
    assert disabled == {row.name: OPT_IN for row in rows if row.shown == "opt-in"}
