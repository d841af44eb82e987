"""Series that are drawn otherwise than the rest of their panel: on an axis of their own, or as bars."""

from grafana_foundation_sdk.builders import common, timeseries
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue

from dashboards.fields import steps
from dashboards.house import Limit
from dashboards.panels import linked


def on_the_right(panel: timeseries.Panel, name: str, unit: str, limit: Limit | None = None) -> timeseries.Panel:
    """Draw one series on the right axis, in a unit of its own; the line of a limit is on its axis only."""
    override = [DynamicConfigValue("unit", unit), DynamicConfigValue("custom.axisPlacement", "right")]
    if not limit:
        return panel.override_by_name(name, override)
    dashed = common.GraphThresholdsStyleConfig().mode(shapes.GraphThresholdsStyleMode.DASHED).build()
    override.append(DynamicConfigValue("thresholds", steps("transparent", *limit.lines).build()))
    override.append(DynamicConfigValue("custom.thresholdsStyle", dashed))
    return linked(panel.override_by_name(name, override), limit)


def as_bars(panel: timeseries.Panel, name: str) -> timeseries.Panel:
    """Draw one series as bars: what is counted by the day has no course in between."""
    override = [DynamicConfigValue("custom.drawStyle", "bars"), DynamicConfigValue("custom.fillOpacity", 60)]
    return panel.override_by_name(name, override)
