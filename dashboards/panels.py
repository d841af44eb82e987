"""The panels of the house: each has a description, a unit, colours that mean something, and a word for no data."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeVar

from grafana_foundation_sdk.builders import bargauge, common, heatmap, piechart, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard, units
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DynamicConfigValue,
    FieldColorModeId,
)

from dashboards.fields import Targets, Words, ask, ask_all, fixed, fixed_property, mapped, steps
from dashboards.house import BAD, DATASOURCE, GOOD, NEUTRAL, VOLUME, Lead, Limit
from dashboards.queries import Query, since

Panel = Builder[dashboard.Panel]
Made = TypeVar(
    "Made",
    stat.Panel,
    timeseries.Panel,
    bargauge.Panel,
    table.Panel,
    statetimeline.Panel,
    heatmap.Panel,
    piechart.Panel,
)
Colours = Mapping[str, str]
AGO = "7d"
NO_DATA = "no data yet"
# A change that is smaller than this is none.
STILL = 0.001


class Text(NamedTuple):
    """The words of a panel; `no_value` says why there may be nothing to show."""

    title: str
    description: str
    no_value: str = NO_DATA


class Change(NamedTuple):
    """How a tile compares: by share for volumes and money, by difference for shares; and which way is good, if any."""

    relative: bool
    good: Literal["up", "down", "neither"]


GROWTH = Change(relative=True, good="up")
RISE = Change(relative=False, good="up")
FALL = Change(relative=False, good="down")
SHRINKING = Change(relative=True, good="down")
MOVEMENT = Change(relative=True, good="neither")
DIFFERENCE = Change(relative=False, good="neither")
# The colours of less and of more.
DIRECTIONS = {"up": (BAD, GOOD), "down": (GOOD, BAD), "neither": (NEUTRAL, NEUTRAL)}


def kpi(
    text: Text,
    query: Query,
    unit: str,
    change: Change,
    *,
    ago: str = AGO,
    limit: Limit | None = None,
    lead: Lead | None = None,
) -> stat.Panel:
    """Make a tile: a value, its course, and its change since a while ago in the colour of good or bad."""
    below, above = DIRECTIONS[change.good]
    override = [
        DynamicConfigValue("unit", units.PercentUnit if change.relative else unit),
        DynamicConfigValue("color", {"mode": "thresholds"}),
        DynamicConfigValue("thresholds", steps(below, (NEUTRAL, -STILL), (above, STILL)).build()),
    ]
    panel = _stat(text, unit, 6, 4).color_scheme(fixed(VOLUME)).graph_mode(shapes.BigValueGraphMode.AREA)
    panel = panel.with_target(ask("A", "now", query()).range())
    panel = panel.with_target(ask("B", f"vs {ago} ago", since(query, ago, relative=change.relative)).instant())
    return linked(panel.override_by_query("B", override), limit, lead)


def value(
    text: Text, targets: Targets, unit: str, *, width: int = 6, height: int = 4, limit: Limit | None = None
) -> stat.Panel:
    """Make a tile of present values, red from a limit on."""
    panel = _stat(text, unit, width, height).graph_mode(shapes.BigValueGraphMode.NONE)
    for target in ask_all(targets):
        panel = panel.with_target(target.instant())
    if not limit:
        return panel.color_scheme(fixed(VOLUME))
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.THRESHOLDS))
    return linked(panel.thresholds(steps(NEUTRAL, (BAD, limit.value))), limit)


def trend(
    text: Text,
    targets: Targets,
    unit: str,
    *,
    width: int = 12,
    colours: Colours | None = None,
    stacked: bool = False,
    limit: Limit | None = None,
    lead: Lead | None = None,
) -> timeseries.Panel:
    """Make a course over time; colours are by the name of a series, or of the house's one colour if there are none."""
    panel = worded(timeseries.Panel(), text, unit, width, 8).interval("1m")
    panel = panel.line_width(2).fill_opacity(10).show_points(shapes.VisibilityMode.NEVER).span_nulls(False)
    panel = panel.tooltip(
        common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI).sort(shapes.SortOrder.DESCENDING)
    )
    panel = panel.color_scheme(fixed(VOLUME)) if colours is None else _coloured(panel, colours)
    panel = panel.legend(_legend(many=colours is not None and len(colours) not in (1, 2)))
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(shapes.StackingMode.NORMAL))
    if limit:
        dashed = common.GraphThresholdsStyleConfig().mode(shapes.GraphThresholdsStyleMode.DASHED)
        panel = panel.thresholds_style(dashed).thresholds(steps("transparent", *limit.lines))
    for target in ask_all(targets):
        panel = panel.with_target(target.range())
    return linked(panel, limit, lead)


def dashed(panel: timeseries.Panel, target: str, limit: Limit) -> timeseries.Panel:
    """Draw what one target asks for as a limit is drawn: that of an alert which compares two metrics."""
    override = [
        fixed_property(BAD),
        DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [10, 10]}),
        DynamicConfigValue("custom.fillOpacity", 0),
    ]
    return linked(panel.override_by_query(target, override), limit)


def states(
    text: Text, legend: str, query: str, words: Words, *, width: int = 18, height: int = 4
) -> statetimeline.Panel:
    """Make a band per series over time, each state with its word and colour."""
    panel = worded(statetimeline.Panel(), text, units.NoUnit, width, height).mappings([mapped(words)])
    panel = panel.color_scheme(fixed(NEUTRAL)).row_height(0.9).show_value(shapes.VisibilityMode.AUTO)
    panel = panel.legend(common.VizLegendOptions().show_legend(False)).interval("1m")
    return panel.with_target(ask("A", legend, query).range())


def worded_state(panel: stat.Panel, target: str, words: Words) -> stat.Panel:
    """Show the values of one target of a tile as words."""
    override = [
        DynamicConfigValue("unit", units.NoUnit),
        DynamicConfigValue("mappings", [mapped(words)]),
        DynamicConfigValue("color", {"mode": "thresholds"}),
        DynamicConfigValue("thresholds", steps(NEUTRAL).build()),
    ]
    return panel.override_by_query(target, override)


def worded(panel: Made, text: Text, unit: str, width: int, height: int) -> Made:
    """Give a panel what every panel has."""
    panel = panel.title(text.title).description(text.description).no_value(text.no_value)
    return panel.datasource(DATASOURCE).unit(unit).span(width).height(height)


def _stat(text: Text, unit: str, width: int, height: int) -> stat.Panel:
    panel = worded(stat.Panel(), text, unit, width, height).color_mode(shapes.BigValueColorMode.VALUE)
    panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return panel.text_mode(shapes.BigValueTextMode.VALUE_AND_NAME).orientation(shapes.VizOrientation.VERTICAL)


def _legend(*, many: bool) -> common.VizLegendOptions:
    legend = common.VizLegendOptions().show_legend(True)
    if not many:
        return legend.display_mode(shapes.LegendDisplayMode.LIST).placement(shapes.LegendPlacement.BOTTOM)
    legend = legend.display_mode(shapes.LegendDisplayMode.TABLE).placement(shapes.LegendPlacement.RIGHT)
    return legend.calcs(["lastNotNull", "max"])


def _coloured(panel: timeseries.Panel, colours: Colours) -> timeseries.Panel:
    """Give series their colours; one that has none gets what its name stands for in the palette, the same always."""
    panel = panel.color_scheme(FieldColor().mode(FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    for name, colour in colours.items():
        panel = panel.override_by_name(name, [fixed_property(colour)])
    return panel


def linked(panel: Made, limit: Limit | None, lead: Lead | None = None) -> Made:
    """Let a panel lead to the runbook of its alert, and to the page that explains it."""
    links: list[Builder[dashboard.DashboardLink]] = []
    if limit:
        runbook = DashboardLink(f"Runbook of {limit.alert}").type(DashboardLinkType.LINK).url(limit.runbook)
        links.append(runbook.target_blank(True))
    if lead:
        links.append(DashboardLink(lead.title).type(DashboardLinkType.LINK).url(lead.url))
    return panel.links(links) if links else panel
