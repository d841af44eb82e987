"""What of the interviews is disabled, and why (metrics.md C18)."""

from collections.abc import Iterator

from collectors.interviews.families import COUNTS, INTERVIEWERS, RATIOS
from collectors.interviews.interviewers import missing
from collectors.schema import Schema
from exporter.model import Note

NEED_EVENTS = (
    *("jobhive_pipeline_conversion_ratio", "jobhive_pipeline_stage_exits"),
    *("jobhive_pipeline_stage_duration_p50_seconds", "jobhive_time_to_hire_p50_seconds", "jobhive_pipeline_hires"),
)
PER_COMPANY = tuple(f"jobhive_company_{name}" for _, name, *_ in (*COUNTS, *RATIOS))


def notes(schema: Schema, *, companies: bool) -> Iterator[Note]:
    """Yield the notes of a run."""
    if not companies:
        yield from (Note("disabled", name, "not_enabled") for name in PER_COMPANY)
    if reason := missing(schema):
        yield from (Note("disabled", family.name, reason) for family in INTERVIEWERS)
    application = schema.why_not("application")
    if application:
        yield Note("disabled", "jobhive_pipeline_candidates", application)
    if reason := application or schema.why_not("stage_event"):
        yield from (Note("disabled", name, reason) for name in NEED_EVENTS)
