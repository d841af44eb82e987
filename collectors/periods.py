"""Instants and windows as rows of a statement: one query shape serves the live run, past instants and API ranges.

They enter as arrays, not as VALUES, which would keep SQLAlchemy from caching the statement: compiling one costs more
than running it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, TableValuedAlias, Text, and_, cast, column, func, literal

from collectors.tables import INSTANT
from exporter.windows import Window


def periods(windows: Sequence[Window], name: str = "windows") -> TableValuedAlias:
    """Windows as rows (window, start, end)."""
    keys, starts, ends = zip(*windows, strict=True)
    columns = {"window": (Text(), keys), "start": (INSTANT, starts), "end": (INSTANT, ends)}
    return rows(name, columns)


def within(instant: ColumnElement[Any], period: TableValuedAlias) -> ColumnElement[bool]:
    """Tell that an instant lies in the half-open period of the row."""
    return and_(instant >= period.c.start, instant < period.c.end)


def instants(found: Iterable[datetime], name: str = "moments") -> TableValuedAlias:
    """Instants as rows (t), each once."""
    return rows(name, {"t": (INSTANT, sorted(set(found)))})


def rows(name: str, columns: Mapping[str, tuple[Any, Sequence[Any]]]) -> TableValuedAlias:
    """Values as rows: each column by its name, type and values."""
    arrays = (cast(literal(list(values), ARRAY(kind)), ARRAY(kind)) for kind, values in columns.values())
    typed = [column(label, kind) for label, (kind, _) in columns.items()]
    return func.unnest(*arrays).table_valued(*typed, name=name).render_derived()
