"""Rows of what a model judged, recommended and taught: the tables behind metrics.md 4.5, 4.6, 4.8 and 4.13."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction


@dataclass(frozen=True)
class Judging:
    """What 4.8 calls configuration, and the columns, as (table, column), that a deployment does not have.

    ``pass_thresholds`` are categories with a threshold of their own; ``min_group`` is the contract's 10.
    """

    pass_threshold: Fraction = Fraction("0.70")
    pass_thresholds: tuple[tuple[str, Fraction], ...] = ()
    tolerance: Fraction = Fraction("0.10")
    min_validated: int = 30
    min_group: int = 10
    min_calibrated: int = 200
    min_drift: int = 200
    min_pairs: int = 30
    by_model_version: bool = False
    lacking: frozenset[tuple[str, str]] = frozenset()


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
    human_validated_at: datetime | None = None
    audit_sample: bool = False
    model_version: str | None = None


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
    human_validated_at: datetime | None = None
    audit_sample: bool = False
    model_version: str | None = None


@dataclass(frozen=True)
class Recommendation:
    id: int
    created_at: datetime
    user_id: int | None = None
    accepted_at: datetime | None = None
    shown_at: datetime | None = None
    rating: int | None = None
    dismissed_at: datetime | None = None
    rated_at: datetime | None = None


@dataclass(frozen=True)
class Enrolment:
    id: int
    user_id: int
    started_at: datetime
    completed_at: datetime | None = None
