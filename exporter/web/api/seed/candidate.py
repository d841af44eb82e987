"""One candidate in the keys of the original document. Pure."""

from collectors.candidates.performance import Interview, Performance
from exporter.web.api.seed import shapes
from exporter.web.api.seed.values import percent


def candidate(found: Performance) -> shapes.SeedCandidate:
    """Return a performance: the scores of sessions are from 0 to 100 as in their table, those of the AI from 0 to 1."""
    return shapes.SeedCandidate(
        performance_history=[_interview(interview) for interview in found.history],
        improvement_analysis=_improvement(found),
        strengths=[one.subject.name for one in found.strengths],
        areas_for_improvement=[one.subject.name for one in found.areas_for_improvement],
    )


def _interview(found: Interview) -> shapes.SeedInterview:
    return shapes.SeedInterview(
        date=found.date,
        interview_id=found.id,
        overall_score=percent(found.scores["completion"]),
        technical_score=percent(found.scores["technical"]),
        behavioral_score=percent(found.scores["behavioral"]),
        sentiment_score=found.sentiment,
        skill_score=found.skill,
    )


def _improvement(found: Performance) -> shapes.SeedImprovement | shapes.SeedInsufficient:
    if len(found.history) < 2:
        return shapes.SeedInsufficient(insufficient_data=True)
    return shapes.SeedImprovement(
        overall_improvement=percent(found.improvement["completion"]),
        technical_improvement=percent(found.improvement["technical"]),
        behavioral_improvement=percent(found.improvement["behavioral"]),
        total_interviews=len(found.history),
        improvement_rate=percent(found.slope_per_interview),
    )
