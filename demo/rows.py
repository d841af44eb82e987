"""The rows of JobHive's tables: one class per table, its fields are the columns."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Annotated, Any, NamedTuple

# Whole seconds since the epoch: cheap to calculate with; they become timestamps when they are written.
Instant = Annotated[int, "instant"]
Row = tuple[Any, ...]


class Company(NamedTuple):
    """An employer."""

    id: int
    name: str
    slug: str
    created_at: Instant


class User(NamedTuple):
    """Somebody with an account."""

    id: int
    date_joined: Instant
    last_login: Instant | None
    is_verified: bool
    is_active: bool
    is_staff: bool
    is_superuser: bool
    is_test: bool
    email_verified_at: Instant | None
    deleted_at: Instant | None
    company_id: int | None


class Job(NamedTuple):
    """An open position."""

    id: int
    company_id: int
    title: str
    created_at: Instant


class Interviewer(NamedTuple):
    """An AI persona or a human reviewer."""

    id: int
    slug: str
    kind: str


class Session(NamedTuple):
    """An interview, for a job or for practice."""

    id: int
    user_id: int
    job_id: int | None
    interviewer_id: int | None
    status: str
    is_practice: bool
    created_at: Instant
    start_time: Instant | None = None
    end_time: Instant | None = None
    duration: float | None = None
    completion_percentage: float | None = None
    technical_accuracy: float | None = None
    behavioral_score: float | None = None
    scheduled_at: Instant | None = None
    ended_reason: str | None = None
    updated_at: Instant | None = None


class Sentiment(NamedTuple):
    """What the AI heard in the voice of a candidate."""

    id: int
    interview_session_id: int
    positive_score: float
    created_at: Instant
    predicted_label: str
    confidence: float
    processing_time_ms: float
    human_label: str | None
    human_validated_at: Instant | None
    audit_sample: bool
    model_version: str


class Skill(NamedTuple):
    """Something that is assessed."""

    id: int
    name: str
    category: str


class Assessment(NamedTuple):
    """The AI's score of one skill in one interview, and a human's where one looked."""

    id: int
    interview_session_id: int
    accumulated_score: float
    human_validated: bool
    created_at: Instant
    skill_id: int
    confidence: float
    human_score: float | None
    human_agrees: bool | None
    human_validated_at: Instant | None
    audit_sample: bool
    model_version: str


class Recommendation(NamedTuple):
    """An advice after an interview."""

    id: int
    created_at: Instant
    user_id: int | None
    interview_session_id: int
    kind: str
    shown_at: Instant | None
    accepted_at: Instant | None
    dismissed_at: Instant | None
    rating: int | None
    rated_at: Instant | None
    model_version: str


class Plan(NamedTuple):
    """What can be subscribed to; the price is per interval and seat."""

    id: int
    slug: str
    interval: str
    price: Decimal
    interval_count: int = 1
    currency: str = "USD"


class Subscription(NamedTuple):
    """A subscription as it stands now."""

    id: int
    user_id: int
    plan_id: int
    status: str
    current_period_start: Instant | None
    current_period_end: Instant | None
    created_at: Instant
    updated_at: Instant
    company_id: int | None
    started_at: Instant
    trial_start: Instant | None
    trial_end: Instant | None
    cancel_at_period_end: bool
    canceled_at: Instant | None
    ended_at: Instant | None
    past_due_since: Instant | None
    quantity: int
    discount_percent: Decimal | None
    discount_end: Instant | None
    unit_price: Decimal | None
    cancel_reason: str | None


class SubscriptionEvent(NamedTuple):
    """A change of a subscription; None leaves a value as it was."""

    id: int
    subscription_id: int
    occurred_at: Instant
    recorded_at: Instant
    event_type: str
    to_status: str | None
    to_plan_id: int | None
    to_quantity: int | None
    to_unit_price: Decimal | None
    to_discount_percent: Decimal | None


class Activity(NamedTuple):
    """Something a user did; the empty feature is the product as a whole."""

    id: int
    user_id: int
    occurred_at: Instant
    feature: str
    recorded_at: Instant


class UserSession(NamedTuple):
    """A visit to the product."""

    id: int
    user_id: int
    started_at: Instant
    last_seen_at: Instant


class Enrolment(NamedTuple):
    """A learning path that a user began."""

    id: int
    user_id: int
    started_at: Instant
    completed_at: Instant | None


class Application(NamedTuple):
    """A candidate for a job, with the stage as it stands now."""

    id: int
    job_id: int
    user_id: int
    created_at: Instant
    stage: str


class StageEvent(NamedTuple):
    """An application that entered a stage."""

    id: int
    application_id: int
    occurred_at: Instant
    to_stage: str


TABLES: dict[type[Row], str] = {
    Company: "companies_company",
    User: "accounts_user",
    Job: "jobs_job",
    Interviewer: "interviews_interviewer",
    Session: "interviews_interviewsession",
    Sentiment: "interviews_sentimentsession",
    Skill: "assessments_skill",
    Assessment: "assessments_skillassessment",
    Recommendation: "recommendations_recommendation",
    Plan: "billing_plan",
    Subscription: "billing_customersubscription",
    SubscriptionEvent: "billing_subscriptionevent",
    Activity: "analytics_useractivity",
    UserSession: "analytics_usersession",
    Enrolment: "learning_enrolment",
    Application: "jobs_application",
    StageEvent: "jobs_applicationstageevent",
}


class Ids:
    """The next primary key of every table."""

    def __init__(self) -> None:
        self._counters: defaultdict[type[Row], Iterator[int]] = defaultdict(lambda: count(1))

    def next(self, kind: type[Row]) -> int:
        """A key that no row of this table has yet."""
        return next(self._counters[kind])
