"""The families that are made of the table of days alone (metrics.md CO1–CO6, CO12, CO13). Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from collectors.cost import families as f
from collectors.cost.allocation import by_feature, by_service, folded, largest
from collectors.cost.options import Options
from collectors.cost.table import ONE_DAY, Span, Table, windows
from exporter.model import Sample


def of_days(table: Table, options: Options, today: date) -> Iterator[Sample]:
    """Yield every sample; nothing where there are no data."""
    if table.data is None:
        return
    end = table.data.end
    yield f.WINDOW_END.sample(datetime.combine(end, time(), UTC).timestamp())
    spans = {name: span for name, span in windows(today, end).items() if table.covers(span)}
    for name, span in spans.items():
        estimated = sum(table.days[day].estimated for day in span.days())
        yield f.ESTIMATED.sample(Decimal(estimated) / (span.end - span.start).days, window=name)
    for currency in table.currencies:
        recent = by_service(table.groups(windows(today, end)[f.RECENT], currency))
        services = largest(recent, by_service(table.groups(table.data, currency)))
        for name, span in spans.items():
            yield f.COST.sample(table.total(span, currency), currency=currency, window=name)
            yield from _parts(table, options, currency, name, span, services)
        yield from _changes(table, currency, end)
    if options.monthly_budget and "mtd" in spans and options.currency in table.currencies:
        used = table.total(spans["mtd"], options.currency) / options.monthly_budget
        yield f.BUDGET_USED.sample(used, currency=options.currency)


def missing_days(table: Table, horizon: Span) -> int:
    """Count the days without data before the end of the data."""
    if table.data is None:
        return 0
    days = Span(horizon.start, table.data.end).days()
    return sum(day not in table.days or not table.days[day].amounts for day in days)


def mismatches(samples: Sequence[Sample]) -> int:
    """Count windows whose services, or features, do not add up to their cost; there should never be one."""
    whole = {_key(sample): sample.value for sample in samples if sample.name == f.COST.name}
    wrong = set()
    for name in (f.SERVICE_COST.name, f.FEATURE_COST):
        sums = dict.fromkeys((_key(s) for s in samples if s.name == name), Decimal(0))
        for sample in samples:
            if sample.name == name:
                sums[_key(sample)] += Decimal(sample.value)
        wrong |= {key for key, total in sums.items() if abs(total - Decimal(whole[key])) > Decimal("0.01")}
    return len(wrong)


def document(table: Table) -> list[dict[str, object]]:
    """Return the daily series by currency; this is the border where money stops being Decimal."""
    return [
        {
            "day": day.isoformat(),
            "currency": currency,
            "cost": float(table.total(Span(day, day + ONE_DAY), currency)),
            "estimated": known.estimated,
        }
        for day, known in sorted(table.days.items())
        for currency in table.currencies
        if known.amounts
    ]


def _parts(
    table: Table, options: Options, currency: str, window: str, span: Span, services: Sequence[str]
) -> Iterator[Sample]:
    groups = table.groups(span, currency)
    for service, amount in folded(by_service(groups), services).items():
        yield f.SERVICE_COST.sample(amount, currency=currency, service=service, window=window)
    if window in f.FEATURE_WINDOWS:
        family = f.feature_cost(options)
        for (feature, method), amount in by_feature(groups, options).items():
            yield family.sample(amount, currency=currency, feature=feature, method=method, window=window)


def _changes(table: Table, currency: str, end: date) -> Iterator[Sample]:
    for window, days in f.TRENDS.items():
        length = timedelta(days=days)
        this, before = Span(end - length, end), Span(end - 2 * length, end - length)
        if table.covers(this) and table.covers(before):
            previous = table.total(before, currency)
            if previous > 0:
                change = table.total(this, currency) / previous - 1
                yield f.CHANGE.sample(change, currency=currency, window=window)


def _key(sample: Sample) -> tuple[str, str]:
    labels = dict(sample.labels)
    return labels["currency"], labels["window"]
