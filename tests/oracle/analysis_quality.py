"""Row-level data-quality counts of metrics.md 4.13 for sentiment, assessment, recommendation and application."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from tests.oracle.analysis_rows import Assessment, Recommendation, Sentiment
from tests.oracle.measures import DAY
from tests.oracle.pipeline import fold, stage_at
from tests.oracle.sessions import number
from tests.oracle.usage_quality import HORIZON
from tests.oracle.usage_rows import Application, Settings, World

CHECKS = {
    "sentiment": ("label_unknown", "confidence_out_of_range", "score_out_of_range", "processing_time_invalid"),
    "assessment": (
        "score_out_of_range",
        "confidence_out_of_range",
        "validated_without_judgement",
        "category_folded",
    ),
    "recommendation": ("rating_out_of_range", "accepted_before_created", "user_missing"),
    "application": ("stage_unknown",),
}
LABELS = ("positive", "neutral", "negative")
TOP = 20
RANKED = 90 * DAY


def expected_analysis_quality(world: World, at: datetime, settings: Settings) -> dict[tuple[str, str], int]:
    """The number of broken rows per (table, check), zero-filled. Every one of these rows is as old as its creation."""

    def recent(row: Sentiment | Assessment | Recommendation | Application) -> bool:
        return at - HORIZON <= row.created_at < at

    top = top_categories(world, at)
    broken: dict[str, Iterable[Mapping[str, bool]]] = {
        "sentiment": [sentiment_checks(row, settings) for row in filter(recent, world.sentiments)],
        "assessment": [
            {**assessment_checks(row, settings), "category_folded": folded(world, row, top)}
            for row in filter(recent, world.assessments)
        ],
        "recommendation": [recommendation_checks(row) for row in filter(recent, world.recommendations)],
    }
    if settings.pipeline is not None:
        broken["application"] = [
            {"stage_unknown": fold(stage_at(world, row, at, settings), settings) == "other"}
            for row in filter(recent, world.applications)
        ]
    return {
        (table, check): sum(row[check] for row in rows) for table, rows in broken.items() for check in CHECKS[table]
    }


def outside(value: float | None, scale: int) -> bool:
    """Of a known value; these tables have no check of their own for what is not finite (C13)."""
    found = number(value)
    return value is not None and (found is None or not 0 <= found <= scale)


def sentiment_checks(row: Sentiment, settings: Settings) -> dict[str, bool]:
    labels = (row.predicted_label, row.human_label)
    return {
        "label_unknown": any(label and label.lower() not in LABELS for label in labels),
        "confidence_out_of_range": outside(row.confidence, 1),
        "score_out_of_range": outside(row.positive_score, settings.sentiment_scale),
        "processing_time_invalid": processing_time_invalid(row),
    }


def processing_time_invalid(row: Sentiment) -> bool:
    found = number(row.processing_time_ms)
    return row.processing_time_ms is not None and (found is None or found < 0)


def assessment_checks(row: Assessment, settings: Settings) -> dict[str, bool]:
    scores = (row.accumulated_score, row.human_score)
    judged = row.human_score is not None or row.human_agrees is not None
    return {
        "score_out_of_range": any(outside(score, settings.assessment_scale) for score in scores),
        "confidence_out_of_range": outside(row.confidence, 1),
        "validated_without_judgement": row.human_validated and not judged,
    }


def recommendation_checks(row: Recommendation) -> dict[str, bool]:
    return {
        "rating_out_of_range": row.rating is not None and not 1 <= row.rating <= 5,
        "accepted_before_created": row.accepted_at is not None and row.accepted_at < row.created_at,
        "user_missing": row.user_id is None,
    }


# The categories that AI7b of 4.8 names


def category_of(world: World, row: Assessment) -> str | None:
    """None where it is null or empty: that is ``uncategorized``, which is never folded."""
    return next((skill.category for skill in world.skills if skill.id == row.skill_id), None) or None


def top_categories(world: World, at: datetime) -> set[str]:
    """By rows of 90 days, then by name; of all users, as every check is."""
    recent = [row for row in world.assessments if at - RANKED <= row.created_at < at]
    found = Counter(category_of(world, row) for row in recent)
    ranked = sorted((-count, category) for category, count in found.items() if category is not None)
    return {category for _, category in ranked[:TOP]}


def folded(world: World, row: Assessment, top: set[str]) -> bool:
    category = category_of(world, row)
    return category is not None and category not in top
