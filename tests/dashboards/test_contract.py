"""Dashboards and the catalogue agree, and dashboards and rules on what an alert is."""

import re
from pathlib import Path

import pytest
import yaml

from dashboards import house
from dashboards.boards import Board, Panel, boards, panels
from dashboards.lint.catalogue_rules import families, owners, used
from dashboards.lint.house_rules import DASHBOARD_LINK
from exporter.reference import catalogue
from tests.alerts.rule_files import rules

UNUSED = Path(house.__file__).parent / "unused.yaml"
LIMITS = [limit for limit in vars(house).values() if isinstance(limit, house.Limit)]
# These are red, or not; where an alert ends is drawn where it is seen to come and go.
NOW = ("bargauge", "stat")
RULES = {rule["alert"]: rule for _, rule in rules()}


def listed() -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load(UNUSED.read_text())
    return found


def shown() -> set[str]:
    return set().union(*(used(board) for board in boards()))


def test_every_family_of_a_collector_with_a_page_is_shown_or_left_out_on_purpose() -> None:
    paged = {owners()[name] for name in shown()}
    assert {
        "ai_quality",
        "ai_realtime",
        "candidates",
        "cost",
        "interviews",
        "revenue",
        "system",
        "unit_economics",
    } <= paged
    offered = {family.name for owner in paged for family in catalogue()[owner]}
    assert offered - shown() - listed().keys() == set(), "show it, or list it in dashboards/unused.yaml"


def test_what_is_left_out_exists_is_not_shown_and_has_a_reason() -> None:
    assert listed().keys() <= families().keys()
    assert listed().keys() & shown() == set()
    assert [name for name, reason in listed().items() if not reason] == []
    assert list(listed()) == sorted(listed())


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.alert)
def test_a_limit_is_the_number_of_its_rule(limit: house.Limit) -> None:
    found = re.findall(r"[<>]=? (\d+(?:\.\d+)?)(?!\S)", RULES[limit.alert]["expr"])
    # A rule that compares two metrics has no number: where one is above the other is counted, and one is too many.
    numbers = [float(number) for number in found] or [1]
    assert {value for _, value in limit.lines} <= set(numbers)


@pytest.mark.parametrize("board", boards(), ids=lambda board: board["uid"])
def test_a_line_or_a_red_tile_is_the_limit_of_its_alert(board: Board) -> None:
    drawn = {panel["title"]: panel for panel in panels(board) if starts(panel)}
    for title, panel in drawn.items():
        (alert,) = runbooks(panel)
        limits = [limit for limit in LIMITS if limit.alert == alert]
        drawn_at = [
            [value for _, value in limit.lines if panel["type"] not in NOW or value == limit.value] for limit in limits
        ]
        assert starts(panel) in drawn_at, title


@pytest.mark.parametrize("board", boards(), ids=lambda board: board["uid"])
def test_a_runbook_is_of_an_alert_that_leads_here_or_to_where_its_panel_leads(board: Board) -> None:
    leading = {name for name, rule in RULES.items() if page(rule["annotations"]["dashboard_url"]) == board["uid"]}
    shown = set()
    for panel in panels(board):
        pages = {board["uid"], *(page(link["url"]) for link in panel.get("links", []))}
        for alert in runbooks(panel):
            assert page(RULES[alert]["annotations"]["dashboard_url"]) in pages, (panel["title"], alert)
            shown.add(alert)
    assert shown or not leading


def page(url: str) -> str:
    """Return the dashboard to which an address leads."""
    found = DASHBOARD_LINK.search(url)
    return found[1] if found else ""


def runbooks(panel: Panel) -> list[str]:
    urls = [link["url"] for link in panel.get("links", [])]
    return [url.rpartition("/")[2] for url in urls if url.startswith(house.RUNBOOKS)]


def starts(panel: Panel) -> list[float]:
    """Return where a panel changes its colour, or draws a line: for all that it shows, or on the axis of one series."""
    config = panel["fieldConfig"]
    overrides = [{one["id"]: one["value"] for one in change["properties"]} for change in config["overrides"]]
    drawn = [config["defaults"], *(properties for properties in overrides if "custom.thresholdsStyle" in properties)]
    steps = [step for properties in drawn for step in properties.get("thresholds", {}).get("steps", [])]
    return [step["value"] for step in steps if step["value"] is not None]
