"""Whether those who accept a recommendation improve more, AI11 of metrics.md 4.8."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from tests.oracle.accuracy import pearson
from tests.oracle.analyses import Measured, has
from tests.oracle.analysis_rows import Recommendation
from tests.oracle.measures import trailing
from tests.oracle.recommendations import LABEL, MATURE, WINDOW, accepted, based_in, of_population
from tests.oracle.revenue import key
from tests.oracle.sessions import completed, end, score
from tests.oracle.usage_rows import Session, Settings, World

Based = tuple[datetime, Recommendation]
Pair = tuple[bool, Fraction]

MOST = 3


def improvement(world: World, at: datetime, settings: Settings) -> Measured:
    if not all(has(settings, "recommendation", column) for column in ("user_id", "accepted_at")):
        return {}
    found = pairs(world, at, settings)
    groups = {name: [delta for yes, delta in found if yes is which] for name, which in GROUPS.items()}
    values: Measured = {
        key("jobhive_recommendation_improvement_pairs", group=name, **LABEL): len(group)
        for name, group in groups.items()
    }
    fewest = min(len(group) for group in groups.values())
    r = pearson([(Fraction(yes), delta) for yes, delta in found])
    if len(found) >= settings.judging.min_pairs and fewest >= settings.judging.min_group and r is not None:
        means = {name: sum(group, Fraction(0)) / len(group) for name, group in groups.items()}
        lift = means["accepted"] - means["not_accepted"]
        values[key("jobhive_recommendation_improvement_correlation", **LABEL)] = r
        values[key("jobhive_recommendation_improvement_lift_ratio", **LABEL)] = lift
    return values


GROUPS = {"accepted": True, "not_accepted": False}


def pairs(world: World, at: datetime, settings: Settings) -> list[Pair]:
    """One per user at most: whether accepted, and after − before."""
    first, last = trailing(at - MATURE, WINDOW.days)
    cohort = based_in(of_population(world, at, settings), (first, last), settings)
    latest: dict[int, Based] = {}
    for b, row in sorted(cohort, key=lambda based: (based[0], based[1].id)):
        if row.user_id is not None:
            latest[row.user_id] = b, row
    found = []
    for b, row in latest.values():
        before, after = around(world, at, settings, (b, row))
        if before and after:
            found.append((accepted(b, row), average(after) - average(before)))
    return found


def around(world: World, at: datetime, settings: Settings, based: Based) -> tuple[list[Fraction], list[Fraction]]:
    """The latest scores that ended before b, and the first that started at the anchor or later."""
    b, row = based
    anchor = row.accepted_at if accepted(b, row) and row.accepted_at is not None else b + MATURE
    own = [one for one in world.sessions if one.user_id == row.user_id and completed(one, at, settings)]
    scored = [(one, score(one, "completion", settings)) for one in own]
    valid = [(one, value) for one, value in scored if value is not None]
    before = sorted(((stop, one.id, value) for one, value in valid if (stop := ended(one, b, settings))), reverse=True)
    after = sorted(
        (one.start_time, one.id, value)
        for one, value in valid
        if one.start_time is not None and one.start_time >= anchor
    )
    return [value for _, _, value in before[:MOST]], [value for _, _, value in after[:MOST]]


def ended(session: Session, b: datetime, settings: Settings) -> datetime | None:
    """The end, if it is before b."""
    stop = end(session, settings)
    return stop if stop is not None and stop < b else None


def average(sample: Sequence[Fraction]) -> Fraction:
    return sum(sample, Fraction(0)) / len(sample)
