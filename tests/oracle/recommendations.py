"""What users make of recommendations: AI10 and AI12 of metrics.md 4.8."""

from datetime import datetime

from tests.oracle.activity import population
from tests.oracle.analyses import has
from tests.oracle.analysis_rows import Recommendation
from tests.oracle.measures import DAY, Window
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.usage_rows import Settings, World

MATURE = 7 * DAY
WINDOW = 90 * DAY
LABEL = {"window": "90d"}
RATINGS = range(1, 6)
SATISFIED = 4


def recommendations(world: World, at: datetime, settings: Settings) -> Values:
    every = of_population(world, at, settings)
    shown = [row for _, row in based_in(every, (at - WINDOW, at), settings)]
    values: Values = {key("jobhive_recommendations_shown", **LABEL): len(shown)}
    if has(settings, "recommendation", "rating") and has(settings, "recommendation", "rated_at"):
        values |= ratings(every, shown, at)
    if has(settings, "recommendation", "accepted_at"):
        values |= outcomes(based_in(every, (at - WINDOW - MATURE, at - MATURE), settings), settings)
    return values


def of_population(world: World, at: datetime, settings: Settings) -> list[Recommendation]:
    """Of P0(T), and those of nobody (C9)."""
    ids = {user.id for user in population(world, at, settings)}
    return [row for row in world.recommendations if owner(row, settings) is None or row.user_id in ids]


def owner(row: Recommendation, settings: Settings) -> int | None:
    return row.user_id if has(settings, "recommendation", "user_id") else None


def base(row: Recommendation, settings: Settings) -> datetime | None:
    """The contract's b; None for what was not shown."""
    return row.shown_at if has(settings, "recommendation", "shown_at") else row.created_at


def based_in(rows: list[Recommendation], window: Window, settings: Settings) -> list[tuple[datetime, Recommendation]]:
    found = [(base(row, settings), row) for row in rows]
    return [(b, row) for b, row in found if b is not None and window[0] <= b < window[1]]


def accepted(b: datetime, row: Recommendation) -> bool:
    return row.accepted_at is not None and row.accepted_at < b + MATURE


def outcome(b: datetime, row: Recommendation) -> str:
    if accepted(b, row):
        return "accepted"
    return "dismissed" if row.dismissed_at is not None and row.dismissed_at < b + MATURE else "ignored"


def outcomes(cohort: list[tuple[datetime, Recommendation]], settings: Settings) -> Values:
    """AI10, AI10b."""
    found = [outcome(b, row) for b, row in cohort]
    values: Values = {}
    if has(settings, "recommendation", "dismissed_at"):
        for name in ("accepted", "dismissed", "ignored"):
            values[key("jobhive_recommendations", outcome=name, **LABEL)] = found.count(name)
    values |= ratio(key("jobhive_recommendation_acceptance_ratio", **LABEL), found.count("accepted"), len(found))
    return values


def rated(row: Recommendation, at: datetime) -> bool:
    """A rating outside 1 to 5 is none (C13)."""
    return row.rating in RATINGS and row.rated_at is not None and row.rated_at < at


def ratings(every: list[Recommendation], shown: list[Recommendation], at: datetime) -> Values:
    """AI12 to AI12d."""
    found = [
        row.rating
        for row in every
        if row.rating is not None and rated(row, at) and row.rated_at is not None and row.rated_at >= at - WINDOW
    ]
    satisfied = sum(rating >= SATISFIED for rating in found)
    return {
        key("jobhive_recommendation_ratings", **LABEL): len(found),
        **ratio(
            key("jobhive_recommendation_satisfaction_avg_ratio", **LABEL),
            sum(rating - 1 for rating in found),
            4 * len(found),
        ),
        **ratio(key("jobhive_recommendation_csat_ratio", **LABEL), satisfied, len(found)),
        **ratio(
            key("jobhive_recommendation_rating_response_ratio", **LABEL),
            sum(rated(row, at) for row in shown),
            len(shown),
        ),
    }
