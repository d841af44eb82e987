"""The log of subscription events: from when to when a value holds, and whether a log is complete (metrics.md 4.2)."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, and_, func, literal, not_, or_, over, select

from collectors.mapping import Vocabulary
from collectors.schema import Schema, classified

PRICED = ("plan_id", "quantity", "unit_price", "discount_percent")


def segments(schema: Schema, name: str, statuses: Vocabulary) -> Subquery | None:
    """One row per event that sets an attribute: its value holds after `since` and up to and with `until`."""
    if not schema.has_table("subscription_event") or not schema.has("subscription_event", f"to_{name}"):
        return None
    event = schema.table("subscription_event")
    value: ColumnElement[Any] = event.c[f"to_{name}"]
    if name == "status":
        value = classified(value, statuses, "other")
    order: Any = {"partition_by": event.c.subscription_id, "order_by": (event.c.occurred_at, event.c.id)}
    return (
        select(
            *(event.c.subscription_id, event.c.id, event.c.occurred_at.label("since"), value.label("value")),
            over(func.lead(event.c.occurred_at), **order).label("until"),
            over(func.lag(value), **order).label("before"),
        )
        .where(event.c[f"to_{name}"].is_not(None))
        .subquery(f"{name}_segments")
    )


def status_segments(schema: Schema, statuses: Vocabulary) -> Subquery | None:
    """The segments of the status, with the first event of the latest run of past_due."""
    found = segments(schema, "status", statuses)
    if found is None:
        return None
    begins = and_(found.c.value == "past_due", found.c.before.is_distinct_from("past_due"))
    order = (found.c.since, found.c.id)
    since = func.max(found.c.since).filter(begins).over(found.c.subscription_id, order)
    return select(*found.c, since.label("past_due_since")).subquery("statuses")


def holds(
    segment: Subquery, subscription: ColumnElement[Any], t: ColumnElement[datetime] | datetime
) -> ColumnElement[bool]:
    """Tell whether a segment has the value of a subscription at `t`, in the left limit."""
    until = or_(segment.c.until.is_(None), segment.c.until >= t)
    return and_(segment.c.subscription_id == subscription, segment.c.since < t, until)


def holds_after(segment: Subquery, subscription: ColumnElement[Any], t: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Tell whether a segment has the value of a subscription right after `t`, with what happened at `t`."""
    until = or_(segment.c.until.is_(None), segment.c.until > t)
    return and_(segment.c.subscription_id == subscription, segment.c.since <= t, until)


def happened(schema: Schema) -> Subquery | None:
    """Return the log itself, None where there is none."""
    return schema.table("subscription_event") if schema.has_table("subscription_event") else None


def history(schema: Schema, spans: FromClause) -> Select[bool, bool]:
    """One row: whether the log of some subscription misses the price or the status that it began with.

    A log is complete for an attribute if its first event sets it, or none does.
    """
    event = happened(schema)
    if event is None:
        return select(literal(True).label("price"), literal(True).label("status"))
    order: Any = {"partition_by": event.c.subscription_id, "order_by": (event.c.occurred_at, event.c.id)}
    ranked = select(*event.c, over(func.row_number(), **order).label("n")).subquery("ranked")
    sets = {name: ranked.c[f"to_{name}"].is_not(None) for name in (*PRICED, "status")}
    opened = {name: func.bool_or(and_(ranked.c.n == 1, sets[name])) for name in sets}
    later = [or_(opened[name], not_(func.bool_or(sets[name]))) for name in PRICED]
    logs = (
        select(
            ranked.c.subscription_id,
            and_(opened["plan_id"], *later).label("price"),
            opened["status"].label("status"),
        )
        .group_by(ranked.c.subscription_id)
        .subquery("logs")
    )
    missing = [func.coalesce(func.bool_or(logs.c[name].is_not(True)), False) for name in ("price", "status")]
    with_logs = spans.outerjoin(logs, logs.c.subscription_id == spans.c.id)
    return select(missing[0].label("price"), missing[1].label("status")).select_from(with_logs)
