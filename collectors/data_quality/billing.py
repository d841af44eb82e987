"""Checks of plans and subscriptions (metrics.md 4.13)."""

from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, and_, exists, func, not_, null, true

from collectors.data_quality.counts import Check, Counts, counts
from collectors.definitions import Definitions
from collectors.mapping import Vocabulary
from collectors.prices import sound_count, sound_price
from collectors.schema import Schema, classified
from collectors.subscription_events import holds, status_segments
from collectors.subscriptions import span


def plan_checks(schema: Schema, definitions: Definitions) -> Counts:
    """Check all plans; a plan has no event time."""
    plan = schema.plans()
    checks = {
        "currency_unknown": Check(plan.c.currency.not_in(definitions.billing.currencies)),
        "interval_count_invalid": Check(not_(sound_count(plan.c.interval_count)), schema.has("plan", "interval_count")),
        "interval_unknown": Check(plan.c.interval.is_(None)),
        "price_invalid": Check(not_(sound_price(plan.c.price))),
    }
    return counts(null(), checks).select_from(plan)


def subscription_checks(schema: Schema, definitions: Definitions, at: datetime) -> Counts:
    """Check all subscriptions created before `at`."""
    row, statuses = schema.table("subscription"), definitions.tables.subscription.status_map
    status = classified(row.c.status, statuses, None)
    _, start, end = span(row, statuses)
    since_unknown = and_(status == "past_due", row.c.past_due_since.is_(None), _untold(schema, row, statuses, at))

    def mapped(column: str) -> bool:
        return schema.has("subscription", column)

    checks = {
        "canceled_without_end": Check(and_(status == "canceled", end.is_(None))),
        "discount_out_of_range": Check(not_(row.c.discount_percent.between(0, 100)), mapped("discount_percent")),
        "ended_before_started": Check(end < start),
        "past_due_since_unknown": Check(since_unknown, mapped("past_due_since")),
        "quantity_invalid": Check(not_(sound_count(row.c.quantity)), mapped("quantity")),
        "status_unknown": Check(status.is_(None)),
    }
    return counts(func.max(row.c.created_at), checks).where(row.c.created_at < at)


def _untold(schema: Schema, row: Subquery, statuses: Vocabulary, at: datetime) -> ColumnElement[bool]:
    """Tell that no event before `at` says since when a subscription is past due."""
    status = status_segments(schema, statuses)
    if status is None:
        return true()
    return not_(exists().where(holds(status, row.c.id, at), status.c.value == "past_due"))
