"""The cost families by hand: loops over amounts of days, in fractions, sharing nothing with the code."""

from collections.abc import Container, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, Protocol

DAY = timedelta(days=1)
# Day, service, tag, currency and amount.
Part = tuple[date, str, str, str, Fraction]
Series = tuple[str, tuple[tuple[str, str], ...]]


class Amount(Protocol):
    """One amount of a day."""

    @property
    def service(self) -> str: ...
    @property
    def tag(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...


class Account(Protocol):
    """What an account costs by day, and the days of which that is an estimate."""

    @property
    def days(self) -> Mapping[date, Iterable[Amount]]: ...
    @property
    def estimated(self) -> Container[date]: ...


class Choice(NamedTuple):
    """What the configuration says; `budget` is in `currency`."""

    tag: bool
    features: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, Mapping[str, Fraction]]
    currency: str
    budget: Fraction | None


def expected(account: Account, at: datetime, choice: Choice) -> dict[Series, Fraction]:
    """Return every sample of CO1 to CO6, CO12 and CO13."""
    midnight = at.date()
    amounts = [
        (day, item.service, item.tag if choice.tag else "", item.currency, Fraction(item.amount))
        for day, items in account.days.items()
        if midnight - 65 * DAY <= day < midnight
        for item in items
    ]
    if not amounts:
        return {}
    first, end = min(a[0] for a in amounts), max(a[0] for a in amounts) + DAY
    found = {
        _series("cost_window_end_timestamp_seconds"): Fraction((end - date(1970, 1, 1)).days * 86400),
    }
    full = _full_windows(midnight, first, end)
    for window, (start, stop) in full.items():
        length = (stop - start).days
        open_days = sum(start + n * DAY in account.estimated for n in range(length))
        found[_series("cost_estimated_ratio", window=window)] = Fraction(open_days, length)
    for currency in {a[3] for a in amounts}:
        own = [a for a in amounts if a[3] == currency]
        found |= _parts(own, currency, full, end, choice)
        found |= _trends(own, currency, first, end)
        if choice.budget and currency == choice.currency and "mtd" in full:
            spent = _sum(a for a in own if a[0] >= midnight.replace(day=1))
            found[_series("cost_budget_used_ratio", currency=currency)] = spent / choice.budget
    return found


def _full_windows(midnight: date, first: date, end: date) -> dict[str, tuple[date, date]]:
    month = midnight.replace(day=1)
    spans = {
        "prev_day": (end - DAY, end),
        "7d": (end - 7 * DAY, end),
        "30d": (end - 30 * DAY, end),
        "mtd": (month, end),
        "prev_month": ((month - DAY).replace(day=1), month),
    }
    return {name: span for name, span in spans.items() if first <= span[0] < span[1] <= end}


def _parts(
    own: list[Part], currency: str, full: Mapping[str, tuple[date, date]], end: date, choice: Choice
) -> dict[Series, Fraction]:
    found: dict[Series, Fraction] = {}
    lately = {name: _sum(a for a in own if a[1] == name and a[0] >= end - 30 * DAY) for name in {a[1] for a in own}}
    top = sorted(lately, key=lambda name: (-lately[name], name))[:20]
    for window, (start, stop) in full.items():
        inside = [a for a in own if start <= a[0] < stop]
        labels = {"currency": currency, "window": window}
        found[_series("cost", **labels)] = _sum(inside)
        for service in top:
            found[_series("service_cost", service=service, **labels)] = _sum(a for a in inside if a[1] == service)
        found[_series("service_cost", service="other", **labels)] = _sum(a for a in inside if a[1] not in top)
        if window in ("30d", "mtd", "prev_month"):
            for (feature, method), value in _features(inside, choice).items():
                found[_series("feature_cost", feature=feature, method=method, **labels)] = value
    return found


def _trends(own: list[Part], currency: str, first: date, end: date) -> dict[Series, Fraction]:
    found: dict[Series, Fraction] = {}
    for window, n in (("7d", 7), ("30d", 30)):
        now = _sum(a for a in own if end - n * DAY <= a[0])
        then = _sum(a for a in own if end - 2 * n * DAY <= a[0] < end - n * DAY)
        if first <= end - 2 * n * DAY and then > 0:
            found[_series("cost_change_ratio", currency=currency, window=window)] = now / then - 1
    return found


def _series(name: str, **labels: str) -> Series:
    return f"jobhive_aws_{name}", tuple(sorted(labels.items()))


def _sum(amounts: Iterable[Part]) -> Fraction:
    return sum((a[4] for a in amounts), Fraction(0))


def _features(amounts: list[tuple[date, str, str, str, Fraction]], choice: Choice) -> dict[tuple[str, str], Fraction]:
    found = {(name, "tag"): Fraction(0) for name in choice.features}
    for weights in choice.rules.values():
        for name in weights:
            found[name, "rule"] = Fraction(0)
    spent = Fraction(0)
    for _, service, tag, _, amount in amounts:
        owner = [name for name, values in choice.features.items() if tag in values]
        if owner:
            found[owner[0], "tag"] += amount
            spent += amount
        elif not tag:
            for name, weight in choice.rules.get(service, {}).items():
                found[name, "rule"] += amount * weight
                spent += amount * weight
    found["unallocated", "none"] = _sum(amounts) - spent
    return found
