"""The state of an interview session at T (metrics.md 2.4), each word of the contract as one literal function."""

import math
from datetime import datetime, timedelta
from fractions import Fraction

from tests.oracle.objects import word_class
from tests.oracle.samples import seconds
from tests.oracle.usage_rows import Session, Settings

SECONDS = {"seconds": Fraction(1), "minutes": Fraction(60), "microseconds": Fraction(1, 10**6)}
LONGEST = Fraction(24 * 3600)
CLOSED = ("completed", "abandoned", "cancelled", "no_show")
DIMENSIONS = {
    "technical": "technical_accuracy",
    "behavioral": "behavioral_score",
    "completion": "completion_percentage",
}


def known_class(session: Session, settings: Settings) -> str | None:
    """None for a status that no map knows. ``ended_reason_map`` comes first (sources.md 1.7)."""
    if session.ended_reason is not None:
        by_reason = word_class(settings.ended_reasons, session.ended_reason)
        if by_reason is not None:
            return by_reason
    return word_class(settings.session_statuses, session.status)


def session_class(session: Session, settings: Settings) -> str:
    return known_class(session, settings) or "other"


def kind(session: Session) -> str:
    return "practice" if session.is_practice else "hiring"


def number(value: float | None) -> Fraction | None:
    """The number as it was written: 0.7 is 7/10, so that a threshold is met where a reader says it is met."""
    return Fraction(repr(value)) if value is not None and math.isfinite(value) else None


def column_seconds(session: Session, settings: Settings) -> Fraction | None:
    """The column ``duration``, when its unit is known and its value finite; of any sign and size."""
    value = number(session.duration)
    if settings.duration_unit == "from_timestamps" or value is None:
        return None
    return value * SECONDS[settings.duration_unit]


def end(session: Session, settings: Settings) -> datetime | None:
    """The contract's end*."""
    if session.end_time is not None:
        return session.end_time
    if session_class(session, settings) != "completed" or session.start_time is None:
        return None
    duration = column_seconds(session, settings)
    if duration is None or not 0 <= duration <= LONGEST:
        return None
    return session.start_time + timedelta(microseconds=round(duration * 10**6))


def started(session: Session, at: datetime) -> bool:
    return session.start_time is not None and session.start_time < at


def ended(session: Session, at: datetime, settings: Settings) -> bool:
    stop = end(session, settings)
    return stop is not None and stop < at


def completed(session: Session, at: datetime, settings: Settings) -> bool:
    return session_class(session, settings) == "completed" and ended(session, at, settings)


def closed_without_end(session: Session, settings: Settings) -> bool:
    return session_class(session, settings) in CLOSED and end(session, settings) is None


def running(session: Session, at: datetime, settings: Settings) -> bool:
    if not started(session, at) or ended(session, at, settings):
        return False
    return not closed_without_end(session, settings)


def active(session: Session, at: datetime, settings: Settings) -> bool:
    return running(session, at, settings) and begun_since(session, at - settings.max_interview_length)


def stale(session: Session, at: datetime, settings: Settings) -> bool:
    return running(session, at, settings) and not begun_since(session, at - settings.max_interview_length)


def begun_since(session: Session, instant: datetime) -> bool:
    return session.start_time is not None and session.start_time >= instant


def closing(session: Session, settings: Settings) -> datetime | None:
    """The closing instant. ``end_time`` of the classes but completed is the column, as duration is never theirs."""
    status = session_class(session, settings)
    if status == "completed":
        return end(session, settings)
    if status == "no_show":
        return session.end_time or session.scheduled_at or session.start_time or session.created_at
    if status in ("abandoned", "cancelled"):
        return session.end_time or session.start_time or session.created_at
    return session.end_time


def closed(session: Session, at: datetime, settings: Settings) -> bool:
    instant = closing(session, settings)
    return instant is not None and instant < at


def open_unstarted(session: Session, at: datetime, settings: Settings) -> bool:
    """What scheduled(T) and DB1c{other} share; no session of class other is closed without end."""
    if session.created_at >= at or started(session, at):
        return False
    return not closed(session, at, settings) and not closed_without_end(session, settings)


def scheduled(session: Session, at: datetime, settings: Settings) -> bool:
    return open_unstarted(session, at, settings) and session_class(session, settings) != "other"


def other(session: Session, at: datetime, settings: Settings) -> bool:
    return open_unstarted(session, at, settings) and session_class(session, settings) == "other"


def measured(session: Session, settings: Settings) -> Fraction | None:
    """The length in seconds, of any sign and size: end* − start, or the column if its unit is known.

    With a unit the column is used *instead*: a null there is not mended by the timestamps.
    """
    if settings.duration_unit != "from_timestamps":
        return column_seconds(session, settings)
    stop = end(session, settings)
    if session.start_time is None or stop is None:
        return None
    return seconds(stop - session.start_time)


def length(session: Session, settings: Settings) -> Fraction | None:
    """The length if it is valid: not negative, at most 24 hours."""
    found = measured(session, settings)
    return found if found is not None and 0 <= found <= LONGEST else None


def raw_score(session: Session, dimension: str) -> float | None:
    value: float | None = getattr(session, DIMENSIONS[dimension])
    return value


def score(session: Session, dimension: str, settings: Settings) -> Fraction | None:
    """Score ÷ scale if it is valid: finite and between 0 and the scale."""
    value = number(raw_score(session, dimension))
    return value / settings.score_scale if value is not None and 0 <= value <= settings.score_scale else None


def passed(session: Session, settings: Settings) -> bool:
    """A score that is null or invalid is not passed."""
    value = score(session, settings.pass_dimension, settings)
    return value is not None and value >= settings.pass_threshold


def matured(session: Session, at: datetime, settings: Settings) -> bool:
    return not active(session, at, settings)
