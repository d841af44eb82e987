"""What Cost Explorer says beside the daily amounts: the forecast of the month, and anomalies (CO7, CO8)."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from collectors.cost import families as f
from collectors.cost.options import FORECAST_METRICS, Options
from collectors.cost.source import NOT_ENABLED, Page, Questions, currency, listed, money, unreadable
from collectors.cost.table import Span, Table, windows
from collectors.cost.usage import record_types
from exporter.model import Note, Sample

RECENT = timedelta(days=30)
NO_FORECAST = ("DataUnavailableException",)
BOUND_KEYS = {"mean": "MeanValue", "lower": "PredictionIntervalLowerBound", "upper": "PredictionIntervalUpperBound"}


def forecast(asked: Questions, options: Options, table: Table, today: date) -> tuple[list[Sample], list[Note]]:
    """Return the cost of the whole current month: what is known of it, and the forecast for the rest."""
    month = today.replace(day=1)
    following = (month + timedelta(days=32)).replace(day=1)
    # No forecast is made for a past month, nor for an account without costs.
    if table.data is None or following <= asked.today:
        return [], []
    so_far = windows(today, table.data.end)["mtd"]
    if so_far.start < so_far.end and not table.covers(so_far):
        return [], []
    request = {
        "TimePeriod": {"Start": max(so_far.end, month).isoformat(), "End": following.isoformat()},
        "Metric": FORECAST_METRICS[options.metric],
        # The bounds of days do not add up to those of a month.
        "Granularity": "MONTHLY",
        **record_types(options),
    }
    answer = asked.ask("get_cost_forecast", request, unless=(*NO_FORECAST, *NOT_ENABLED))
    if answer.refused in NOT_ENABLED:
        return [], [Note("disabled", f.FORECAST.name, "not_enabled")]
    return [sample for page in answer.pages for sample in _whole_month(page, table, so_far)], []


def anomalies(asked: Questions, options: Options, today: date) -> tuple[list[Sample], list[Note], list[object]]:
    """Return how many anomalies began in the last 30 days and what they cost, and the anomalies themselves."""
    first = today - RECENT
    request = {"DateInterval": {"StartDate": first.isoformat(), "EndDate": today.isoformat()}}
    answer = asked.ask("get_anomalies", request, unless=NOT_ENABLED)
    found = listed(answer.pages, "Anomalies")
    if answer.refused or not (found or _is_watched(asked)):
        return [], [Note("disabled", family.name, "not_enabled") for family in (f.ANOMALIES, f.IMPACT)], []
    recent = [item for item in found if first <= _start(item) <= today]
    impact = sum((money(item.get("Impact", {}).get("TotalImpact")) for item in recent), Decimal(0))
    samples = [
        f.ANOMALIES.sample(len(recent), window=f.RECENT),
        # An anomaly has no currency of its own.
        f.IMPACT.sample(impact, currency=options.currency, window=f.RECENT),
    ]
    return samples, [], [_shown(item) for item in recent]


def _whole_month(page: Page, table: Table, so_far: Span) -> Iterator[Sample]:
    unit = currency(page.get("Total", {}).get("Unit"))
    known = table.total(so_far, unit)
    parts = page.get("ForecastResultsByTime", ())
    for bound, key in BOUND_KEYS.items():
        values = [part[key] for part in parts if part.get(key) is not None]
        if values and len(values) == len(parts):
            yield f.FORECAST.sample(known + sum(map(money, values), Decimal(0)), bound=bound, currency=unit)


def _is_watched(asked: Questions) -> bool:
    """Tell whether there is a monitor; who may not see the monitors is believed to have one."""
    answer = asked.ask("get_anomaly_monitors", {}, unless=NOT_ENABLED, once_a_day=True)
    return bool(answer.refused or listed(answer.pages, "AnomalyMonitors"))


def _start(anomaly: Page) -> date:
    try:
        return date.fromisoformat(str(anomaly.get("AnomalyStartDate"))[:10])
    except ValueError:
        raise unreadable("an anomaly without a start") from None


def _shown(anomaly: Page) -> Mapping[str, object]:
    causes = anomaly.get("RootCauses") or [{}]
    return {
        "start": _start(anomaly).isoformat(),
        "end": str(anomaly.get("AnomalyEndDate") or "")[:10] or None,
        "service": causes[0].get("Service") or anomaly.get("DimensionValue"),
        "impact": float(money(anomaly.get("Impact", {}).get("TotalImpact"))),
    }
