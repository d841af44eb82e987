"""What is disabled or computed from a substitute, and why (metrics.md C18, sources.md 1.8)."""

from collections.abc import Iterator

from collectors.definitions import ActivitySource
from collectors.engagement.families import (
    ACTIVE,
    ACTIVE_UTC,
    RETAINED,
    RETENTION,
    SESSION_MEAN,
    SESSIONS,
    STICKINESS,
    STICKINESS_BASE,
    USERS,
)
from collectors.engagement.stock import verification_known
from collectors.schema import Schema
from exporter.model import Note

# The last login tells who is active now, and nothing else.
OF_THE_PAST = (ACTIVE_UTC, STICKINESS, STICKINESS_BASE, RETENTION, RETAINED)


def notes(schema: Schema, source: ActivitySource, *, no_stays: str | None) -> Iterator[Note]:
    """Yield the notes of a run; `no_stays` says why there are no sessions of use."""
    if source == "derived":
        yield from (Note("approximate", family.name, "activity_derived") for family in (ACTIVE, *OF_THE_PAST))
    if source == "login":
        yield Note("approximate", ACTIVE.name, "activity_login_only")
        yield from (Note("disabled", family.name, "history_unavailable") for family in OF_THE_PAST)
    if not verification_known(schema) and schema.has("user", "is_verified"):
        yield Note("approximate", USERS.name, "verification_time_unknown")
    if no_stays:
        yield from (Note("disabled", family.name, no_stays) for family in (SESSION_MEAN, SESSIONS))
