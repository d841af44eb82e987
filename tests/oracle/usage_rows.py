"""Rows of the tables behind metrics.md 4.1 and 4.3 to 4.8, and the settings those parts call configuration."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from tests.oracle import rows
from tests.oracle.analysis_rows import Assessment, Enrolment, Judging, Recommendation, Sentiment, Skill

Words = dict[str, tuple[str, ...]]

SESSION_STATUSES: Words = {
    "completed": ("completed", "complete", "done", "finished"),
    "in_progress": ("in_progress", "active", "live", "started"),
    "abandoned": ("abandoned", "dropped", "expired"),
    "cancelled": ("cancelled", "canceled"),
    "no_show": ("no_show", "noshow", "missed"),
    "scheduled": ("scheduled", "pending", "invited", "booked", "created"),
}
FEATURES: Words = {
    "ai_feedback": ("ai_feedback",),
    "learning_paths": ("learning_path", "learning_paths"),
    "analytics_dashboard": ("dashboard", "analytics_dashboard"),
}
STAGES = ("applied", "screening", "interview", "offer", "hired", "rejected")


@dataclass(frozen=True)
class User(rows.User):
    last_login: datetime | None = None
    is_verified: bool = False
    is_active: bool = True
    email_verified_at: datetime | None = None


@dataclass(frozen=True)
class Job:
    id: int
    company_id: int | None = None


@dataclass(frozen=True)
class Interviewer:
    id: int
    slug: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Session:
    id: int
    user_id: int
    status: str
    created_at: datetime
    start_time: datetime | None = None
    end_time: datetime | None = None
    is_practice: bool = False
    duration: float | None = None
    completion_percentage: float | None = None
    technical_accuracy: float | None = None
    behavioral_score: float | None = None
    job_id: int | None = None
    interviewer_id: int | None = None
    scheduled_at: datetime | None = None
    ended_reason: str | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Activity:
    id: int
    user_id: int
    occurred_at: datetime
    feature: str = ""
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class UserSession:
    id: int
    user_id: int
    started_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True)
class Application:
    id: int
    user_id: int
    job_id: int
    created_at: datetime
    stage: str


@dataclass(frozen=True)
class StageEvent:
    id: int
    application_id: int
    occurred_at: datetime
    to_stage: str


@dataclass(frozen=True)
class World(rows.World):
    """With the plans, subscriptions and events of the revenue oracle: who ever paid is a stage of the funnel."""

    users: tuple[User, ...] = ()
    jobs: tuple[Job, ...] = ()
    interviewers: tuple[Interviewer, ...] = ()
    sessions: tuple[Session, ...] = ()
    activities: tuple[Activity, ...] = ()
    user_sessions: tuple[UserSession, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()
    sentiments: tuple[Sentiment, ...] = ()
    skills: tuple[Skill, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    applications: tuple[Application, ...] = ()
    stage_events: tuple[StageEvent, ...] = ()


@dataclass(frozen=True)
class Settings(rows.Settings):
    """Time zone and population come from the settings of the revenue oracle; a deployment has one of each.

    ``week_start`` counts from Monday. ``verification_time``: ``email_verified_at`` is mapped. ``app_sessions``: None (the
    families are not asked for), ``usersession`` (that table is mapped) or ``activity``. ``pipeline``: ``events``,
    ``stage`` (no table of events) or None (no table of applications). ``interviewers``: IA11, which is JSON only.
    ``companies``: ids and labels of the allow-list. ``feature_column``: activities tell their feature.
    ``enrolments``: that table is mapped. ``candidate_kind``: ``candidates.kind``; ``all`` is both.
    """

    week_start: int = 0
    activity_source: str = "activity"
    verification_time: bool = True
    app_sessions: str | None = None
    session_statuses: Words = field(default_factory=lambda: SESSION_STATUSES)
    ended_reasons: Words = field(default_factory=dict)
    duration_unit: str = "from_timestamps"
    score_scale: int = 100
    max_interview_length: timedelta = timedelta(hours=4)
    high_completion: Fraction = Fraction("0.80")
    high_technical: Fraction = Fraction("0.75")
    pass_dimension: str = "technical"
    pass_threshold: Fraction = Fraction("0.70")
    pipeline: str | None = "events"
    stages: tuple[str, ...] = STAGES
    interviewers: bool = False
    companies: tuple[tuple[int, str], ...] = ()
    features: Words = field(default_factory=lambda: FEATURES)
    ignored_features: tuple[str, ...] = ()
    feature_column: bool = True
    enrolments: bool = True
    candidate_kind: str = "all"
    sentiment_scale: int = 1
    assessment_scale: int = 1
    judging: Judging = field(default_factory=Judging)
