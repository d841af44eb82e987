"""Checks of what the models said of sessions, and of what humans said of that (metrics.md 4.13)."""

from math import inf

from sqlalchemy import ColumnElement, Double, and_, func, literal, not_, or_

from collectors.data_quality.counts import Check, Counts, Recent, counts, newest_of
from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.skills import folded

LABELS = ("positive", "neutral", "negative")


def sentiment_checks(schema: Schema, definitions: Definitions, recent: Recent) -> Counts:
    """Check the sentiment of recent sessions."""
    row, scale = schema.table("sentiment"), definitions.tables.sentiment.score_scale

    def mapped(*columns: str) -> bool:
        return any(schema.has("sentiment", column) for column in columns)

    took = row.c.processing_time_ms
    checks = {
        "confidence_out_of_range": Check(_outside(row.c.confidence, 1), mapped("confidence")),
        "label_unknown": Check(
            or_(_is_strange(row.c.predicted_label), _is_strange(row.c.human_label)),
            mapped("predicted_label", "human_label"),
        ),
        "processing_time_invalid": Check(
            not_(and_(took >= 0, took < literal(inf, Double))), mapped("processing_time_ms")
        ),
        "score_out_of_range": Check(_outside(row.c.positive_score, scale), mapped("positive_score")),
    }
    newest = newest_of(schema, "sentiment", "created_at", recent.at)
    return counts(newest, checks, recent.has(row.c.created_at))


def assessment_checks(schema: Schema, definitions: Definitions, recent: Recent) -> Counts:
    """Check the recent assessments of skills."""
    row, scale = schema.table("assessment"), definitions.tables.assessment.score_scale

    def mapped(*columns: str) -> bool:
        return any(schema.has("assessment", column) for column in columns)

    judged = mapped("human_score", "human_agrees")
    unjudged = and_(row.c.human_validated, row.c.human_score.is_(None), row.c.human_agrees.is_(None))
    scores = or_(_outside(row.c.accumulated_score, scale), _outside(row.c.human_score, scale))
    checks = {
        "confidence_out_of_range": Check(_outside(row.c.confidence, 1), mapped("confidence")),
        "score_out_of_range": Check(scores, mapped("accumulated_score", "human_score")),
        "validated_without_judgement": Check(unjudged, mapped("human_validated") and judged),
    }
    if mapped("skill_id") and schema.why_not("skill") is None:
        checks["category_folded"] = Check(row.c.skill_id.in_(folded(schema, recent.at)))
    newest = newest_of(schema, "assessment", "created_at", recent.at)
    return counts(newest, checks, recent.has(row.c.created_at))


def _outside(value: ColumnElement[float], most: float) -> ColumnElement[bool]:
    """Tell that a value is not from 0 to the most that it may be; NaN and the infinities are not."""
    return not_(value.between(0, most))


def _is_strange(label: ColumnElement[str]) -> ColumnElement[bool]:
    return and_(label != "", func.lower(label).not_in(LABELS))
