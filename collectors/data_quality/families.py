"""What the collector `data_quality` exports: every check there is, by table."""

from collectors.base import gauge
from collectors.data_quality import sessions
from collectors.data_quality.options import Options
from exporter.model import Family, Label

CHECKS = (
    ("activity", "duration_too_long"),
    ("activity", "feature_unknown"),
    ("activity", "future_date"),
    ("application", "stage_unknown"),
    ("assessment", "category_folded"),
    ("assessment", "confidence_out_of_range"),
    ("assessment", "score_out_of_range"),
    ("assessment", "validated_without_judgement"),
    ("datadog", "unit_unknown"),
    ("plan", "currency_unknown"),
    ("plan", "interval_count_invalid"),
    ("plan", "interval_unknown"),
    ("plan", "price_invalid"),
    ("aws", "missing_day"),
    ("aws", "sum_mismatch"),
    ("recommendation", "accepted_before_created"),
    ("recommendation", "rating_out_of_range"),
    ("recommendation", "user_missing"),
    ("redis", "legacy_member"),
    ("redis", "sample_invalid"),
    ("sentiment", "confidence_out_of_range"),
    ("sentiment", "label_unknown"),
    ("sentiment", "processing_time_invalid"),
    ("sentiment", "score_out_of_range"),
    *(("session", check) for check in sessions.CHECKS),
    ("subscription", "canceled_without_end"),
    ("subscription", "discount_out_of_range"),
    ("subscription", "ended_before_started"),
    ("subscription", "movement_identity"),
    ("subscription", "past_due_since_unknown"),
    ("subscription", "quantity_invalid"),
    ("subscription", "status_unknown"),
    ("user", "future_date"),
    ("user_session", "duration_too_long"),
    ("user_session", "negative_duration"),
)
TABLES = ("activity", "assessment", "recommendation", "sentiment", "session", "subscription", "user")

ROWS = gauge(
    "DQ1",
    "jobhive_data_quality_rows",
    "Rows that break the check, as it is defined for the table.",
    Label("check", tuple(sorted({check for _, check in CHECKS}))),
    Label("table", tuple(sorted({table for table, _ in CHECKS}))),
)
NEWEST = gauge(
    "DQ2",
    "jobhive_source_newest_row_timestamp_seconds",
    "Event time of the newest row of a source table.",
    Label("table", TABLES),
)


def families(_: Options) -> tuple[Family, ...]:
    """Return every family of this collector."""
    return (ROWS, NEWEST)
