"""Subscriptions at an instant: class, customer, and whether they pay (metrics.md 4.2, "Objects").

The state at T is the left limit: what happened at exactly T has not happened yet. A log of events, where there is one,
decides over the columns of the row, which hold only the present.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Subquery, and_, case, func, not_, or_, select, union
from sqlalchemy.dialects.postgresql import distinct_on

from collectors.definitions import Definitions
from collectors.mapping import Vocabulary
from collectors.periods import instants
from collectors.prices import priced
from collectors.schema import Schema, classified
from collectors.subscription_events import happened, history, holds, holds_after, status_segments

ROW = (
    *("id", "user_id", "plan_id", "trial_end", "past_due_since", "quantity", "unit_price", "discount_percent"),
    *("discount_end", "cancel_at_period_end", "cancel_reason"),
)

# Where one of these is missing, a subscription's span, quantity or discount is a guess.
SPAN_COLUMNS = (
    *(("subscription", name) for name in ("started_at", "ended_at", "trial_end", "quantity", "discount_percent")),
    ("plan", "interval_count"),
)


def span_known(schema: Schema) -> bool:
    """Tell whether the columns that place a subscription in time and give its worth are all there."""
    return all(schema.has(*place) for place in SPAN_COLUMNS)


def span(row: Subquery, statuses: Vocabulary) -> tuple[ColumnElement[str], ColumnElement[Any], ColumnElement[Any]]:
    """Return the class that a row's own status has, and the start and end of the subscription."""
    row_class = classified(row.c.status, statuses, "other")
    end = func.coalesce(row.c.ended_at, case((row_class == "canceled", row.c.current_period_end)))
    return row_class, func.coalesce(row.c.started_at, row.c.created_at), end


class Subscriptions:
    """The subscriptions of P0(at), to be looked at as they were at `at` and at instants before it."""

    def __init__(self, schema: Schema, definitions: Definitions, at: datetime) -> None:
        self._schema = schema
        self._definitions = definitions
        self._statuses = definitions.tables.subscription.status_map
        # Not a CTE: the users of a large deployment would be written to disk first, with columns that nobody asks for.
        self.users = schema.users(at)
        self.spans = self._spans()

    def _spans(self) -> CTE:
        """One row per subscription that can be placed in time: customer, start and end, the row's own attributes."""
        row = self._schema.table("subscription")
        row_class, start, end = span(row, self._statuses)
        return (
            select(
                *(row.c[name] for name in ROW),
                self._customer(row).label("customer"),
                row_class.label("row_class"),
                start.label("start"),
                end.label("end"),
            )
            .join_from(row, self.users, self.users.c.id == row.c.user_id)
            # A canceled row without any end cannot be; data quality counts it.
            .where(or_(row_class != "canceled", end.is_not(None)))
            .cte("spans")
        )

    def _customer(self, row: Subquery) -> ColumnElement[Any]:
        if self._definitions.billing.customer_key == "user":
            return row.c.user_id
        company, user = (func.concat(prefix, row.c[name]) for prefix, name in (("c", "company_id"), ("u", "user_id")))
        return case((row.c.company_id.is_not(None), company), else_=user)

    def at(self, edges: Iterable[datetime]) -> CTE:
        """The states of every subscription at instants after its start."""
        moments = instants(edges)
        points = select(self.spans.c.id, moments.c.t).join_from(self.spans, moments, self.spans.c.start < moments.c.t)
        return self.states("states", points.cte("points"))

    def states(self, name: str, points: CTE) -> CTE:
        """One row per point (subscription `id`, instant `t`): class, currency, mrr, whether it is paid-active."""
        found, spans = priced(self._schema, self._definitions, self.spans, points, holds), self.spans
        source, status = found.source, status_segments(self._schema, self._statuses)
        if status is not None:
            source = source.outerjoin(status, holds(status, points.c.id, points.c.t))
        klass, since = _class(spans, points.c.t, status)
        paying = and_(klass.in_(("active", "past_due")), found.mrr > 0)
        lapsed = and_(
            klass == "past_due", func.coalesce(since + self._definitions.billing.dunning_grace < points.c.t, False)
        )
        return (
            select(
                *(
                    points.c.t,
                    spans.c.id,
                    spans.c.user_id,
                    spans.c.customer,
                    found.plans.c.currency,
                    found.plans.c.slug,
                ),
                klass.label("class"),
                found.mrr.label("mrr"),
                and_(paying, not_(lapsed)).label("paid"),
                and_(klass == "past_due", since.is_(None)).label("since_unknown"),
            )
            .select_from(source)
            .cte(name)
        )

    def paid_starts(self) -> CTE:
        """One row per subscription that was ever worth money: when it first was, and in which currency.

        It can begin to be worth money when it starts, when its trial ends, or at an event after that.
        """
        spans = self.spans
        earliest = func.greatest(spans.c.start, spans.c.trial_end)
        begins: Any = select(spans.c.id, earliest.label("t"))
        event = happened(self._schema)
        if event is not None:
            later = select(spans.c.id, event.c.occurred_at).join_from(
                spans, event, event.c.subscription_id == spans.c.id
            )
            begins = union(begins, later.where(event.c.occurred_at > earliest))
        points = begins.cte("beginnings")
        found = priced(self._schema, self._definitions, spans, points, holds_after)
        lasting = or_(spans.c.end.is_(None), spans.c.end > points.c.t)
        return (
            select(spans.c.id, spans.c.user_id, spans.c.customer, points.c.t, found.plans.c.currency)
            .select_from(found.source)
            .where(found.mrr > 0, lasting, spans.c.row_class != "other")
            .ext(distinct_on(spans.c.id))
            .order_by(spans.c.id, points.c.t)
            .cte("paid_starts")
        )

    def history(self) -> Select[bool, bool]:
        """One row: whether the log of some subscription misses the price or the status that it began with."""
        return history(self._schema, self.spans)


def _class(
    spans: CTE, t: ColumnElement[datetime], status: Subquery | None
) -> tuple[ColumnElement[str], ColumnElement[datetime]]:
    """Return class(sub, t), and since when it is past due."""
    row = spans.c
    not_yet_past_due = and_(row.row_class == "past_due", row.past_due_since >= t)
    present = case((or_(row.row_class == "canceled", not_yet_past_due), "active"), else_=row.row_class)
    if status is None:
        return case((row.end < t, "canceled"), (row.trial_end >= t, "trialing"), else_=present), row.past_due_since
    by_event = status.c.value.is_not(None)
    klass = case((row.end < t, "canceled"), (row.trial_end >= t, "trialing"), (by_event, status.c.value), else_=present)
    return klass, case((by_event, status.c.past_due_since), else_=row.past_due_since)
