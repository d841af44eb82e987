"""What is wrong with a dashboard, and where."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from dashboards.boards import Asked, Board, Panel


class Problem(NamedTuple):
    """What a rule says; `panel` is the title, and `target` the number from 0, unless it is of the dashboard itself."""

    text: str
    panel: str = ""
    target: int | None = None


Rule = Callable[[Board], Iterator[Problem]]


def of_panel(panel: Panel, said: str, target: int | None = None) -> Problem:
    """Say something of a panel, or of one of its targets."""
    return Problem(f"{panel['title']} {said}", panel["title"], target)


def of_query(item: Asked, said: str) -> Problem:
    """Say something of a query."""
    return Problem(f"{item.where}: {said}", item.panel, item.target)
