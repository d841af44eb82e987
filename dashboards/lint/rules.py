"""Every rule by its name, and what they say of dashboards."""

from collections.abc import Iterable, Iterator, Mapping

from dashboards.boards import Board
from dashboards.lint import catalogue_rules, house_rules, linter_rules
from dashboards.lint.exclusions import Exclusions, Finding, idle, left
from dashboards.lint.problems import Rule

RULES: Mapping[str, Rule] = {**linter_rules.RULES, **house_rules.RULES, **catalogue_rules.RULES}
# The others read expressions, so they can say nothing of one that is none.
FIRST = "target-promql-rule"


def said(boards: Iterable[Board], given: Exclusions) -> list[str]:
    """Return what is wrong with dashboards, and with the exclusions."""
    found = [finding for board in boards for finding in findings(board)]
    return [*map(str, left(found, given)), *idle(found, given, RULES)]


def findings(board: Board) -> Iterator[Finding]:
    """Yield what every rule says of a dashboard, excluded or not."""
    unreadable = list(RULES[FIRST](board))
    for name in [FIRST] if unreadable else RULES:
        yield from (Finding(name, board["title"], problem) for problem in RULES[name](board))
