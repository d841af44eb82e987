"""Who began to pay: of users after joining, of trials after their end."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import CTE, and_, func, select

from collectors.periods import periods
from collectors.revenue.figures import Statement, figure
from collectors.subscriptions import Subscriptions
from exporter.windows import Window, trailing

MATURE = timedelta(days=30)


def free_to_paid(subscriptions: Subscriptions, paid_starts: CTE, at: datetime) -> Iterator[Statement]:
    """Yield the users who joined long enough before `at` to be judged, and those who paid in time."""
    cohorts = periods(_moved_back(("30d", "90d", "365d"), at, MATURE))
    users = subscriptions.users
    first = (
        select(paid_starts.c.user_id, func.min(paid_starts.c.t).label("t"))
        .group_by(paid_starts.c.user_id)
        .subquery("first")
    )
    in_cohort = and_(users.c.date_joined >= cohorts.c.start, users.c.date_joined < cohorts.c.end)
    source = cohorts.join(users, in_cohort).outerjoin(first, first.c.user_id == users.c.id)
    window = cohorts.c.window
    in_time = first.c.t < users.c.date_joined + MATURE
    yield figure("jobhive_free_to_paid_cohort_users", func.count(), window).select_from(source).group_by(window)
    yield (
        figure("jobhive_free_to_paid_converted_users", func.count(), window)
        .select_from(source)
        .where(in_time)
        .group_by(window)
    )


def trials(subscriptions: Subscriptions, at: datetime, grace: timedelta) -> Iterator[Statement]:
    """Yield the trials that ended, and those that paid when the grace was over."""
    windows = _moved_back(("30d", "90d"), at, grace)
    spans, ended = subscriptions.spans, periods(windows)
    judged = spans.c.trial_end + grace
    points = select(spans.c.id, judged.label("t")).where(
        spans.c.trial_end >= min(window.start for window in windows),
        spans.c.trial_end < at - grace,
        spans.c.start < judged,
    )
    states = subscriptions.states("trial_states", points.cte("trial_points"))
    in_window = and_(spans.c.trial_end >= ended.c.start, spans.c.trial_end < ended.c.end)
    source = ended.join(spans, in_window).outerjoin(states, states.c.id == spans.c.id)
    window = ended.c.window
    yield figure("jobhive_trials_ended", func.count(), window).select_from(source).group_by(window)
    yield (
        figure("jobhive_trials_converted", func.count(), window)
        .select_from(source)
        .where(states.c.paid)
        .group_by(window)
    )


def _moved_back(keys: Sequence[str], at: datetime, by: timedelta) -> list[Window]:
    return [trailing(key, at - by) for key in keys]
