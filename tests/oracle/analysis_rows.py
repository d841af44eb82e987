"""Rows of what a model judged, recommended and taught: the tables behind metrics.md 4.5, 4.6 and 4.13."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Sentiment:
    id: int
    interview_session_id: int
    created_at: datetime
    positive_score: float | None = None
    predicted_label: str | None = None
    human_label: str | None = None
    confidence: float | None = None
    processing_time_ms: float | None = None


@dataclass(frozen=True)
class Skill:
    id: int
    category: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Assessment:
    id: int
    interview_session_id: int
    created_at: datetime
    accumulated_score: float | None = None
    skill_id: int | None = None
    human_validated: bool = False
    human_score: float | None = None
    human_agrees: bool | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Recommendation:
    id: int
    created_at: datetime
    user_id: int | None = None
    accepted_at: datetime | None = None
    shown_at: datetime | None = None
    rating: int | None = None


@dataclass(frozen=True)
class Enrolment:
    id: int
    user_id: int
    started_at: datetime
    completed_at: datetime | None = None
