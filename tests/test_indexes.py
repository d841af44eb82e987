"""The page of indexes: its SQL is that of the catalogue, and loads."""

from pathlib import Path

from collectors.definitions import Definitions
from collectors.tables import TABLES
from exporter.indexes import SUGGESTED
from tests.conftest import connect

PAGE = Path(__file__).parent.parent / "docs" / "indexes.md"


def test_the_page_has_every_suggested_index_and_its_sql_loads(database: str) -> None:
    page = PAGE.read_text()
    script = page.partition("```sql\n")[2].partition("\n```")[0]
    statements = [suggested.sql(Definitions()) for suggested in SUGGESTED]
    assert script == "\n".join(statements), "docs/indexes.md is stale"
    connection = connect(database)
    try:
        with connection.cursor() as cursor:
            for statement in script.split(";\n"):
                cursor.execute(statement)
    finally:
        connection.close()
    for suggested in SUGGESTED:
        assert f" | {suggested.buys} | " in page


def test_indexes_are_on_columns_that_are_read() -> None:
    for suggested in SUGGESTED:
        assert set(suggested.columns) <= TABLES[suggested.table].columns.keys()
