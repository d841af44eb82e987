"""The committed dashboards keep every rule, every rule finds its mistake, and what is excluded is there."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dashboards.boards import asked, boards, named
from dashboards.lint import __main__, linter_rules
from dashboards.lint.exclusions import Exclusions, read
from dashboards.lint.rules import RULES, said
from dashboards.promql import parse
from tests.dashboards.plants import PLANTS, Plant

REVENUE = "JobHive / Revenue"


def excluding(rule: str, *entries: dict[str, Any], reason: str = "a test") -> Exclusions:
    return Exclusions.model_validate({"exclusions": {rule: {"reason": reason, "entries": entries}}})


def test_the_dashboards_keep_the_rules() -> None:
    assert said(boards(), read()) == []


def test_the_command_says_so() -> None:
    root = Path(__main__.__file__).parents[2]
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "dashboards.lint"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{len(boards())} dashboards, {len(RULES)} rules: no problem\n"


def test_the_command_fails_where_something_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    board = named("jobhive-revenue") | {"editable": True}
    monkeypatch.setattr(__main__, "boards", lambda: [board])
    monkeypatch.setattr(__main__, "read", lambda: Exclusions(exclusions={}))
    assert __main__.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"{REVENUE}: it can be edited (uneditable-dashboard)" in lines
    assert lines[-1] == f"1 dashboards, {len(RULES)} rules: {len(lines) - 1} problems"


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.rule.__name__}-{plant.says}")
def test_a_rule_finds_its_mistake(plant: Plant) -> None:
    assert plant.says not in [problem.text for problem in plant.rule(named(plant.board))]
    assert plant.says in [problem.text for problem in plant.rule(plant.planted())]


def test_every_rule_has_a_mistake() -> None:
    # What the parser says of a query that is none is not ours: it has a test of its own.
    assert {plant.rule for plant in PLANTS} | {linter_rules.target_promql} == set(RULES.values())


@pytest.mark.parametrize(
    ("entry", "excluded"),
    [
        ({}, {"MRR", "ARR"}),
        ({"dashboard": REVENUE}, {"MRR", "ARR"}),
        ({"dashboard": REVENUE, "panel": "MRR"}, {"MRR"}),
        ({"panel": "ARR", "targetIdx": 0}, {"ARR"}),
    ],
)
def test_an_exclusion_excludes_its_place(entry: dict[str, Any], excluded: set[str]) -> None:
    board = named("jobhive-revenue")
    for panel in board["panels"][1:3]:
        panel["targets"][0]["expr"] = "max(jobhive_mrr)"
    given = excluding("target-job-rule", entry)
    found = {line for line in said([board], given) if "target-job-rule" in line}
    places = {"MRR", "ARR"} - excluded
    assert found == {f"{REVENUE}: {place} A: jobhive_mrr is not of $job (target-job-rule)" for place in places}


@pytest.mark.parametrize(
    "entry",
    [{"dashboard": "Revenue"}, {"dashboard": REVENUE, "panel": "MRR"}, {"targetIdx": 7}, {"panel": "mrr trend"}],
)
def test_an_exclusion_of_nothing_is_a_mistake(entry: dict[str, Any]) -> None:
    given = excluding("uneditable-dashboard", {}, entry)
    found = said([named("jobhive-revenue") | {"editable": True}], given)
    assert "lint.yaml: entry 2 of uneditable-dashboard excludes nothing: remove it" in found
    assert not [line for line in found if "it can be edited" in line]


def test_an_exclusion_from_no_rule_is_a_mistake() -> None:
    assert "lint.yaml: there is no rule target-jobs" in said([], excluding("target-jobs"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"exclusions": {"ids": {"entries": []}}}, "Field required"),
        ({"exclusions": {"ids": {"reason": "", "entries": []}}}, "at least 1 character"),
        ({"exclusions": {"ids": {"reason": "so", "entries": [{"title": "MRR"}]}}}, "Extra inputs"),
    ],
)
def test_an_exclusion_has_a_reason_and_known_keys(content: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Exclusions.model_validate(content)


@pytest.mark.parametrize("path", [("panels", 1, "targets", 0), ("annotations", "list", 0)])
@pytest.mark.parametrize("expression", ["max(jobhive_mrr", '{app="jobhive"} |= "error"'])
def test_a_query_that_is_none_is_found(path: tuple[str | int, ...], expression: str) -> None:
    board: Any = named("jobhive-revenue")
    node = board
    for step in path:
        node = node[step]
    node["expr"] = expression
    (problem,) = linter_rules.target_promql(board)
    place = "MRR A" if path[0] == "panels" else "annotation Alerts firing"
    assert problem.text.startswith(f"{place}: ")
    # The rules that read expressions are not asked.
    only = f"{REVENUE}: {problem.text} (target-promql-rule)"
    assert said([board], Exclusions(exclusions={})) == [only]


def test_the_parser_sees_what_is_asked() -> None:
    found = [item for board in boards() for item in asked(board)]
    assert all(parse(item.expression) for item in found)
    assert {item.where.split()[0] for item in found} >= {"annotation", "variable"}
