"""What a report says in words: the figures that everybody asks for, headlines, and what has to be known. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from exporter.model import Value
from exporter.reports.model import Episode, Figure, Report
from exporter.reports.numbers import NONE, Unit, added, relative

MOST_ALERTS = 8
ACTIVE, DONE = "Active users", "Completed interviews"
SIMULATED = {"aws": "AWS Cost Explorer", "datadog": "Datadog"}
MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn")
MOVED = 'revenue_week:jobhive_mrr_movement{{currency="{currency}",type="{kind}",window="week"}}'
EVENT = 'revenue_week:customer_events{{kind="{kind}",window="week"}}'
SYSTEM = ("error_ratio", "response_time_p95_seconds")
COMPLETED = 'interviews_week:jobhive_interviews_completed{{kind="{kind}",window="week"}}'


class Tile(NamedTuple):
    """A figure with a title of its own, and its weeks."""

    title: str
    figure: Figure
    trend: Sequence[Value] = ()


def simulated(report: Report) -> list[str]:
    """Return what is not real, if anything is."""
    names = " and ".join(SIMULATED.get(name, name) for name in report.simulated)
    return [f"What comes from {names} is simulated, not real."] if names else []


def tiles(report: Report) -> list[Tile]:
    """Return at most four figures, each from another subject."""
    money, cost = _main_currency(report), _cost(report)
    users = report.figure("users", 'engagement:jobhive_active_users{window="7d"}')
    wanted = (
        ("MRR", _mrr(report, money), _trend(report, f"mrr {money}")),
        (ACTIVE, users, _trend(report, "users")),
        (DONE, _interviews(report), _both(report)),
        ("AWS cost", cost, _trend(report, f"cost {cost.currency}") if cost else ()),
    )
    return [Tile(title, figure, trend) for title, figure, trend in wanted if figure]


def headlines(report: Report) -> Iterator[str]:
    """Yield what moved: a sentence for each subject that has figures."""
    for tell in (_of_revenue, _of_use, _of_ai, _of_system, _of_costs, _of_alerts):
        yield from tell(report)
    if report.unavailable:
        yield f"Unavailable this week: {', '.join(section.title for section in report.unavailable)}."


def _of_revenue(report: Report) -> Iterator[str]:
    currency = _main_currency(report)
    mrr = _mrr(report, currency)
    if mrr is None:
        return
    told = f"MRR is {mrr.shown}, {_compared(mrr)}"
    moved = [
        f"{found.shown} {kind}"
        for kind in MOVEMENTS
        if (found := report.figure("revenue", MOVED.format(currency=currency, kind=kind))) and found.value
    ]
    yield f"{told}: {', '.join(moved)}." if moved else f"{told}."
    people = [report.figure("revenue", EVENT.format(kind=kind)) for kind in ("joined", "returned", "left")]
    if all(people):
        joined, returned, left = (one.shown for one in people if one)
        yield f"Paying customers during the week: {joined} joined, {returned} returned, {left} left."


def _of_use(report: Report) -> Iterator[str]:
    active, completed = (
        next((one.figure for one in tiles(report) if one.title == title), None) for title in (ACTIVE, DONE)
    )
    if active:
        yield f"{active.shown} users were active in 7 days, {_compared(active)}."
    if completed:
        hiring = report.figure("interviews", COMPLETED.format(kind="hiring"))
        of_them = f", {hiring.shown} of them for hiring" if hiring else ""
        yield f"{completed.shown} interviews were completed, {_compared(completed)}{of_them}."


def _of_ai(report: Report) -> Iterator[str]:
    found = report.figure("ai", 'ai_quality:jobhive_ai_accuracy_ratio{component="skill_assessment",window="30d"}')
    if found:
        yield f"The AI judged skills as people did in {found.shown} of the cases of 30 days, {_compared(found)}."


def _of_system(report: Report) -> Iterator[str]:
    errors, slow = (report.figure("system", f'system:jobhive_api_{name}{{window="7d"}}') for name in SYSTEM)
    if errors and slow:
        yield f"API of 7 days: {errors.shown} errors, {_compared(errors)}; p95 {slow.shown}, {_compared(slow)}."


def _of_costs(report: Report) -> Iterator[str]:
    cost = _cost(report)
    if cost:
        forecast = report.figure(
            "costs", f'forecast:jobhive_aws_cost_forecast{{bound="mean",currency="{cost.currency}"}}'
        )
        tail = f"; the forecast for this month is {forecast.shown}" if forecast else ""
        yield f"AWS cost {cost.shown} in 7 days of UTC, {_compared(cost)}{tail}."


def _of_alerts(report: Report) -> Iterator[str]:
    if report.alerts:
        firing = sum(one.ended is None for one in report.alerts)
        tail = f"{firing} of them still firing" if firing else "none of them still firing"
        yield f"{len(report.alerts)} alert{'s' if len(report.alerts) > 1 else ''} fired, {tail}."


def _compared(figure: Figure) -> str:
    """Return how a figure compares with that of the week before, in words."""
    if figure.before is None or figure.value is None:
        return "with nothing to compare it with"
    if not figure.direction:
        return "as in the week before"
    by = (
        figure.change
        if figure.unit is Unit.SHARE
        else relative(figure.value, figure.before)
        if figure.before > 0
        else figure.change
    )
    return f"{'up' if figure.direction > 0 else 'down'} {by.lstrip('+−')} from {figure.shown_before}"


def about(report: Report) -> Iterator[tuple[str, list[str]]]:
    """Yield what has to be known about the figures, by subject."""
    zone, week = report.week.zone.key, report.week
    lines = [
        f"Week {week.name}: {week.days}, both days included, by the calendar of {zone}.",
        "Every figure is as of the end of the week, with what was known when the report was made.",
        "The week before is computed anew in the same way.",
    ]
    if week.hours != 168:
        lines.append(f"The clocks changed: the week has {week.hours} hours, while 7 d are always 168.")
    yield "Period", lines
    yield "Data as of", [*_ages(report)] or [NONE]
    yield "Alerts", _alerted(report)
    yield "Stale data", list(report.stale) or ["Nothing was stale."]
    yield "Restated", _restatements(report)
    if report.changed:
        yield "Definitions", list(report.changed)
    yield "Unavailable", [f"{one.title}: {one.unavailable}" for one in report.unavailable] or ["Every section is here."]


def _ages(report: Report) -> Iterator[str]:
    """Yield what the sections speak of, those of one age together, and how new the newest rows were."""
    ages = dict.fromkeys(section.as_of for section in report.sections if section.as_of)
    for age in ages:
        yield f"{', '.join(section.title for section in report.sections if section.as_of == age)}: {age}"
    if report.newest:
        zone = report.week.zone
        told = (f"{table} {at.astimezone(zone):%a %d %b %H:%M}" for table, at in report.newest.items())
        yield f"Newest row of each table then: {', '.join(told)}"


def _alerted(report: Report) -> list[str]:
    if report.alerts is None:
        return ["Not known: no daemon with this state file kept alerts by then."]
    found = [_episode(report, one) for one in report.alerts[:MOST_ALERTS]]
    more = len(report.alerts) - len(found)
    return [*found, *([f"and {more} more"] if more else [])] or ["No alert fired during the week."]


def _restatements(report: Report) -> list[str]:
    if report.restated is None:
        return ["Not compared: no report on the week before was sent in the last days."]
    return [
        f"{one.title} ({one.window}), week before: {one.said} in the last report, {one.now} now"
        for one in report.restated
    ] or ["No figure of the last report has changed since."]


def _episode(report: Report, one: Episode) -> str:
    zone = report.week.zone
    began = f"{one.began.astimezone(zone):%a %d %b %H:%M}"
    until = f"{one.ended.astimezone(zone):%a %d %b %H:%M}" if one.ended else "still firing"
    return f"{one.name} ({one.severity}), {began} – {until}: {one.summary}"


def _main_currency(report: Report) -> str:
    """Return the first currency that anything is paid in, or else the first."""
    paid = (name for name in report.currencies if (found := _mrr(report, name)) and found.value)
    return next(paid, report.currencies[0])


def _mrr(report: Report, currency: str) -> Figure | None:
    return report.figure("revenue", f'revenue:jobhive_mrr{{currency="{currency}"}}')


def _cost(report: Report) -> Figure | None:
    costs = report.section("costs").figures
    return next((one for one in costs if one.value is not None and "jobhive_aws_cost{" in one.key), None)


def _interviews(report: Report) -> Figure | None:
    """Return the completed interviews of both kinds."""
    hiring, practice = (report.figure("interviews", COMPLETED.format(kind=kind)) for kind in ("hiring", "practice"))
    if hiring is None or practice is None or hiring.value is None or practice.value is None:
        return None
    known = hiring.before is not None and practice.before is not None
    return Figure(
        key="",
        title="Completed interviews",
        window=hiring.window,
        unit=Unit.COUNT,
        value=added(hiring.value, practice.value),
        before=added(hiring.before or 0, practice.before or 0) if known else None,
        wish="up",
    )


def _trend(report: Report, name: str) -> Sequence[Value]:
    found = report.trends.get(name)
    return found.values if found else ()


def _both(report: Report) -> Sequence[Value]:
    hiring, practice = (_trend(report, name) for name in ("hiring", "practice"))
    return [added(one, other) for one, other in zip(hiring, practice, strict=True)] if hiring and practice else ()
