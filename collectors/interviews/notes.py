"""What of the interviews is disabled, and why (metrics.md C18)."""

from collections.abc import Iterator

from collectors.base import Unmapped
from collectors.interviews.families import COUNTS, RATIOS
from collectors.schema import Schema
from exporter.model import Note

NEED_EVENTS = (
    *("jobhive_pipeline_conversion_ratio", "jobhive_pipeline_stage_exits"),
    *("jobhive_pipeline_stage_duration_p50_seconds", "jobhive_time_to_hire_p50_seconds", "jobhive_pipeline_hires"),
)
PER_COMPANY = tuple(f"jobhive_company_{name}" for _, name, *_ in (*COUNTS, *RATIOS))


def readable(schema: Schema, table: str) -> bool:
    """Tell that an optional table is there with all that it must have."""
    return why_not(schema, table) is None


def why_not(schema: Schema, table: str) -> str | None:
    """Return why an optional table cannot be read, None if it can; SourceError where it is mapped wrongly."""
    if not schema.has_table(table) and not any(schema.mistakes(table)):
        return "table_unmapped"
    try:
        schema.table(table)
    except Unmapped as unmapped:
        return unmapped.reason
    return None


def notes(schema: Schema, *, companies: bool) -> Iterator[Note]:
    """Yield the notes of a run."""
    if not companies:
        yield from (Note("disabled", name, "not_enabled") for name in PER_COMPANY)
    application = why_not(schema, "application")
    if application:
        yield Note("disabled", "jobhive_pipeline_candidates", application)
    if reason := application or why_not(schema, "stage_event"):
        yield from (Note("disabled", name, reason) for name in NEED_EVENTS)
