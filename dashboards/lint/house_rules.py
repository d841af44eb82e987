"""The rules of the house, on top of the linter's: how a page is laid out, worded and coloured."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dashboards.boards import Board, Panel, boards, everything, of_panels, panels, variables
from dashboards.lint.problems import Problem, Rule, of_panel, of_query
from dashboards.promql import aggregations, ranges

WIDTH = 24
RUNBOOKS = {path.stem for path in (Path(__file__).parents[2] / "alerts" / "runbooks").glob("*.md")}
UNWANTED = ("__inputs", "__requires", "timeCompare", "repeatDirection", "auto", "auto_count", "auto_min")
# The pages: what is chosen on them beside data source and job, and the span that they show at first.
PAGES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "jobhive-business": (("currency",), "now-30d"),
    "jobhive-revenue": (("currency",), "now-90d"),
    "jobhive-engagement": (("window", "cohort"), "now-30d"),
    "jobhive-interviews": (("kind", "window"), "now-30d"),
    "jobhive-ai-quality": (("window",), "now-30d"),
    "jobhive-ai-realtime": (("component",), "now-3h"),
    "jobhive-system": (("window",), "now-24h"),
    "jobhive-cost": (("currency",), "now-30d"),
    "jobhive-exporter": (("instance",), "now-6h"),
}
# What is about now is asked for oftener.
REFRESH = {"jobhive-ai-realtime": "30s"}
# All of this page is about the age of data.
EXPORTER = "jobhive-exporter"
COLOURED = ("stat", "gauge", "bargauge", "piechart")
INSTANT = ("bargauge", "piechart", "table")
RANGED = ("timeseries", "state-timeline", "heatmap")
LABEL = re.compile(r"{{\s*(\w+)\s*}}")
DASHBOARD_LINK = re.compile(r"/d/([^/?]+)")
RUNBOOK_LINK = re.compile(r"https://runbooks\.example\.org/(.+)")
# That of the alert which a row of a table is about.
RUNBOOK_OF_ROW = "${__data.fields.alertname}"


def layout(board: Board) -> Iterator[Problem]:
    """Every visual row is full, and nothing lies on anything else."""
    taken: dict[tuple[int, int], str] = {}
    for panel in everything(board):
        place = panel["gridPos"]
        cells = [(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in _rows(place)]
        if hit := {taken[cell] for cell in cells if cell in taken}:
            yield of_panel(panel, f"lies on {', '.join(sorted(hit))}")
        taken |= dict.fromkeys(cells, str(panel["title"]))
    widths = Counter(y for _, y in taken)
    yield from (Problem(f"line {y} is {width} wide") for y, width in sorted(widths.items()) if width != WIDTH)
    yield from (Problem(f"line {y} is empty") for y in range(max(widths)) if y not in widths)


def ids(board: Board) -> Iterator[Problem]:
    """Numbers and titles are there once, and the uid is one of ours."""
    for key in ("id", "title"):
        counts = Counter(panel[key] for panel in everything(board))
        yield from (Problem(f"{key} {value} is there {count} times") for value, count in counts.items() if count > 1)
    if board.get("id") is not None:
        yield Problem("the dashboard has a number")
    if board["uid"] not in PAGES:
        yield Problem(f"the uid is {board['uid']}")


def clean(board: Board) -> Iterator[Problem]:
    """Nothing is there that a provisioned file or an older Grafana does not understand."""
    for key, value in _pairs(board):
        if key in UNWANTED or (key == "placement" and value == "inControlsMenu"):
            yield Problem(f"{key} is there")
        if isinstance(value, str) and "${DS_" in value:
            yield Problem(f"{key} is {value}, which only the import dialog resolves")
        if key == "showPercentChange" and value:
            yield Problem("showPercentChange is on")
    if board["schemaVersion"] != 42:
        yield Problem(f"the schema is {board['schemaVersion']}")


def wording(board: Board) -> Iterator[Problem]:
    """A panel says what it counts, in a sentence, and why it may be empty."""
    for panel in panels(board):
        if not panel["fieldConfig"]["defaults"].get("noValue"):
            yield of_panel(panel, "does not say why it may be empty")
        if not panel["description"].endswith("."):
            yield of_panel(panel, "has a description that is no sentence")


def colour(board: Board) -> Iterator[Problem]:
    """Grafana turns what has no colour and no thresholds red at 80."""
    for panel in panels(board):
        defaults = panel["fieldConfig"]["defaults"]
        mode = defaults.get("color", {}).get("mode")
        chosen = mode == "fixed" or str(mode).startswith("continuous-")
        by_steps = mode == "thresholds" and defaults.get("thresholds", {}).get("steps")
        if panel["type"] in COLOURED and not chosen and not by_steps:
            yield of_panel(panel, "has no colour of its own")
        for change in panel["fieldConfig"]["overrides"]:
            properties = {one["id"]: one["value"] for one in change["properties"]}
            if properties.get("color", {}).get("mode") == "thresholds" and "thresholds" not in properties:
                yield of_panel(panel, f"has no thresholds for {change['matcher']['options']}")


def mapping(board: Board) -> Iterator[Problem]:
    """Every state has a word."""
    for panel in panels(board):
        known = {state for one in panel["fieldConfig"]["defaults"].get("mappings", []) for state in one["options"]}
        if panel["type"] == "state-timeline" and known != {"0", "1"}:
            yield of_panel(panel, f"has words for {sorted(known)}")


def bins(board: Board) -> Iterator[Problem]:
    """The bins of a heat map are ours, each with a share of its own; Grafana would make some itself, or subtract."""
    for panel in panels(board):
        if panel["type"] == "heatmap":
            options, asked_as = panel["options"], [target.get("format") for target in panel["targets"]]
            if options["calculate"] or options["rowsFrame"].get("layout") != "ge" or asked_as != ["time_series"]:
                yield of_panel(panel, "does not show bins by their lower bound")


def instant(board: Board) -> Iterator[Problem]:
    """What shows the present asks for it, what shows a course asks for a range."""
    for panel in panels(board):
        for number, target in enumerate(panel["targets"]):
            ranged, now = target.get("range"), target.get("instant")
            may_range = panel["type"] not in INSTANT and not (panel["type"] == "stat" and number > 0)
            must_range = panel["type"] in RANGED
            if ranged == now or (ranged and not may_range) or (must_range and not ranged):
                yield of_panel(panel, f"{target['refId']} has instant {now}, range {ranged}", number)
            if panel["type"] == "table" and target.get("format") != "table":
                yield of_panel(panel, f"{target['refId']} is not a table", number)
            if ranged and aggregations(target["expr"]) & {"topk", "bottomk"}:
                yield of_panel(panel, f"{target['refId']} flickers: topk over a range", number)


def legend(board: Board) -> Iterator[Problem]:
    """Series have names, steps of a funnel numbers, queries letters."""
    for panel in panels(board):
        for number, target in enumerate(panel["targets"]):
            if not target.get("legendFormat"):
                yield of_panel(panel, f"{target['refId']} has no legend", number)
        steps = [target.get("legendFormat", "") for target in panel["targets"]]
        if panel["type"] == "bargauge" and len(steps) > 1:
            wanted = [f"{number} " for number in range(1, len(steps) + 1)]
            if not all(map(str.startswith, steps, wanted)):
                yield of_panel(panel, "has steps that are not numbered")
        letters = Counter(target["refId"] for target in panel["targets"])
        yield from (of_panel(panel, f"has {count} queries {letter}") for letter, count in letters.items() if count > 1)


def links(board: Board) -> Iterator[Problem]:
    """Every link leads somewhere."""
    known = {one["uid"] for one in boards()}
    for panel in everything(board):
        for url in _urls(panel):
            uid, runbook = DASHBOARD_LINK.search(url), RUNBOOK_LINK.fullmatch(url)
            lost = (uid and uid[1] not in known) or (runbook and runbook[1] not in (*RUNBOOKS, RUNBOOK_OF_ROW))
            if lost or not (uid or runbook):
                yield of_panel(panel, f"leads to {url}, which is not there")
    dropdown = [one for one in board["links"] if one["type"] == "dashboards"]
    if [(one["tags"], one["asDropdown"], one["includeVars"], one["keepTime"]) for one in dropdown] != [
        (["jobhive"], True, True, True)
    ]:
        yield Problem("there is no menu of the other dashboards")
    if not [one for one in board["links"] if one.get("url") == "https://runbooks.example.org"]:
        yield Problem("there is no link to the runbooks")


def frame(board: Board) -> Iterator[Problem]:
    """A page has what every page has."""
    wanted: dict[str, object] = {"tags": ["jobhive"], "graphTooltip": 1, "timezone": "browser"}
    wanted["refresh"] = REFRESH.get(board["uid"], "1m")
    yield from (Problem(f"{key} is {board.get(key)}") for key, value in wanted.items() if board.get(key) != value)
    if not 12 <= len(list(panels(board))) <= 25:
        yield Problem(f"it has {len(list(panels(board)))} panels")
    chosen, start = PAGES.get(board["uid"], ((), ""))
    if (found := [one["name"] for one in variables(board)]) != ["datasource", "job", *chosen]:
        yield Problem(f"its variables are {', '.join(found)}")
    if board["time"] != {"from": start, "to": "now"}:
        yield Problem(f"it begins with {board['time']}")
    if [one["name"] for one in board["annotations"]["list"]] != ["Alerts firing"]:
        yield Problem("it does not show the alerts that fire")
    if not board["title"].startswith("JobHive / ") or not board["description"].endswith("?"):
        yield Problem("it does not say its question")
    last = board["panels"][-1]
    inside = [panel["title"] for panel in last.get("panels", [])]
    ends = (last["title"], last.get("collapsed"), inside) == ("Data freshness", True, ["Data age", "Sources"])
    if not ends and board["uid"] != EXPORTER:
        yield Problem("it does not end with the age of its data")


def ratios(board: Board) -> Iterator[Problem]:
    """A ratio is never averaged: the mean of shares is no share."""
    for item in of_panels(board):
        if "avg" in aggregations(item.expression):
            yield of_query(item, "it averages")


def increases(board: Board) -> Iterator[Problem]:
    """What a counter rose by is drawn for adjacent spans: each event is in one of them."""
    for panel in panels(board):
        for number, target in enumerate(panel["targets"]):
            spans = [span for function, span in ranges(target["expr"]) if function == "increase"]
            if target.get("range") and [span for span in spans if span != panel.get("interval")]:
                yield of_panel(panel, f"{target['refId']} counts over another span than its interval", number)


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (layout, ids, clean, wording, colour, mapping, bins, instant, legend, links, frame, ratios, increases)
}


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
