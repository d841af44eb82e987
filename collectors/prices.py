"""What a subscription is worth a month at an instant (metrics.md 4.2, months, price and mrr)."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Subquery, and_, case, func

from collectors.definitions import Definitions
from collectors.schema import Schema
from collectors.subscription_events import PRICED, segments

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

# Whether a segment of an event log has the value of a subscription at an instant.
Holds = Callable[[Subquery, ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]


class Priced(NamedTuple):
    """Spans and points joined with what is paid there."""

    source: Any
    plans: Subquery
    mrr: ColumnElement[Decimal]


def sound_price(price: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell whether a price is a finite number, not below 0: a NaN fails both ends of a range, an infinity fails one."""
    return price.between(0, HIGHEST_PRICE)


def sound_count(count: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell whether a number of seats or intervals is finite and above 0; a NaN is above every number."""
    return and_(count > 0, count < HIGHEST_PRICE)


def priced(schema: Schema, definitions: Definitions, spans: CTE, points: CTE, holds: Holds) -> Priced:
    """Join each point (subscription `id`, instant `t`) with its span, and find the price there."""
    source: Any = points.join(spans, spans.c.id == points.c.id)
    folded: dict[str, ColumnElement[Any]] = {}
    for name in PRICED:
        found = segments(schema, name, definitions.tables.subscription.status_map)
        folded[name] = spans.c[name]
        if found is not None:
            source = source.outerjoin(found, holds(found, points.c.id, points.c.t))
            folded[name] = func.coalesce(found.c.value, spans.c[name])
    plans = schema.plans()
    source = source.outerjoin(plans, plans.c.id == folded["plan_id"])
    return Priced(source, plans, _mrr(definitions, spans, plans, folded))


def _mrr(
    definitions: Definitions, spans: CTE, plans: Subquery, folded: dict[str, ColumnElement[Any]]
) -> ColumnElement[Decimal]:
    """Price × quantity × (1 − discount) ÷ months; 0 where a part is unknown or makes no sense."""
    price = func.coalesce(folded["unit_price"], plans.c.price) * plans.c.unit
    quantity = func.coalesce(folded["quantity"], 1)
    forever = spans.c.discount_end.is_(None)
    discount = case((forever, func.coalesce(folded["discount_percent"], Decimal(0))), else_=Decimal(0))
    sound = and_(
        plans.c.currency.in_(definitions.billing.currencies),
        sound_count(plans.c.interval_count),
        sound_count(quantity),
        sound_price(price),
        discount.between(0, 100),
    )
    amount = price * quantity * (100 - discount) / 100
    branches = [
        (and_(sound, plans.c.interval == interval), amount * factor / (months * plans.c.interval_count))
        for interval, (factor, months) in PER_MONTH.items()
    ]
    return case(*branches, else_=Decimal(0))
