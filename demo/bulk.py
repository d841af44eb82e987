"""Bulk loading: rows of any table, in any order, go into PostgreSQL by COPY while the next ones are made."""

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from io import StringIO
from time import gmtime, strftime
from types import TracebackType
from typing import Self, get_args, get_type_hints

from psycopg2 import sql
from psycopg2.extensions import cursor

from demo.rows import TABLES, Instant, Row
from demo.world import DAY

CHUNK = 1 << 20


class Sheet:
    """The rows of one table that wait to be written, in the text format of COPY."""

    def __init__(self, kind: type[Row], table: str) -> None:
        columns = get_type_hints(kind, include_extras=True)
        self._instants = [n for n, hint in enumerate(columns.values()) if Instant in (hint, *get_args(hint))]
        self._line = "\t".join(["%s"] * len(columns)) + "\n"
        # The table was made in this transaction, so its rows can be written as if they had always been there. NULL
        # is what str() makes of None; no cell is that word, or holds a tab, a line end or a backslash.
        self.command = sql.SQL("COPY {} ({}) FROM STDIN (FREEZE, NULL 'None')").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        self._text = StringIO()

    def add(self, row: Row) -> int:
        """Take a row; returns the size of what waits."""
        cells = list(row)
        for position in self._instants:
            instant = cells[position]
            if instant is not None:
                cells[position] = _date(instant // DAY) + _clock(instant % DAY)
        self._text.write(self._line % tuple(cells))
        return self._text.tell()

    def take(self) -> StringIO:
        """Hand over what waits, and begin anew."""
        text, self._text = self._text, StringIO()
        text.seek(0)
        return text


class Loader:
    """Writes rows through one cursor, a chunk of one table at a time, in a thread of its own."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor
        self._sheets = {kind: Sheet(kind, table) for kind, table in TABLES.items()}
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._running: Future[None] | None = None

    def __enter__(self) -> Self:
        """Nothing to do yet: the thread starts with the first chunk."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what is left, unless the load has failed already; then let the thread go."""
        try:
            if error is None:
                for sheet in self._sheets.values():
                    self._send(sheet)
                self._wait()
        finally:
            self._thread.shutdown()

    def add(self, row: Row) -> None:
        """Take a row; it is written when its table has enough of them."""
        sheet = self._sheets[type(row)]
        if sheet.add(row) > CHUNK:
            self._send(sheet)

    def _send(self, sheet: Sheet) -> None:
        # One chunk is on its way while the next one is filled: that bounds the memory.
        self._wait()
        # It is read in one piece, as the thread has to fight for the interpreter at each one.
        self._running = self._thread.submit(self._cursor.copy_expert, sheet.command, sheet.take(), 2 * CHUNK)

    def _wait(self) -> None:
        if self._running:
            self._running.result()


# Both halves of a timestamp are few and come again and again, so they are kept.
@cache
def _date(day: int) -> str:
    return strftime("%Y-%m-%d ", gmtime(day * DAY))


@cache
def _clock(second: int) -> str:
    return strftime("%H:%M:%S+00", gmtime(second))
