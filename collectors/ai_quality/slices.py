"""How old rows are: slices of time that windows are made of, so that one pass over the rows answers for all of them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, ColumnElement, cast, func, literal

from collectors.tables import INSTANT

# Slice n begins so many days before the instant of the run, the last one ends there; all are half-open.
DAYS = (90, 35, 30, 7)
OLDEST = 1
# The slices of each value of the label `window`, and of the two sides that drift compares.
WINDOWS: Mapping[str, range] = {"7d": range(4, 5), "30d": range(3, 5), "90d": range(1, 5)}
CURRENT, REFERENCE = range(4, 5), range(2, 4)


def begin(at: datetime, number: int) -> datetime:
    """Return when a slice begins."""
    return at - timedelta(days=DAYS[number - 1])


def slice_of(instant: ColumnElement[datetime], at: datetime) -> ColumnElement[int]:
    """Return the slice of an instant before `at`; 0 for one that is older than all."""
    edges = [begin(at, number) for number in range(OLDEST, len(DAYS) + 1)]
    return func.width_bucket(instant, cast(literal(edges, ARRAY(INSTANT)), ARRAY(INSTANT)))
