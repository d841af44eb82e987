"""The daily amounts of Cost Explorer: what is asked, what is remembered, and what is made of the answers."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from collectors.cost.options import Options
from collectors.cost.source import CostRow, Page, Questions, currency, listed, money, unreadable
from collectors.cost.table import Day, Group, Span, Table, added
from exporter.model import Reason, SourceError

# CO6 needs 60 days, data may be late by some, and every previous month fits.
HORIZON = timedelta(days=65)
# AWS invoices a month within the first days of the next one, and credits and refunds come with the invoice.
INVOICED, MONTH_AND_MORE = timedelta(days=9), timedelta(days=32)
NO_DATA = ("DataUnavailableException",)


def read_table(asked: Questions, options: Options, today: date) -> Table:
    """Return the table of the days before `today`, of which only those that are still open are asked for."""
    span, dimension = Span(today - HORIZON, today), _dimension(options)
    known = _table(asked.load_days(dimension, options.metric, *span))
    fetched = asked.fetched_days(dimension, options.metric, *span)
    first = min((day for day in (known.first_open(span), unsettled(fetched, today)) if day), default=None)
    if first is None:
        return known
    answer = asked.ask("get_cost_and_usage", request(options, Span(first, today)), unless=NO_DATA)
    if answer.refused:
        mend = "they come within 24 hours after Cost Explorer was enabled in the console: docs/aws-cost.md"
        raise SourceError(Reason.QUERY, f"Cost Explorer has no data of this account yet; {mend}")
    asked.save_days(dimension, options.metric, first, today, list(rows(answer.pages, options, Span(first, today))))
    return _table(asked.load_days(dimension, options.metric, *span))


def unsettled(fetched: Mapping[date, date], today: date) -> date | None:
    """Return the first day that was answered before its month was settled, if the month is settled today.

    AWS calls days final that the invoice of their month still changes: they are asked for once more after it.
    """
    return min((day for day, at in fetched.items() if at < _settled(day) <= today), default=None)


def _settled(day: date) -> date:
    following = (day.replace(day=1) + MONTH_AND_MORE).replace(day=1)
    return following + INVOICED


def request(options: Options, span: Span) -> dict[str, object]:
    """Return the request for the days of a span: one grouped call, by tag and service."""
    groups = [{"Type": "TAG", "Key": options.feature_tag}] if options.feature_tag else []
    return {
        "TimePeriod": {"Start": span.start.isoformat(), "End": span.end.isoformat()},
        "Granularity": "DAILY",
        "Metrics": [options.metric],
        "GroupBy": [*groups, {"Type": "DIMENSION", "Key": "SERVICE"}],
        **record_types(options),
    }


def record_types(options: Options) -> dict[str, object]:
    """Return the filter of a request, if there is one."""
    if not options.exclude_record_types:
        return {}
    excluded = {"Key": "RECORD_TYPE", "Values": list(options.exclude_record_types)}
    return {"Filter": {"Not": {"Dimensions": excluded}}}


def rows(pages: Iterable[Page], options: Options, span: Span) -> Iterator[CostRow]:
    """Yield the rows of an answer; SourceError where it is not one to this request."""
    found: dict[date, list[tuple[Group, str, Decimal]]] = defaultdict(list)
    estimated: dict[date, bool] = defaultdict(bool)
    for part in listed(pages, "ResultsByTime"):
        day = _day(part, span)
        # A page may have a part of a day.
        estimated[day] |= bool(part.get("Estimated", False))
        found[day] += (_amount(group, options) for group in part.get("Groups", ()))
    for day, amounts in found.items():
        if not amounts:
            yield day, estimated[day], "", "", Decimal(0)
        for (group, unit), amount in added(amounts).items():
            yield day, estimated[day], json.dumps(group), unit, amount


def _day(part: Page, span: Span) -> date:
    try:
        day = date.fromisoformat(part["TimePeriod"]["Start"])
    except (KeyError, TypeError, ValueError):
        raise unreadable("a day that is none") from None
    if not span.start <= day < span.end:
        raise unreadable("a day that was not asked for")
    return day


def _amount(group: Page, options: Options) -> tuple[Group, str, Decimal]:
    keys, metric = group.get("Keys", ()), group.get("Metrics", {}).get(options.metric)
    if len(keys) != (2 if options.feature_tag else 1) or not metric:
        raise unreadable("groups that were not asked for")
    # A tag is `key$value`, where the value may have a $ of its own.
    tag = keys[0].partition("$")[2] if options.feature_tag else ""
    return Group(keys[-1], tag), currency(metric.get("Unit")), money(metric.get("Amount"))


def _table(known: Sequence[CostRow]) -> Table:
    amounts: dict[date, list[tuple[Group, str, Decimal]]] = defaultdict(list)
    estimated: dict[date, bool] = {}
    for day, still, key, unit, amount in known:
        estimated[day] = still
        amounts[day] += [(Group(*json.loads(key)), unit, amount)] if key else []
    return Table({day: Day(still, added(amounts[day])) for day, still in estimated.items()})


def _dimension(options: Options) -> str:
    tag = f"TAG {options.feature_tag} × " if options.feature_tag else ""
    without = f" without {', '.join(sorted(options.exclude_record_types))}" if options.exclude_record_types else ""
    return f"{tag}SERVICE{without}"
