"""The committed dashboards keep every rule, and every rule finds its mistake."""

from typing import Any

import pytest

from tests.dashboards import catalogue_rules, house_rules, linter_rules
from tests.dashboards.boards import Board, asked, boards, named
from tests.dashboards.plants import PLANTS, Plant, Rule
from tests.dashboards.promql import parse

RULES = (*linter_rules.RULES, *house_rules.RULES, *catalogue_rules.RULES)
BOARDS = [pytest.param(board, id=board["uid"]) for board in boards()]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("board", BOARDS)
def test_a_dashboard_keeps_the_rule(board: Board, rule: Rule) -> None:
    assert list(rule(board)) == []


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.rule.__name__}-{plant.says}")
def test_a_rule_finds_its_mistake(plant: Plant) -> None:
    assert plant.says not in list(plant.rule(named(plant.board)))
    assert plant.says in list(plant.rule(plant.planted()))


def test_every_rule_has_a_mistake() -> None:
    # What the parser says of a query that is none is not ours: it has a test of its own.
    assert {plant.rule for plant in PLANTS} | {linter_rules.target_promql} == set(RULES)


@pytest.mark.parametrize("path", [("panels", 1, "targets", 0), ("annotations", "list", 0)])
def test_a_query_that_is_none_is_found(path: tuple[str | int, ...]) -> None:
    board: Any = named("jobhive-revenue")
    node = board
    for step in path:
        node = node[step]
    node["expr"] = "max(jobhive_mrr"
    assert [problem.partition(":")[0] for problem in linter_rules.target_promql(board)] == [
        "MRR A" if path[0] == "panels" else "annotation Alerts firing"
    ]


def test_the_parser_sees_what_is_asked() -> None:
    found = [item for board in boards() for item in asked(board)]
    assert all(parse(item.expression) for item in found)
    assert {item.where.split()[0] for item in found} >= {"annotation", "variable"}
