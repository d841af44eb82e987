"""The committed dashboards as plain data, and what they ask."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dashboards.build import FOLDER
from dashboards.promql import of_variable

Board = dict[str, Any]
Panel = dict[str, Any]
FILES = sorted(FOLDER.glob("*.json"))


class Asked(NamedTuple):
    """An expression, and where it stands: for people, and by the title of the panel and the number of the target."""

    board: str
    where: str
    expression: str
    ranged: bool = False
    panel: str = ""
    target: int | None = None

    @property
    def place(self) -> str:
        """Return where it stands, for people."""
        return f"{self.board} / {self.where}"


def read(path: Path) -> Board:
    """Read a dashboard."""
    found: Board = json.loads(path.read_text())
    return found


def boards() -> list[Board]:
    """Return every dashboard that is committed."""
    return [read(path) for path in FILES]


def named(uid: str) -> Board:
    """Return a dashboard by its uid."""
    return read(FOLDER / f"{uid}.json")


def panels(board: Board) -> Iterator[Panel]:
    """Yield every panel but the headings, those inside collapsed headings too."""
    for panel in everything(board):
        if panel["type"] not in ("row", "text"):
            yield panel


def everything(board: Board) -> Iterator[Panel]:
    """Yield every panel and every heading."""
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels") or []


def variables(board: Board) -> list[dict[str, Any]]:
    """Return the variables."""
    found: list[dict[str, Any]] = board["templating"]["list"]
    return found


def of_panels(board: Board) -> Iterator[Asked]:
    """Yield the query of every target of every panel."""
    for panel in panels(board):
        for number, target in enumerate(panel.get("targets") or []):
            where, ranged = f"{panel['title']} {target.get('refId')}", bool(target.get("range"))
            yield Asked(board["uid"], where, target.get("expr", ""), ranged, panel["title"], number)


def of_annotations(board: Board) -> Iterator[Asked]:
    """Yield the query of every annotation."""
    for annotation in board["annotations"]["list"]:
        yield Asked(board["uid"], f"annotation {annotation['name']}", annotation.get("expr", ""), ranged=True)


def of_variables(board: Board) -> Iterator[Asked]:
    """Yield the PromQL of every variable that asks Prometheus."""
    for variable in variables(board):
        if variable["type"] == "query":
            yield Asked(board["uid"], f"variable {variable['name']}", of_variable(variable["query"]))


def asked(board: Board) -> Iterator[Asked]:
    """Yield everything that a dashboard asks Prometheus."""
    yield from of_panels(board)
    yield from of_annotations(board)
    yield from of_variables(board)
