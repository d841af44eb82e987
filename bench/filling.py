"""A JobHive of any size, made inside PostgreSQL: tables first, rows next, indexes last."""

import re
from datetime import datetime
from pathlib import Path

from psycopg2.extensions import connection

SCHEMA = Path(__file__).parent.parent / "demo" / "schema.sql"
ROWS = Path(__file__).with_name("size.sql")
COMMENT = re.compile(r"--[^\n]*")


def fill(link: connection, users: int, at: datetime) -> None:
    """Make the tables and ten sessions per user in an empty database; a few minutes for half a million users."""
    statements = _statements(SCHEMA.read_text())
    indexes = [statement for statement in statements if statement.startswith("CREATE INDEX")]
    link.autocommit = True
    with link.cursor() as cursor:
        for statement in statements:
            if statement.startswith("CREATE TABLE"):
                cursor.execute(statement)
        for statement in _statements(ROWS.read_text()):
            cursor.execute(statement, {"users": users, "at": at})
        cursor.execute("SET maintenance_work_mem = '256MB'")
        for statement in indexes:
            cursor.execute(statement)
        cursor.execute("VACUUM (ANALYZE)")


def _statements(script: str) -> list[str]:
    """Split a script of ours, in which no text holds a semicolon or two hyphens."""
    return [statement for part in COMMENT.sub("", script).split(";") if (statement := part.strip())]
