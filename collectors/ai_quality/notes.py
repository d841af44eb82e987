"""What is disabled or computed from a substitute, and why (metrics.md C18, sources.md 1.8)."""

from collections.abc import Iterator
from typing import NamedTuple

from collectors.ai_quality.components import COMPONENTS, judgement_of
from collectors.base import Unmapped
from collectors.schema import Schema
from exporter.model import Note


class Way(NamedTuple):
    """A way to compute a family: a table that can be read, and columns of it that are there."""

    table: str
    columns: tuple[str, ...] = ()

    def with_(self, *columns: str) -> "Way":
        """Return the way that needs further columns."""
        return Way(self.table, self.columns + columns)


class Group(NamedTuple):
    """Families that can be computed in the same ways, by their names without prefix."""

    ways: tuple[Way, ...]
    names: tuple[str, ...]


SENTIMENT, SKILL, ADVICE = Way("sentiment"), Way("assessment"), Way("recommendation")
LABELLED = SENTIMENT.with_("predicted_label", "human_label")
FLAGGED = SKILL.with_("accumulated_score", "human_validated")
SCORED = FLAGGED.with_("human_score")
JUDGED = (LABELLED, SCORED, FLAGGED.with_("human_agrees"))

SIGNALS = (
    *((SENTIMENT, "positive_score"), (SENTIMENT, "confidence")),
    *((SKILL, "accumulated_score"), (SKILL, "confidence")),
)

SAID = (
    Group((SENTIMENT, SKILL), ("ai_analyses",)),
    Group(
        (SENTIMENT.with_("processing_time_ms"),),
        tuple(f"ai_analysis_duration_{what}" for what in ("avg_seconds", "p95_seconds", "samples")),
    ),
    Group(
        (SENTIMENT.with_("confidence"), SKILL.with_("confidence")),
        (
            *("ai_confidence_share_ratio", "ai_confidence_avg_ratio", "ai_confidence_p10_ratio"),
            *("ai_confidence_p50_ratio", "ai_confidence_p90_ratio", "ai_confidence_low_ratio", "ai_confidence_samples"),
        ),
    ),
    Group(
        tuple(way.with_(column) for way, column in SIGNALS),
        (
            *("ai_drift_psi", "ai_drift_threshold", "ai_drift_samples", "ai_drift_mean_shift"),
            *("ai_signal_null_ratio", "ai_signal_out_of_range_ratio"),
        ),
    ),
)
MODELS = Group(tuple(way.with_("model_version") for way in JUDGED), ("ai_model_accuracy_ratio", "ai_model_validated"))
# What is known of validated rows: without the time of the validation, as it is now.
VALIDATED = (
    Group((SENTIMENT, SKILL), ("ai_validated", "ai_validation_coverage_ratio")),
    Group(JUDGED, ("ai_accuracy_ratio", "ai_accuracy_lower_ratio")),
    Group((LABELLED,), ("ai_macro_f1_ratio", "ai_label_recall_ratio", "ai_label_validated")),
    Group(JUDGED[1:], ("ai_category_accuracy_ratio", "ai_category_validated")),
    Group((LABELLED, SCORED), ("ai_confusion",)),
    Group(
        (SCORED,),
        (
            *("ai_within_tolerance_ratio", "ai_score_mae_ratio", "ai_score_bias_ratio", "ai_score_correlation"),
            *("ai_precision_ratio", "ai_false_positive_ratio", "ai_false_negative_ratio"),
        ),
    ),
    Group(
        tuple(way.with_("confidence") for way in JUDGED),
        ("ai_calibration_error_ratio", "ai_brier_score", "ai_calibration_samples"),
    ),
    MODELS,
)
IMPROVEMENT = tuple(f"recommendation_improvement_{what}" for what in ("correlation", "lift_ratio", "pairs"))
ADVISED = (
    Group((ADVICE,), ("recommendations_shown",)),
    Group((ADVICE.with_("accepted_at"),), ("recommendation_acceptance_ratio",)),
    Group((ADVICE.with_("accepted_at", "dismissed_at"),), ("recommendations",)),
    Group(
        (ADVICE.with_("rating", "rated_at"),),
        (
            *("recommendation_satisfaction_avg_ratio", "recommendation_csat_ratio", "recommendation_ratings"),
            "recommendation_rating_response_ratio",
        ),
    ),
)


def notes(schema: Schema, *, by_version: bool) -> Iterator[Note]:
    """Yield the notes of a run."""
    for group in (*SAID, *VALIDATED, *ADVISED):
        if group is MODELS and not by_version:
            yield from _disabled(group.names, "not_enabled")
        elif not _ways(schema, group):
            yield from _disabled(group.names, "column_unmapped")
    if not improves(schema):
        yield from _disabled(IMPROVEMENT, "column_unmapped")
    for group in VALIDATED:
        tables = {way.table for way in _ways(schema, group)} & _timeless(schema)
        if tables and (by_version or group is not MODELS):
            yield from (Note("approximate", f"jobhive_{name}", "validation_time_unknown") for name in group.names)


def is_readable(schema: Schema, table: str) -> bool:
    """Tell whether a deployment has a table; what it ought to have and has not is an error all the same."""
    try:
        schema.table(table)
    except Unmapped:
        return False
    return True


def improves(schema: Schema) -> bool:
    """Tell whether it can be known how users do before and after a recommendation."""
    found = Group((ADVICE.with_("user_id", "accepted_at"),), IMPROVEMENT)
    scored = is_readable(schema, "session") and schema.has("session", "completion_percentage")
    return scored and bool(_ways(schema, found))


def _disabled(names: tuple[str, ...], reason: str) -> Iterator[Note]:
    yield from (Note("disabled", f"jobhive_{name}", reason) for name in names)


def _ways(schema: Schema, group: Group) -> list[Way]:
    """Return the ways that a deployment leaves open; rows of a model need those of their sessions."""
    return [
        way
        for way in group.ways
        if is_readable(schema, way.table)
        and (way.table == "recommendation" or is_readable(schema, "session"))
        and all(schema.has(way.table, column) for column in way.columns)
    ]


def _timeless(schema: Schema) -> set[str]:
    """Return the tables whose rows are validated nobody knows when."""
    judged = {component.table for component in COMPONENTS if judgement_of(component, schema)}
    return {table for table in judged if not schema.has(table, "human_validated_at")}
