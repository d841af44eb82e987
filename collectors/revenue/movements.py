"""Recurring revenue that came or went between the ends of a window, per customer and currency."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import CTE, ColumnElement, and_, case, func, select

from collectors.periods import periods
from collectors.revenue.families import MOVEMENTS
from collectors.revenue.figures import Figures, Number, Statement, figure
from exporter.windows import Window

# Weekly and daily plans give decimals without end: a smaller difference is no movement.
NOTHING = Decimal("1e-9")
CENT = Decimal("0.01")


def movements(states: CTE, paid_starts: CTE, windows: Sequence[Window]) -> Iterator[Statement]:
    """Yield what each customer paid at both ends, summed by kind of movement."""
    pairs = _pairs(states, paid_starts, windows)
    labels = (pairs.c.currency, pairs.c.window)
    stayed = pairs.c.before > 0
    yield figure("jobhive_mrr_at_start", func.sum(pairs.c.before), *labels).group_by(*labels)
    yield figure("mrr_at_end", func.sum(pairs.c.after), *labels).group_by(*labels)
    yield figure("mrr_kept", func.sum(pairs.c.after), *labels).where(stayed).group_by(*labels)
    at_most = func.sum(func.least(pairs.c.before, pairs.c.after))
    yield figure("mrr_kept_at_most", at_most, *labels).where(stayed).group_by(*labels)
    by_type = (pairs.c.currency, pairs.c.type, pairs.c.window)
    amount = func.sum(func.abs(pairs.c.after - pairs.c.before))
    yield figure("jobhive_mrr_movement", amount, *by_type).where(pairs.c.type.is_not(None)).group_by(*by_type)


def _pairs(states: CTE, paid_starts: CTE, windows: Sequence[Window]) -> CTE:
    """One row per window, currency and customer who pays at either end."""
    balances = (
        select(states.c.t, states.c.currency, states.c.customer, func.sum(states.c.mrr).label("m"))
        .where(states.c.paid)
        .group_by(states.c.t, states.c.currency, states.c.customer)
        .cte("balances")
    )
    period = periods(windows)
    keys = (balances.c.currency, balances.c.customer)
    opening, closing = (
        select(period.c.window, period.c.start, *keys, balances.c.m)
        .join_from(period, balances, balances.c.t == edge)
        .subquery(name)
        for name, edge in (("opening", period.c.start), ("closing", period.c.end))
    )
    same = and_(*(opening.c[name] == closing.c[name] for name in ("window", "currency", "customer")))
    window, start, currency, customer = (
        func.coalesce(opening.c[name], closing.c[name]) for name in ("window", "start", "currency", "customer")
    )
    first = (
        select(paid_starts.c.customer, paid_starts.c.currency, func.min(paid_starts.c.t).label("t"))
        .group_by(paid_starts.c.customer, paid_starts.c.currency)
        .subquery("first_paid")
    )
    before, after = (func.coalesce(side.c.m, Decimal(0)) for side in (opening, closing))
    paid_before = and_(first.c.customer == customer, first.c.currency == currency, first.c.t < start)
    return (
        select(
            *(window.label("window"), currency.label("currency"), before.label("before"), after.label("after")),
            _type(before, after, first.c.t.is_not(None)).label("type"),
        )
        .select_from(opening.outerjoin(closing, same, full=True).outerjoin(first, paid_before))
        .cte("movements")
    )


def _type(
    before: ColumnElement[Decimal], after: ColumnElement[Decimal], paid_before: ColumnElement[bool]
) -> ColumnElement[str]:
    return case(
        (func.abs(after - before) < NOTHING, None),
        (and_(before == 0, paid_before), "reactivation"),
        (before == 0, "new"),
        (after == 0, "churn"),
        (after > before, "expansion"),
        else_="contraction",
    )


def derived(figures: Figures, currencies: Sequence[str], windows: Sequence[Window]) -> Figures:
    """Add up the movements: net new revenue, and the sums that ratios are made of."""
    found: dict[tuple[str, ...], Number] = {}
    for currency in currencies:
        for key, _, _ in windows:
            moved = _moved(figures, currency, key)
            gained, lost = (
                moved["new"] + moved["reactivation"] + moved["expansion"],
                moved["contraction"] + moved["churn"],
            )
            found["jobhive_mrr_net_new", currency, key] = gained - lost
            found["mrr_gained", currency, key] = gained
            found["mrr_losses", currency, key] = lost
            found["mrr_lost", currency, "gross", key] = lost
            found["mrr_lost", currency, "net", key] = lost - moved["expansion"]
    return found


def broken_identities(figures: Figures, currencies: Sequence[str], windows: Sequence[Window]) -> int:
    """Count the (window, currency) pairs where start and movements do not make the end, to the cent."""
    broken = 0
    for currency in currencies:
        for key, _, _ in windows:
            start, end = (_decimal(figures, name, currency, key) for name in ("jobhive_mrr_at_start", "mrr_at_end"))
            moved = _moved(figures, currency, key)
            losses = moved["contraction"] + moved["churn"]
            broken += abs(start + sum(moved.values()) - 2 * losses - end) >= CENT
    return broken


def _moved(figures: Figures, currency: str, window: str) -> Mapping[str, Decimal]:
    return {kind: _decimal(figures, "jobhive_mrr_movement", currency, kind, window) for kind in MOVEMENTS}


def _decimal(figures: Figures, *key: str) -> Decimal:
    return Decimal(figures.get(key, 0))
