"""The rules we ship: Prometheus takes them, each is tested, documented and speaks of metrics that exist."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerts.mutants import Mutant, mutants
from tests.alerts.rule_files import (
    ALERTS,
    OF_PROMETHEUS,
    RULE_FILES,
    RUNBOOKS,
    TEST_FILES,
    catalogue,
    grouping_labels,
    promtool,
    read,
    rules,
    selectors,
)
from tests.conftest import execute

SEVERITIES = {"critical", "warning", "info"}
ANNOTATIONS = {"summary", "description", "runbook_url", "dashboard_url"}
HEADINGS = ["Meaning", "Impact", "How to look", "What to do", "When it is a false alarm"]
OF_TARGET = {"job", "instance", "pod"}
ALERT_RULES = [pytest.param(path, rule, id=rule["alert"]) for path, rule in rules()]
# These are never negative: their sum is 0 when the greatest is.
SAME_MEANING = {
    ("JobHiveCollectorFailing", "max → sum at 0"),
    ("JobHiveApiBudgetSpent", "max → sum at 0"),
    ("JobHiveAlertmanagerDown", "max → sum at 0"),
    ("JobHiveNoSignups", "max → sum at 0"),
    ("JobHiveAISilent", "max → sum at 86"),
    ("JobHiveAISilent", "max → sum at 163"),
}
# Prometheus' and Alertmanager's own counters, which the runbook of the alert path looks at.
OF_OTHERS = re.compile("prometheus_|alertmanager_")


def test_there_is_a_test_file_for_every_rule_file() -> None:
    names = [path.name.replace(".rules.", ".test.") for path in RULE_FILES]
    assert names
    assert [path.name for path in TEST_FILES] == names
    assert [read(path)["rule_files"] for path in TEST_FILES] == [[f"../rules/{path.name}"] for path in RULE_FILES]


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_prometheus_takes_the_file(path: Path) -> None:
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.name)
def test_the_rules_do_what_their_tests_say(path: Path) -> None:
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("path", "rule"), ALERT_RULES)
def test_names_and_labels(path: Path, rule: dict[str, Any]) -> None:
    name, labels = rule["alert"], rule["labels"]
    assert name == "Watchdog" or re.fullmatch("JobHive([A-Z]+[a-z0-9]+)+", name)
    assert len(name) <= 40
    assert labels.keys() == {"severity", "area"}
    assert labels["severity"] in ({"none"} if name == "Watchdog" else SEVERITIES)
    assert labels["area"] == path.name.partition(".")[0]
    assert "$value" not in str(labels)


@pytest.mark.parametrize(("path", "rule"), ALERT_RULES)
def test_annotations(path: Path, rule: dict[str, Any]) -> None:
    annotations = rule["annotations"]
    assert annotations.keys() == ANNOTATIONS
    assert re.fullmatch(r"[A-Z][^{]+\.", annotations["summary"])
    assert ("{{" in annotations["description"]) == (rule["alert"] != "Watchdog")
    assert annotations["runbook_url"].rpartition("/")[2] == rule["alert"]
    boards = {"JobHiveNoSignups": "jobhive-engagement"}
    board = boards.get(rule["alert"], f"jobhive-{rule['labels']['area']}")
    assert annotations["dashboard_url"].rpartition("/")[2].startswith(board)


@pytest.mark.parametrize(("path", "rule"), ALERT_RULES)
def test_every_name_and_label_exists(path: Path, rule: dict[str, Any]) -> None:
    families = catalogue()
    for selector in selectors(rule["expr"]):
        if selector.name in OF_PROMETHEUS:
            continue
        assert selector.name in families
        domains = {label.name: label.values for label in families[selector.name].labels}
        for matcher in selector.matchers:
            domain = domains[matcher.label]
            assert matcher.operator != "=" or domain is None or matcher.value in domain


@pytest.mark.parametrize(("path", "rule"), ALERT_RULES)
def test_only_rules_about_the_exporter_keep_labels_of_the_target(path: Path, rule: dict[str, Any]) -> None:
    kept, used = grouping_labels(rule["expr"]), selectors(rule["expr"])
    assert "without" not in rule["expr"]
    if rule["labels"]["area"] == "exporter":
        return
    assert not kept & OF_TARGET
    assert not any(matcher.label in OF_TARGET for selector in used for matcher in selector.matchers)
    aggregated = re.findall(r"max(?: by \([^)]*\))? ?\(\w+(?:\{[^}]*\})?\)", rule["expr"])
    families = [selector for selector in used if selector.name != "ALERTS"]
    assert len(aggregated) == len(families), "a selector that is not aggregated keeps job and instance"


@pytest.mark.parametrize(("path", "rule"), ALERT_RULES)
def test_every_alert_is_tested_as_firing_and_as_silent(path: Path, rule: dict[str, Any]) -> None:
    cases = read(ALERTS / "tests" / path.name.replace(".rules.", ".test."))["tests"]
    expected = [
        bool(check["exp_alerts"])
        for case in cases
        for check in case["alert_rule_test"]
        if check["alertname"] == rule["alert"]
    ]
    assert set(expected) == ({True} if rule["alert"] == "Watchdog" else {True, False})


def test_there_is_a_runbook_for_every_alert_and_none_besides() -> None:
    assert RUNBOOKS.keys() == {rule["alert"] for _, rule in rules()}


@pytest.mark.parametrize("name", RUNBOOKS)
def test_a_runbook_has_five_headings_and_says_something_under_each(name: str) -> None:
    title, *sections = re.split("^## ", RUNBOOKS[name].read_text(), flags=re.MULTILINE)
    assert title.strip() == f"# {name}"
    assert [section.partition("\n")[0] for section in sections] == HEADINGS
    assert all(len(section.partition("\n")[2].split()) > 10 for section in sections)


def snippets(name: str, language: str) -> list[str]:
    """Return the code of a language in a runbook, without the indentation of lists."""
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```", RUNBOOKS[name].read_text(), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", code, flags=re.MULTILINE) for indent, code in blocks]


@pytest.mark.parametrize("name", RUNBOOKS)
def test_queries_of_runbooks_parse_and_speak_of_what_exists(name: str, tmp_path: Path) -> None:
    queries = [line for code in snippets(name, "promql") for line in code.splitlines()]
    used = {selector.name for query in queries for selector in selectors(query)}
    assert {each for each in used if not OF_OTHERS.match(each)} <= catalogue().keys() | OF_PROMETHEUS.keys()
    recorded = [{"record": f"query_{number}", "expr": query} for number, query in enumerate(queries)]
    (tmp_path / "queries.yml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": recorded}]}))
    done = promtool("check", "rules", tmp_path / "queries.yml")
    assert (done.returncode, bool(queries)) == (0, True), done.stdout + done.stderr


def test_statements_of_runbooks_run(golden: str) -> None:
    statements = [code for name in RUNBOOKS for code in snippets(name, "sql")]
    assert statements
    for statement in statements:
        execute(golden, statement)


def with_mutant(path: Path, mutant: Mutant, folder: Path) -> Path:
    """Copy a rule file with the mutant alone, and those tests that are about it; returns the tests."""
    content, tests = read(path), read(ALERTS / "tests" / path.name.replace(".rules.", ".test."))
    about = mutant.rule["alert"]
    content["groups"] = [{"name": "mutant", "rules": [mutant.rule]}]
    tests["rule_files"] = ["rules.yml"]
    tests["tests"] = [
        case for case in tests["tests"] if any(check["alertname"] == about for check in case["alert_rule_test"])
    ]
    for name, data in (("rules.yml", content), ("tests.yml", tests)):
        (folder / name).write_text(yaml.safe_dump(data))
    return folder / "tests.yml"


def all_mutants() -> list[Any]:
    return [
        pytest.param(path, mutant, id=f"{rule['alert']} {mutant.wrong}")
        for path in RULE_FILES
        for group in read(path)["groups"]
        for rule in group["rules"]
        for mutant in mutants(rule, group["interval"])
        if (rule["alert"], mutant.wrong) not in SAME_MEANING
    ]


@pytest.mark.parametrize(("path", "mutant"), all_mutants())
def test_the_tests_of_a_rule_notice_when_it_is_wrong(path: Path, mutant: Mutant, tmp_path: Path) -> None:
    tests = with_mutant(path, mutant, tmp_path)
    done = promtool("test", "rules", tests)
    assert done.returncode == 1
    # A rule that is not even valid would fail too, but without a result.
    assert "got:" in done.stdout + done.stderr
