"""Pies: the parts of a whole, five of them at most."""

from grafana_foundation_sdk.builders import common, piechart
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import piechart as options

from dashboards.fields import ask, fixed, fixed_property
from dashboards.house import VOLUME
from dashboards.panels import Colours, Text, worded


def pie(text: Text, legend: str, query: str, unit: str, *, colours: Colours) -> piechart.Panel:
    """Make a pie of present values, with the amount and the share of each part."""
    panel = worded(piechart.Panel(), text, unit, 12, 8).color_scheme(fixed(VOLUME))
    panel = panel.pie_type(options.PieChartType.DONUT).display_labels([options.PieChartLabels.PERCENT])
    panel = panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    legend_right = piechart.PieChartLegendOptions().show_legend(True).display_mode(shapes.LegendDisplayMode.TABLE)
    legend_right = legend_right.placement(shapes.LegendPlacement.RIGHT)
    panel = panel.legend(
        legend_right.values([options.PieChartLegendValues.VALUE, options.PieChartLegendValues.PERCENT])
    )
    for name, colour in colours.items():
        panel = panel.override_by_name(name, [fixed_property(colour)])
    return panel.with_target(ask("A", legend, query).instant())
