"""The logical JobHive tables: the names collectors use, and what a deployment must or may have (sources.md 1.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, Double, Numeric, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import NullType, TypeEngine

INSTANT = TIMESTAMP(timezone=True)
MONEY = Numeric()
# A deployment may keep a count as a large or a floating number; as an integer of ours it could overflow.
COUNT = Numeric()
SCORE: TypeEngine[Any] = Double()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a logical table; one that is not `required` reads as null where a deployment lacks it.

    A `required` one that the configuration maps to null takes its table with it, unless it is `dispensable`: then only
    the values that are made of it are unknown.
    """

    type: TypeEngine[Any]
    required: bool = False
    dispensable: bool = False


@dataclass(frozen=True, slots=True)
class LogicalTable:
    """A table under its default name; an optional one may be missing as a whole."""

    default_name: str
    columns: Mapping[str, Column]
    optional: bool = False


def _seed(kind: TypeEngine[Any]) -> Column:
    return Column(kind, required=True)


def _seed_value(kind: TypeEngine[Any]) -> Column:
    return Column(kind, required=True, dispensable=True)


TABLES: Mapping[str, LogicalTable] = {
    "user": LogicalTable(
        "accounts_user",
        {
            "id": _seed(BigInteger()),
            "date_joined": _seed(INSTANT),
            "last_login": Column(INSTANT),
            "is_verified": Column(Boolean()),
            "email_verified_at": Column(INSTANT),
            "is_staff": Column(Boolean()),
            "is_superuser": Column(Boolean()),
            "is_test": Column(Boolean()),
            "deleted_at": Column(INSTANT),
            "company_id": Column(BigInteger()),
        },
    ),
    "job": LogicalTable("jobs_job", {"id": _seed(BigInteger()), "company_id": _seed(BigInteger())}),
    "session": LogicalTable(
        "interviews_interviewsession",
        {
            "id": _seed(BigInteger()),
            "user_id": _seed(BigInteger()),
            "job_id": _seed(BigInteger()),
            "status": _seed(Text()),
            "is_practice": _seed(Boolean()),
            "created_at": _seed(INSTANT),
            "start_time": _seed(INSTANT),
            "end_time": _seed(INSTANT),
            # A number or an interval, as `duration_unit` says.
            "duration": _seed_value(NullType()),
            "completion_percentage": _seed_value(SCORE),
            "technical_accuracy": _seed_value(SCORE),
            "behavioral_score": _seed_value(SCORE),
            "interviewer_id": Column(BigInteger()),
            "scheduled_at": Column(INSTANT),
            "ended_reason": Column(Text()),
        },
    ),
    "interviewer": LogicalTable(
        "interviews_interviewer", {"id": _seed(BigInteger()), "slug": _seed(Text())}, optional=True
    ),
    "sentiment": LogicalTable(
        "interviews_sentimentsession",
        {
            "id": _seed(BigInteger()),
            "interview_session_id": _seed(BigInteger()),
            "positive_score": _seed_value(SCORE),
            "created_at": _seed(INSTANT),
            "predicted_label": Column(Text()),
            "human_label": Column(Text()),
            "human_validated_at": Column(INSTANT),
            "audit_sample": Column(Boolean()),
            "confidence": Column(SCORE),
            "processing_time_ms": Column(SCORE),
            "model_version": Column(Text()),
        },
    ),
    "assessment": LogicalTable(
        "assessments_skillassessment",
        {
            "id": _seed(BigInteger()),
            "interview_session_id": _seed(BigInteger()),
            "accumulated_score": _seed_value(SCORE),
            "human_validated": _seed_value(Boolean()),
            "created_at": _seed(INSTANT),
            "skill_id": Column(BigInteger()),
            "human_score": Column(SCORE),
            "human_agrees": Column(Boolean()),
            "human_validated_at": Column(INSTANT),
            "audit_sample": Column(Boolean()),
            "confidence": Column(SCORE),
            "model_version": Column(Text()),
        },
    ),
    "skill": LogicalTable("assessments_skill", {"id": _seed(BigInteger()), "category": _seed(Text())}, optional=True),
    "recommendation": LogicalTable(
        "recommendations_recommendation",
        {
            "id": _seed(BigInteger()),
            "created_at": _seed(INSTANT),
            "user_id": Column(BigInteger()),
            "shown_at": Column(INSTANT),
            "accepted_at": Column(INSTANT),
            "dismissed_at": Column(INSTANT),
            "rating": Column(COUNT),
            "rated_at": Column(INSTANT),
        },
    ),
    "activity": LogicalTable(
        "analytics_useractivity",
        {
            "user_id": _seed(BigInteger()),
            "occurred_at": _seed(INSTANT),
            "feature": Column(Text()),
        },
        optional=True,
    ),
    "user_session": LogicalTable(
        "analytics_usersession",
        {"user_id": _seed(BigInteger()), "started_at": _seed(INSTANT), "last_seen_at": _seed(INSTANT)},
        optional=True,
    ),
    "enrolment": LogicalTable(
        "learning_enrolment",
        {"user_id": _seed(BigInteger()), "started_at": _seed(INSTANT), "completed_at": _seed(INSTANT)},
        optional=True,
    ),
    "application": LogicalTable(
        "jobs_application",
        {
            "id": _seed(BigInteger()),
            "user_id": _seed(BigInteger()),
            "created_at": _seed(INSTANT),
            "stage": _seed(Text()),
            "job_id": Column(BigInteger()),
        },
        optional=True,
    ),
    "stage_event": LogicalTable(
        "jobs_applicationstageevent",
        {
            "id": _seed(BigInteger()),
            "application_id": _seed(BigInteger()),
            "occurred_at": _seed(INSTANT),
            "to_stage": _seed(Text()),
        },
        optional=True,
    ),
    "plan": LogicalTable(
        "billing_plan",
        {
            "id": _seed(BigInteger()),
            "interval": _seed(Text()),
            "price": _seed(MONEY),
            "interval_count": Column(COUNT),
            "currency": Column(Text()),
            "slug": Column(Text()),
        },
    ),
    "subscription": LogicalTable(
        "billing_customersubscription",
        {
            "id": _seed(BigInteger()),
            "user_id": _seed(BigInteger()),
            "plan_id": _seed(BigInteger()),
            "status": _seed(Text()),
            "current_period_end": _seed(INSTANT),
            "created_at": _seed(INSTANT),
            "started_at": Column(INSTANT),
            "ended_at": Column(INSTANT),
            "trial_end": Column(INSTANT),
            "past_due_since": Column(INSTANT),
            "quantity": Column(COUNT),
            "unit_price": Column(MONEY),
            "discount_percent": Column(MONEY),
            "discount_end": Column(INSTANT),
            "cancel_at_period_end": Column(Boolean()),
            "cancel_reason": Column(Text()),
            "company_id": Column(BigInteger()),
        },
    ),
    "subscription_event": LogicalTable(
        "billing_subscriptionevent",
        {
            "id": _seed(BigInteger()),
            "subscription_id": _seed(BigInteger()),
            "occurred_at": _seed(INSTANT),
            "to_status": Column(Text()),
            "to_plan_id": Column(BigInteger()),
            "to_quantity": Column(COUNT),
            "to_unit_price": Column(MONEY),
            "to_discount_percent": Column(MONEY),
        },
        optional=True,
    ),
}
