"""Who paid at the start of a window and does not at its end, customers and subscriptions, and why."""

from collections.abc import Iterator, Sequence

from sqlalchemy import CTE, ColumnElement, Subquery, Text, and_, case, cast, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from collectors.mapping import Vocabulary
from collectors.periods import periods
from collectors.revenue.figures import Statement, figure
from collectors.schema import classified
from exporter.windows import Window


def churn(states: CTE, spans: CTE, windows: Sequence[Window], reasons: Vocabulary) -> Iterator[Statement]:
    """Yield the churn figures of the windows."""
    left = _left(states, spans, windows)
    labels = (left.c.level, left.c.window)
    yield figure("jobhive_churn_base", func.count(), *labels).group_by(*labels)
    yield figure("jobhive_churned", func.count(), *labels).where(left.c.gone).group_by(*labels)
    at_end = and_(states.c.id == left.c.id, states.c.t == left.c.end)
    with_end = left.join(states, at_end).join(spans, spans.c.id == left.c.id)
    reason = _reason(states.c["class"], spans.c.cancel_reason, reasons)
    by_reason = (left.c.level, reason, left.c.window)
    yield (
        figure("jobhive_churned_by_reason", func.count(), *by_reason)
        .select_from(with_end)
        .where(left.c.gone)
        .group_by(*by_reason)
    )


def _left(states: CTE, spans: CTE, windows: Sequence[Window]) -> CTE:
    """One row per level, window and key that paid at the start: whether it is gone, and which subscription tells why.

    A customer's is the one that ended last, of those that paid; one without an end is the latest.
    """
    holders = _holders(states)
    period = periods(windows)
    start, end = holders.alias("starting"), holders.alias("ending")
    same = and_(end.c.t == period.c.end, end.c.level == start.c.level, end.c.key == start.c.key)
    source = period.join(start, start.c.t == period.c.start).outerjoin(end, same).join(spans, spans.c.id == start.c.id)
    keys = (start.c.level, period.c.window, start.c.key)
    return (
        select(*keys, period.c.end, start.c.id, end.c.key.is_(None).label("gone"))
        .select_from(source)
        .ext(distinct_on(*keys))
        .order_by(*keys, spans.c.end.desc().nulls_first(), start.c.id)
        .cte("churn")
    )


def _holders(states: CTE) -> Subquery:
    """One row per instant, level and subscription that pays: `key` is the customer or the subscription itself."""
    keys = {"customer": states.c.customer, "subscription": states.c.id}
    levels = (
        select(states.c.t, literal(level).label("level"), cast(key, Text).label("key"), states.c.id).where(
            states.c.paid
        )
        for level, key in keys.items()
    )
    return union_all(*levels).subquery("holders")


def _reason(at_end: ColumnElement[str], cancel_reason: ColumnElement[str], reasons: Vocabulary) -> ColumnElement[str]:
    """A failed payment is involuntary, whatever the row says; words that no map knows are voluntary."""
    unknown = or_(cancel_reason.is_(None), cancel_reason == "")
    return case(
        (at_end.in_(("past_due", "unpaid")), "involuntary"),
        (unknown, "unknown"),
        else_=classified(cancel_reason, reasons, "voluntary"),
    )
