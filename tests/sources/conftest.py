"""Readers of databases, each closed at the end of its test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from sqlalchemy import URL, make_url, text

from exporter.sources.database import Database, Explain, Transaction

Opener = Callable[..., Database]


@pytest.fixture
def open_database() -> Iterator[Opener]:
    with ExitStack() as stack:

        def open_one(url: URL | str, schema: str = "public", explain: Explain | None = None) -> Database:
            tables = ["billing_plan", "accounts_user"]
            database = Database(make_url(url), schema=schema, tables=tables, workers=1, explain=explain)
            stack.callback(database.close)
            return database

        yield open_one


@pytest.fixture
def reader(open_database: Opener, database: str) -> Database:
    """A reader of an empty JobHive."""
    return open_database(database)


def ask(question: str, **values: Any) -> Callable[[Transaction], Any]:
    """Return work that asks for one value."""
    return lambda transaction: transaction.rows("question", text(question).bindparams(**values))[0][0]
