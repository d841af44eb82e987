"""What of the journey is disabled or computed from a substitute, and why (metrics.md C18, sources.md 1.8)."""

from collections.abc import Iterator

from collectors.definitions import ActivitySource
from collectors.journey.families import (
    COHORT_ACTIVE,
    COHORT_RETENTION,
    CONVERSION,
    FUNNEL,
    OVERALL,
    TIME_TO_STAGE,
)
from collectors.journey.funnel import verification_timed
from collectors.schema import Schema
from collectors.subscriptions import span_known
from exporter.model import Note

FUNNELS = (FUNNEL, CONVERSION, OVERALL, TIME_TO_STAGE)
OF_ACTIVITY = (COHORT_RETENTION, COHORT_ACTIVE)


def has_funnel(schema: Schema) -> bool:
    """Tell whether anything says who is verified: without it no stage after that can be told."""
    return verification_timed(schema) or schema.has("user", "is_verified")


def notes(schema: Schema, source: ActivitySource, *, price_known: bool) -> Iterator[Note]:
    """Yield the notes of a run; `price_known` says that no log of a subscription misses the price it began with."""
    if has_funnel(schema):
        yield from (
            Note("approximate", family.name, reason) for reason in _guesses(schema, price_known) for family in FUNNELS
        )
    else:
        yield from (Note("disabled", family.name, "column_unmapped") for family in FUNNELS)
    if source == "login":
        yield from (Note("disabled", family.name, "history_unavailable") for family in OF_ACTIVITY)
    if source == "derived":
        yield from (Note("approximate", family.name, "activity_derived") for family in OF_ACTIVITY)


def _guesses(schema: Schema, price_known: bool) -> Iterator[str]:
    if not verification_timed(schema):
        yield "verification_time_unknown"
    if not span_known(schema):
        yield "seed_only_subscription_span"
    if not price_known:
        yield "price_history_unknown"
