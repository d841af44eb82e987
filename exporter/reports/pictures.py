"""Which charts a section has, made of the weeks and parts that a report knows."""

from collections.abc import Callable, Sequence
from functools import partial

from reportlab.platypus import Flowable, Spacer, Table

from exporter.model import Value
from exporter.reports import theme
from exporter.reports.charts import Bridge, Series, Shares, Step, WeekBars, WeekLine
from exporter.reports.model import Report
from exporter.reports.numbers import NONE, Unit, added, change, compact, shown
from exporter.reports.theme import GAP, PLAIN, ROOM

HALF = (ROOM - GAP) / 2
CHART = (HALF, 112.0)
MOVED = (("new", "new"), ("reactivation", "back"), ("expansion", "up"), ("contraction", "down"), ("churn", "churn"))


def pictures(report: Report, section: str) -> list[Flowable]:
    """Return the charts of a section; most have none."""
    drawers = {"revenue": _of_revenue, "users": _of_use, "costs": _of_costs}
    return drawers[section](report) if section in drawers else []


def _side_by_side(charts: Sequence[Flowable]) -> list[Flowable]:
    if not charts:
        return []
    cells = [*charts, *[""] * (2 - len(charts))]
    return [Table([cells], colWidths=[HALF + GAP, HALF], style=PLAIN), Spacer(0, 4)]


def _of_revenue(report: Report) -> list[Flowable]:
    """Return the weeks of revenue and the bridge of this week, in the first currency that has any."""
    for currency in report.currencies:
        write = _writer(Unit.MONEY, currency)
        trend, charts = report.trends.get(f"mrr {currency}"), list[Flowable]()
        if trend and any(trend.values):
            subtitle = f"at the end of each of {len(trend.weeks)} weeks; the axis does not begin at 0"
            charts.append(WeekLine(f"MRR, {currency}", subtitle, CHART, write, trend.weeks, trend.values))
        if steps := _bridge(report, currency):
            charts.append(
                Bridge(f"MRR movements, {currency}", "this week; the axis does not begin at 0", CHART, write, steps)
            )
        if charts:
            return _side_by_side(charts)
    return []


def _bridge(report: Report, currency: str) -> list[Step]:
    def value(family: str, labels: str) -> Value | None:
        found = report.figure("revenue", f'revenue_week:{family}{{{labels},window="week"}}')
        return found.value if found else None

    start = value("jobhive_mrr_at_start", f'currency="{currency}"')
    net = value("jobhive_mrr_net_new", f'currency="{currency}"')
    if start is None or net is None or not (start or net):
        return []
    moved = {kind: value("jobhive_mrr_movement", f'currency="{currency}",type="{kind}"') or 0 for kind, _ in MOVED}
    lost = ("contraction", "churn")
    steps = [Step(name, -moved[kind] if kind in lost else moved[kind]) for kind, name in MOVED]
    return [Step("start", start, is_total=True), *steps, Step("end", added(start, net), is_total=True)]


def _of_use(report: Report) -> list[Flowable]:
    """Return the weeks of users and of interviews."""
    charts, write = list[Flowable](), _writer(Unit.COUNT)
    if users := report.trends.get("users"):
        series = [Series("distinct users per week", users.values, theme.ACCENT)]
        charts.append(WeekBars("Active users", CHART, write, users.weeks, series))
    hiring, practice = (report.trends.get(name) for name in ("hiring", "practice"))
    if hiring and practice:
        both = [Series("hiring", hiring.values, theme.ACCENT), Series("practice", practice.values, theme.SECOND)]
        charts.append(WeekBars("Completed interviews per week", CHART, write, hiring.weeks, both))
    return _side_by_side(charts)


def _of_costs(report: Report) -> list[Flowable]:
    found = list[Flowable]()
    for currency, parts in report.slices.items():
        write = partial(shown, unit=Unit.MONEY, currency=currency)
        rows = [(one.name, one.value, _changed(one.value, one.before, currency)) for one in parts]
        found += [
            Shares(f"By service, {currency}", "7 d, UTC, and against the 7 d before", ROOM, write, rows),
            Spacer(0, 7),
        ]
    return found


def _changed(value: Value, before: Value | None, currency: str) -> str:
    text = change(value, before, Unit.MONEY, currency)
    return text.partition("(")[2].removesuffix(")") or ("" if text == NONE else text)


def _writer(unit: Unit, currency: str = "") -> Callable[[Value], str]:
    return lambda value: compact(value, unit, currency)
