"""The lint of rule files, a row for each check, and the commands around it."""

from pathlib import Path

import pytest

from alerts.lint import CHECKS, Finding, Knowledge, Level, findings, knowledge
from alerts.rulefile import Terms, read
from alerts.templates import compile_template
from exporter import rules_files
from exporter.cli import main
from exporter.model import Family, Label
from tests.alerts.rule_files import RULE_FILES

WINDOWED = Family("T1", "signups", "By window.", (Label("plan"), Label("window", ("24h", "7d"))))
KINDS = Family("T2", "talks", "By kind.", (Label("kind", ("all", "hiring", "practice")),))
PLAIN = Family("T3", "jobs", "Plain.")
RATIO = Family("T4", "done_ratio", "A ratio.", (Label("plan"),))
USAGE = Family("T5", "pool_usage_ratio", "A ratio of use.")
ROOMS = Family("T6", "rooms", "By room.", (Label("plan"), Label("room")))
COUNTER = Family("T7", "seen_total", "A counter.")
ANNOTATIONS = {
    "summary": "Something is wrong.",
    "description": "'It is {{ $value }}.'",
    "runbook_url": "https://r/JobHiveJobs",
    "dashboard_url": "https://d/x",
}


def rule(
    expression: str = "max(jobs) > 0",
    name: str = "JobHiveJobs",
    labels: str = "severity: info, area: ai",
    hold: str = "1h",
    **texts: str,
) -> str:
    annotations = "".join(f"      {key}: {text}\n" for key, text in {**ANNOTATIONS, **texts}.items() if text)
    given = f"    for: {hold}\n" if hold else ""
    return (
        f"  - alert: {name}\n    expr: {expression!r}\n{given}    labels: {{{labels}}}\n    annotations:\n{annotations}"
    )


def found(rules: str, header: str = "name: g") -> list[Finding]:
    source = f"groups:\n- {header}\n  rules:\n{rules}"
    # A file of another group, whose series may be read.
    other = "groups:\n- name: other\n  rules:\n  - {record: recorded, expr: jobs}\n"
    content, beside = (
        read(f"{n}.rules.yml", text.encode(), Terms(compile_template)) for n, text in enumerate((source, other))
    )
    assert content.problems == ()
    (group,) = content.groups
    groups = (*content.groups, *beside.groups)
    known = Knowledge(
        families={family.name: family for family in (WINDOWED, KINDS, PLAIN, RATIO, USAGE, ROOMS, COUNTER)},
        owners={"jobs": "one", "signups": "one", "rooms": "two"},
        recorded=knowledge.recorded(groups),
        first=knowledge.first(groups),
        runbooks={"JobHiveJobs"},
        dashboards={"x", "y"},
        external={"site"},
    )
    return findings(group, source, known)


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
    (rule(dashboard_url="https://d/z?a=/x"), "texts", "there is no dashboard z; there are x, y"),
    (rule('max by (plan) (max by (room) (rooms)) > 0'), "impossible", "by (plan) groups by a label that is aggregated away below; keep it there"),
    (rule('max by (kind) (jobs) > 0'), "impossible", "by (kind) groups by a label that nothing below has; there are instance, job, pod"),
    (rule('max by (plan) (rooms) > on (room) group_left () max by (room) (rooms)'), "impossible", "on (room) names a label that is aggregated away on the left side; keep it there"),
    (rule('max by (plan) (rooms) > 1 and max(jobs) > 0'), "impossible", "the right side of and has no plan, so nothing matches; write and on (…)"),
    (rule('max(jobs) > 1 unless max by (plan) (rooms)'), "impossible", "the left side of unless has no plan, so nothing matches; write unless on (…)"),
    (rule('max by (plan) (rooms) > ignoring (plan) max by (room) (rooms)'), "impossible", "the left side of > has no room, so nothing matches; write > on (…)"),
    (rule('max(jobs) > 0 and on (plan) up', labels="severity: info, area: exporter"), "matching", "on (plan) names a label that neither side has; leave it out"),
    (rule('max by (plan) (rooms) > 0 and on (plan) up', labels="severity: info, area: exporter"), "matching", "on (plan) names a label that the right side has not; nothing matches"),
    (rule("absent(max(jobs))", hold=""), "fragile", "absent() is true between two collections; it may be so for a moment only; write for: 2m or longer"),
    (rule("max(jobs) + max(rooms) > 0", hold="1m"), "fragile", "+ combines collectors that run at other times (one, two); it may be so for a moment only; write for: 2m or longer"),
    (rule("max(jobs) > scalar(max(rooms))"), "fragile", "scalar() of nothing is NaN, and no comparison with NaN is true; join it: > on () group_left () …"),
    (rule("sum(rooms / rooms) > 0", description="Bad {{ $value | humanize }}."), "style", "one 0/0 makes the whole sum NaN; divide the sums instead"),
    (rule("max(seen_total) > 0"), "style", "seen_total only grows until a restart; compare a family of a window instead"),
    (rule('max(rooms{room=~"a"}) > 0'), "style", 'room=~"a" has no pattern; write room="a"'),
    (rule('max(rooms{room!~"a"}) > 0'), "style", 'room!~"a" has no pattern; write room!="a"'),
    (rule('max(rooms{room=~"^a.*"}) > 0'), "style", 'room=~"^a.*": regexes match whole values, so leave ^ and $ out'),
    (rule('max(rooms{room=~"a.*$"}) > 0'), "style", 'room=~"a.*$": regexes match whole values, so leave ^ and $ out'),
    (rule(hold="0s"), "style", "for: 0s is what is without it; leave it out"),
    (rule(hold="90s"), "style", "for: 1m30s is no multiple of the interval 1m, so it lasts longer"),
    (rule("max(done_ratio) > 0.5", description="Bad {{ $value | humanize }}."), "volume", "done_ratio is chance where samples are few; add a guard: and max by (…) (…_samples) >= 30"),
    (rule('max(done_ratio) > 0.5 or (max(pool_usage_ratio) > 0 and max(jobs) > 3)', description="Bad {{ $value | humanize }}."), "volume", "done_ratio is chance where samples are few; add a guard: and max by (…) (…_samples) >= 30"),
    (rule('max(signups{window="24h"}) > 0', hold="4m"), "volume", "signups is of the last 1d and moves slowly; write for: 5m or longer"),
    (rule(description="'{{ $labels.plan }}'"), "template", "$labels.plan is always empty: the result has no label plan; there are none"),
    (rule("max by (plan) (rooms) > 0", description="'{{ with $labels.room }}x{{ end }}'"), "template", "$labels.room is always empty: the result has no label room; there are plan"),
    (rule(description="'{{ $labels.alertname }}'"), "template", "$labels.alertname is always empty: the result has no label alertname; there are none; alertname comes later"),
    (rule(description="'{{ if gt $value 10 }}x{{ end }}'"), "template", "$value is compared with the whole number 10, which fails; write 10.0"),
    (rule("max(jobs) / max(jobs) > 0.5"), "template", "the value of a division is written with all its digits; write $value | humanize"),
    (rule("max(pool_usage_ratio) > 0.5", description="'{{ .Value }}'"), "template", "the value of pool_usage_ratio is written with all its digits; write $value | humanize"),
    (rule(labels="severity: info, area: ai, site: a"), "depend", "the label site is an external label too, which it hides; choose another name"),
    ("  - {record: here, expr: recorded}\n", "depend", 'recorded is recorded by the group "other", so it may be a round old; move the rule there'),
    ("  - {record: recorded, expr: sum(jobs)}\n  - {record: recorded, expr: jobs}\n", "depend", "the same record with the same labels stands in 0.rules.yml:4; remove one or tell them apart by a label"),
]  # fmt: skip


WARNINGS = {"template", "matching", "fragile", "style", "volume"}


@pytest.mark.parametrize(("rules", "check", "text"), ROWS)
def test_what_is_found(rules: str, check: str, text: str) -> None:
    (one,) = found(rules)
    assert (one.id, one.text.partition('": ')[2]) == (check, text)
    assert (one.level is Level.WARNING) == (check in WARNINGS or "round old" in text)
    *before, last = rules.split("  - ")
    spared = "  - ".join([*before, ""])[:-4]
    assert found(f"{spared}  # lint:ignore {check} we know\n  # More.\n  - {last}") == []
    assert found(f"{spared}  # lint:ignore other we know\n  - {last}") == [
        one._replace(place=one.place._replace(line=one.place.line + 1))
    ]
    assert found(f"{spared}  # lint:ignore {check}\n  - {last}") != [], "a reason is required"


def test_a_comment_spares_the_rule_below_it_alone() -> None:
    wrong = rule("max(job) > 0")
    assert found(f"  # lint:ignore series we know\n{rule(name='JobHiveOther')}{wrong}") != []


def test_every_check_has_a_row() -> None:
    assert {check.id for check in CHECKS} == {row[1] for row in ROWS}


def test_the_place_is_that_of_the_key() -> None:
    rules = rule("max(job) > 0", hold="0s", summary="something.", labels="severity: info, area: ai, site: a")
    places = {one.id: str(one.place) for one in found(rules)}
    assert places == {"series": "5:12", "style": "6:5", "depend": "7:40", "texts": "9:7"}


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
        rule("vector(1)", name="Watchdog", labels="severity: none, area: exporter", description="Always.", hold=""),
        rule(
            "max by (plan) (done_ratio) > 0.5 and max by (plan) (rooms) >= 3",
            description="'{{ $labels.plan }} {{ $value | humanizePercentage }}'",
        ),
        rule("max(pool_usage_ratio) > 0.5", description="'{{ printf \"%.2f\" $value }}'"),
        rule("max by (plan) (rooms) > on (plan) group_left () max by (plan) (rooms)"),
        rule("max by (plan) (rooms) > 1 and on () max(jobs) > 0"),
        rule("max(jobs) + max(rooms) > 0", hold="2m"),
        rule('max(jobs) + max(signups{window="24h"}) > 0', hold="5m"),
        rule("max(jobs) > 0", description="'{{ if gt $value 10.0 }}x{{ end }}'"),
        rule('max by (plan) (rooms{room=~"a|b",plan!~"x.+"}) > 0'),
        rule("max by (a) (label_replace(rooms, 'a', '$1', 'room', '(.*)')) > 0", description="'{{ $labels.a }}'"),
        rule("count_values by (plan) ('v', rooms) > 0", description="'{{ $labels.v }}'"),
        rule("max(unknown) > 0", name="JobHiveOther").replace("max(unknown)", "max by (any) (recorded)"),
        "  - {record: any_name, expr: jobs}\n",
        "  - {record: recorded, expr: jobs, labels: {other: x}}\n  - {record: next, expr: recorded}\n",
    ],
)
def test_what_is_fine(rules: str) -> None:
    assert found(rules) == []


@pytest.mark.parametrize(
    ("header", "rules", "text"),
    [
        ("name: " + "x" * 41, rule(), "the name is longer than 40 characters"),
        (
            "name: g",
            "".join(rule(name=f"JobHive{chr(65 + n)}a") for n in range(21)),
            "has more than 20 rules; split it",
        ),
        ("name: g\n  interval: 6m", rule(), "the interval 6m is longer than 5m"),
    ],
)
def test_groups(header: str, rules: str, text: str) -> None:
    (one,) = found(rules, header)
    assert text in one.text


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_the_shipped_rules_are_fine(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "check", "--strict", str(path)]) == 0
    assert capsys.readouterr().err == ""


def test_check_tells_all_problems_with_their_places(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.rules.yml"
    path.write_text(
        "groups:\n- name: g\n  rules:\n  - {alert: A, expr: 'up ='}\n"
        + rule("max(nosuch) > 0", dashboard_url="https://d/d/jobhive-cost")
    )
    assert main(["rules", "check", str(path)]) == 1
    out, err = capsys.readouterr()
    assert [line.split(" ")[0] for line in err.splitlines()] == [f"{path}:4:23:", f"{path}:6:12:"]
    assert err.endswith("there is no metric nosuch, so this never matches (series)\n")
    assert out.splitlines(keepends=True)[-1] == "1 files, 1 rules, 2 problems, 0 warnings\n"


def test_warnings_are_told_and_fail_only_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.rules.yml"
    path.write_text(
        "groups:\n- name: g\n  rules:\n" + rule("max(jobhive_mrr) > 0", hold="90s", dashboard_url="jobhive-cost")
    )
    assert main(["rules", "check", str(path)]) == 0
    out, err = capsys.readouterr()
    told = 'group "g", rule 1 "JobHiveJobs": for: 1m30s is no multiple of the interval 1m, so it lasts longer (style)'
    assert err == f"{path}:6:5: warning: {told}\n"
    assert out.splitlines() == [
        f"{path}: group g, every 1m",
        "  alert JobHiveJobs, after 1m30s: depends on revenue",
        "1 files, 1 rules, 0 problems, 1 warnings",
    ]
    assert main(["rules", "check", "--strict", str(path)]) == 1


CONFIG = """
collectors: {data_quality: {}}
database: {url: postgresql://u@localhost/d}
alerts:
  rule_files: ["rules/*.rules.yml", "%s/more/*.yml"]
  external_labels: {site: a}
  min_prometheus: "3.0"
"""


def test_without_files_those_of_the_configuration_are_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, labels in (("rules", "severity: info, area: ai"), ("more", "severity: info, area: ai, site: a")):
        (tmp_path / folder).mkdir()
        text = rule(
            "max(jobhive_aws_cost_anomaly_impact{window='30d'}) > 0", labels=labels, dashboard_url="jobhive-cost"
        )
        # A label of the group needs Prometheus 3.
        (tmp_path / folder / "x.rules.yml").write_text(f"groups:\n- name: g\n  labels: {{a: b}}\n  rules:\n{text}")
    (tmp_path / "config.yaml").write_text(CONFIG % tmp_path)
    assert main(["rules", "check", "--config.file", str(tmp_path / "config.yaml")]) == 1
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        f'{tmp_path}/more/x.rules.yml:8:40: group "g", rule 1 "JobHiveJobs": the label site is an external label too, '
        "which it hides; choose another name (depend)"
    ]
    inactive = "  alert JobHiveJobs, after 1h: depends on cost; inactive without cost"
    assert out.splitlines().count(inactive) == 2
    assert main(["rules", "check", "--config.file", str(tmp_path / "config.yaml"), "--min-prometheus", "2.42"]) == 1
    assert "labels of a group needs Prometheus 3.0" in capsys.readouterr().err


def test_a_configuration_without_rules_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        "collectors: {data_quality: {}}\ndatabase: {url: postgresql://u@localhost/d}\nalerts: {rule_files: []}\n"
    )
    assert main(["rules", "check", "--config.file", str(path)]) == 1
    said = f"{path}: alerts.rule_files is empty; name files to be checked\n"
    assert capsys.readouterr().err.startswith(said)


def test_a_rule_of_a_file_for_prometheus_alone_may_need_history(tmp_path: Path) -> None:
    text = "groups:\n- name: g\n  rules:\n  - {record: r, expr: 'rate(jobhive_mrr[5m])'}\n"
    for name, code in (("x.rules.yml", 1), ("x.prometheus.rules.yml", 0)):
        (tmp_path / name).write_text(text)
        assert main(["rules", "check", str(tmp_path / name)]) == code


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
        (["rules"], "the following arguments are required: COMMAND"),
        (["rules", "test"], "the following arguments are required: FILE"),
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
    assert rules_files.version("3.10") > rules_files.version("3.9")
