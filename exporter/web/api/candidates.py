"""One candidate's performance: asked of the database, and in its shape (metrics.md CA1 to CA7). Personal data."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from collectors.base import Reader
from collectors.candidates.judgement import Judged, Peers, Subject
from collectors.candidates.performance import Interview, Performance, performance, population
from collectors.schema import Schema
from exporter.web.api import candidate_shapes as shapes
from exporter.web.api.terms import Terms

Population = Mapping[Subject, Peers]


def asked_population(reader: Reader, terms: Terms, at: datetime) -> Population:
    """Ask for the quartiles that candidates are judged by: one statement, which looks at all of the last 180 days."""
    return population(reader, Schema(terms.definitions, reader.columns), terms.definitions, at, terms.kind)


def asked_performance(
    reader: Reader, terms: Terms, at: datetime, user_id: int, company: int | None, known: Population
) -> Performance | None:
    """Ask for one candidate: one statement. With a company, of the interviews for its jobs only."""
    schema = Schema(terms.definitions, reader.columns)
    return performance(reader, schema, terms.definitions, at, user_id, terms.kind, known, company)


def candidate(found: Performance, at: datetime, compared_at: datetime) -> shapes.Performance:
    """Return a performance in its shape."""
    return shapes.Performance(
        user_id=found.user_id,
        as_of=at,
        compared_at=compared_at,
        total_interviews=len(found.history),
        history=[_interview(interview) for interview in found.history],
        improvement={
            dimension: shapes.Change(
                last_less_first=change,
                robust=found.robust_improvement[dimension],
                reason="insufficient_data" if change is None else None,
            )
            for dimension, change in found.improvement.items()
        },
        slopes=shapes.Slopes(per_interview=found.slope_per_interview, per_30d=found.slope_per_30d),
        strengths=_judgements(found.strengths),
        areas_for_improvement=_judgements(found.areas_for_improvement),
    )


def _interview(found: Interview) -> shapes.Interview:
    return shapes.Interview(
        date=found.date,
        start_missing=found.start is None,
        interview_id=found.id,
        sentiment=found.sentiment,
        skill=found.skill,
        **found.scores,
    )


def _judgements(found: Iterable[Judged]) -> list[shapes.Judgement]:
    return [
        shapes.Judgement(
            kind=one.subject.kind, name=one.subject.name, mean=one.mean, threshold=one.threshold, margin=one.margin
        )
        for one in found
    ]
