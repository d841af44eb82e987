"""Evidence of two week ends → the report (metrics.md RP1). Pure: past weeks come out the same way."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import NamedTuple

from exporter.model import Value
from exporter.reports.calendar import Week
from exporter.reports.evidence import Evidence
from exporter.reports.lines import COST_TREND, CURRENCY, PARTS, TRENDS, Line, Part
from exporter.reports.model import Episode, Figure, Report, Restated, Section, Slice, Trend
from exporter.reports.numbers import added

# Rows of a table that grows all the time come every day; after so long without any it was not up to date.
SILENT_AFTER = timedelta(days=2)
COST, NEWEST = "jobhive_aws_cost", "jobhive_source_newest_row_timestamp_seconds"
BUSY = ("activity", "session", "user")
REASONS = {
    "collector_disabled": "its collector is switched off",
    "table_unmapped": "this deployment has no such table",
    "column_unmapped": "this deployment has no such column",
    "history_unavailable": "logins alone do not tell the past",
    "not_enabled": "not enabled at its source",
}
GUESSES = {
    "seed_only_subscription_span": "subscriptions are dated by their rows",
    "price_history_unknown": "prices of the past are today's",
    "status_history_unknown": "a subscription's status is applied to its whole life",
    "past_due_since_unknown": "nobody knows since when some are past due",
    "activity_derived": "activity is derived from what users left elsewhere",
    "activity_login_only": "only logins are known",
    "verification_time_unknown": "nobody knows when addresses were verified",
    "validation_time_unknown": "nobody knows when people checked",
    "daily_rollup": "activity is known by the day",
}
# With these a value speaks of the present, whatever the week.
PRESENT_ONLY = ("activity_login_only",)
FEW = "too few to tell"
NOBODY_ASKED = "not configured"
# Of a source that is not asked about every week.
UNASKED = {"forecast": "AWS forecasts the present month only"}
LARGEST = 6


class Circumstances(NamedTuple):
    """What a report knows beside its evidence: alerts of the week, what the last report said, and under which meaning.

    `said` are the figures of the report about the week before, by key, None where there is none or it is too old.
    """

    company: str = "JobHive"
    currencies: tuple[str, ...] = ("USD",)
    alerts: tuple[Episode, ...] | None = None
    said: Mapping[str, str] | None = None
    failing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    simulated: tuple[str, ...] = ()


def weekly(week: Week, now: Evidence, before: Evidence, known: Circumstances) -> Report:
    """Return the report on a week."""
    sections = tuple(_section(part, week, now, before, known) for part in PARTS)
    return Report(
        name="weekly",
        company=known.company,
        week=week,
        currencies=known.currencies,
        sections=sections,
        trends=_trends(now, known),
        slices={currency: _services(now, before, currency) for currency in _currencies_of_cost(now)},
        alerts=known.alerts,
        newest=_newest(now),
        stale=(*_silent(now), *known.failing),
        restated=None if known.said is None else tuple(_restated(sections, known.said)),
        changed=known.changed,
        simulated=known.simulated,
    )


def _section(part: Part, week: Week, now: Evidence, before: Evidence, known: Circumstances) -> Section:
    missing = [source for source in part.sources if source not in now.results]
    if len(missing) == len(part.sources):
        why = next((found for source in missing if (found := now.why_not(source))), NOBODY_ASKED)
        return Section(part.name, part.title, unavailable=REASONS.get(why, why))
    figures = tuple(_figure(line, now, before) for line in _expanded(part, now, known))
    if all(one.value is None for one in figures):
        return Section(part.name, part.title, unavailable=figures[0].reason if figures else NOBODY_ASKED)
    remarks = (*_remarks(figures), *_failures(part, now, before))
    return Section(part.name, part.title, _as_of(part, week, now), figures, remarks)


def _expanded(part: Part, now: Evidence, known: Circumstances) -> Iterator[tuple[Line, str]]:
    """Yield each line, or one for each currency; those of a currency stand together."""
    currencies = _currencies_of_cost(now) if part.name == "costs" else known.currencies
    plain = [(line, "") for line in part.lines if CURRENCY not in line.labels.values()]
    if len(plain) == len(part.lines) or len(currencies) == 1:
        only = currencies[0] if currencies else ""
        yield from ((line, only if CURRENCY in line.labels.values() else "") for line in part.lines)
        return
    for currency in currencies:
        yield from ((line, currency) for line in part.lines if CURRENCY in line.labels.values())
    yield from plain


def _figure(asked: tuple[Line, str], now: Evidence, before: Evidence) -> Figure:
    line, currency = asked
    labels = {name: value.replace(CURRENCY, currency) for name, value in line.labels.items()}
    value, reason = _value(line, labels, now)
    kind, why = now.notes.get(line.family, ("", ""))
    inner = ",".join(f'{name}="{text}"' for name, text in sorted(labels.items()))
    return Figure(
        key=f"{line.source}:{line.family}{{{inner}}}",
        title=line.title,
        window=line.window,
        unit=line.unit,
        value=value,
        before=_value(line, labels, before)[0],
        currency=currency,
        wish=line.wish,
        reason=reason,
        approximate=GUESSES.get(why, why) if kind == "approximate" and value is not None else "",
    )


def _value(line: Line, labels: Mapping[str, str], found: Evidence) -> tuple[Value | None, str]:
    """Return a value, or why there is none."""
    kind, why = found.notes.get(line.family, ("", ""))
    if kind == "approximate" and why in PRESENT_ONLY:
        return None, REASONS["history_unavailable"]
    value = found.value(line.source, line.family, labels)
    if value is not None:
        return value, ""
    if line.source not in found.results:
        why = found.why_not(line.source) or UNASKED.get(line.source, NOBODY_ASKED)
        return None, REASONS.get(why, why)
    return None, REASONS.get(why, why) if kind == "disabled" else FEW


def _remarks(figures: Iterable[Figure]) -> Iterator[str]:
    """Yield why figures are approximate, each reason once."""
    for reason in dict.fromkeys(one.approximate for one in figures if one.approximate):
        yield f"≈ approximate, because {reason}"


def _failures(part: Part, now: Evidence, before: Evidence) -> Iterator[str]:
    for source in part.sources:
        if source in now.failures:
            yield f"a part is missing: {now.failures[source]}"
        elif source in before.failures:
            yield f"the week before is missing: {before.failures[source]}"


def _as_of(part: Part, week: Week, now: Evidence) -> str:
    if part.name == "costs":
        end = now.value("cost", "jobhive_aws_cost_window_end_timestamp_seconds", {})
        if end is not None:
            return f"AWS days up to {datetime.fromtimestamp(float(end), UTC) - timedelta(days=1):%-d %B %Y} (UTC)"
    zone = week.zone.key
    return f"as of {week.end.astimezone(week.zone):%-d %B %Y, %H:%M} ({zone})"


def _trends(now: Evidence, known: Circumstances) -> dict[str, Trend]:
    """Return the weeks of each chart by its name; a deployment may lack one."""
    wanted = {
        "users": ("jobhive_active_users", {}),
        "hiring": ("jobhive_interviews_completed", {"kind": "hiring"}),
        "practice": ("jobhive_interviews_completed", {"kind": "practice"}),
        **{f"mrr {currency}": ("jobhive_mrr", {"currency": currency}) for currency in known.currencies},
        **{f"cost {currency}": (COST, {"currency": currency}) for currency in _currencies_of_cost(now)},
    }
    return {name: trend for name, (family, labels) in wanted.items() if (trend := _trend(now, family, labels))}


def _trend(now: Evidence, family: str, labels: Mapping[str, str]) -> Trend | None:
    source = COST_TREND if family == COST else TRENDS
    weeks = now.label_values(source, family, "window")
    found = [(week, now.value(source, family, {**labels, "window": week})) for week in weeks]
    known = [(week, value) for week, value in found if value is not None]
    return Trend(tuple(week for week, _ in known), tuple(value for _, value in known)) if len(known) > 1 else None


def _currencies_of_cost(now: Evidence) -> tuple[str, ...]:
    return now.label_values("cost", COST, "currency")


def _services(now: Evidence, before: Evidence, currency: str) -> tuple[Slice, ...]:
    """Return what the services cost in seven days, the largest first; what is left is one."""
    family, labels = "jobhive_aws_service_cost", {"currency": currency, "window": "7d"}
    found = [
        Slice(name, value, before.value("cost", family, {**labels, "service": name}))
        for name in now.label_values("cost", family, "service")
        if (value := now.value("cost", family, {**labels, "service": name}))
    ]
    ranked = sorted(found, key=lambda one: (one.name == "other", -one.value, one.name))
    rest = ranked[LARGEST:]
    if not rest:
        return tuple(ranked)
    total = reduce(added, (one.value for one in rest))
    was = reduce(added, (one.before or 0 for one in rest))
    return (*ranked[:LARGEST], Slice("other", total, was))


def _silent(now: Evidence) -> Iterator[str]:
    """Yield the tables that had nothing new at the end of the week."""
    newest = _newest(now)
    for table in BUSY:
        if table in newest and (age := now.at - newest[table]) > SILENT_AFTER:
            yield f"the newest row of {table} was {age.days} days old at the end of the week"


def _newest(now: Evidence) -> dict[str, datetime]:
    tables = now.label_values("data_quality", NEWEST, "table")
    found = ((table, now.value("data_quality", NEWEST, {"table": table})) for table in tables)
    return {table: datetime.fromtimestamp(float(at), UTC) for table, at in found if at is not None}


def _restated(sections: Iterable[Section], said: Mapping[str, str]) -> Iterator[Restated]:
    for section in sections:
        for one in section.figures:
            then = said.get(one.key)
            if then is not None and one.before is not None and then != one.shown_before:
                yield Restated(one.title, one.window, then, one.shown_before)
