"""Configuration → rules in force: which files are read, under which terms, and everything that is wrong with them."""

import re
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.alerting import plan
from exporter.config import Config, load
from exporter.rule_set import RulesError, RuleSet
from exporter.rule_set import load as load_rules
from exporter.telemetry import Telemetry

MINIMAL = {"database": {"url": "postgresql://reader@nowhere.invalid/jobhive"}}
RULES = "groups:\n- name: {name}\n  rules:\n  - {{alert: A, expr: '{expression}'}}\n"


def config(folder: Path, alerts: object = None, **sections: Any) -> Config:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(MINIMAL | {"alerts": alerts or {}} | sections))
    return load(path, {})


def rules(folder: Path, alerts: object = None, **sections: Any) -> RuleSet:
    return load_rules(config(folder, alerts, **sections))


def file(folder: Path, name: str, expression: str = "vector(1)", group: str = "g") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(RULES.format(name=group, expression=expression))
    return path


def problems(folder: Path, alerts: object) -> list[str]:
    with pytest.raises(RulesError) as raised:
        plan(config(folder, alerts), Telemetry())
    return raised.value.problems


def test_the_shipped_rules_are_the_default_and_an_empty_list_is_none(tmp_path: Path) -> None:
    shipped = rules(tmp_path)
    assert {group.name for group in shipped.groups} >= {"exporter", "revenue", "interviews", "ai", "system", "cost"}
    assert "JobHiveExporterDown" not in {rule.name for group in shipped.groups for rule in group.rules}
    assert shipped.warnings == ()
    assert rules(tmp_path, {"rule_files": []}).groups == ()


def test_files_are_found_below_the_folder_of_the_configuration_once_each(tmp_path: Path) -> None:
    file(tmp_path, "rules/b.rules.yml", group="b")
    absolute = file(tmp_path, "rules/a.rules.yml", group="a")
    file(tmp_path, "rules/only.prometheus.rules.yml", "rate(x[5m])")
    found = rules(tmp_path, {"rule_files": ["rules/*.rules.yml", "rules/b.rules.yml", str(absolute)]})
    assert [(group.name, group.file) for group in found.groups] == [
        (name, str(tmp_path / "rules" / f"{name}.rules.yml")) for name in "ab"
    ]


def test_a_file_that_is_not_there_is_a_problem_and_a_pattern_for_nothing_is_told(tmp_path: Path) -> None:
    said = f"{tmp_path}/config.yaml: alerts.rule_files.{{}}: no file is called {{}} below {tmp_path}"
    mend = "; correct it, or remove it"
    assert problems(tmp_path, {"rule_files": ["x.yml", "*.yml"]}) == [said.format(0, "x.yml") + mend]
    assert rules(tmp_path, {"rule_files": ["*.yml"]}).warnings == (said.format(0, "*.yml") + mend,)


def test_all_problems_of_all_files_and_alertmanagers_are_told_at_once(tmp_path: Path) -> None:
    file(tmp_path, "a.rules.yml", "1 +")
    file(tmp_path, "b.rules.yml", "rate(x[5m])")
    (tmp_path / "c.rules.yml").mkdir()
    told = problems(
        tmp_path,
        {
            "rule_files": ["*.rules.yml"],
            "alertmanagers": [{"url": "http://a:1", "bearer_token_file": str(tmp_path / "no")}],
        },
    )
    patterns = [
        r'a.rules.yml:4:\S* group "g", rule 1 "A": .+',
        r'b.rules.yml:4:\S* group "g", rule 1 "A": uses rate\(…\[5m\]\), which needs history; .+',
        r"c.rules.yml:1:\S* the file cannot be read: Is a directory; check its path",
        r"config.yaml: alerts: bearer_token_file \S+/no cannot be read: .+",
    ]
    for line, pattern in zip(told, patterns, strict=True):
        assert re.fullmatch(f"{tmp_path}/{pattern}", line)


def test_groups_that_the_state_could_not_tell_apart_are_refused(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        file(tmp_path, f"{folder}/x.rules.yml")
    (line,) = problems(tmp_path, {"rule_files": ["*/x.rules.yml"]})
    assert line.startswith(f"{tmp_path}/two/x.rules.yml:1:")
    assert f'group "g" is in {tmp_path}/one/x.rules.yml too, a file of the same name; rename one' in line


def test_what_only_prometheus_can_evaluate_may_be_left_out_and_a_mistake_never(tmp_path: Path) -> None:
    path = file(tmp_path, "a.rules.yml", "rate(x[5m])")
    skipping = {"rule_files": ["a.rules.yml"], "unsupported": "skip"}
    found = rules(tmp_path, skipping)
    assert [(group.rules, group.unsupported) for group in found.groups] == [((), ("A",))]
    (warning,) = found.warnings
    assert warning.startswith(f"{path}:4:")
    assert 'group "g", rule 1 "A": uses rate(…[5m]), which needs history' in warning
    file(tmp_path, "a.rules.yml", "rate(")
    assert len(problems(tmp_path, skipping)) == 1


def test_what_newer_prometheus_alone_know_is_refused_unless_they_are_the_oldest(tmp_path: Path) -> None:
    (tmp_path / "a.rules.yml").write_text("groups:\n- {name: g, labels: {a: b}, rules: [{record: r, expr: '1'}]}\n")
    (line,) = problems(tmp_path, {"rule_files": ["a.rules.yml"]})
    assert 'set alerts.min_prometheus: "3.0"' in line
    found = rules(tmp_path, {"rule_files": ["a.rules.yml"], "min_prometheus": "3.0", "evaluation_interval": "7s"})
    assert [(dict(group.rules[0].labels), group.interval.total_seconds()) for group in found.groups] == [
        ({"a": "b"}, 7)
    ]


@pytest.mark.parametrize(
    ("web", "instance", "url"),
    [
        ({"external_url": "https://x.example.org/path"}, "x.example.org:443", "https://x.example.org/path"),
        ({"external_url": "http://x.example.org:9000"}, "x.example.org:9000", "http://x.example.org:9000"),
        ({}, "127.0.0.1:10077", "http://127.0.0.1:10077"),
        ({"listen_addresses": [":99"]}, f"{socket.gethostname()}:99", f"http://{socket.gethostname()}:99"),
    ],
)
def test_who_we_are_is_said_by_the_address_of_the_page(
    tmp_path: Path, web: dict[str, Any], instance: str, url: str
) -> None:
    found = rules(tmp_path, web=web)
    assert found.target == {"job": "jobhive", "instance": instance}
    assert found.sending.external_url == found.terms.external_url == url
    given = {"target": {"labels": {"instance": "one", "zone": "b"}}, "external_url": "https://prometheus.example.org"}
    found = rules(tmp_path, given, web=web)
    assert found.target == {"job": "jobhive", "instance": "one", "zone": "b"}
    assert found.sending.external_url == found.terms.external_url == "https://prometheus.example.org"


def test_rules_of_collectors_that_are_not_configured_are_inactive(tmp_path: Path) -> None:
    (tmp_path / "a.rules.yml").write_text(
        "groups:\n- name: g\n  rules:\n"
        "  - {record: cost, expr: sum(jobhive_aws_cost)}\n"
        "  - {alert: Dear, expr: cost > 1}\n"
        "  - {alert: Gone, expr: absent(jobhive_api_requests) or jobhive_mrr < 0}\n"
        "  - {alert: Fine, expr: jobhive_mrr < 0}\n"
        "  - {alert: Any, expr: '{__name__=~\"jobhive_.*\"} < 0'}\n"
        "  - {alert: Many, expr: count(ALERTS) > 10}\n"
    )
    found = rules(tmp_path, {"rule_files": ["a.rules.yml"]})
    assert list(found.inactive) == ["inactive without cost: cost, Dear", "inactive without system: Gone"]
