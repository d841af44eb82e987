"""The rules of the house, on top of the linter's: how a page is laid out, worded and coloured."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.alerts.rule_files import RUNBOOKS
from tests.dashboards.boards import Board, Panel, boards, everything, of_panels, panels, variables
from tests.dashboards.promql import aggregations

WIDTH = 24
UNWANTED = ("__inputs", "__requires", "timeCompare", "repeatDirection", "auto", "auto_count", "auto_min")
# What is about now is asked for oftener.
REFRESH = {"jobhive-ai-realtime": "30s"}
COLOURED = ("stat", "gauge", "bargauge", "piechart")
INSTANT = ("bargauge", "piechart", "table")
RANGED = ("timeseries", "state-timeline", "heatmap")
LABEL = re.compile(r"{{\s*(\w+)\s*}}")
DASHBOARD_LINK = re.compile(r"/d/([^/?]+)")
RUNBOOK_LINK = re.compile(r"https://runbooks\.example\.org/(.+)")
# That of the alert which a row of a table is about.
RUNBOOK_OF_ROW = "${__data.fields.alertname}"


def layout(board: Board) -> Iterator[str]:
    """Every visual row is full, and nothing lies on anything else."""
    taken: dict[tuple[int, int], str] = {}
    for panel in everything(board):
        place = panel["gridPos"]
        cells = [(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in _rows(place)]
        if hit := {taken[cell] for cell in cells if cell in taken}:
            yield f"{panel['title']} lies on {', '.join(sorted(hit))}"
        taken |= dict.fromkeys(cells, str(panel["title"]))
    widths = Counter(y for _, y in taken)
    yield from (f"line {y} is {width} wide" for y, width in sorted(widths.items()) if width != WIDTH)
    yield from (f"line {y} is empty" for y in range(max(widths)) if y not in widths)


def ids(board: Board) -> Iterator[str]:
    for key in ("id", "title"):
        counts = Counter(panel[key] for panel in everything(board))
        yield from (f"{key} {value} is there {count} times" for value, count in counts.items() if count > 1)
    if board.get("id") is not None:
        yield "the dashboard has a number"
    if not re.fullmatch("jobhive-[a-z0-9-]{1,32}", board["uid"]):
        yield f"the uid is {board['uid']}"


def clean(board: Board) -> Iterator[str]:
    for key, value in _pairs(board):
        if key in UNWANTED or (key == "placement" and value == "inControlsMenu"):
            yield f"{key} is there"
        if isinstance(value, str) and "${DS_" in value:
            yield f"{key} is {value}, which only the import dialog resolves"
        if key == "showPercentChange" and value:
            yield "showPercentChange is on"
    if board["schemaVersion"] != 42:
        yield f"the schema is {board['schemaVersion']}"


def wording(board: Board) -> Iterator[str]:
    for panel in panels(board):
        if not panel["fieldConfig"]["defaults"].get("noValue"):
            yield f"{panel['title']} does not say why it may be empty"
        if not panel["description"].endswith("."):
            yield f"the description of {panel['title']} is no sentence"


def colour(board: Board) -> Iterator[str]:
    """Grafana turns what has no colour and no thresholds red at 80."""
    for panel in panels(board):
        defaults = panel["fieldConfig"]["defaults"]
        mode = defaults.get("color", {}).get("mode")
        chosen = mode == "fixed" or str(mode).startswith("continuous-")
        by_steps = mode == "thresholds" and defaults.get("thresholds", {}).get("steps")
        if panel["type"] in COLOURED and not chosen and not by_steps:
            yield f"{panel['title']} has no colour of its own"
        for change in panel["fieldConfig"]["overrides"]:
            properties = {one["id"]: one["value"] for one in change["properties"]}
            if properties.get("color", {}).get("mode") == "thresholds" and "thresholds" not in properties:
                yield f"{panel['title']} has no thresholds for {change['matcher']['options']}"


def mapping(board: Board) -> Iterator[str]:
    for panel in panels(board):
        known = {state for one in panel["fieldConfig"]["defaults"].get("mappings", []) for state in one["options"]}
        if panel["type"] == "state-timeline" and known != {"0", "1"}:
            yield f"{panel['title']} has words for {sorted(known)}"


def bins(board: Board) -> Iterator[str]:
    """The bins of a heat map are ours, each with a share of its own; Grafana would make some itself, or subtract."""
    for panel in panels(board):
        if panel["type"] == "heatmap":
            options, asked_as = panel["options"], [target.get("format") for target in panel["targets"]]
            if options["calculate"] or options["rowsFrame"].get("layout") != "ge" or asked_as != ["time_series"]:
                yield f"{panel['title']} does not show bins by their lower bound"


def instant(board: Board) -> Iterator[str]:
    for panel in panels(board):
        for number, target in enumerate(panel["targets"]):
            ranged, now = target.get("range"), target.get("instant")
            may_range = panel["type"] not in INSTANT and not (panel["type"] == "stat" and number > 0)
            must_range = panel["type"] in RANGED
            if ranged == now or (ranged and not may_range) or (must_range and not ranged):
                yield f"{panel['title']} {target['refId']} has instant {now}, range {ranged}"
            if panel["type"] == "table" and target.get("format") != "table":
                yield f"{panel['title']} {target['refId']} is not a table"
            if ranged and aggregations(target["expr"]) & {"topk", "bottomk"}:
                yield f"{panel['title']} {target['refId']} flickers: topk over a range"


def legend(board: Board) -> Iterator[str]:
    for panel in panels(board):
        for target in panel["targets"]:
            if not target.get("legendFormat"):
                yield f"{panel['title']} {target['refId']} has no legend"
        steps = [target.get("legendFormat", "") for target in panel["targets"]]
        if panel["type"] == "bargauge" and len(steps) > 1:
            wanted = [f"{number} " for number in range(1, len(steps) + 1)]
            if not all(map(str.startswith, steps, wanted)):
                yield f"the steps of {panel['title']} are not numbered"
        letters = Counter(target["refId"] for target in panel["targets"])
        yield from (f"{panel['title']} has {count} queries {letter}" for letter, count in letters.items() if count > 1)


def links(board: Board) -> Iterator[str]:
    known = {one["uid"] for one in boards()}
    for panel in everything(board):
        for url in _urls(panel):
            uid, runbook = DASHBOARD_LINK.search(url), RUNBOOK_LINK.fullmatch(url)
            if (
                (uid and uid[1] not in known)
                or (runbook and runbook[1] not in (*RUNBOOKS, RUNBOOK_OF_ROW))
                or not (uid or runbook)
            ):
                yield f"{panel['title']} leads to {url}, which is not there"
    dropdown = [one for one in board["links"] if one["type"] == "dashboards"]
    if [(one["tags"], one["asDropdown"], one["includeVars"], one["keepTime"]) for one in dropdown] != [
        (["jobhive"], True, True, True)
    ]:
        yield "there is no menu of the other dashboards"
    if not [one for one in board["links"] if one.get("url") == "https://runbooks.example.org"]:
        yield "there is no link to the runbooks"


def frame(board: Board) -> Iterator[str]:
    wanted: dict[str, object] = {"tags": ["jobhive"], "graphTooltip": 1, "timezone": "browser"}
    wanted["refresh"] = REFRESH.get(board["uid"], "1m")
    yield from (f"{key} is {board.get(key)}" for key, value in wanted.items() if board.get(key) != value)
    if not 12 <= len(list(panels(board))) <= 25:
        yield f"it has {len(list(panels(board)))} panels"
    if [one["name"] for one in variables(board)][:2] != ["datasource", "job"]:
        yield "it does not begin with the variables datasource and job"
    if [one["name"] for one in board["annotations"]["list"]] != ["Alerts firing"]:
        yield "it does not show the alerts that fire"
    if not board["title"].startswith("JobHive / ") or not board["description"].endswith("?"):
        yield "it does not say its question"
    last = board["panels"][-1]
    inside = [panel["title"] for panel in last.get("panels", [])]
    if (last["title"], last.get("collapsed"), inside) != ("Data freshness", True, ["Data age", "Sources"]):
        yield "it does not end with the age of its data"


def ratios(board: Board) -> Iterator[str]:
    """A ratio is never averaged: the mean of shares is no share."""
    for item in of_panels(board):
        if "avg" in aggregations(item.expression):
            yield f"{item.where} averages"


RULES = (layout, ids, clean, wording, colour, mapping, bins, instant, legend, links, frame, ratios)


def _rows(place: dict[str, int]) -> range:
    return range(place["y"], place["y"] + place["h"])


def _pairs(node: Any) -> Iterator[tuple[str, Any]]:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict):
        yield from node.items()
    for child in children:
        yield from _pairs(child)


def _urls(panel: Panel) -> list[str]:
    return [value for key, value in _pairs(panel) if key == "url"]
