"""Row-level data-quality counts of metrics.md 4.13 for the tables session, activity and user; no population here."""

import math
from datetime import datetime, timedelta
from fractions import Fraction

from tests.oracle.measures import DAY
from tests.oracle.objects import word_class
from tests.oracle.sessions import (
    DIMENSIONS,
    LONGEST,
    completed,
    end,
    ended,
    known_class,
    measured,
    number,
    raw_score,
    session_class,
    started,
)
from tests.oracle.usage_rows import Activity, Session, Settings, World

HORIZON = 30 * DAY
SKEW = timedelta(seconds=60)
SESSION_CHECKS = (
    "status_unknown",
    "completed_without_end",
    "closed_without_end",
    "status_end_mismatch",
    "negative_duration",
    "duration_too_long",
    "start_missing",
    "progress_null",
    "progress_out_of_range",
    "score_null",
    "score_out_of_range",
    "non_finite",
)


def expected_session_quality(world: World, at: datetime, settings: Settings) -> dict[tuple[str, str], int]:
    """The number of broken rows per (table, check), zero-filled. A row breaks a check once, whatever its columns."""
    sessions = [row for row in world.sessions if at - HORIZON <= (row.start_time or row.created_at) < at]
    activities = [row for row in world.activities if at - HORIZON <= row.occurred_at < at]
    broken = [session_checks(row, at, settings) for row in sessions]
    counts = {("session", check): sum(row[check] for row in broken) for check in SESSION_CHECKS}
    counts["session", "future_start"] = sum(future_start(row, at, settings) for row in world.sessions)
    counts["activity", "future_date"] = sum(row.occurred_at > at + SKEW for row in world.activities)
    counts["activity", "feature_unknown"] = sum(feature_unknown(row, settings) for row in activities)
    counts["user", "future_date"] = sum(row.date_joined > at + SKEW for row in world.users)
    return counts


def session_checks(row: Session, at: datetime, settings: Settings) -> dict[str, bool]:
    """Bare "completed" is the class, completed(T) is written so. Lengths are UE5a's, before it drops the bad ones."""
    status, done = session_class(row, settings), completed(row, at, settings)
    seconds = measured(row, settings) if ended(row, at, settings) else None
    return {
        "status_unknown": known_class(row, settings) is None,
        "completed_without_end": status == "completed" and end(row, settings) is None,
        "closed_without_end": status in ("abandoned", "no_show") and started(row, at) and row.end_time is None,
        "status_end_mismatch": status in ("scheduled", "in_progress") and ended(row, at, settings),
        "negative_duration": seconds is not None and seconds < 0,
        "duration_too_long": seconds is not None and seconds > LONGEST,
        "start_missing": status == "completed" and row.start_time is None,
        "progress_null": done and row.completion_percentage is None,
        "progress_out_of_range": out_of_range(row, "completion", settings),
        "score_null": done and (row.technical_accuracy is None or row.behavioral_score is None),
        "score_out_of_range": any(out_of_range(row, name, settings) for name in ("technical", "behavioral")),
        "non_finite": non_finite(row),
    }


def out_of_range(row: Session, dimension: str, settings: Settings) -> bool:
    value = number(raw_score(row, dimension))
    return value is not None and not Fraction(0) <= value <= settings.score_scale


def non_finite(row: Session) -> bool:
    """The duration too, also when its unit is not known and nothing uses it."""
    values = [row.duration, *(raw_score(row, dimension) for dimension in DIMENSIONS)]
    return any(value is not None and not math.isfinite(value) for value in values)


def future_start(row: Session, at: datetime, settings: Settings) -> bool:
    if session_class(row, settings) not in ("in_progress", "completed"):
        return False
    return row.start_time is not None and row.start_time > at + SKEW


def feature_unknown(row: Activity, settings: Settings) -> bool:
    known = word_class(settings.features, row.feature) is not None
    ignored = row.feature.lower() in {word.lower() for word in settings.ignored_features}
    return row.feature != "" and not known and not ignored
