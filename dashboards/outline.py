"""`python -m dashboards.outline`: the committed dashboards as text, for those who read and do not click."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any

import yaml

from dashboards.boards import Board, Panel, boards, of_panels, panels, variables
from dashboards.promql import selectors

UNUSED = Path(__file__).parent / "unused.yaml"
# Characters for one of the 24 units that a page is wide, and units for one line.
CELL, LINE = 5, 2
MARGIN = "      "
WIDTH = 120


def outline(shown: Sequence[Board], unused: Mapping[str, str]) -> str:
    """Return the text: how much there is, every page, and what none shows."""
    parts = [_counts(shown, unused), *("\n".join(_page(board)) for board in shown), "\n".join(_left_out(unused))]
    return "\n\n\n".join(parts) + "\n"


def series(shown: Iterable[Board]) -> set[str]:
    """Return the names of what panels ask for."""
    items = (item for board in shown for item in of_panels(board))
    return {selector.name for item in items for selector in selectors(item.expression)}


def _counts(shown: Sequence[Board], unused: Mapping[str, str]) -> str:
    rows = [("dashboard", "panels", "queries", "series names")]
    rows += [(board["uid"], *_counted([board])) for board in shown]
    rows.append((f"{len(shown)} dashboards", *_counted(shown)))
    table = [f"{name:<22}{first:>8}{second:>9}{third:>14}" for name, first, second, third in rows]
    return "\n".join([*table, "", f"{len(unused)} families are in none of them, each for a reason: see the end."])


def _counted(shown: Sequence[Board]) -> tuple[str, str, str]:
    asked = [item for board in shown for item in of_panels(board)]
    return str(sum(len(list(panels(board))) for board in shown)), str(len(asked)), str(len(series(shown)))


def _page(board: Board) -> Iterator[str]:
    heading = f"{board['title']} ({board['uid']})"
    yield from (heading, "=" * len(heading), board["description"], "")
    yield f"from {board['time']['from']} to {board['time']['to']}, again every {board['refresh']}"
    yield from (f"variable {one['name']} ({one['label']}): {one['query']}" for one in variables(board))
    yield from (f"annotation {one['name']}: {one['expr']}" for one in board["annotations"]["list"])
    yield from (
        f"link {one['title']}: {one.get('url') or 'dashboards ' + ' '.join(one['tags'])}" for one in board["links"]
    )
    for row, inside in _sections(board):
        yield from ("", f"{row['title']}{' (collapsed)' if row['collapsed'] else ''}")
        for _, line in groupby(inside, lambda panel: panel["gridPos"]["y"]):
            yield from _drawn(list(line))
        yield "+" + "-" * (24 * CELL - 1) + "+"
        for panel in inside:
            yield from _described(panel)


def _sections(board: Board) -> Iterator[tuple[Panel, list[Panel]]]:
    """Yield each heading with what is below it, or folded into it."""
    rows: list[tuple[Panel, list[Panel]]] = []
    for panel in board["panels"]:
        if panel["type"] == "row":
            rows.append((panel, list(panel["panels"])))
        else:
            rows[-1][1].append(panel)
    yield from rows


def _drawn(line: Sequence[Panel]) -> Iterator[str]:
    """Draw a visual row: boxes as wide as the panels, and higher the higher they are."""
    yield "".join("+" + "-" * (panel["gridPos"]["w"] * CELL - 1) for panel in line) + "+"
    for number in range(max(panel["gridPos"]["h"] for panel in line) // LINE):
        yield "".join("|" + _boxed(panel, number) for panel in line) + "|"


def _boxed(panel: Panel, number: int) -> str:
    place = panel["gridPos"]
    width = place["w"] * CELL - 2
    words = [*wrap(f"{panel['id']} {panel['title']}", width), f"{_kind(panel)}, {place['w']}x{place['h']}"]
    return f" {words[number] if number < len(words) else '':<{width}.{width}}"


def _described(panel: Panel) -> Iterator[str]:
    place, defaults = panel["gridPos"], panel["fieldConfig"]["defaults"]
    at = f"at {place['x']},{place['y']}, {place['w']}x{place['h']}"
    yield f"{panel['id']:>4}  {panel['title']}: {_kind(panel)}, {at}; empty: {defaults['noValue']}"
    yield from wrap(panel["description"], WIDTH, initial_indent=MARGIN, subsequent_indent=MARGIN)
    for target in panel["targets"]:
        when = "over time" if target.get("range") else "now"
        yield f"{MARGIN}{target['refId']} {target['legendFormat']}, {when}: {target['expr']}"
    for change in panel["fieldConfig"]["overrides"]:
        given = {one["id"]: one["value"] for one in change["properties"]}
        if "unit" in given:
            yield f"{MARGIN}unit of {change['matcher']['options']}: {given['unit']}"
        yield from _links(given.get("links", []), f" of {change['matcher']['options']}")
    yield from _links(panel.get("links", []))


def _links(given: Iterable[Mapping[str, Any]], whose: str = "") -> Iterator[str]:
    yield from (f"{MARGIN}link{whose} {one['title']}: {one['url']}" for one in given)


def _kind(panel: Panel) -> str:
    return f"{panel['type']} in {panel['fieldConfig']['defaults']['unit']}"


def _left_out(unused: Mapping[str, str]) -> Iterator[str]:
    """Say what no page shows, by the reason."""
    heading = "Families in no dashboard (dashboards/unused.yaml)"
    yield from (heading, "=" * len(heading))
    by_reason = defaultdict(list)
    for name, reason in unused.items():
        by_reason[reason].append(name)
    for reason, names in sorted(by_reason.items()):
        yield from (f"{reason}:", *wrap(", ".join(names), WIDTH, initial_indent=MARGIN, subsequent_indent=MARGIN))


if __name__ == "__main__":
    sys.stdout.write(outline(boards(), yaml.safe_load(UNUSED.read_text())))
