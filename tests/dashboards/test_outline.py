"""docs/dashboards-outline.txt says everything that the committed dashboards ask and show, where it stands."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dashboards import outline
from dashboards.boards import Board, asked, boards, everything, named, panels

ROOT = Path(outline.__file__).parent.parent
COMMITTED = ROOT / "docs" / "dashboards-outline.txt"
UNUSED = yaml.safe_load(outline.UNUSED.read_text())


def said(board: Board) -> str:
    return outline.outline([board], {})


def test_the_committed_outline_is_fresh() -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "dashboards.outline"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert COMMITTED.read_text() == done.stdout, "run make dashboards"


@pytest.mark.parametrize("board", boards(), ids=lambda board: board["uid"])
def test_it_says_what_is_shown_and_asked(board: Board) -> None:
    text = said(board)
    lines = text.splitlines()
    assert [panel["title"] for panel in everything(board) if panel["title"] not in text] == []
    assert [item.expression for item in asked(board) if item.expression not in text] == []
    for panel in panels(board):
        place, unit = panel["gridPos"], panel["fieldConfig"]["defaults"]["unit"]
        at = f"at {place['x']},{place['y']}, {place['w']}x{place['h']}"
        (line,) = [line for line in lines if line.startswith(f"{panel['id']:>4}  ")]
        assert line.startswith(f"{panel['id']:>4}  {panel['title']}: {panel['type']} in {unit}, {at}; empty: ")
        assert all(f"link {link['title']}: {link['url']}" in text for link in panel.get("links", []))


def test_it_draws_the_page() -> None:
    lines = said(named("jobhive-revenue")).splitlines()
    start = lines.index("Now")
    tile, thick, half = "-" * 29, "-" * 119, "-" * 59
    assert lines[start + 1] == f"+{tile}+{tile}+{tile}+{tile}+"
    assert lines[start + 2].split("|")[1:-1] == [
        f" {words:<28}" for words in ("1 MRR", "2 ARR", "3 ARPU", "4 Paying customers")
    ]
    assert lines[start + 3].startswith(f"| {'stat in currencyUSD, 6x4':<28}|")
    assert f"+{thick}+" in lines
    trends = lines.index("Trends")
    assert lines[trends + 1] == f"+{half}+{half}+"
    # Twice as high as a tile.
    assert [line == f"|{' ' * 59}|{' ' * 59}|" for line in lines[trends + 4 : trends + 7]] == [True, True, False]
    assert "Data freshness (collapsed)" in lines


def test_it_tells_of_overrides() -> None:
    lines = said(named("jobhive-ai-realtime")).splitlines()
    assert any(line.strip().startswith("link of component AI quality: /d/jobhive-ai-quality?") for line in lines)
    assert "      unit of B: percentunit" in lines


def test_it_counts() -> None:
    text, shown = outline.outline(boards(), UNUSED), boards()
    queries = sum(len(panel["targets"]) for board in shown for panel in panels(board))
    everywhere = sum(len(list(panels(board))) for board in shown)
    names = len(outline.series(shown))
    assert f"{len(shown)} dashboards{everywhere:>{8 + 22 - 12}}{queries:>9}{names:>14}\n" in text
    assert f"{len(UNUSED)} families are in none of them" in text
    assert outline.series([named("jobhive-revenue")]) >= {"jobhive_mrr", "jobhive_exporter_collector_stale"}


def test_it_says_what_is_in_no_dashboard_and_why() -> None:
    text = outline.outline([], {"jobhive_b": "too small", "jobhive_a": "too small", "jobhive_c": "opt-in"})
    assert text.endswith("opt-in:\n      jobhive_c\ntoo small:\n      jobhive_b, jobhive_a\n")
