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


def why_no_applications(schema: Schema, company: int | None = None) -> str | None:
    """Return why the pipeline of applications cannot be told, of one company's jobs if asked; None if it can."""
    unknown = company is not None and not schema.has("application", "job_id")
    return schema.why_not("application") or ("column_unmapped" if unknown else None)


def why_no_moves(schema: Schema, company: int | None = None) -> str | None:
    """Return why nothing can be told of how applications move, None if it can."""
    return why_no_applications(schema, company) or schema.why_not("stage_event")


def notes(schema: Schema, *, companies: bool, company: int | None = None) -> Iterator[Note]:
    """Yield the notes of a run, or of a question for one company."""
    if not companies:
        yield from (Note("disabled", name, "not_enabled") for name in PER_COMPANY)
    if reason := missing(schema):
        yield from (Note("disabled", family.name, reason) for family in INTERVIEWERS)
    if reason := why_no_applications(schema, company):
        yield Note("disabled", "jobhive_pipeline_candidates", reason)
    if reason := why_no_moves(schema, company):
        yield from (Note("disabled", name, reason) for name in NEED_EVENTS)
