"""Tables: figures side by side, and counts by two labels against each other."""

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import NamedTuple

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue, FieldColorModeId
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from dashboards.fields import ask, continuous, fixed
from dashboards.house import NEUTRAL, Lead, Runbook
from dashboards.panels import Text, worded

# Shades of the same colour need all of the cell.
SHADED = {"type": "color-background", "mode": "basic"}
# What Grafana calls the values of a query; where there are several, their letter is added.
ALONE = "Value"
# What a table calls the label that its rows lead by; a link takes it from the row, the rest from the page.
Leads = Mapping[str, Sequence[Lead | Runbook]]


class Column(NamedTuple):
    """A column of a table."""

    title: str
    query: str
    unit: str


def listing(
    text: Text, columns: Sequence[Column], *, height: int, width: int = 24, leads: Leads | None = None
) -> table.Panel:
    """Make a table; its first columns are the labels of the series, which may lead to what is behind a row."""
    panel = worded(table.Panel(), text, units.Short, width, height).color_scheme(fixed(NEUTRAL))
    for letter, column in zip(ascii_uppercase, columns, strict=False):
        target = ask(letter, column.title, column.query).instant().format(PromQueryFormat.TABLE)
        panel = panel.with_target(target)
        panel = panel.override_by_name(column.title, [DynamicConfigValue("unit", column.unit)])
    for label, places in (leads or {}).items():
        links = [{"title": place.title, "url": place.of_row(label)} for place in places]
        panel = panel.override_by_name(label, [DynamicConfigValue("links", links)])
    fields = [f"Value #{letter}" for letter in ascii_uppercase] if len(columns) > 1 else [ALONE]
    renamed = {field: column.title for field, column in zip(fields, columns, strict=False)}
    organised: dict[str, object] = {"excludeByName": {"Time": True}, "renameByName": renamed}
    panel = panel.with_transformation(DataTransformerConfig(id_val="merge", options={}))
    return panel.with_transformation(DataTransformerConfig(id_val="organize", options=organised))


def names(text: Text, query: str, *, width: int, height: int) -> table.Panel:
    """Make a table of the labels of series whose value says nothing more."""
    panel = worded(table.Panel(), text, units.NoUnit, width, height).color_scheme(fixed(NEUTRAL))
    panel = panel.with_target(ask("A", text.title, query).instant().format(PromQueryFormat.TABLE))
    without: dict[str, object] = {"excludeByName": {"Time": True, ALONE: True}}
    return panel.with_transformation(DataTransformerConfig(id_val="organize", options=without))


def matrix(
    text: Text,
    query: str,
    *,
    row: str,
    column: str,
    columns: Sequence[str],
    unit: str,
    width: int = 8,
    height: int = 8,
    most: float | None = None,
) -> table.Panel:
    """Make a table of one value for each pair of two labels, the darker the greater, up to `most` if it is known.

    What `columns` match is shaded.
    """
    panel = worded(table.Panel(), text, unit, width, height).color_scheme(fixed(NEUTRAL)).min(0)
    if most is not None:
        panel = panel.max(most)
    panel = panel.with_target(ask("A", f"{row} and {column}", query).instant().format(PromQueryFormat.TABLE))
    # Columns come in the order in which they are met.
    panel = panel.with_transformation(_sorted(column))
    pairs: dict[str, object] = {"rowField": row, "columnField": column, "valueField": ALONE, "emptyValue": "null"}
    panel = panel.with_transformation(DataTransformerConfig(id_val="groupingToMatrix", options=pairs))
    panel = panel.with_transformation(_sorted(f"{row}\\{column}"))
    override = [
        continuous(FieldColorModeId.CONTINUOUS_BLUES),
        DynamicConfigValue("custom.cellOptions", SHADED),
        # Before Grafana 10.2 it had this name.
        DynamicConfigValue("custom.displayMode", "color-background-solid"),
        DynamicConfigValue("custom.align", "center"),
    ]
    return panel.override_by_regexp(f"/^({'|'.join(columns)})$/", override)


def _sorted(field: str) -> DataTransformerConfig:
    return DataTransformerConfig(id_val="sortBy", options={"sort": [{"field": field}]})
