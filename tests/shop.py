"""A shop with its orders: the same table in an SQLite file and in PostgreSQL, for custom queries."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.conftest import execute

ORDERS = """
CREATE TABLE orders (id integer, status text, channel text, amount numeric, placed_at timestamp);
INSERT INTO orders VALUES
    (1, 'open', 'web', 10.5, '2026-01-01 00:00:00'), (2, 'open', 'app', 20, '2026-01-02 00:00:00'),
    (3, 'done', 'web', 7, '2026-02-01 12:00:00'), (4, 'done', 'web', NULL, '2026-03-01 12:00:00');
"""


def sqlite_shop(path: Path) -> str:
    """Make a file; returns its URL."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ORDERS)
    return f"sqlite:///{path}"


def postgres_shop(url: str) -> str:
    """Add the table to a database; returns its URL."""
    execute(url, ORDERS)
    return url
