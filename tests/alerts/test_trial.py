"""`rules test` and promtool give the same verdict: on the rules we ship, on wrong ones, and on a table of files."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter import rules_command
from tests.alerts.mutants import Mutant
from tests.alerts.rule_files import TEST_FILES, promtool, read
from tests.alerts.test_rules import all_mutants, with_mutant

RULES = """
groups:
- name: first
  interval: 10m
  rules:
  - {record: doubled, expr: seen * 2, labels: {by: rule}}
  - alert: Hot
    expr: doubled > 10
    for: 2m
    keep_firing_for: 2m
    labels: {site: '{{ $externalLabels.site }}', none: ''}
    annotations: {text: '{{ $labels.room }} has {{ $value }}', url: '{{ $externalURL }}'}
  - alert: Asks
    expr: seen > 50
    annotations: {text: '{{ with query "doubled" }}{{ . | first | value }}{{ end }}'}
- name: second
  rules:
  - {alert: Twice, expr: count(seen) by (room) > 1}
  - {alert: Early, expr: 'ALERTS{alertname="Late"}'}
- name: third
  rules:
  - {alert: Late, expr: seen > 7}
  - {alert: Broken, expr: seen == on (room) group_left () other}
"""
HEAD = "rule_files: [rules.yml]\nevaluation_interval: 1m\n"
SERIES = "  input_series:\n  - {series: 'seen{room=\"a\"}', values: '%s'}\n"
HOT = "{exp_labels: {room: a, by: rule}, exp_annotations: {text: a has %s, url: ''}}"


def case(values: str, checks: str, more: str = "") -> str:
    lines = "".join(f"  - {line.strip()}\n" for line in checks.strip().splitlines())
    return f"{HEAD}tests:\n- interval: 1m\n{more}{SERIES % values}  alert_rule_test:\n{lines}"


def expressions(values: str, checks: str) -> str:
    return case(values, checks).replace("alert_rule_test", "promql_expr_test")


def hot(at: str, expected: str) -> str:
    return f"{{eval_time: {at}, alertname: Hot, exp_alerts: [{expected}]}}"


def ordered(order: str, minute: int) -> str:
    """Return a test that the alert on an alert fires in a minute, and in none before."""
    early = "{exp_labels: {room: a, alertstate: firing}}"
    checks = f"{{eval_time: {minute}m, alertname: Early, exp_alerts: [{early}]}}"
    checks += "\n{eval_time: 0m, alertname: Early}" * minute
    return case("8x3", checks).replace("tests:", f"group_eval_order: [{order}]\ntests:")


FILES = {
    "fires when it should": (True, case("6x9", hot("2m", HOT % 12) + "\n" + hot("1m59s", ""))),
    "not yet": (False, case("6x9", hot("1m", HOT % 12))),
    "another value": (False, case("6x9", hot("2m", HOT % 11))),
    "a label too many": (False, case("6x9", hot("2m", HOT.replace("room: a", "room: a, x: y") % 12))),
    "a label that is empty": (False, case("6x9", hot("2m", HOT.replace("room: a", "room: a, none: ''") % 12))),
    "an annotation that is empty": (False, case("6x9", hot("2m", HOT.replace(", url: ''", "") % 12))),
    "an alert too few": (False, case("6x9", hot("2m", ""))),
    "between two rounds": (True, case("6x9", hot("2m59s", HOT % 12))),
    "kept": (True, case("6x3 0x9", hot("5m", HOT % 12) + "\n" + hot("6m", ""))),
    "steps": (True, case("0+2x9", hot("5m", HOT % 20) + "\n" + hot("4m", ""))),
    "steps down": (True, case("9-1x9", hot("2m", HOT % 14) + "\n" + hot("3m", HOT % 12))),
    "looks back five minutes": (True, case("6 _x20", hot("4m", HOT % 12))),
    "looks back no further": (True, case("6 _x20", hot("9m", ""))),
    "stale": (True, case("6x3 stale 0", "{eval_time: 3m, alertname: Late}\n" + hot("3m", HOT % 12))),
    "stale ends it": (True, case("8 stale", "{eval_time: 1m, alertname: Late, exp_alerts: []}")),
    "a gap is none": (True, case("8 _ 8", "{eval_time: 1m, alertname: Late, exp_alerts: [{exp_labels: {room: a}}]}")),
    "negative and exponents": (True, case("-1e1+.5e1x2 1e1", "{eval_time: 3m, alertname: Late, exp_alerts: [{exp_labels: {room: a}}]}")),
    # promtool runs groups that are not listed in any order, another one each time.
    "groups in order": (True, ordered("first, second, third", 1)),
    "groups in another order": (True, ordered("third, second, first", 0)),
    "groups in an order that comes too late": (False, ordered("first, second, third", 0)),
    "external labels and URL": (
        True,
        case(
            "6x9",
            hot("2m", "{exp_labels: {room: a, by: rule, site: s}, exp_annotations: {text: a has 12, url: 'http://p'}}"),
            "  external_labels: {site: s}\n  external_url: http://p\n",
        ),
    ),
    "a text that asks for what was recorded": (True, case("51", "{eval_time: 0m, alertname: Asks, exp_alerts: [{exp_labels: {room: a}, exp_annotations: {text: '102'}}]}")),
    "no alertname": (False, case("6", "{eval_time: 0m, exp_alerts: []}")),
    "an unknown key": (False, case("6", "{eval_time: 0m, alertname: Hot, fuzzy: 1}")),
    "a repeated key": (False, case("6", "{eval_time: 0m, eval_time: 1m, alertname: Hot}")),
    "values that are none": (False, case("6y", "{eval_time: 0m, alertname: Hot}")),
    "no hexadecimal": (True, case("0x3", "{eval_time: 3m, alertname: Late}")),
    "a rule that fails": (
        False,
        case("6", "{eval_time: 0m, alertname: Hot}").replace(
            "  alert_rule_test", "  - {series: 'other{room=\"a\",x=\"1\"}', values: 1}\n  - {series: 'other{room=\"a\"}', values: 1}\n  alert_rule_test"
        ),
    ),
    "an expression": (True, expressions("6x9", "{eval_time: 2m, expr: seen + 1, exp_samples: [{labels: '{room=\"a\"}', value: 7}]}")),
    "an expression with a name": (True, expressions("6", "{expr: seen, exp_samples: [{labels: 'seen{room=\"a\"}', value: 6}]}")),
    "an expression of a scalar": (True, expressions("6", "{expr: 1 + 1, exp_samples: [{value: 2}]}")),
    "another sample": (False, expressions("6", "{expr: seen, exp_samples: [{labels: 'seen{room=\"a\"}', value: 6.1}]}")),
    "no sample": (False, expressions("6", "{expr: seen}")),
    "what was recorded": (
        True,
        expressions("6x9", "{eval_time: 2m30s, expr: doubled, exp_samples: [{labels: 'doubled{room=\"a\",by=\"rule\"}', value: 12}]}"),
    ),
    "alerts as series": (
        True,
        expressions("8x9", "{eval_time: 2m, expr: 'count(ALERTS)', exp_samples: [{labels: '{}', value: 3}]}"),
    ),
    "since when": (
        True,
        expressions("8x9", "{eval_time: 2m, expr: 'ALERTS_FOR_STATE{alertname=\"Late\"}', exp_samples: [{labels: 'ALERTS_FOR_STATE{alertname=\"Late\",room=\"a\"}', value: 0}]}"),
    ),
    "NaN is not itself": (False, expressions("NaN", "{expr: seen, exp_samples: [{labels: 'seen{room=\"a\"}', value: .nan}]}")),
    "infinity": (True, expressions("-Inf", "{expr: seen, exp_samples: [{labels: 'seen{room=\"a\"}', value: -.inf}]}")),
    "an expression that is none": (False, expressions("6", "{expr: seen +}")),
    "rules that are not there": (True, case("6", "{eval_time: 0m, alertname: Hot}").replace("rules.yml", "nosuch.yml")),
    "an expression that fails": (False, expressions("6", "{expr: 'label_replace(seen, \"room\", \"\", \"room\", \".*\") or seen + on () seen'}")),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_promtool_and_we_give_the_same_verdict(name: str, tmp_path: Path) -> None:
    passes, content = FILES[name]
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "tests.yml").write_text(content)
    done = promtool("test", "rules", tmp_path / "tests.yml")
    ours = rules_command.test([tmp_path / "tests.yml"])
    assert (done.returncode == 0, ours == 0) == (passes, passes), done.stdout + done.stderr


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.name)
def test_the_shipped_rules_do_what_their_tests_say(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rules_command.test([path]) == 0
    assert capsys.readouterr().out == f"Unit Testing:  {path}\n  SUCCESS\n"


@pytest.mark.parametrize(("path", "mutant"), all_mutants())
def test_a_wrong_rule_fails_here_too(
    path: Path, mutant: Mutant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rules_command.test([with_mutant(path, mutant, tmp_path)]) == 1
    assert "got:" in capsys.readouterr().out


def test_a_test_without_an_interval_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """promtool puts all samples at one instant then, which nobody wants."""
    (tmp_path / "tests.yml").write_text("tests:\n- name: x\n  input_series: []\n")
    assert rules_command.test([tmp_path / "tests.yml"]) == 1
    assert "tests.yml:2:3: a test needs an interval; write for example interval: 1m" in capsys.readouterr().out


def test_a_difference_is_told_with_what_was_expected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "tests.yml").write_text(case("8", "{eval_time: 0m, alertname: Late, exp_alerts: []}"))
    assert rules_command.test([tmp_path / "tests.yml"]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  FAILED:",
        "    test 1: alertname: Late, time: 0s",
        "    exp:",
        "    []",
        "    got:",
        '    {alertname="Late", room="a"} {}',
    ]


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: path.name)
def test_one_wrong_expectation_fails_in_both(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of each kind in each file: a label, a text, an alert too many, an alert too few, another time."""
    rules = path.parent / read(path)["rule_files"][0]
    for number, wrong in enumerate((other_label, other_text, no_alert, one_alert, another_time)):
        tests = {**read(path), "rule_files": [str(rules.resolve())]}
        (case, *_) = tests["tests"] = [case for case in tests["tests"] if any(map(fires, case["alert_rule_test"]))][:1]
        wrong(case["alert_rule_test"])
        mutated = tmp_path / f"{number}.yml"
        mutated.write_text(yaml.dump(tests, Dumper=WithoutAliases))
        verdicts = promtool("test", "rules", mutated).returncode, rules_command.test([mutated])
        assert verdicts == (1, 1), wrong.__name__
        assert "got:" in capsys.readouterr().out


class WithoutAliases(yaml.SafeDumper):
    """Writes what is shared twice, so that it can be changed once."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def other_label(checks: list[Any]) -> None:
    alert = fired(checks)["exp_alerts"][0]
    alert["exp_labels"] = {**alert["exp_labels"], "severity": "other"}


def other_text(checks: list[Any]) -> None:
    alert = fired(checks)["exp_alerts"][0]
    alert["exp_annotations"] = {**alert["exp_annotations"], "description": "Another."}


def no_alert(checks: list[Any]) -> None:
    fired(checks)["exp_alerts"] = []


def one_alert(checks: list[Any]) -> None:
    check = fired(checks)
    check["exp_alerts"] = [*check["exp_alerts"], {"exp_labels": {"severity": "info", "more": "x"}}]


def another_time(checks: list[Any]) -> None:
    fired(checks)["eval_time"] = "0s"


def fired(checks: list[Any]) -> Any:
    return next(filter(fires, checks))


def fires(check: Any) -> bool:
    # Watchdog fires at any time.
    return bool(check["exp_alerts"]) and check["alertname"] != "Watchdog"
