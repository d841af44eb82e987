"""The golden rows with what they lack: scores, practice, companies, interviewers, judgements, recommendations."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.oracle.test_usage import GOLDEN
from tests.oracle.usage import (
    Application,
    Assessment,
    Interviewer,
    Job,
    Recommendation,
    Sentiment,
    Session,
    Settings,
    Skill,
    StageEvent,
    World,
)

NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ACME, BETA = 7, 9
# Somebody with a history, by whom candidates are asked for.
REGULAR = 1


def interview(number: int, user: int, days: float, scores: tuple[float, float, float], **more: object) -> Session:
    start = NOON - days * DAY
    completion, technical, behavioral = scores
    plain = Session(
        number,
        user,
        "completed",
        start - DAY,
        start_time=start,
        end_time=start + HOUR / 2,
        completion_percentage=completion,
        technical_accuracy=technical,
        behavioral_score=behavioral,
    )
    return replace(plain, **more)  # type: ignore[arg-type]  # the columns a row sets apart from the common ones


SESSIONS = (
    interview(11, 1, 20, (50, 40, 60), job_id=1, interviewer_id=1),
    interview(12, 1, 15, (60, 55, 60), job_id=1, interviewer_id=1),
    interview(13, 1, 10, (80, 75, 55), job_id=2, interviewer_id=2),
    interview(14, 1, 5, (90, 85, 70), job_id=1),
    interview(15, 2, 3, (95, 90, 80), job_id=2, interviewer_id=1),
    interview(16, 3, 0.5, (70, 65, 75), is_practice=True),
    interview(17, 3, 2, (82, 76, 90), is_practice=True),
)


def sentiment(number: int) -> Sentiment:
    at = NOON - (number % 25) * DAY - HOUR
    label = ("positive", "neutral", "negative")[number % 3]
    return Sentiment(
        number,
        11 + number % 7,
        at,
        positive_score=number % 10 / 10,
        predicted_label=label,
        human_label=label if number % 5 else "neutral",
        confidence=(number % 10) / 10 + 0.05,
        processing_time_ms=100.0 + number,
        human_validated_at=at + HOUR / 2,
    )


def assessment(number: int) -> Assessment:
    at = NOON - (number % 25) * DAY - HOUR
    score = number % 10 / 10
    return Assessment(
        number,
        11 + number % 7,
        at,
        accumulated_score=score,
        skill_id=1 + number % 2,
        human_validated=True,
        human_score=score if number % 4 else 1 - score,
        confidence=0.5,
        human_validated_at=at + HOUR / 2,
    )


def recommendation(number: int) -> Recommendation:
    made = NOON - (10 + number) * DAY
    accepted = made + DAY if number % 3 == 0 else None
    return Recommendation(number, made, user_id=1 + number % 5, shown_at=made, accepted_at=accepted)


RICH = replace(
    GOLDEN,
    jobs=(Job(1, ACME), Job(2, BETA)),
    interviewers=(Interviewer(1, "ada"), Interviewer(2, "grace")),
    sessions=(*GOLDEN.sessions, *SESSIONS),
    skills=(Skill(1, "communication"), Skill(2, "system_design")),
    sentiments=tuple(sentiment(number) for number in range(1, 61)),
    assessments=tuple(assessment(number) for number in range(1, 81)),
    recommendations=tuple(recommendation(number) for number in range(1, 13)),
    applications=(Application(1, 1, 1, NOON - 20 * DAY, "hired"), Application(2, 2, 2, NOON - 5 * DAY, "screening")),
    stage_events=(
        StageEvent(1, 1, NOON - 15 * DAY, "screening"),
        StageEvent(2, 1, NOON - 5 * DAY, "hired"),
        StageEvent(3, 2, NOON - 2 * DAY, "screening"),
    ),
)
SETTINGS = Settings()


def of_company(world: World, company: int) -> World:
    """Return the world in which nobody but one company has interviews and applications."""
    jobs = {job.id for job in world.jobs if job.company_id == company}
    return replace(
        world,
        sessions=tuple(row for row in world.sessions if row.job_id in jobs),
        applications=tuple(row for row in world.applications if row.job_id in jobs),
    )
