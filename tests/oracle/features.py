"""Every family of metrics.md 4.6 as exact fractions. A feature without a mapped source has no sample at all."""

from datetime import datetime

from tests.oracle.activity import active_in, activity, population
from tests.oracle.measures import Window, trailing
from tests.oracle.objects import word_class
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.sessions import completed, kind
from tests.oracle.usage_rows import Settings, World
from tests.oracle.windowed import cohort_in, scope_of

Uses = list[tuple[int | None, datetime]]

WINDOWS = {"24h": 1, "7d": 7, "30d": 30}


def expected_features(world: World, at: datetime, settings: Settings) -> Values:
    values: Values = {}
    for name, days in WINDOWS.items():
        window = trailing(at, days)
        active = active_in(activity(world, at, settings), window)
        values[key("jobhive_feature_adoption_base", window=name)] = len(active)
        for feature, events in uses(world, at, settings).items():
            recent = [who for who, when in events if window[0] <= when < window[1]]
            values |= usage(recent, active, {"feature": feature, "window": name})
        values |= completion(world, at, settings, name)
    return values


def usage(events: list[int | None], active: frozenset[int], labels: dict[str, str]) -> Values:
    """FU6 to FU8, UE8, UE8b. An event of nobody is an event."""
    users = {who for who in events if who is not None}
    adopters = len(users & active)
    return {
        key("jobhive_feature_events", **labels): len(events),
        key("jobhive_feature_users", **labels): len(users),
        key("jobhive_feature_adopters", **labels): adopters,
        **ratio(key("jobhive_feature_events_per_user_avg", **labels), len(events), len(users)),
        **ratio(key("jobhive_feature_adoption_ratio", **labels), adopters, len(active)),
    }


# FU1 to FU5: use events


def uses(world: World, at: datetime, settings: Settings) -> dict[str, Uses]:
    """The use events of each feature that has a source, of any time: of users in P0(T), and of nobody (C9)."""
    owner = {session.id: session.user_id for session in world.sessions}
    found: dict[str, Uses] = {
        "interview_practice": [
            (row.user_id, row.start_time)
            for row in world.sessions
            if kind(row) == "practice" and row.start_time is not None
        ],
        "ai_feedback": [(row.user_id, row.shown_at) for row in world.recommendations if row.shown_at is not None],
        "skill_assessments": [(owner[row.interview_session_id], row.created_at) for row in world.assessments],
    }
    if settings.feature_column:
        for feature in ("ai_feedback", "learning_paths", "analytics_dashboard"):
            found[feature] = tagged(world, feature, settings)
    if settings.enrolments:
        found["learning_paths"] = [(row.user_id, row.started_at) for row in world.enrolments]
    ids = {user.id for user in population(world, at, settings)}
    return {
        feature: [(who, when) for who, when in events if who is None or who in ids] for feature, events in found.items()
    }


def tagged(world: World, feature: str, settings: Settings) -> Uses:
    rows = [row for row in world.activities if word_class(settings.features, row.feature) == feature]
    return [(row.user_id, row.occurred_at) for row in rows]


# FU9, FU9b


def completion(world: World, at: datetime, settings: Settings, name: str) -> Values:
    window = trailing(at, WINDOWS[name])
    samples = {"interview_practice": practised(world, at, settings, window)}
    if settings.enrolments:
        samples["learning_paths"] = learnt(world, at, settings, window)
    values: Values = {}
    for feature, done in samples.items():
        labels = {"feature": feature, "window": name}
        values[key("jobhive_feature_completion_base", **labels)] = len(done)
        values |= ratio(key("jobhive_feature_completion_ratio", **labels), sum(done), len(done))
    return values


def practised(world: World, at: datetime, settings: Settings, window: Window) -> list[bool]:
    """UE6 of practice sessions."""
    cohort = cohort_in(scope_of(world, at, settings).of_kind("practice"), window)
    return [completed(row, at, settings) for row in cohort]


def learnt(world: World, at: datetime, settings: Settings, window: Window) -> list[bool]:
    ids = {user.id for user in population(world, at, settings)}
    begun = [row for row in world.enrolments if row.user_id in ids and window[0] <= row.started_at < window[1]]
    return [row.completed_at is not None and row.completed_at < at for row in begun]
