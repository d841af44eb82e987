"""Rule files: what Prometheus refuses is refused, with its place and its mend; hostile files cost little."""

import re
import time
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.durations import duration, written
from alerts.rulefile import RuleFile, Terms, read
from alerts.rules import AlertingRule, RecordingRule
from alerts.templates import compile_template
from tests.alerts.rule_files import RULE_FILES, promtool

TERMS = Terms(compile_template)
RULE = "groups:\n- name: g\n  rules:\n  - {alert: A, expr: up, %s}\n"
RECORD = "groups:\n- name: g\n  rules:\n  - {record: r, expr: up, %s}\n"
GROUP = "groups:\n- name: g\n  %s\n  rules: []\n"
A = 'x.rules.yml:4: group "g", rule 1 "A": '
R = 'x.rules.yml:4: group "g", rule 1 "r": '
G = 'x.rules.yml:3: group "g": '

# What is wrong with a file → the messages, in part; none if it is right. promtool says of each whether it is.
FILES: dict[str, tuple[str, ...]] = {
    "": (),
    "groups:": (),
    "groups: []": (),
    "{}": (),
    "# nothing": (),
    "groups: {}": ("x.rules.yml:1: a map stands where a list is expected",),
    "[]": ("x.rules.yml:1: a list stands where a map is expected",),
    "groups: [x]": ("x.rules.yml:1: a text stands where a map is expected",),
    "rules: []": ("x.rules.yml:1: unknown key rules; there are groups",),
    "groups: []\ngroups: []": ("x.rules.yml:2: groups stands here again, first in line 1; leave one",),
    "groups:\n- rules: []": ("a group needs a name",),
    "groups:\n- {name: '', rules: []}": ("a group needs a name",),
    "groups:\n- {name: g}": (),
    "groups:\n- {name: g}\n- {name: g}": ("the name stands here again, first in line 2; choose another",),
    "groups:\n- {name: [g]}": ("a group needs a name", "a list stands where a text is expected"),
    GROUP % "interval: 1m30s": (),
    GROUP % "interval: 0": (),
    GROUP % "interval: ~": (),
    GROUP % "interval: 1.5h": (G + "'1.5h' is not a duration; write for example 90s, 5m or 1h30m",),
    GROUP % "interval: 5": ("'5' is not a duration",),
    GROUP % "interval: 1m1h": ("'1m1h' is not a duration",),
    GROUP % "interval: -1m": ("'-1m' is not a duration",),
    GROUP % "interval: 300y": ("the duration 300y is out of range",),
    GROUP % "limit: 10": (),
    GROUP % "limit: -1": (),
    GROUP % "limit: ten": (G + "limit 'ten' is not a whole number",),
    GROUP % "labels: {a: b}": (G + 'labels of a group needs Prometheus 3.0; set alerts.min_prometheus: "3.0"',),
    GROUP % "query_offset: 1m": ("query_offset needs history", "query_offset of a group needs Prometheus 2.53"),
    GROUP % "partial_response_strategy: warn": ("unknown key partial_response_strategy; there are interval,",),
    RULE % "for: 5m": (),
    RULE % "for: 0": (),
    RULE % "for: ''": (A + "'' is not a duration",),
    RULE % "for: 5min": (A + "'5min' is not a duration",),
    RULE % "keep_firing_for: 1d": (),
    RULE % "labels: {a: on, b: 012, c: 1:30, d: 2024-01-01, e: 1_000, f: 1.50}": (),
    RULE % "labels: ~": (),
    RULE % "labels: {a: ~}": (),
    RULE % "labels: []": (A + "a list stands where a map is expected",),
    RULE % "labels: {a: {b: c}}": (A + "a map stands where a text is expected",),
    RULE % "labels: {a-b: c}": (A + "'a-b' is not the name of a label; use letters, digits and _",),
    RULE % "labels: {__name__: c}": (A + "the label __name__ cannot be set; it is the name of the metric",),
    RULE % "labels: {alertname: c}": (),
    RULE % "labels: {a: b, a: c}": ("a stands here again, first in line 4; leave one",),
    RULE % "annotations: {a b: c}": (A + "'a b' is not the name of a label",),
    RULE % "annotations: {a: '{{ $value | humanize }}'}": (),
    RULE % "annotations: {a: '{{ $value'}": (A,),
    RULE % "annotations: {a: '{{ nosuch }}'}": (A,),
    RULE % "labels: {a: '{{ end }}'}": (A,),
    RULE % "severity: critical": (A + "unknown key severity; there are alert, annotations, expr, for,",),
    RULE % "record: r": ("only one of record and alert must be set",),
    RULE.replace("alert: A, ", "") % "for: 1m": ("one of record and alert must be set",),
    RULE.replace("alert: A", "alert: any text (really)") % "for: 1m": (),
    RULE.replace("expr: up, ", "") % "for: 1m": (A + "expr must be set",),
    RULE.replace("expr: up", "expr: ''") % "for: 1m": (A + "expr must be set",),
    RULE.replace("expr: up", "expr: up +") % "for: 1m": (A,),
    RULE.replace("expr: up", "expr: sum(") % "for: 1m": (A,),
    RULE.replace("expr: up", "expr: 1") % "for: 1m": (),
    RECORD % "labels: {a: b}": (),
    RECORD % "for: 0s": (),
    RECORD % "for: 1m": (R + "for is for alerts; a recording rule cannot have it",),
    RECORD % "keep_firing_for: 1m": (R + "keep_firing_for is for alerts",),
    RECORD % "annotations: {a: b}": (R + "annotations is for alerts",),
    RECORD.replace("record: r", "record: a-b") % "labels: {}": ("'a-b' is not the name of a metric; use letters, digits, _ and :",),
    RECORD.replace("record: r", "record: 'a:b'") % "labels: {}": (),
    "a: &a {name: g}\ngroups: [*a]": ("unknown key a",),
    "groups:\n- &a {name: g, rules: [&r {alert: A, expr: up}]}\n- {<<: *a, name: h, rules: [{<<: *r, alert: B}]}": (),
    "groups:\n- name: g\n  rules:\n  - {<<: {alert: A, expr: up, x: y}}": ("unknown key x",),
    "groups: []\n---\nnonsense: [": (),
    "groups: [": ("x.rules.yml:2: this is not YAML: ",),
    "groups: *a": ("the anchor a is unknown",),
}  # fmt: skip


def problems(source: str | bytes, terms: Terms = TERMS) -> tuple[str, ...]:
    return found(source, terms).told("x.rules.yml")


def found(source: str | bytes, terms: Terms = TERMS) -> RuleFile:
    return read("x.rules.yml", source.encode() if isinstance(source, str) else source, terms)


@pytest.mark.parametrize("source", FILES)
def test_what_prometheus_refuses_is_refused(source: str, tmp_path: Path) -> None:
    told = problems(source)
    expected = FILES[source]
    assert len(told) == len(expected)
    for line, part in zip(told, expected, strict=True):
        # In which column, the next test says.
        assert part in re.sub(r"^(x\.rules\.yml:\d+):\d+:", r"\1:", line)
    (tmp_path / "x.rules.yml").write_text(source)
    done = promtool("check", "rules", "--lint=none", tmp_path / "x.rules.yml")
    assert (done.returncode == 0) == (not told), done.stdout + done.stderr


WRONG = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: %s\n    for: 1m\n"


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (WRONG % "up ~ 3", "5:14"),
        (WRONG % "'up ~ 3'", "5:15"),
        (WRONG % '"\\u0075p ~ 3"', "5:11"),
        (WRONG % "|\n      up\n      + 3 ~ 3", "7:11"),
        (WRONG % "|\n      ~\n      up", "6:7"),
        (WRONG % ">\n      up\n      ~ 3", "5:11"),
        (WRONG % "up and\n      ~ 3", "5:11"),
        (WRONG % "rate(up[5m])", "5:11"),
        (WRONG % "up\n    x: y", "6:5"),
        (WRONG % "up\n    labels:\n      a: '{{ nosuch }}'", "7:7"),
        (WRONG % "up\n    labels: {a: b, a: c}", "6:20"),
        ("groups: [", "2:1"),
    ],
)
def test_the_place_is_that_of_the_character(source: str, place: str) -> None:
    (one, *_) = problems(source)
    assert one.startswith(f"x.rules.yml:{place}: ")


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_the_shipped_files_are_read(path: Path) -> None:
    content = read(str(path), path.read_bytes(), TERMS)
    assert content.problems == ()
    assert len(content.groups) == 1


def test_what_a_rule_says() -> None:
    (group,) = found(
        "groups:\n- name: g\n  interval: 2m\n  limit: 7\n  rules:\n"
        "  - alert: A\n    expr: up > 1\n    for: 1h30m\n    keep_firing_for: 1d\n    labels: {a: on, b: 012}\n"
        "    annotations: {t: '{{ $value }}'}\n  - {record: r, expr: up, labels: {x: 'no {{ template'}}\n"
    ).groups
    assert (group.name, group.file, written(group.interval), group.limit) == ("g", "x.rules.yml", "2m", 7)
    alert, record = group.rules
    assert isinstance(alert, AlertingRule)
    assert (alert.name, alert.expression.text, alert.line) == ("A", "up > 1", 6)
    assert (written(alert.hold_for), written(alert.keep_firing_for)) == ("1h30m", "1d")
    assert (alert.labels, alert.annotations) == ({"a": "on", "b": "012"}, {"t": "{{ $value }}"})
    assert alert.templates.keys() == {"on", "012", "{{ $value }}"}
    assert isinstance(record, RecordingRule)
    assert record.labels == {"x": "no {{ template"}


def test_what_needs_history_is_told_apart_and_names_the_file_to_move_to() -> None:
    content = read(
        "alerts/rules/db.rules.yml", (RULE.replace("expr: up", "expr: 'rate(up[5m])'") % "for: 1m").encode(), TERMS
    )
    assert [problem.unsupported for problem in content.problems] == [True]
    assert [group.unsupported for group in content.groups] == [("A",)]
    assert content.told("alerts/rules/db.rules.yml") == (
        'alerts/rules/db.rules.yml:4:23: group "g", rule 1 "A": uses rate(…[5m]), which needs history; this daemon '
        "evaluates instant expressions. Prometheus can evaluate it: move the rule to db.prometheus.rules.yml.",
    )


def test_a_newer_prometheus_has_labels_of_groups() -> None:
    newer = Terms(compile_template, min_prometheus=(3, 0))
    source = "groups:\n- name: g\n  labels: {a: g, b: g}\n  query_offset: 0s\n  rules: [{alert: A, expr: up, labels: {b: r}}]"
    (group,) = found(source, newer).groups
    assert group.rules[0].labels == {"a": "g", "b": "r"}


def test_half_a_limit_is_refused() -> None:
    """Prometheus takes it for the whole number below."""
    assert problems(GROUP % "limit: 1.5") == (G.replace("3:", "3:3:") + "limit '1.5' is not a whole number",)


def test_all_problems_are_told_in_the_order_of_the_file() -> None:
    source = "groups:\n- name: g\n  rules:\n  - {alert: A}\n  - {record: r}\n- name: g\n  limit: x\n"
    assert [line.split(":")[1] for line in problems(source)] == ["4", "5", "6", "7"]


HOSTILE: dict[str, tuple[bytes, str]] = {
    "aliases of aliases": (
        b"a: &a [" + b"x," * 20 + b"]\n" + b"".join(
            b"%c: &%c [%s]\n" % (97 + n, 97 + n, b",".join([b"*%c" % (96 + n)] * 20)) for n in range(1, 9)
        ),
        "this has more than 100000 values once its aliases are written out",
    ),
    "an alias of itself": (b"groups: &a [*a]", "the anchor a contains itself"),
    "merged bombs": (b"a: &a {" + b",".join(b"k%d: 1" % n for n in range(60000)) + b"}\nb: {<<: [*a,*a]}", "this has more"),
    "deep": (b"[" * 500_000, "this is nested deeper than 50 levels; write it flatter"),
    "deep blocks": (b"".join(b" " * n + b"a:\n" for n in range(100)), "this is nested deeper than 50 levels"),
    "many": (b"- a\n" * 200_000, "this has more than 100000 values"),
    "large": (b"#" * (2**20 + 1), "the file is 1048577 bytes long, the limit is 1048576; split it"),
    "a megabyte of expression": (
        (RULE.replace("expr: up", "expr: up" + " + up" * 190_000) % "for: 1m").encode(),
        "expression is 950002 bytes long, the limit is 16384.",
    ),
    "parentheses": ((RULE.replace("expr: up", "expr: " + "(" * 8000 + "up" + ")" * 8000) % "for: 1m").encode(), "nested deeper than 100"),
    "a long sum": ((RULE.replace("expr: up", "expr: up" + "+up" * 5000) % "for: 1m").encode(), "expression has more than 500 operators"),
    "at": ((RULE.replace("expr: up", "expr: up @ -1") % "for: 1m").encode(), "@"),
    "NUL": (b"groups: \x00", "this is not YAML: it has characters that no text has"),
    "no text": (b"\xff\xfe\x00", "the file is not text; write UTF-8"),
    "a tag": (b"groups: !!python/object/apply:os.system [ls]", "unknown tag tag:yaml.org,2002:python/object/apply:os.system; leave it out"),
    "a key that is a map": (b"{a: b}: c", "a key is not text; write it in quotes"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_little(name: str) -> None:
    source, expected = HOSTILE[name]
    start = time.process_time()
    told = problems(source)
    assert time.process_time() - start < 5
    assert len(told) == 1
    assert expected in told[0]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("1ms", 0.001),
        ("90s", 90),
        ("1h30m", 5400),
        ("1d", 86400),
        ("1w1d", 691200),
        ("1y", 31536000),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text).total_seconds() == seconds
    assert duration(written(duration(text))) == duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (90, "1m30s"), (3600, "1h"), (86400 * 8, "8d"), (86400 * 14, "2w"), (0.5, "500ms")]
)
def test_durations_are_written_as_prometheus_does(seconds: float, text: str) -> None:
    assert written(timedelta(seconds=seconds)) == text
