"""The event view: every leave and every return of a customer inside a window (metrics.md 4.2).

The families look at the two ends of a window; here who leaves and returns inside it counts as both.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Row, Select, func, literal, select, union

from collectors.definitions import Billing
from collectors.schema import Schema
from collectors.subscription_events import happened
from collectors.subscriptions import Subscriptions
from collectors.tables import INSTANT
from exporter.windows import Window

# Between two subscriptions of a customer, a gap of this length is a switch of plans.
SWITCH_GRACE = timedelta(days=3)
KINDS = ("joined", "returned", "left")
# A state is a left limit: what an event makes of it is seen this much later.
TICK = timedelta(microseconds=1)


class Step(NamedTuple):
    """From `since` on a customer pays or does not; `first_paid` is when the customer ever began to."""

    customer: Any
    since: datetime
    paid: bool
    first_paid: datetime | None


def steps(schema: Schema, subscriptions: Subscriptions, billing: Billing, window: Window) -> Select[*tuple[Any, ...]]:
    """Select, of every customer with a change in or just before the window, whether each of them left one who pays."""
    opening = window.start - SWITCH_GRACE
    moments = _moments(schema, subscriptions, billing.dunning_grace, Window("", opening, window.end))
    spans = subscriptions.spans
    points = (
        select(spans.c.id, moments.c.t)
        .join_from(spans, moments, moments.c.customer == spans.c.customer)
        .where(spans.c.start < moments.c.t)
        .cte("event_points")
    )
    states, starts = subscriptions.states("event_states", points), subscriptions.paid_starts()
    first = select(starts.c.customer, func.min(starts.c.t).label("t")).group_by(starts.c.customer).subquery("first")
    key = (states.c.customer, states.c.t)
    return (
        select(
            states.c.customer,
            states.c.t.label("moment"),
            func.bool_or(states.c.paid).label("paid"),
            func.min(first.c.t).label("first_paid"),
        )
        .outerjoin_from(states, first, first.c.customer == states.c.customer)
        .group_by(*key)
        .order_by(*key)
    )


def _moments(schema: Schema, subscriptions: Subscriptions, dunning_grace: timedelta, period: Window) -> CTE:
    """One row per customer and instant at which the customer may have begun or ceased to pay, seen right after it."""
    spans, event = subscriptions.spans, happened(schema)
    row = spans.c
    instants: list[ColumnElement[Any]] = [row.start, row.trial_end, row.end, row.past_due_since]
    changes = [select(row.customer, instant.label("t")) for instant in (*instants, row.past_due_since + dunning_grace)]
    if event is not None:
        logged = select(row.customer).join_from(spans, event, event.c.subscription_id == row.id)
        at = event.c.occurred_at
        changes += [logged.add_columns(instant.label("t")) for instant in (at, at + dunning_grace)]
    found = union(*changes).subquery("changes")
    inside = (found.c.t >= period.start, found.c.t < period.end)
    seen = select(found.c.customer, (found.c.t + TICK).label("t")).where(*inside)
    before = select(found.c.customer, literal(period.start, INSTANT).label("t")).where(*inside)
    return union(seen, before).cte("moments")


def events(rows: Iterable[Row[Any]], window: Window) -> Mapping[str, int]:
    """Count who joined, returned and left in the window; all kinds are there."""
    found = Counter(dict.fromkeys(KINDS, 0))
    opening = window.start - SWITCH_GRACE
    known = (Step(row.customer, max(row.moment - TICK, opening), row.paid, row.first_paid) for row in rows)
    for _, of_customer in groupby(known, key=lambda step: step.customer):
        found.update(kind for kind, at in _changes(tuple(of_customer), opening) if at >= window.start)
    return dict(found)


def _changes(steps: Sequence[Step], opening: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield what became of one customer; who returns soon enough has never left."""
    pays, left = False, None
    for number, step in enumerate(steps):
        if step.paid and not pays:
            was_there = number == 0 and step.since == opening
            if left and step.since - left > SWITCH_GRACE:
                yield "left", left
            if not was_there and not (left and step.since - left <= SWITCH_GRACE):
                is_first = step.first_paid is None or step.first_paid >= step.since
                yield "joined" if is_first else "returned", step.since
            left = None
        elif pays and not step.paid:
            left = step.since
        pays = step.paid
    if left:
        yield "left", left
