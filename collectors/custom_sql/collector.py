"""The collector of one custom query on one database."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Protocol

from sqlalchemy import Row, TextClause, bindparam, text

from collectors.base import Found, Harvest, Run
from collectors.custom_sql.fold import folded
from collectors.custom_sql.instant import Instant
from collectors.custom_sql.options import AT, Options
from collectors.custom_sql.rows import Answer, Reader
from exporter.model import Reason, Sample, SourceError

MOST_ROWS = 100_000
TABLE = "custom_sql"


class Tables(Protocol):
    """One read-only transaction."""

    def table(self, name: str, statement: TextClause, most: int) -> tuple[Sequence[str], Sequence[Row[Any]]]:
        """Return the columns of a statement, and its rows, one more than `most` at most."""
        ...


class Source(Protocol):
    """A database of any kind."""

    def read(self, deadline: float, work: Callable[[Tables], Found]) -> Found:
        """Return what `work` makes of one transaction that ends within `deadline` seconds; SourceError if it fails."""
        ...


class Collector:
    """Asks once for each set of parameters, in one transaction."""

    source: ClassVar[str] = "custom_sql"
    interval: ClassVar[timedelta] = timedelta(minutes=5)

    def __init__(self, options: Options, source: Source) -> None:
        self._options, self._source = options, source

    def collect(self, run: Run) -> Harvest:
        """Collect the metrics of the query; `:at` in it is the instant of the run."""
        reader = self._source.read(run.deadline, lambda tables: self._read(run, tables))
        dropped = {(TABLE, str(reason)): rows for reason, rows in reader.dropped.items()}
        return Harvest(tuple(self._samples(reader)), dropped=dropped)

    def _read(self, run: Run, tables: Tables) -> Reader:
        reader, query, left = Reader(self._options), self._options.query, MOST_ROWS
        for parameters in query.parameters:
            statement = text(_ended(query.sql)).bindparams(**{key: parameters[key] for key in query.asks - {AT}})
            if AT in query.asks:
                statement = statement.bindparams(bindparam(AT, run.at, type_=Instant()))
            columns, rows = tables.table(self._options.name, statement, left)
            left -= len(rows)
            if left < 0:
                problem = f"the query has more than {MOST_ROWS:,} rows; group them in the SQL"
                raise SourceError(Reason.QUERY, problem)
            reader.read(Answer(parameters, columns, rows))
        return reader

    def _samples(self, reader: Reader) -> Iterator[Sample]:
        share = self._options.max_series // len(reader.series)
        for name, series in reader.series.items():
            kept = folded(series, share) if self._options.query.metrics[name].fold else series
            yield from (one.sample(name) for one in kept)


def _ended(sql: str) -> str:
    """Return a statement without its mark at the end, and with the end of a comment there may be."""
    return f"{sql.strip().removesuffix(';')}\n"
