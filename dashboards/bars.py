"""Bars of present values: a breakdown, the longest first, and a funnel."""

from grafana_foundation_sdk.builders import bargauge, common
from grafana_foundation_sdk.builders.dashboard import FieldColor
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models.dashboard import FieldColorModeId

from dashboards.fields import Targets, ask, ask_all, fixed, fixed_property, steps
from dashboards.house import BAD, VOLUME, Limit
from dashboards.panels import Colours, Text, linked, worded


def bars(
    text: Text,
    legend: str,
    query: str,
    unit: str,
    *,
    width: int = 12,
    colours: Colours | None = None,
    limit: Limit | None = None,
) -> bargauge.Panel:
    """Make a breakdown of present values, the longest bar first, red from a limit on."""
    panel = _horizontal(text, unit, width)
    for name, colour in (colours or {}).items():
        panel = panel.override_by_name(name, [fixed_property(colour)])
    if limit:
        panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
        panel = linked(panel.thresholds(steps(VOLUME, (BAD, limit.value))), limit)
    return panel.with_target(ask("A", legend, f"sort_desc({query})").instant())


def funnel(text: Text, stages: Targets, unit: str, *, width: int = 8) -> bargauge.Panel:
    """Make a funnel of present values, its steps numbered in their order, which is not that of their size."""
    panel = _horizontal(text, unit, width)
    for target in ask_all({f"{number} {stage}": query for number, (stage, query) in enumerate(stages.items(), 1)}):
        panel = panel.with_target(target.instant())
    return panel


def _horizontal(text: Text, unit: str, width: int) -> bargauge.Panel:
    panel = worded(bargauge.Panel(), text, unit, width, 8).color_scheme(fixed(VOLUME)).min(0)
    panel = panel.display_mode(shapes.BarGaugeDisplayMode.BASIC).orientation(shapes.VizOrientation.HORIZONTAL)
    return panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
