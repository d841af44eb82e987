"""What single columns of an interview session mean: its class, its duration, its scores (metrics.md 2.4, C13)."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Double, FromClause, case, cast, extract, func

from collectors.mapping import SessionMapping
from collectors.schema import classified

# A longer interview is a clock that went wrong, not an interview.
LONGEST = timedelta(hours=24)
SECONDS_PER = {"seconds": 1.0, "minutes": 60.0, "microseconds": 1e-6}
# Logical columns of the scores by the dimension that families call them.
DIMENSIONS = {
    "technical": "technical_accuracy",
    "behavioral": "behavioral_score",
    "completion": "completion_percentage",
}
# Columns of the table that are looked at as they stand, where broken rows are counted.
RAW = ("status", "ended_reason", "duration", *DIMENSIONS.values())


def session_class(row: FromClause, mapping: SessionMapping, otherwise: str | None = "other") -> ColumnElement[str]:
    """Return the class of a session: by the reason of its end where that is mapped, else by its status."""
    by_status = classified(row.c.status, mapping.status_map, otherwise)
    # A case without a branch is not SQL.
    if not any(mapping.ended_reason_map.values()):
        return by_status
    return func.coalesce(classified(row.c.ended_reason, mapping.ended_reason_map, None), by_status)


def own_seconds(row: FromClause, unit: str) -> ColumnElement[float] | None:
    """Return what the column `duration` says in seconds, as it stands; None where the column is not used."""
    if unit == "from_timestamps":
        return None
    if unit == "interval":
        return cast(extract("epoch", row.c.duration), Double)
    return cast(row.c.duration, Double) * SECONDS_PER[unit]


def scored(value: ColumnElement[float], scale: float) -> ColumnElement[float]:
    """Return a score from 0 to 1; null for one outside its scale, NaN and infinity among them."""
    return case((value.between(0, scale), value / scale))


def valid_seconds(seconds: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell that a duration is finite, not negative and at most 24 h."""
    return seconds.between(0, LONGEST.total_seconds())
