"""What every check of a table comes to: one row with the newest instant and a count for each check."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select

from collectors.schema import Schema

Counts = Select[*tuple[Any, ...]]
# Clocks of application servers differ; a row a minute ahead is no defect.
SKEW = timedelta(seconds=60)


class Check(NamedTuple):
    """The rows that break a check; one whose columns a deployment does not have is not made."""

    broken: ColumnElement[bool]
    is_mapped: bool = True


@dataclass(frozen=True, slots=True)
class Recent:
    """The period that checks of rows look at: so far back from `at`."""

    at: datetime
    horizon: timedelta

    def has(self, instant: ColumnElement[Any]) -> ColumnElement[bool]:
        """Tell whether an instant is in it."""
        return and_(instant >= self.at - self.horizon, instant < self.at)


def counts(newest: ColumnElement[Any], checks: Mapping[str, Check], *looked_at: ColumnElement[bool]) -> Counts:
    """Select the newest instant, and for every check a count of the rows looked at."""
    made = [func.count().filter(check.broken).label(name) for name, check in checks.items() if check.is_mapped]
    statement = select(newest.label("newest"), *made)
    # Without a count there would be as many answers as rows.
    return statement.where(*looked_at) if made else statement


def newest_of(schema: Schema, table: str, column: str, at: datetime) -> ColumnElement[Any]:
    """Return the last instant before `at`, which the end of an index tells."""
    instant = schema.table(table).c[column]
    return select(func.max(instant)).where(instant < at).scalar_subquery()
