"""The lint of rule files, a row for each check, and the commands around it."""

from pathlib import Path

import pytest

from alerts.lint import Finding, Knowledge, findings
from alerts.rulefile import Terms, read
from alerts.templates import compile_template
from alerts.yaml_source import Place
from exporter import rules_command
from exporter.cli import main
from exporter.model import Family, Label
from tests.alerts.rule_files import RULE_FILES

WINDOWED = Family("T1", "signups", "By window.", (Label("plan"), Label("window", ("24h", "7d"))))
KINDS = Family("T2", "talks", "By kind.", (Label("kind", ("all", "hiring", "practice")),))
PLAIN = Family("T3", "jobs", "Plain.")
KNOWN = Knowledge({family.name: family for family in (WINDOWED, KINDS, PLAIN)}, {"recorded"}, {"JobHiveJobs"})
ANNOTATIONS = {
    "summary": "Something is wrong.",
    "description": "'It is {{ $value }}.'",
    "runbook_url": "https://r/JobHiveJobs",
    "dashboard_url": "https://d/x",
}


def rule(
    expression: str = "max(jobs) > 0", name: str = "JobHiveJobs", labels: str = "severity: info, area: ai", **texts: str
) -> str:
    annotations = "".join(f"      {key}: {text}\n" for key, text in {**ANNOTATIONS, **texts}.items() if text)
    return f"  - alert: {name}\n    expr: {expression!r}\n    labels: {{{labels}}}\n    annotations:\n{annotations}"


def found(rules: str, header: str = "name: g") -> list[Finding]:
    source = f"groups:\n- {header}\n  rules:\n{rules}"
    content = read("x.rules.yml", source.encode(), Terms(compile_template))
    assert content.problems == ()
    (group,) = content.groups
    return findings(group, source, KNOWN)


# A rule, the check that finds something, and what it says.
ROWS = [
    (rule(name="lower_case"), "name", "the name is not CamelCase; write for example JobHiveMRRDrop"),
    (rule(name="JobHive" + "Long" * 10), "name", "the name is longer than 40 characters"),
    (rule(labels="area: ai"), "severity", "severity is missing; write one of critical, warning, info"),
    (rule(labels="severity: page, area: ai"), "severity", "severity is page; write one of critical, warning, info"),
    (rule(labels="severity: none, area: ai"), "severity", "severity is none; write one of critical, warning, info"),
    (rule(labels="severity: info"), "severity", "the label area is missing; it says who looks after the alert"),
    *((rule(**{name: ""}), "texts", f"the annotation {name} is missing") for name in ANNOTATIONS),
    (rule(summary="'{{ $value }} is wrong.'"), "texts", "the summary is a template; it names many alerts at once, so write what they share"),
    (rule(summary="something."), "texts", "the summary is no sentence; begin with a capital and end with a full stop"),
    (rule(description="Bad."), "texts", "the description says nothing of this alert; name its labels or its value"),
    (rule(runbook_url="https://r/Other"), "texts", "there is no runbook Other; write alerts/runbooks/Other.md"),
    (rule("max(jobs)"), "comparison", "there is no comparison, so it fires whatever the value is; write for example > 0"),
    (rule("max(jobs) > bool 0"), "comparison", "there is no comparison, so it fires whatever the value is; write for example > 0"),
    (rule("topk(3, max(jobs)) > 0"), "comparison", "topk and bottomk choose other series each time, so alerts come and go; compare with a limit"),
    (rule(labels="severity: info, area: ai, a: \"{{ $value }}\""), "value-label", "the label a has the value in it, so each round makes another alert; use an annotation"),
    (rule(labels="severity: info, area: ai, a: \"{{ .Value }}\""), "value-label", "the label a has the value in it, so each round makes another alert; use an annotation"),
    (rule("max(job) > 0"), "series", "there is no metric job, so this never matches"),
    (rule("max(jobs{room=\"a\"}) > 0"), "series", 'jobs has no label room, so room="a" never matches'),
    (rule("max(signups{window=\"7days\"}) > 0"), "series", 'window="7days" of signups never matches; there are 24h, 7d'),
    (rule("max(talks{kind=~\"x.*\"}) > 0"), "series", 'kind=~"x.*" of talks never matches; there are all, hiring, practice'),
    (rule("max(signups) > 0"), "window", 'signups has a series for each window; write for example {window="24h"}'),
    (rule("max(signups{window=~\"24h|7d\"}) > 0"), "window", 'signups has a series for each window; write for example {window="24h"}'),
    (rule("max(talks) > 0"), "window", 'talks has the sum of all kinds beside them; write {kind="all"} or {kind!="all"}'),
    (rule("jobs > 0"), "aggregate", "jobs is not aggregated, so each replica makes an alert of its own; write max by (…) (…)"),
    (rule("max without (pod) (jobs) > 0"), "aggregate", "without (…) keeps the labels of replicas; write by (…)"),
    (rule("max by (instance) (jobs) > 0"), "aggregate", "by (…) keeps instance, so each replica makes an alert of its own; leave it out"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "check", "text"), ROWS)
def test_what_is_found(rules: str, check: str, text: str) -> None:
    (one,) = found(rules)
    name = rules.partition("alert: ")[2].partition("\n")[0]
    assert one == Finding(Place(5, 12), check, f'group "g", rule 1 "{name}": {text}')
    assert found(f"  # lint:ignore {check} we know\n{rules}") == []
    assert found(f"  # lint:ignore other we know\n{rules}") != []
    assert found(f"  # lint:ignore {check}\n{rules}") != [], "a reason is required"


@pytest.mark.parametrize(
    "rules",
    [
        rule(),
        rule("absent(max(jobs))"),
        rule("max(recorded) > 0"),
        rule('max by (plan) (signups{window="24h",plan!="x",job="j"}) > 0'),
        rule("max by (kind) (talks) > 0"),
        rule('max(talks{kind!="all"}) > 0'),
        rule('max(jobs) > 0 and on () ALERTS{alertname="Other"}'),
        rule("max by (job, instance) (jobs) > 0", labels="severity: info, area: exporter"),
        rule("jobs > 0", labels="severity: info, area: exporter"),
        rule("vector(1)", name="Watchdog", labels="severity: none, area: exporter", description="Always."),
        "  - {record: any_name, expr: jobs}\n",
    ],
)
def test_what_is_fine(rules: str) -> None:
    assert found(rules) == []


@pytest.mark.parametrize(
    ("header", "rules", "text"),
    [
        ("name: " + "x" * 41, rule(), "the name is longer than 40 characters"),
        ("name: g", rule() * 21, "has more than 20 rules; split it"),
        ("name: g\n  interval: 6m", rule(), "the interval 6m is longer than 5m"),
    ],
)
def test_groups(header: str, rules: str, text: str) -> None:
    (one,) = found(rules, header)
    assert text in one.text


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_the_shipped_rules_are_fine(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """That every name exists, test_rules says."""
    main(["rules", "check", str(path)])
    assert [line for line in capsys.readouterr().err.splitlines() if not line.endswith(" (series)")] == []


def test_check_tells_all_problems_with_their_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.rules.yml"
    path.write_text("groups:\n- name: g\n  rules:\n  - {alert: A, expr: 'up ='}\n" + rule("max(nosuch) > 0"))
    assert main(["rules", "check", str(path)]) == 1
    out, err = capsys.readouterr()
    assert [line.split(" ")[0] for line in err.splitlines()] == [f"{path}:4:23:", f"{path}:6:12:"]
    assert err.endswith("there is no metric nosuch, so this never matches (series)\n")
    assert out == "1 files, 1 rules, 2 problems\n"


def test_list_tells_what_rules_depend_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.rules.yml"
    path.write_text(
        "groups:\n- name: g\n  interval: 5m\n  rules:\n  - {record: r, expr: jobhive_mrr}\n"
        "  - {alert: A, expr: r > 0, for: 90m}\n  - {alert: B, expr: up == 0}\n"
    )
    assert main(["rules", "list", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: group g, every 5m",
        "  record r: depends on revenue",
        "  alert A, after 1h30m: depends on revenue",
        "  alert B, after 0s: depends on nothing but the daemon",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rules"], "the following arguments are required: WHAT"),
        (["rules", "check"], "the following arguments are required: FILE"),
        (["rules", "check", "--min-prometheus", "3", "x"], "'3' is not a version; write for example 2.42"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("what", ["check", "list", "test"])
def test_a_file_that_is_not_there(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", what, "nosuch.yml"]) == 1
    assert (
        capsys.readouterr().err
        == "jobhive-exporter: nosuch.yml: the file cannot be read: No such file or directory; check its path\n"
    )


def test_labels_of_groups_need_a_newer_prometheus(tmp_path: Path) -> None:
    path = tmp_path / "x.rules.yml"
    path.write_text("groups:\n- name: g\n  labels: {a: b}\n  rules:\n  - {record: r, expr: jobhive_mrr}\n")
    assert main(["rules", "list", str(path)]) == 1
    assert main(["rules", "list", "--min-prometheus", "3.0", str(path)]) == 0


def test_the_version_is_two_numbers() -> None:
    assert rules_command.version("3.10") > rules_command.version("3.9")
