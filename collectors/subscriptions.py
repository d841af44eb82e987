"""Subscriptions at an instant: class, customer and monthly recurring revenue (metrics.md 4.2, "Objects").

The state at T is the left limit: what happened at exactly T has not happened yet. A log of events, where there is one,
decides over the columns of the row, which hold only the present.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    column,
    func,
    not_,
    or_,
    select,
    values,
)

from collectors.definitions import Definitions
from collectors.mapping import Vocabulary
from collectors.schema import Schema, classified
from collectors.subscription_events import PRICED, history, holds, segments, status_segments
from collectors.tables import INSTANT

# An interval has (denominator ÷ numerator) months; a month has 30.4375 days. The factors carry twenty decimals because
# PostgreSQL divides to the larger scale of its operands, and else to sixteen significant digits only.
MONTH = Decimal("1.00000000000000000000")
DAYS = Decimal("30.43750000000000000000")
PER_MONTH = {
    "day": (DAYS, 1),
    "week": (DAYS, 7),
    "month": (MONTH, 1),
    "quarter": (MONTH, 3),
    "half_year": (MONTH, 6),
    "year": (MONTH, 12),
}
HIGHEST_PRICE = Decimal(10) ** 15


def span(row: Subquery, statuses: Vocabulary) -> tuple[ColumnElement[str], ColumnElement[Any], ColumnElement[Any]]:
    """Return the class that a row's own status has, and the start and end of the subscription."""
    row_class = classified(row.c.status, statuses, "other")
    end = func.coalesce(row.c.ended_at, case((row_class == "canceled", row.c.current_period_end)))
    return row_class, func.coalesce(row.c.started_at, row.c.created_at), end


def sound_price(price: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell whether a price is a finite number, not below 0: a NaN fails both ends of a range, an infinity fails one."""
    return price.between(0, HIGHEST_PRICE)


class Subscriptions:
    """The subscriptions of P0(at), to be looked at as they were at `at` and at instants before it."""

    def __init__(self, schema: Schema, definitions: Definitions, at: datetime) -> None:
        self._schema = schema
        self._definitions = definitions
        self._statuses = definitions.tables.subscription.status_map
        self.spans = self._spans(at)

    def _spans(self, at: datetime) -> CTE:
        """One row per subscription that began before `at`: customer, start and end, and the row's own attributes."""
        subscription, users = self._schema.table("subscription"), self._schema.users(at)
        row_class, start, end = span(subscription, self._statuses)
        return (
            select(
                *(subscription.c[name] for name in ("id", "user_id", "plan_id", "trial_end", "past_due_since")),
                *(subscription.c[name] for name in ("quantity", "unit_price", "discount_percent", "discount_end")),
                self._customer(subscription).label("customer"),
                row_class.label("row_class"),
                start.label("start"),
                end.label("end"),
            )
            .join_from(subscription, users, users.c.id == subscription.c.user_id)
            # A canceled row without any end cannot be placed in time; data quality counts it.
            .where(start < at, or_(row_class != "canceled", end.is_not(None)))
            .cte("spans")
        )

    def _customer(self, subscription: Subquery) -> ColumnElement[Any]:
        if self._definitions.billing.customer_key == "user":
            return subscription.c.user_id
        company, user = (
            func.concat(prefix, subscription.c[name]) for prefix, name in (("c", "company_id"), ("u", "user_id"))
        )
        return case((subscription.c.company_id.is_not(None), company), else_=user)

    def states(self, instants: Iterable[datetime]) -> CTE:
        """One row per subscription and instant `t` after its start: class, currency, mrr, whether it is paid-active."""
        spans, moments = self.spans, self._moments(instants)
        source: Any = spans.join(moments, spans.c.start < moments.c.t)
        folded: dict[str, ColumnElement[Any]] = {}
        for name in PRICED:
            found = segments(self._schema, name, self._statuses)
            folded[name] = spans.c[name]
            if found is not None:
                source = source.outerjoin(found, holds(found, spans.c.id, moments.c.t))
                folded[name] = func.coalesce(found.c.value, spans.c[name])
        status = status_segments(self._schema, self._statuses)
        if status is not None:
            source = source.outerjoin(status, holds(status, spans.c.id, moments.c.t))
        plans = self._schema.plans()
        source = source.outerjoin(plans, plans.c.id == folded["plan_id"])
        klass, since = _class(spans, moments, status)
        mrr = self._mrr(spans, plans, folded)
        paying = and_(klass.in_(("active", "past_due")), mrr > 0)
        lapsed = and_(klass == "past_due", func.coalesce(since < moments.c.grace_start, False))
        return (
            select(
                *(moments.c.t, spans.c.id, spans.c.user_id, spans.c.customer, plans.c.currency),
                klass.label("class"),
                mrr.label("mrr"),
                and_(paying, not_(lapsed)).label("paid"),
                and_(klass == "past_due", since.is_(None)).label("since_unknown"),
            )
            .select_from(source)
            .cte("states")
        )

    def history(self) -> Select[bool, bool]:
        """One row: whether the log of some subscription misses the price or the status that it began with."""
        return history(self._schema, self.spans)

    def _moments(self, instants: Iterable[datetime]) -> Any:
        grace = self._definitions.billing.dunning_grace
        rows = [(t, t - grace) for t in sorted(set(instants))]
        return values(column("t", INSTANT), column("grace_start", INSTANT), name="moments").data(rows)

    def _mrr(self, spans: CTE, plans: Subquery, folded: dict[str, ColumnElement[Any]]) -> ColumnElement[Decimal]:
        """Price × quantity × (1 − discount) ÷ months; 0 where a part is unknown or makes no sense."""
        price = func.coalesce(folded["unit_price"], plans.c.price) * plans.c.unit
        quantity = func.coalesce(folded["quantity"], 1)
        forever = spans.c.discount_end.is_(None)
        discount = case((forever, func.coalesce(folded["discount_percent"], Decimal(0))), else_=Decimal(0))
        sound = and_(
            plans.c.currency.in_(self._definitions.billing.currencies),
            plans.c.interval_count > 0,
            quantity > 0,
            sound_price(price),
            discount.between(0, 100),
        )
        amount = price * quantity * (100 - discount) / 100
        branches = [
            (and_(sound, plans.c.interval == interval), amount * factor / (months * plans.c.interval_count))
            for interval, (factor, months) in PER_MONTH.items()
        ]
        return case(*branches, else_=Decimal(0))


def _class(spans: CTE, moments: Any, status: Subquery | None) -> tuple[ColumnElement[str], ColumnElement[datetime]]:
    """Return class(sub, t), and since when it is past due."""
    t, row = moments.c.t, spans.c
    not_yet_past_due = and_(row.row_class == "past_due", row.past_due_since >= t)
    present = case((or_(row.row_class == "canceled", not_yet_past_due), "active"), else_=row.row_class)
    if status is None:
        return case((row.end < t, "canceled"), (row.trial_end >= t, "trialing"), else_=present), row.past_due_since
    by_event = status.c.value.is_not(None)
    klass = case((row.end < t, "canceled"), (row.trial_end >= t, "trialing"), (by_event, status.c.value), else_=present)
    return klass, case((by_event, status.c.past_due_since), else_=row.past_due_since)
