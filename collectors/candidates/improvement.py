"""How candidates do over their interviews, all of them together (metrics.md CA2, CA3, CA5)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Double, Row, Select, Subquery, and_, case, cast, func, select

from collectors.candidates.families import (
    CANDIDATES,
    IMPROVED,
    IMPROVEMENT_SUM,
    INTERVIEW,
    INTERVIEWS,
    MONTH,
    QUARTER_KEY,
    RATE_SUM,
    RATED,
    RECENT,
    REPEAT,
)
from collectors.candidates.histories import Kind, histories
from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.session_values import DIMENSIONS
from exporter.model import Sample
from exporter.windows import trailing

# A line through two points always fits.
FEWEST_FOR_SLOPE = 3


def improvement(schema: Schema, definitions: Definitions, at: datetime, kind: Kind) -> Select[*tuple[Any, ...]]:
    """Select one row of counts and sums over the candidates who completed an interview in the longest window."""
    since = trailing(QUARTER_KEY, at).start
    candidate = _candidates(histories(schema, definitions, at, kind, since), at)
    columns: dict[str, ColumnElement[Any]] = {}
    for key in RECENT:
        columns[f"candidates_{key}"] = func.count().filter(candidate.c[f"interviews_{key}"] > 0)
        columns[f"interviews_{key}"] = func.sum(candidate.c[f"interviews_{key}"])
    for dimension in DIMENSIONS:
        change = candidate.c[f"last_{dimension}"] - candidate.c[f"first_{dimension}"]
        repeat = and_(candidate.c[f"n_{dimension}"] > 1, candidate.c[f"end_{dimension}"] >= since)
        columns[f"repeat_{dimension}"] = func.count().filter(repeat)
        columns[f"improved_{dimension}"] = func.count().filter(repeat, change > 0)
        columns[f"improvement_{dimension}"] = func.sum(change).filter(repeat)
    enough = and_(candidate.c.n_completion >= FEWEST_FOR_SLOPE, candidate.c.end_completion >= since)
    for per in (INTERVIEW, MONTH):
        slope = candidate.c[f"slope_{per}"]
        columns[f"rated_{per}"] = func.count(slope).filter(enough)
        columns[f"rate_{per}"] = func.sum(slope).filter(enough)
    return select(*(column.label(name) for name, column in columns.items()))


def _candidates(row: Subquery, at: datetime) -> Subquery:
    """One row per candidate; a slope in time is null where nothing lies between the starts."""
    completion = row.c.completion
    timed = func.count(completion).filter(row.c.months.is_not(None)) >= FEWEST_FOR_SLOPE
    slopes = {
        INTERVIEW: func.regr_slope(completion, cast(row.c.place_completion, Double)),
        MONTH: case((timed, func.regr_slope(completion, row.c.months))),
    }
    columns: dict[str, ColumnElement[Any]] = {f"slope_{per}": slope for per, slope in slopes.items()}
    for key in RECENT:
        columns[f"interviews_{key}"] = func.count().filter(row.c.end >= trailing(key, at).start)
    for dimension in DIMENSIONS:
        value, place, n = row.c[dimension], row.c[f"place_{dimension}"], row.c[f"n_{dimension}"]
        # Rows without a value stand beside the same place: a maximum leaves them out.
        columns[f"n_{dimension}"] = func.max(n)
        columns[f"first_{dimension}"] = func.max(value).filter(place == 1)
        columns[f"last_{dimension}"] = func.max(value).filter(place == n)
        columns[f"end_{dimension}"] = func.max(row.c.end).filter(place == n, value.is_not(None))
    named = (column.label(name) for name, column in columns.items())
    return select(*named).group_by(row.c.user_id).subquery("candidates")


def samples(row: Row[Any]) -> Iterator[Sample]:
    """Turn the row into samples; a sum over nothing is null."""
    found = row._asdict()
    for key in RECENT:
        yield CANDIDATES.sample(found[f"candidates_{key}"], window=key)
        yield INTERVIEWS.sample(found[f"interviews_{key}"] or 0, window=key)
    for dimension in DIMENSIONS:
        labels = {"dimension": dimension, "window": QUARTER_KEY}
        yield REPEAT.sample(found[f"repeat_{dimension}"], **labels)
        yield IMPROVED.sample(found[f"improved_{dimension}"], **labels)
        yield IMPROVEMENT_SUM.sample(found[f"improvement_{dimension}"] or 0, **labels)
    for per in (INTERVIEW, MONTH):
        labels = {"per": per, "window": QUARTER_KEY}
        yield RATED.sample(found[f"rated_{per}"], **labels)
        yield RATE_SUM.sample(found[f"rate_{per}"] or 0, **labels)
