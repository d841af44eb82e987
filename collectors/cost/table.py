"""The table of daily amounts, from which every figure of a past day is made; and its windows. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

ONE_DAY = timedelta(days=1)


class Group(NamedTuple):
    """What an amount is for; no tag is the empty one."""

    service: str
    tag: str


class Span(NamedTuple):
    """Days from `start` up to, not including, `end`."""

    start: date
    end: date

    def days(self) -> Iterator[date]:
        """Yield the days."""
        yield from (self.start + n * ONE_DAY for n in range((self.end - self.start).days))


Amounts = Mapping[tuple[Group, str], Decimal]


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day: the amounts by group and currency, and whether AWS may still change them."""

    estimated: bool
    amounts: Amounts


@dataclass(frozen=True)
class Table:
    """The days that were asked for; a day "has data" if it has a group, be its amount 0."""

    days: Mapping[date, Day]

    @cached_property
    def data(self) -> Span | None:
        """From the first day with data to the end of the last one; None if there is none."""
        found = [day for day, known in self.days.items() if known.amounts]
        return Span(min(found), max(found) + ONE_DAY) if found else None

    @cached_property
    def currencies(self) -> tuple[str, ...]:
        """Every currency in alphabetical order."""
        return tuple(sorted({currency for day in self.days.values() for _, currency in day.amounts}))

    def covers(self, span: Span) -> bool:
        """Tell whether a span has a day, and no day of it is missing; one without a cost between others cost 0."""
        data = self.data
        if data is None or not data.start <= span.start < span.end <= data.end:
            return False
        return all(day in self.days for day in span.days())

    def groups(self, span: Span, currency: str) -> dict[Group, Decimal]:
        """Return the amounts of a span in a currency, by group."""
        found: dict[Group, Decimal] = defaultdict(Decimal)
        for day in span.days():
            if day in self.days:
                for (group, unit), amount in self.days[day].amounts.items():
                    if unit == currency:
                        found[group] += amount
        return found

    def total(self, span: Span, currency: str) -> Decimal:
        """Return the cost of a span in a currency."""
        return sum(self.groups(span, currency).values(), Decimal(0))

    def first_open(self, span: Span) -> date | None:
        """Return the first day of a span that must be asked for: unknown, an estimate, or later than all data."""
        for day in span.days():
            known = self.days.get(day)
            if known is None or known.estimated or self.data is None or day >= self.data.end:
                return day
        return None


def windows(today: date, end: date) -> dict[str, Span]:
    """Return the windows by name; `today` is the UTC day of T, `end` where the data end. One may be empty."""
    month = today.replace(day=1)
    return {
        "prev_day": Span(end - ONE_DAY, end),
        "7d": Span(end - 7 * ONE_DAY, end),
        "30d": Span(end - 30 * ONE_DAY, end),
        "mtd": Span(month, end),
        "prev_month": Span((month - ONE_DAY).replace(day=1), month),
    }


def added(amounts: Iterable[tuple[Group, str, Decimal]]) -> Amounts:
    """Add up amounts; a page may have a part of a group, and another page the rest."""
    found: dict[tuple[Group, str], Decimal] = defaultdict(Decimal)
    for group, currency, amount in amounts:
        found[group, currency] += amount
    return found
