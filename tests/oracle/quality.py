"""Row-level data-quality counts of metrics.md 4.13 for the tables user, plan and subscription.

The population does not apply here. ``movement_identity`` is no row check and belongs to the properties.
"""

from datetime import datetime, timedelta

from tests.oracle.objects import (
    INTERVALS,
    STATUSES,
    canceled_without_end,
    currency_of,
    end,
    start,
    state_at,
    status_class,
    word_class,
)
from tests.oracle.rows import Plan, Settings, Subscription, World


def expected_quality(world: World, at: datetime, settings: Settings) -> dict[tuple[str, str], int]:
    """The number of broken rows per (table, check), zero-filled."""
    late = sum(user.date_joined > at + timedelta(seconds=60) for user in world.users)
    plans = [plan_checks(plan, settings) for plan in world.plans]
    subs = [sub_checks(world, sub, at) for sub in world.subscriptions]
    counts = {("user", "future_date"): late}
    counts |= {("plan", check): sum(row[check] for row in plans) for check in PLAN_CHECKS}
    counts |= {("subscription", check): sum(row[check] for row in subs) for check in SUB_CHECKS}
    return counts


PLAN_CHECKS = ("interval_unknown", "interval_count_invalid", "price_invalid", "currency_unknown")
SUB_CHECKS = (
    "status_unknown",
    "canceled_without_end",
    "ended_before_started",
    "past_due_since_unknown",
    "discount_out_of_range",
    "quantity_invalid",
)


def plan_checks(plan: Plan, settings: Settings) -> dict[str, bool]:
    return {
        "interval_unknown": word_class(INTERVALS, plan.interval) is None,
        "interval_count_invalid": plan.interval_count is not None and plan.interval_count <= 0,
        "price_invalid": not plan.price.is_finite() or plan.price < 0,
        "currency_unknown": currency_of(plan, settings) is None,
    }


def sub_checks(world: World, sub: Subscription, at: datetime) -> dict[str, bool]:
    if sub.created_at >= at:
        return dict.fromkeys(SUB_CHECKS, False)
    return {
        "status_unknown": word_class(STATUSES, sub.status) is None,
        "canceled_without_end": canceled_without_end(sub),
        "ended_before_started": ended_before_started(sub),
        "past_due_since_unknown": past_due_since_unknown(world, sub, at),
        "discount_out_of_range": discount_out_of_range(sub),
        "quantity_invalid": sub.quantity is not None and sub.quantity <= 0,
    }


def ended_before_started(sub: Subscription) -> bool:
    """Start and end as 4.2 defines them, fallbacks included."""
    stop = end(sub)
    return stop is not None and stop < start(sub)


def past_due_since_unknown(world: World, sub: Subscription, at: datetime) -> bool:
    """An event tells the since if the log before T stands in a run of past_due."""
    if status_class(sub.status) != "past_due" or sub.past_due_since is not None:
        return False
    return state_at(world, sub, at).past_due_since is None


def discount_out_of_range(sub: Subscription) -> bool:
    """The stored value is judged, also where a discount_end keeps it from applying."""
    percent = sub.discount_percent
    return percent is not None and not (percent.is_finite() and 0 <= percent <= 100)
