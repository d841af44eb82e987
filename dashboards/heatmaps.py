"""Heat maps of shares: how a distribution changes over time."""

from grafana_foundation_sdk.builders import heatmap
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import heatmap as options
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.fields import ask
from dashboards.panels import Text, worded

SHADES = 64


def heat(text: Text, bin_label: str, query: str) -> heatmap.Panel:
    """Draw a share of each bin over time, the darker the greater; a bin is named for its lower bound."""
    panel = worded(heatmap.Panel(), text, units.PercentUnit, 12, 8).interval("1m").calculate(False)
    panel = panel.rows_frame(heatmap.RowsHeatmapOptions().layout(shapes.HeatmapCellLayout.GE))
    shades = heatmap.HeatmapColorOptions().mode(options.HeatmapColorMode.SCHEME).scheme("Blues").steps(SHADES)
    panel = panel.color(shades).cell_values(heatmap.CellValues().unit(units.PercentUnit))
    panel = panel.y_axis(heatmap.YAxisConfig().unit(units.PercentUnit).axis_placement(shapes.AxisPlacement.LEFT))
    # The format heatmap would take the bins for those of a histogram, which add up from below.
    return panel.with_target(ask("A", f"{{{{{bin_label}}}}}", query).range().format(PromQueryFormat.TIME_SERIES))
