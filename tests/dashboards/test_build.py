"""json/ is what the code makes, and Grafana's schema knows every word of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards import build
from dashboards.boards import FILES, boards, everything, named
from dashboards.frame import Page, Section, Uneven, dashboard
from dashboards.panels import Text, trend, value

PIN = "grafana-foundation-sdk==0.0.21"
ROOT = Path(build.__file__).parent.parent
EMPTY: tuple[object, ...] = (None, False, "", [], {})


def test_the_committed_files_are_fresh() -> None:
    assert {path.name: path.read_text() for path in FILES} == dict(build.files()), "run make dashboards"


def test_the_files_are_the_same_in_another_process() -> None:
    code = "import json; from dashboards.build import files; print(json.dumps(dict(files())))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == dict(build.files())


def test_writing_removes_what_is_no_more(tmp_path: Path) -> None:
    (tmp_path / "jobhive-gone.json").write_text("{}")
    build.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [path.name for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_named_for_its_uid_and_sorted(path: Path) -> None:
    text = path.read_text()
    plain = json.loads(text)
    assert path.stem == plain["uid"]
    assert text == json.dumps(plain, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def test_uids_and_titles_are_unique() -> None:
    found = boards()
    assert len({board["uid"] for board in found}) == len({board["title"] for board in found}) == len(found)


@pytest.mark.parametrize("board", boards(), ids=lambda board: board["uid"])
def test_the_schema_knows_every_key(board: dict[str, Any]) -> None:
    assert list(lost(board, read_back(board))) == []


def test_a_key_that_the_schema_does_not_know_is_found() -> None:
    board = named("jobhive-revenue")
    board["panels"][1]["options"]["colourMode"] = "value"
    assert list(lost(board, read_back(board))) == ["/panels/1/options/colourMode"]


def test_ids_stay_when_panels_move() -> None:
    """A bookmark names a panel by its number."""
    revenue = {panel["title"]: panel["id"] for panel in everything(named("jobhive-revenue"))}
    assert {revenue[title] for title in ("MRR", "MRR trend", "Churn in numbers", "Data age")} == {1, 9, 22, 901}


def test_a_row_that_is_not_full_is_refused() -> None:
    text = Text("Half", "Half a row.")
    page = Page(
        "x", "X", "Is it?", ["revenue"], "now-1d", [Section(1, "Now", [{2: trend(text, {"a": "up"}, units.Short)}])]
    )
    with pytest.raises(Uneven, match=r"^the row of Half is 12 wide, not 24$"):
        dashboard(page)
    tiles = [{2: value(text, {"a": "up"}, units.Short, width=24)}]
    assert dashboard(Page("x", "X", "Is it?", ["revenue"], "now-1d", [Section(1, "Now", tiles)])).uid == "jobhive-x"


def test_the_sdk_is_pinned_to_the_version_without_an_epoch() -> None:
    assert f'"{PIN}"' in (ROOT / "pyproject.toml").read_text()
    assert PIN in (ROOT / "requirements" / "dev.txt").read_text()
    assert "grafana" not in (ROOT / "requirements" / "run.txt").read_text()


def read_back(board: dict[str, Any]) -> dict[str, Any]:
    register_default_plugins()
    found: dict[str, Any] = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
    return found


def lost(given: Any, back: Any, path: str = "") -> Any:
    """Yield where something is in one and not in the other, but for what is empty."""
    if isinstance(given, dict) and isinstance(back, dict):
        for key, item in given.items():
            if key in back:
                yield from lost(item, back[key], f"{path}/{key}")
            elif item not in EMPTY:
                yield f"{path}/{key}"
    elif isinstance(given, list) and isinstance(back, list) and len(given) == len(back):
        for number, (one, other) in enumerate(zip(given, back, strict=True)):
            yield from lost(one, other, f"{path}/{number}")
    elif given != back:
        yield path
