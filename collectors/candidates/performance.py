"""One candidate in detail, for the JSON API (metrics.md CA1 to CA7): personal data, never a metric."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from collectors.base import Reader
from collectors.candidates.detail import detail
from collectors.candidates.histories import MONTH_SECONDS, Kind
from collectors.candidates.judgement import (
    Judged,
    Peers,
    Subject,
    improvement,
    judged,
    latest_mean,
    robust_improvement,
    slope,
)
from collectors.candidates.peers import peers
from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.session_values import DIMENSIONS
from exporter.windows import business_date

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Interview:
    """One completed interview; scores are from 0 to 1, None where there is no valid one.

    `skills` are the means by category. Without a start there is no business `date`, and the interview stands last.
    """

    id: int
    start: datetime | None
    date: date | None
    scores: Mapping[str, float | None]
    sentiment: float | None
    skill: float | None
    skills: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Performance:
    """What a candidate did before an instant; `improvement` and `robust` are by dimension, None where too little is.

    The slopes are of the completion score, per interview and per 30 days.
    """

    user_id: int
    history: tuple[Interview, ...]
    improvement: Mapping[str, float | None]
    robust_improvement: Mapping[str, float | None]
    slope_per_interview: float | None
    slope_per_30d: float | None
    strengths: tuple[Judged, ...]
    areas_for_improvement: tuple[Judged, ...]


def population(
    reader: Reader, schema: Schema, definitions: Definitions, at: datetime, kind: Kind = "all"
) -> Mapping[Subject, Peers]:
    """Return the quartiles that candidates are judged by; the same for all, and slow where candidates are many."""
    rows = reader.rows("peers", peers(schema, definitions, at, kind))
    return {Subject(row.kind, row.name): Peers(row.n, *row.quartiles) for row in rows if row.n}


def performance(
    reader: Reader,
    schema: Schema,
    definitions: Definitions,
    at: datetime,
    user_id: int,
    kind: Kind = "all",
    known: Mapping[Subject, Peers] | None = None,
    company: int | None = None,
) -> Performance | None:
    """Return how a candidate did before `at`; None for somebody who is no user, or does not count as one.

    `known` is a population that was asked for before; without it, it is asked for now. With a company, the history is
    that of the interviews for its jobs.
    """
    rows = reader.rows("performance", detail(schema, definitions, at, user_id, kind, company))
    if not rows:
        return None
    history = tuple(_interview(row, definitions) for row in rows if row.id is not None)
    scores = {dimension: _scores(history, dimension) for dimension in DIMENSIONS}
    means = _means(history, scores)
    # Nothing is not compared with anybody.
    others = population(reader, schema, definitions, at, kind) if means and known is None else known
    strengths, areas = judged(means, others or {})
    return Performance(
        user_id=user_id,
        history=history,
        improvement={dimension: improvement(found) for dimension, found in scores.items()},
        robust_improvement={dimension: robust_improvement(found) for dimension, found in scores.items()},
        slope_per_interview=slope(list(enumerate(scores["completion"], 1))),
        slope_per_30d=slope(_over_time(history)),
        strengths=strengths,
        areas_for_improvement=areas,
    )


def _interview(row: Row[Any], definitions: Definitions) -> Interview:
    return Interview(
        id=row.id,
        start=row.start,
        date=business_date(row.start, definitions.timezone) if row.start else None,
        scores={dimension: getattr(row, dimension) for dimension in DIMENSIONS},
        sentiment=row.sentiment,
        skill=row.skill,
        skills=row.skills or {},
    )


def _scores(history: Sequence[Interview], dimension: str) -> list[float]:
    return [score for interview in history if (score := interview.scores[dimension]) is not None]


def _means(history: Sequence[Interview], scores: Mapping[str, Sequence[float]]) -> Mapping[Subject, float]:
    """Return the mean of the latest scores by what is scored; nothing for what never was."""
    found: dict[Subject, Sequence[float]] = {Subject("dimension", name): values for name, values in scores.items()}
    for category in {category for interview in history for category in interview.skills}:
        values = [interview.skills[category] for interview in history if category in interview.skills]
        found[Subject("skill_category", category)] = values
    return {subject: mean for subject, values in found.items() if (mean := latest_mean(values)) is not None}


def _over_time(history: Sequence[Interview]) -> list[tuple[float, float]]:
    """Return the completion scores of interviews with a start, by the 30 days since the first of them."""
    timed = [
        (interview.start, score)
        for interview in history
        if interview.start and (score := interview.scores["completion"]) is not None
    ]
    return [((start - timed[0][0]) / SECOND / MONTH_SECONDS, score) for start, score in timed]
