"""What Cost Explorer said before, in the state file: daily amounts, and answers that hold for a day.

Every request is paid for, so that no figure that stays as it is should be asked for twice, by no process.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from exporter.model import Reason, SourceError
from exporter.state import connect
from exporter.stored import instant, micros

# Day, whether it is still an estimate, group, currency and amount; the group of a day without any is empty.
CostRow = tuple[date, bool, str, str, Decimal]
# Cost Explorer itself has 13 months.
KEPT = timedelta(days=400)
LOAD = """
SELECT day, estimated, key, currency, amount FROM jhx_cost_daily
WHERE dimension = ? AND metric = ? AND day >= ? AND day < ? ORDER BY day, key, currency
"""
FETCHED = """
SELECT day, min(fetched_at) FROM jhx_cost_daily
WHERE dimension = ? AND metric = ? AND day >= ? AND day < ? GROUP BY day
"""
DELETE = "DELETE FROM jhx_cost_daily WHERE dimension = ? AND metric = ? AND (day >= ? AND day < ? OR day < ?)"


class CostMemory:
    """The tables of costs in a state file, which must be there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def days(self, dimension: str, metric: str, start: date, end: date) -> Sequence[CostRow]:
        """Return the rows of the days from `start` up to, not including, `end`."""
        with self._open() as connection:
            rows = connection.execute(LOAD, (dimension, metric, _midnight(start), _midnight(end))).fetchall()
        return [
            (instant(day).date(), bool(estimated), key, currency, Decimal(amount))
            for day, estimated, key, currency, amount in rows
        ]

    def fetched(self, dimension: str, metric: str, start: date, end: date) -> Mapping[date, date]:
        """Return the days that are known, each with the day of UTC on which it was answered."""
        with self._open() as connection:
            rows = connection.execute(FETCHED, (dimension, metric, _midnight(start), _midnight(end))).fetchall()
        return {instant(day).date(): instant(fetched).date() for day, fetched in rows}

    def replace(
        self, dimension: str, metric: str, start: date, end: date, rows: Iterable[CostRow], fetched: datetime
    ) -> None:
        """Put rows in the place of all that was known of the days from `start` up to, not including, `end`."""
        values = [
            (_midnight(day), dimension, key, metric, str(amount), currency, estimated, micros(fetched))
            for day, estimated, key, currency, amount in rows
        ]
        with self._open() as connection, connection:
            old = _midnight(start - KEPT)
            connection.execute(DELETE, (dimension, metric, _midnight(start), _midnight(end), old))
            connection.executemany("INSERT INTO jhx_cost_daily VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)

    def currencies(self, dimension: str, metric: str) -> set[str]:
        """Return the currencies of all that is kept."""
        query = "SELECT DISTINCT currency FROM jhx_cost_daily WHERE dimension = ? AND metric = ? AND key <> ''"
        with self._open() as connection:
            return {currency for (currency,) in connection.execute(query, (dimension, metric))}

    def answer(self, question: str, day: date) -> str | None:
        """Return what was answered on a day, None if it was not asked then."""
        query = "SELECT answer_json FROM jhx_cost_answer WHERE question = ? AND day = ?"
        with self._open() as connection:
            row: tuple[str] | None = connection.execute(query, (question, _midnight(day))).fetchone()
        return row[0] if row else None

    def keep(self, question: str, day: date, answer: str) -> None:
        """Keep an answer, and forget those of the days before."""
        with self._open() as connection, connection:
            connection.execute("DELETE FROM jhx_cost_answer WHERE day < ?", (_midnight(day),))
            connection.execute(
                "INSERT OR REPLACE INTO jhx_cost_answer VALUES (?, ?, ?)", (question, _midnight(day), answer)
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(connect(self._path)) as connection:
                yield connection
        except sqlite3.Error as error:
            text = f"costs cannot be kept in the state file {self._path}: {error}; see what is wrong with it"
            raise SourceError(Reason.INTERNAL, text) from None


def _midnight(day: date) -> int:
    return micros(datetime.combine(day, time(), UTC))
