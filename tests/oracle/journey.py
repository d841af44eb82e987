"""Every family of metrics.md 4.7 as exact fractions: the funnel here, retention of monthly cohorts in its file."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from tests.oracle.activity import population
from tests.oracle.cohorts import expected_cohorts
from tests.oracle.measures import DAY
from tests.oracle.objects import canceled_without_end, paid_start
from tests.oracle.revenue import Values, key, ratio
from tests.oracle.samples import percentile, seconds
from tests.oracle.sessions import completed, end
from tests.oracle.usage_rows import Settings, User, World

STAGES = ("registration", "email_verification", "first_interview", "completed_interview", "subscription")
COHORTS = {"30d": 30, "90d": 90, "all": None}
HALF = Fraction("0.5")


@dataclass(frozen=True)
class Path:
    """The stages a user reached before T, with the first time of each; None where no column tells it."""

    joined: datetime
    times: dict[str, datetime | None]

    def reached(self, stage: str) -> bool:
        """Strictly: this stage and all earlier ones, in whatever order of time."""
        return all(name in self.times for name in upto(stage))

    def time(self, stage: str) -> Fraction:
        """From joining until the last of the stages up to this one whose times are known."""
        known = [self.times[name] for name in upto(stage)]
        return max(seconds(instant - self.joined) for instant in known if instant is not None)


def upto(stage: str) -> tuple[str, ...]:
    return STAGES[: STAGES.index(stage) + 1]


def expected_journey(world: World, at: datetime, settings: Settings) -> Values:
    paths = [path(world, user, at, settings) for user in population(world, at, settings)]
    values = expected_cohorts(world, at, settings)
    for cohort, days in COHORTS.items():
        members = [one for one in paths if days is None or one.joined >= at - days * DAY]
        values |= funnel(members, cohort)
        values |= durations(members, cohort, settings)
    return values


def path(world: World, user: User, at: datetime, settings: Settings) -> Path:
    times: dict[str, datetime | None] = {"registration": user.date_joined}
    if verified(user, at, settings):
        times["email_verification"] = user.email_verified_at if settings.verification_time else None
    rows = [row for row in world.sessions if row.user_id == user.id]
    firsts = {
        "first_interview": earliest((row.start_time for row in rows), at),
        "completed_interview": earliest((end(row, settings) for row in rows if completed(row, at, settings)), at),
        "subscription": earliest(paid_starts(world, user, settings), at),
    }
    return Path(user.date_joined, times | {stage: first for stage, first in firsts.items() if first is not None})


def verified(user: User, at: datetime, settings: Settings) -> bool:
    if not settings.verification_time:
        return user.is_verified
    return user.email_verified_at is not None and user.email_verified_at < at


def earliest(instants: Iterable[datetime | None], at: datetime) -> datetime | None:
    return min((instant for instant in instants if instant is not None and instant < at), default=None)


def paid_starts(world: World, user: User, settings: Settings) -> list[datetime]:
    """Per user, also when the customer is a company."""
    own = [sub for sub in world.subscriptions if sub.user_id == user.id and not canceled_without_end(sub)]
    found = [paid_start(world, sub, settings) for sub in own]
    return [start[0] for start in found if start is not None]


def funnel(members: list[Path], cohort: str) -> Values:
    """UJ1 to UJ4."""
    strict = {stage: sum(one.reached(stage) for one in members) for stage in STAGES}
    values: Values = {}
    for stage in STAGES:
        labels = {"cohort": cohort, "stage": stage}
        values[key("jobhive_funnel_users", mode="strict", **labels)] = strict[stage]
        values[key("jobhive_funnel_users", mode="loose", **labels)] = sum(stage in one.times for one in members)
    for before, after in pairwise(STAGES):
        name = key("jobhive_funnel_conversion_ratio", **{"cohort": cohort, "from": before, "to": after})
        values |= ratio(name, strict[after], strict[before])
    overall = key("jobhive_funnel_overall_conversion_ratio", cohort=cohort)
    return values | ratio(overall, strict["subscription"], strict["registration"])


def durations(members: list[Path], cohort: str, settings: Settings) -> Values:
    """UJ5."""
    values: Values = {}
    for stage in STAGES[1:]:
        if stage != "email_verification" or settings.verification_time:
            sample = [one.time(stage) for one in members if one.reached(stage)]
            name = key("jobhive_funnel_time_to_stage_p50_seconds", cohort=cohort, stage=stage)
            values |= percentile(name, sample, HALF)
    return values
